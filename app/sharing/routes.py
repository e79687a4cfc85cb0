"""Sharing requests over HTTP: translate, call, translate."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from app.audit import log
from app.audit.model import Action, Event
from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.platform import preconditions
from app.platform.idempotency import OnceDep
from app.platform.paging import DEFAULT_LIMIT, CursorDep, LimitDep, decode_cursor, encode_cursor, next_link
from app.platform.preconditions import IfMatchDep
from app.platform.problems import replies
from app.platform.web import NowDep, RequestIdDep, SessionDep, StrictRoute, reply
from app.policy.schemas import FactsIn
from app.policy.vocabulary import Direction, OrganisationType, Outcome
from app.sharing import deciding, service, store, views
from app.sharing.case import Case
from app.sharing.decisions import Decide, Disclose, Refusal
from app.sharing.model import Status
from app.sharing.schemas import (
    AmendIn,
    AskIn,
    DecideIn,
    DecisionOut,
    DiscloseIn,
    DisclosureOut,
    EmergencyIn,
    EmergencyOut,
    EvaluateIn,
    EvaluationOut,
    PageOut,
    RecordOut,
    RequestOut,
    WhyIn,
)
from app.sharing.statements import emergency_statement, revision_of, statement_of

P = Permission

router = APIRouter(prefix="/v1", tags=["sharing"], route_class=StrictRoute)

RequestId = Annotated[UUID, Path(description="The sharing request's id.")]

READ: Final = (P.REQUEST_READ_OWN, P.REQUEST_READ_ALL, P.REQUEST_READ_DEIDENTIFIED)
LIST_SCOPE: Final = "sharing-requests"


def _shown(case: Case, actor: Actor, now: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    view = case.head.view_for(actor)
    return reply(views.whole(case, view, now), status, {"ETag": service.etag(case.head, view), **(headers or {})})


def _location(case: Case) -> dict[str, str]:
    return {"Location": f"/v1/sharing-requests/{case.head.id}"}


@router.post("/sharing-requests", status_code=201, response_model=RequestOut, responses=replies(401, 403, 409, 413, 415, 422))
async def submit_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_SUBMIT)],
    body: FactsIn,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
) -> Response:
    """Submit a request to share information; it is evaluated at once.

    A refusal is a result (201 with `outcome` `do_not_share`), not an error: errors are for requests that could not be judged.
    """
    made: list[UUID] = []

    async def work() -> Response:
        case = await service.submit(session, actor, statement_of(body), now=now, request_id=trace)
        made.append(case.head.id)
        return _shown(case, actor, now, status=201, headers=_location(case))

    return await once(work, about=lambda: made[0])


@router.get("/sharing-requests", response_model=PageOut, responses=replies(401, 403, 422))
async def list_sharing_requests(
    actor: Annotated[Actor, Require(*READ)],
    request: Request,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    *,
    status: Annotated[Status | None, Query(description="Where they stand.")] = None,
    outcome: Annotated[Outcome | None, Query(description="What the evaluation recommends.")] = None,
    direction: Annotated[Direction | None, Query(description="Asked for, or our own initiative.")] = None,
    subject: Annotated[str | None, Query(min_length=1, max_length=200, description="Reference of a person, as in `person_ref`.")] = None,
    recipient_type: Annotated[OrganisationType | None, Query(description="Kind of organisation.")] = None,
    submitted_from: Annotated[AwareDatetime | None, Query(description="From this instant on.")] = None,
    submitted_to: Annotated[AwareDatetime | None, Query(description="Before this instant.")] = None,
    overdue: Annotated[bool | None, Query(description="Only those with (or without) a clock that has run out.")] = None,
    limit: LimitDep = DEFAULT_LIMIT,
    cursor: CursorDep = None,
) -> Response:
    """The requests that the caller may see, newest first: their own (staff, integration), all (DSL), de-identified (IG lead)."""
    filters = store.Filter(
        status=status,
        outcome=outcome,
        direction=direction,
        subject=subject,
        recipient_type=recipient_type,
        submitted_from=submitted_from,
        submitted_to=submitted_to,
        overdue=overdue,
    )
    before = UUID(decode_cursor(cursor, LIST_SCOPE)[0]) if cursor else None
    heads = await store.page(session, actor, filters, now=now, limit=limit + 1, before=before)
    given = sorted(name for name in request.query_params if name not in {"limit", "cursor"})
    event = Event(action=Action.REQUESTS_LISTED, data={"filters": given, "count": min(len(heads), limit)})
    log.append(session, event, by=actor, at=now, request_id=trace)
    shown = heads[:limit]
    following = encode_cursor([str(shown[-1].id)], LIST_SCOPE) if len(heads) > limit else None
    items = [views.summary(head, head.view_for(actor), now) for head in shown]
    return reply({"items": items, "next_cursor": following}, headers=next_link(request, following))


@router.get("/sharing-requests/{request_id}", response_model=RequestOut, responses=replies(401, 403, 404, 422))
async def read_sharing_request(
    actor: Annotated[Actor, Require(*READ)],
    request_id: RequestId,
    request: Request,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
) -> Response:
    """The whole request: evaluations, advice, decisions, disclosures, notices. Reading it is an entry of the trail."""
    case = await store.load(session, actor, request_id)
    view = case.head.view_for(actor)
    about = tuple(subject.id for subject in case.people)
    event = Event(
        action=Action.REQUEST_READ, request=case.head.id, subjects=about, recipient=case.head.recipient_type, data={"view": view.value}
    )
    log.append(session, event, by=actor, at=now, request_id=trace)
    return preconditions.unchanged(request, service.etag(case.head, view)) or _shown(case, actor, now)


@router.patch("/sharing-requests/{request_id}", response_model=RequestOut, responses=replies(401, 403, 404, 409, 412, 413, 415, 422, 428))
async def amend_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_AMEND)],
    request_id: RequestId,
    body: AmendIn,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    if_match: IfMatchDep,
) -> Response:
    """Amend the facts before a decision; they are evaluated again, and earlier facts and evaluations are kept.

    After a decision only `how` can be amended, until nothing more leaves.
    """
    case = await store.load(session, actor, request_id)
    revise = revision_of(case)
    case = await service.amend(session, actor, request_id, body.root, revise, precondition=if_match, now=now, trace=trace)
    return _shown(case, actor, now)


@router.post(
    "/sharing-requests/{request_id}/evaluations",
    status_code=201,
    response_model=EvaluationOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422),
)
async def evaluate_sharing_request(
    actor: Annotated[Actor, Require(P.EVALUATION_REPEAT)],
    request_id: RequestId,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
    body: EvaluateIn | None = None,
) -> Response:
    """Evaluate again: under the policy in force, or under another version, which is recorded and has no consequence."""

    async def work() -> Response:
        digest = body.policy_digest if body else None
        revise = revision_of(await store.load(session, actor, request_id))
        case = await service.evaluate_again(session, actor, request_id, revise, policy_digest=digest, now=now, trace=trace)
        record = case.records[-1]
        view = case.head.view_for(actor)
        return reply(views.evaluation(record, view), 201, {**_location(case), "ETag": service.etag(case.head, view)})

    return await once(work, about=lambda: request_id)


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
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    if_match: IfMatchDep,
    once: OnceDep,
) -> Response:
    """Record what a person decided and why; by the policy's authority table. A later decision supersedes this one and never edits it."""
    command = Decide(
        outcome=body.outcome,
        reasons=body.reasons,
        items=tuple(body.items) if body.items is not None else None,
        lawful_reason=body.lawful_reason.model_dump(mode="json") if body.lawful_reason else None,
        departs_because=body.departs_because,
        refusal=Refusal(discussed_with_requester=body.refusal.discussed_with_requester.value, how=body.refusal.how)
        if body.refusal
        else None,
    )

    async def work() -> Response:
        case, record = await deciding.decide(session, actor, request_id, command, precondition=if_match, now=now, trace=trace)
        view = case.head.view_for(actor)
        return reply(views.one(case, record, view), 201, {**_location(case), "ETag": service.etag(case.head, view)})

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
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
) -> Response:
    """Record what was in fact shared, with whom, when and how: only under a decision that permits it, with every How check met."""
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
        case, record = await deciding.disclose(session, actor, request_id, command, now=now, trace=trace)
        view = case.head.view_for(actor)
        return reply(views.one(case, record, view), 201, {**_location(case), "ETag": service.etag(case.head, view)})

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/withdrawal", status_code=201, response_model=RecordOut, responses=replies(401, 403, 404, 409, 415, 422)
)
async def withdraw_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_WITHDRAW)],
    request_id: RequestId,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
    body: WhyIn | None = None,
) -> Response:
    """Take the request back before it is decided."""

    async def work() -> Response:
        case = await service.withdraw(session, actor, request_id, body.why if body else None, now=now, trace=trace)
        return _last(case, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/closure", status_code=201, response_model=RecordOut, responses=replies(401, 403, 404, 409, 415, 422)
)
async def close_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_DISCLOSE)],
    request_id: RequestId,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
    body: WhyIn | None = None,
) -> Response:
    """Close a decided request: everything was shared and told, or the refusal stands."""

    async def work() -> Response:
        case = await service.close(session, actor, request_id, body.why if body else None, now=now, trace=trace)
        return _last(case, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/questions", status_code=201, response_model=RecordOut, responses=replies(401, 403, 404, 409, 415, 422)
)
async def ask_for_information(
    actor: Annotated[Actor, Require(P.REQUEST_DECIDE)],
    request_id: RequestId,
    body: AskIn,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
) -> Response:
    """Ask the requester for what is missing. The request waits, undecided, until its facts are amended; an emergency does not wait."""

    async def work() -> Response:
        case = await service.ask(session, actor, request_id, body.question, now=now, trace=trace)
        return _last(case, actor)

    return await once(work, about=lambda: request_id)


def _last(case: Case, actor: Actor) -> Response:
    view = case.head.view_for(actor)
    return reply(views.one(case, case.records[-1], view), 201, {**_location(case), "ETag": service.etag(case.head, view)})


@router.post("/emergency-disclosures", status_code=201, response_model=EmergencyOut, responses=replies(401, 403, 413, 415, 422))
async def record_emergency_disclosure(
    actor: Annotated[Actor, Require(P.EMERGENCY_RECORD)],
    body: EmergencyIn,
    session: SessionDep,
    now: NowDep,
    trace: RequestIdDep,
    once: OnceDep,
) -> Response:
    """Record, in one call, sharing that was or must be done now. Always accepted with what, with whom and why; the rest is a task."""
    made: list[UUID] = []

    async def work() -> Response:
        statement, told, flags = emergency_statement(body, now)
        case, disclosure = await deciding.record_emergency(
            session, actor, statement, told=told, flags=flags, occurred_at=body.occurred_at or now, now=now, trace=trace
        )
        made.append(case.head.id)
        view = case.head.view_for(actor)
        shown = {
            "sharing_request": views.whole(case, view, now),
            "evaluation": views.evaluation(case.evaluation, view),
            "disclosure": views.one(case, disclosure, view),
            "task": views.tasks(case, view)[0],
            "flags": sorted(flags),
        }
        return reply(shown, 201, {**_location(case), "ETag": service.etag(case.head, view)})

    return await once(work, about=lambda: made[0])
