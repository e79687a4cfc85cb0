"""HTTP route to record a disclosure."""

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
from app.sharing.case.records import Receiver
from app.sharing.disclosures import service as disclosures_service
from app.sharing.disclosures.rules import Disclose, Receipt
from app.sharing.disclosures.schemas import DiscloseIn, DisclosureOut
from app.sharing.http import RequestId, created

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/disclosures",
    summary="Record a disclosure",
    status_code=201,
    response_model=DisclosureOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def record_disclosure(
    actor: Annotated[Actor, Require(P.REQUEST_DISCLOSE)],
    request_id: RequestId,
    body: DiscloseIn,
    call: CallDep,
) -> Response:
    """Records which information was shared, with its recipient, time and route.

    The service accepts a disclosure only under a decision that permits it, and only if every How
    check is met.
    """
    command = Disclose(
        decision_id=body.decision_id,
        items=tuple(body.items) if body.items is not None else None,
        recipient=Receiver(
            named_individual=body.recipient.named_individual,
            role_title=body.recipient.role_title,
            organisation=body.recipient.organisation,
        ),
        route=body.route,
        sent_at=body.sent_at,
        secure_exception=body.secure_exception,
        receipt=Receipt(acknowledged_by=body.receipt.acknowledged_by, at=body.receipt.at)
        if body.receipt
        else None,
    )

    case, record = await disclosures_service.disclose(
        call.session, actor, request_id, command, now=call.now, trace=call.trace
    )
    return created(case, record, actor)
