"""Decisions, disclosures and emergencies over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import OnceDep
from app.platform.preconditions import IfMatchDep
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.sharing.case.model import RecordKind
from app.sharing.decisions import service as decisions_service
from app.sharing.decisions.rules import Decide, Disclose, Refusal
from app.sharing.decisions.schemas import DecideIn, DecisionOut, DiscloseIn, DisclosureOut
from app.sharing.emergencies.schemas import EmergencyIn, EmergencyOut
from app.sharing.facts.statements import emergency_statement
from app.sharing.http import RequestId, created, location
from app.sharing.presentation import views
from app.sharing.requests import service as requests_service

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/decisions",
    status_code=201,
    response_model=DecisionOut,
    responses=replies(401, 403, 404, 409, 412, 413, 415, 422, 428),
)
async def decide_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_DECIDE)],
    request_id: RequestId,
    body: DecideIn,
    call: CallDep,
    if_match: IfMatchDep,
    once: OnceDep,
) -> Response:
    """Record what a person decided and why; by the policy's authority table. A later decision
    supersedes this one and never edits it.
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

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/disclosures",
    status_code=201,
    response_model=DisclosureOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422),
)
async def record_disclosure(
    actor: Annotated[Actor, Require(P.REQUEST_DISCLOSE)],
    request_id: RequestId,
    body: DiscloseIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Record what was in fact shared, with whom, when and how: only under a decision that permits
    it, with every How check met.
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
        case, record = await decisions_service.disclose(
            call.session, actor, request_id, command, now=call.now, trace=call.trace
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/emergency-disclosures",
    status_code=201,
    response_model=EmergencyOut,
    responses=replies(401, 403, 409, 413, 415, 422),
)
async def record_emergency_disclosure(
    actor: Annotated[Actor, Require(P.EMERGENCY_RECORD)],
    body: EmergencyIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Record, in one call, sharing that was or must be done now. Always accepted with what, with
    whom and why; the rest is a task.
    """
    made: list[UUID] = []

    async def work() -> Response:
        statement, told, flags = emergency_statement(body, call.now)
        case, disclosure = await decisions_service.record_emergency(
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
        return reply(shown, 201, {**location(case), "ETag": requests_service.etag(case.head, view)})

    return await once(work, about=lambda: made[0], only_adds=True)
