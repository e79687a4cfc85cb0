"""Decisions, disclosures and emergencies over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import OnceDep
from app.platform.preconditions import CREATED, IfMatchDep
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.sharing import deciding, service, views
from app.sharing.decisions import Decide, Disclose, Refusal
from app.sharing.model import RecordKind
from app.sharing.routes.shared import RequestId, created, location
from app.sharing.schemas import (
    DecideIn,
    DecisionOut,
    DiscloseIn,
    DisclosureOut,
    EmergencyIn,
    EmergencyOut,
)
from app.sharing.statements import emergency_statement

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/decisions",
    summary="Record a decision",
    status_code=201,
    response_model=DecisionOut,
    responses=replies(401, 403, 404, 409, 412, 413, 415, 422, 428) | CREATED,
)
async def decide_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_DECIDE)],
    request_id: RequestId,
    body: DecideIn,
    call: CallDep,
    if_match: IfMatchDep,
    once: OnceDep,
) -> Response:
    """Records what a person with authority under the policy decided, and why. A later decision
    supersedes this one and never changes it.
    """
    command = Decide(
        outcome=body.outcome,
        reasons=body.reasons,
        items=tuple(body.items) if body.items is not None else None,
        lawful_reason=body.lawful_reason.model_dump(mode="json") if body.lawful_reason else None,
        departs_because=body.departs_because,
        refusal=Refusal(
            discussed_with_requester=body.refusal.discussed_with_requester.value,
            how=body.refusal.how,
        )
        if body.refusal
        else None,
    )

    async def work() -> Response:
        case, record = await deciding.decide(
            call.session,
            actor,
            request_id,
            command,
            precondition=if_match,
            now=call.now,
            trace=call.trace,
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/disclosures",
    summary="Record a disclosure",
    status_code=201,
    response_model=DisclosureOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def record_disclosure(
    actor: Annotated[Actor, Require(P.REQUEST_DISCLOSE)],
    request_id: RequestId,
    body: DiscloseIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Records what was shared, with whom, when and how. The service accepts it only under a
    decision that permits it, with every How check met.
    """
    command = Disclose(
        decision_id=body.decision_id,
        items=tuple(body.items) if body.items is not None else None,
        recipient=body.recipient.model_dump(exclude_none=True),
        route=body.route.value,
        sent_at=body.sent_at,
        secure_exception=body.secure_exception,
        receipt=body.receipt.model_dump() if body.receipt else None,
    )

    async def work() -> Response:
        case, record = await deciding.disclose(
            call.session, actor, request_id, command, now=call.now, trace=call.trace
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/emergency-disclosures",
    summary="Record an emergency disclosure",
    status_code=201,
    response_model=EmergencyOut,
    responses=replies(401, 403, 409, 413, 415, 422) | CREATED,
)
async def record_emergency_disclosure(
    actor: Annotated[Actor, Require(P.EMERGENCY_RECORD)],
    body: EmergencyIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Records, in one call, sharing that happened or must happen now. The service accepts every
    call that says what, with whom and why; completing the record becomes a task.
    """
    made: list[UUID] = []

    async def work() -> Response:
        statement, told, flags = emergency_statement(body, call.now)
        case, disclosure = await deciding.record_emergency(
            call.session,
            actor,
            statement,
            told=told,
            flags=flags,
            occurred_at=body.occurred_at or call.now,
            now=call.now,
            trace=call.trace,
        )
        made.append(case.head.id)
        view = case.head.view_for(actor)
        shown = {
            "sharing_request": views.whole(case, view, call.now),
            "evaluation": views.evaluation(case.evaluation, view),
            "disclosure": views.one(case, disclosure, view),
            "task": views.tasks(case, view)[0],
            "flags": case.of(RecordKind.EMERGENCY)[0].body["flags"],
            "not_understood": told.get("not_understood", []),
        }
        return reply(shown, 201, {**location(case), "ETag": service.etag(case.head, view)})

    return await once(work, about=lambda: made[0], only_adds=True)
