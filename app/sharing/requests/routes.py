"""HTTP routes to submit, list, read, amend, evaluate, withdraw, close and reconsider sharing
requests.
"""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform import preconditions
from app.platform.idempotency import idempotent
from app.platform.instants import parse_period
from app.platform.paging import decode_id, encode_cursor, next_link
from app.platform.preconditions import CREATED, IfMatchDep
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.policy.facts.schemas import FactsIn
from app.sharing.case import version as case_version
from app.sharing.case.case import Case, Filter
from app.sharing.facts.statements import statement_of
from app.sharing.http import READ, RequestId, created, location
from app.sharing.presentation import views
from app.sharing.requests import service
from app.sharing.requests.schemas import (
    AmendIn,
    AskIn,
    EvaluateIn,
    InformationQuestionOut,
    ListQuery,
    PageOut,
    ReconsiderationOut,
    ReconsiderIn,
    RequestEvaluationOut,
    RequestOut,
)
from app.sharing.schemas import WhyIn, WhyOut

router = APIRouter(route_class=StrictRoute)

LIST_SCOPE: Final = "sharing-requests"


def _shown(
    case: Case,
    actor: Actor,
    now: datetime,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    view = case.head.view_for(actor)
    return reply(
        views.show_request(case, view, now),
        status,
        {"ETag": case_version.etag(case.head, view), **(headers or {})},
    )


@router.post(
    "/sharing-requests",
    summary="Submit a sharing request",
    status_code=201,
    response_model=RequestOut,
    responses=replies(401, 403, 409, 413, 415, 422) | CREATED,
)
@idempotent(only_adds=True)
async def submit_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_SUBMIT)],
    body: FactsIn,
    call: CallDep,
) -> Response:
    """Submits a request to share information. The service evaluates it at once.

    A recommendation not to share is a successful result: 201 with `outcome` `do_not_share`. The
    service returns an error only if it cannot evaluate the request.
    """
    case = await service.submit(
        call.session, actor, statement_of(body), now=call.now, request_id=call.trace
    )
    return _shown(case, actor, call.now, status=201, headers=location(case))


@router.get(
    "/sharing-requests",
    summary="List sharing requests",
    response_model=PageOut,
    responses=replies(401, 403, 422),
)
async def list_sharing_requests(
    actor: Annotated[Actor, Require(*READ)],
    request: Request,
    call: CallDep,
    query: Annotated[ListQuery, Query()],
) -> Response:
    """Lists the requests that the caller may see, newest first.

    Staff and integrations see the requests that they submitted. The DSL sees all requests of the
    school. The IG lead sees all requests in a de-identified view.
    """
    submitted = parse_period(
        query.submitted_from, query.submitted_to, names=("submitted_from", "submitted_to")
    )
    chosen = query.model_dump(exclude={"limit", "cursor"}) | {
        "submitted_from": submitted.start,
        "submitted_to": submitted.end,
    }
    scope = f"{LIST_SCOPE} {actor.id}"
    before = decode_id(query.cursor, scope) if query.cursor is not None else None
    shown, more = await service.page(
        call.session,
        actor,
        Filter(**chosen),
        limit=query.limit,
        before=before,
        now=call.now,
        trace=call.trace,
    )
    following = encode_cursor([str(shown[-1].id)], scope) if more else None
    items = [views.summary(head, head.view_for(actor), call.now) for head in shown]
    return reply({"items": items, "next_cursor": following}, headers=next_link(request, following))


@router.get(
    "/sharing-requests/{request_id}",
    summary="Read a sharing request",
    response_model=RequestOut,
    responses=replies(401, 403, 404, 422) | preconditions.UNCHANGED,
)
async def read_sharing_request(
    actor: Annotated[Actor, Require(*READ)],
    request_id: RequestId,
    request: Request,
    call: CallDep,
) -> Response:
    """Reads a request with its facts, evaluations, advice, decisions, disclosures and notices.

    The service adds an audit entry for each read.
    """
    case = await service.read(call.session, actor, request_id, now=call.now, trace=call.trace)
    tag = case_version.etag(case.head, case.head.view_for(actor))
    return preconditions.unchanged(request, tag) or _shown(case, actor, call.now)


@router.patch(
    "/sharing-requests/{request_id}",
    summary="Amend a sharing request",
    response_model=RequestOut,
    responses=replies(401, 403, 404, 409, 412, 413, 415, 422, 428),
)
async def amend_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_AMEND)],
    request_id: RequestId,
    body: AmendIn,
    call: CallDep,
    if_match: IfMatchDep,
) -> Response:
    """Changes the facts of an undecided request. The service evaluates the changed facts and
    retains the earlier facts and evaluations.

    After a decision, the client can amend only `how`, and only until the request is closed.
    """
    case = await service.amend(
        call.session,
        actor,
        request_id,
        body.root,
        precondition=if_match,
        now=call.now,
        trace=call.trace,
    )
    return _shown(case, actor, call.now)


@router.post(
    "/sharing-requests/{request_id}/evaluations",
    summary="Evaluate a sharing request again",
    status_code=201,
    response_model=RequestEvaluationOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def evaluate_sharing_request(
    actor: Annotated[Actor, Require(P.EVALUATION_REPEAT)],
    request_id: RequestId,
    call: CallDep,
    body: EvaluateIn | None = None,
) -> Response:
    """Evaluates the current facts under the policy in force, or under another policy version.

    An evaluation under a policy version that is not in force is for comparison only: the service
    records it, but does not change the request's outcome or release.
    """
    digest = body.policy_digest if body else None
    case, record = await service.evaluate_again(
        call.session,
        actor,
        request_id,
        policy_digest=digest,
        now=call.now,
        trace=call.trace,
    )
    view = case.head.view_for(actor)
    return reply(
        views.evaluation(record, view),
        201,
        {**location(case, f"evaluations/{record.id}"), "ETag": case_version.etag(case.head, view)},
    )


@router.get(
    "/sharing-requests/{request_id}/evaluations/{evaluation_id}",
    summary="Read an evaluation of a request",
    response_model=RequestEvaluationOut,
    responses=replies(401, 403, 404, 422),
)
async def read_evaluation(
    actor: Annotated[Actor, Require(*READ)],
    request_id: RequestId,
    evaluation_id: Annotated[UUID, Path(description="The id of the evaluation.")],
    call: CallDep,
) -> Response:
    """Reads one evaluation of the request with its reasons. The service adds an audit entry for
    each read.
    """
    case, record = await service.read_evaluation(
        call.session, actor, request_id, evaluation_id, now=call.now, trace=call.trace
    )
    return reply(views.evaluation(record, case.head.view_for(actor)))


@router.post(
    "/sharing-requests/{request_id}/withdrawal",
    summary="Withdraw a sharing request",
    status_code=201,
    response_model=WhyOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def withdraw_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_WITHDRAW)],
    request_id: RequestId,
    call: CallDep,
    body: WhyIn | None = None,
) -> Response:
    """Withdraws an undecided request. Only its submitter can do this."""
    case, record = await service.withdraw(
        call.session,
        actor,
        request_id,
        body.why if body else None,
        now=call.now,
        trace=call.trace,
    )
    return created(case, record, actor)


@router.post(
    "/sharing-requests/{request_id}/closure",
    summary="Close a sharing request",
    status_code=201,
    response_model=WhyOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def close_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_DISCLOSE)],
    request_id: RequestId,
    call: CallDep,
    body: WhyIn | None = None,
) -> Response:
    """Closes a decided request, after all disclosures and notices are recorded or after a
    refusal.
    """
    case, record = await service.close(
        call.session,
        actor,
        request_id,
        body.why if body else None,
        now=call.now,
        trace=call.trace,
    )
    return created(case, record, actor)


@router.post(
    "/sharing-requests/{request_id}/questions",
    summary="Ask the requester for information",
    status_code=201,
    response_model=InformationQuestionOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def ask_for_information(
    actor: Annotated[Actor, Require(P.REQUEST_DECIDE)],
    request_id: RequestId,
    body: AskIn,
    call: CallDep,
) -> Response:
    """Records a question to the requester about missing information.

    The request stays undecided until its facts are amended. A pending question never delays an
    emergency disclosure.
    """
    case, record = await service.ask(
        call.session, actor, request_id, body.question, now=call.now, trace=call.trace
    )
    return created(case, record, actor)


@router.post(
    "/sharing-requests/{request_id}/reconsiderations",
    summary="Reconsider a refused request",
    status_code=201,
    response_model=ReconsiderationOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def reconsider_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_RECONSIDER)],
    request_id: RequestId,
    body: ReconsiderIn,
    call: CallDep,
) -> Response:
    """Reopens a refused request because of new information. The service evaluates it again.

    The refusal remains on record, and the request needs a new decision.
    """
    case, record = await service.reconsider(
        call.session,
        actor,
        request_id,
        body.new_information,
        body.facts,
        now=call.now,
        trace=call.trace,
    )
    return created(case, record, actor)
