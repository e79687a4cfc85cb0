"""HTTP route to record a notice."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import idempotent
from app.platform.preconditions import CREATED
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.sharing.http import RequestId, created
from app.sharing.notices import service as notices_service
from app.sharing.notices.rules import Notify
from app.sharing.notices.schemas import NoticeOut, NotifyIn

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/notices",
    summary="Record whether a person was informed",
    status_code=201,
    response_model=NoticeOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def record_notice(
    actor: Annotated[Actor, Require(P.REQUEST_NOTIFY)],
    request_id: RequestId,
    body: NotifyIn,
    call: CallDep,
) -> Response:
    """Records whether the person or family was informed about the sharing.

    If they were not informed, the record gives the reason; if the notice is deferred, it also gives
    the date of the next review.
    """
    command = Notify(
        person_ref=body.person_ref,
        decision=body.decision,
        reason=body.reason,
        revisit_on=body.revisit_on,
        how=body.how,
    )
    case, record = await notices_service.notify(
        call.session, actor, request_id, command, now=call.now, trace=call.trace
    )
    return created(case, record, actor)
