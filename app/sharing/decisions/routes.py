"""HTTP route to record a decision."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import idempotent
from app.platform.preconditions import CREATED, IfMatchDep
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.sharing.case.records import DecisionReason
from app.sharing.decisions import service as decisions_service
from app.sharing.decisions.rules import Decide, Refusal
from app.sharing.decisions.schemas import DecideIn, DecisionOut
from app.sharing.http import RequestId, created

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/decisions",
    summary="Record a decision",
    status_code=201,
    response_model=DecisionOut,
    responses=replies(401, 403, 404, 409, 412, 413, 415, 422, 428) | CREATED,
)
@idempotent()
async def decide_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_DECIDE)],
    request_id: RequestId,
    body: DecideIn,
    call: CallDep,
    if_match: IfMatchDep,
) -> Response:
    """Records the decision of a person who has authority under the policy, with the reasons.

    A later decision supersedes this one and does not change it.
    """
    command = Decide(
        outcome=body.outcome,
        reasons=body.reasons,
        items=tuple(body.items) if body.items is not None else None,
        lawful_reason=DecisionReason(
            code=body.lawful_reason.code, necessity=body.lawful_reason.necessity
        )
        if body.lawful_reason
        else None,
        departs_because=body.departs_because,
        refusal=Refusal(
            discussed_with_requester=body.refusal.discussed_with_requester,
            how=body.refusal.how,
        )
        if body.refusal
        else None,
    )

    case, record = await decisions_service.decide(
        call.session,
        actor,
        request_id,
        command,
        precondition=if_match,
        now=call.now,
        trace=call.trace,
    )
    return created(case, record, actor)
