"""HTTP route to record an emergency disclosure."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import idempotent
from app.platform.preconditions import CREATED
from app.platform.problems import replies
from app.platform.web import CallDep, LenientRoute, reply
from app.sharing.case import version as case_version
from app.sharing.case.records import Emergency
from app.sharing.emergencies import service as emergencies_service
from app.sharing.emergencies.reply_schemas import EmergencyOut
from app.sharing.emergencies.schemas import EmergencyIn
from app.sharing.emergencies.statement import emergency_statement
from app.sharing.http import location
from app.sharing.presentation import views

router = APIRouter(route_class=LenientRoute)


@router.post(
    "/emergency-disclosures",
    summary="Record an emergency disclosure",
    status_code=201,
    response_model=EmergencyOut,
    responses=replies(401, 403, 409, 413, 415, 422) | CREATED,
)
@idempotent(only_adds=True)
async def record_emergency_disclosure(
    actor: Annotated[Actor, Require(P.EMERGENCY_RECORD)],
    body: EmergencyIn,
    call: CallDep,
) -> Response:
    """Records, in one call, a disclosure that was made or must be made now.

    The service accepts every body that states what is shared, with whom and why. It creates a task
    to complete the record afterwards.
    """
    statement, told = emergency_statement(body, call.now)
    case, disclosure = await emergencies_service.record_emergency(
        call.session,
        actor,
        statement,
        told=told,
        now=call.now,
        trace=call.trace,
    )
    view = case.head.view_for(actor)
    recorded = case.of(Emergency)[0].content
    request = views.show_request(case, view, call.now)
    shown = {
        "sharing_request": request,
        "evaluation": request["evaluation"],
        "disclosure": views.show_record(case, disclosure, view),
        "task": views.tasks(case, view)[0],
        "flags": recorded.flags,
        "not_understood": recorded.not_understood or [],
    }
    return reply(shown, 201, {**location(case), "ETag": case_version.etag(case.head, view)})
