"""Operations on a sharing request, one function for each.

Each function loads the request, computes the change with pure functions and writes it once.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.canonical import Json
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Session
from app.platform.preconditions import IfMatch
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force as policies
from app.sharing.case import store
from app.sharing.case.case import Case, Filter, Head, InvalidState, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.model import Act, EvaluationTrigger, Status
from app.sharing.case.records import (
    Closure,
    Content,
    Evaluation,
    Question,
    Reconsideration,
    RetentionReview,
    Withdrawal,
)
from app.sharing.case.version import etag
from app.sharing.evaluation import assessment
from app.sharing.evaluation.assessment import judge
from app.sharing.evaluation.policy import load_policy_in_force, load_policy_of_evaluation
from app.sharing.evaluation.restatement import HOW_ONLY, new_submission, restate, with_evaluation
from app.sharing.facts.recipient_check import check_recipient
from app.sharing.facts.statement import Statement
from app.sharing.facts.statements import revise


class FactsAlreadyDecided(ServiceError):
    """The facts of a decided request cannot change, except the How checks."""

    kind = Kind.CONFLICT
    code = "facts-already-decided"
    title = "Facts already decided"

    def __init__(self) -> None:
        super().__init__(
            "the request is decided, so only facts.how can be amended; send new information"
            " about a refusal to /reconsiderations"
        )


ids_of_person: Final = store.ids_of_person
"""Return the random ids that identify a person in the audit trail."""

sealed: Final = store.sealed
"""Return every stored record and head, for the verification of the audit trail."""

has_requests: Final = store.has_any
"""Return whether the database contains any request of any school."""


async def submit(
    session: Session, actor: Actor, statement: Statement, *, now: datetime, request_id: str
) -> Case:
    """Store a request with the evaluation of its facts under the policy in force."""
    policy = await policies.adopt_in_force(session, actor.school, now=now, trace=request_id)
    statement = await check_recipient(session, actor.school, statement, now, strict="")

    judgement = judge(policy, statement.stated, now)
    change = new_submission(actor, statement, judgement, now).change

    return await store.write(session, change, by=actor, at=now, request_id=request_id)


async def read(
    session: Session, actor: Actor, request_id: UUID, *, now: datetime, trace: str
) -> Case:
    """Load a request for a reader and add an audit entry."""
    case = await store.load(session, actor, request_id)
    _log_read(session, actor, case, now, trace)
    return case


def _log_read(
    session: Session,
    actor: Actor,
    case: Case,
    now: datetime,
    trace: str,
    *,
    target: UUID | None = None,
) -> None:
    event = Event(
        action=Action.REQUEST_READ,
        request=case.head.id,
        subjects=tuple(subject.id for subject in case.people),
        recipient=case.head.recipient_type,
        target=str(target) if target else None,
        data={"view": case.head.view_for(actor).value},
    )
    log.append(session, event, by=actor, at=now, request_id=trace)


class EvaluationNotFound(ServiceError):
    """The request has no evaluation with this id."""

    kind = Kind.NOT_FOUND
    code = "evaluation-not-found"
    title = "Evaluation not found"


async def read_evaluation(
    session: Session,
    actor: Actor,
    request_id: UUID,
    evaluation_id: UUID,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Evaluation]]:
    """Load an evaluation of a request for a reader and add an audit entry. Raises
    `EvaluationNotFound`.
    """
    case = await store.load(session, actor, request_id)
    found = case.find(Evaluation, evaluation_id)
    if found is None:
        raise EvaluationNotFound("check the id; see evaluations in the request")
    _log_read(session, actor, case, now, trace, target=evaluation_id)
    return case, found


async def page(
    session: Session,
    actor: Actor,
    filters: Filter,
    *,
    limit: int,
    before: UUID | None,
    now: datetime,
    trace: str,
) -> tuple[list[Head], bool]:
    """List the request heads that the caller may see, newest first, and return whether more
    follow.
    """
    heads = await store.page(session, actor, filters, now=now, limit=limit + 1, before=before)
    event = Event(
        action=Action.REQUESTS_LISTED,
        data={"filters": filters.given(), "count": min(len(heads), limit)},
    )
    log.append(session, event, by=actor, at=now, request_id=trace)
    return heads[:limit], len(heads) > limit


async def amend(
    session: Session,
    actor: Actor,
    request_id: UUID,
    changed: Mapping[str, Json],
    *,
    precondition: IfMatch,
    now: datetime,
    trace: str,
) -> Case:
    """Change the facts of an undecided request, or the How checks until closure, and evaluate
    again.

    Earlier facts and evaluations remain on record. Raises `FactsAlreadyDecided` if the request is
    decided and the change goes beyond the How checks.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)
    precondition.check(etag(case.head, case.head.view_for(actor)))
    policy = await load_policy_in_force(session, actor, now)

    how_only = changed.keys() <= HOW_ONLY
    try:
        status = case.head.after(Act.AMEND)
    except InvalidState:
        if not how_only:
            case.head.after(Act.AMEND_HOW)
            raise FactsAlreadyDecided from None
        status = case.head.after(Act.AMEND_HOW)
    statement = await check_recipient(
        session,
        actor.school,
        revise(case, changed),
        now,
        strict="" if "recipient" in changed else None,
    )
    change = restate(
        case, statement, changed.keys(), policy, now, trigger=EvaluationTrigger.AMENDED
    )
    change = replace(
        change, head=replace(change.head, status=status), action=Action.REQUEST_AMENDED
    )

    return await store.save_change(session, actor, case, change, now=now, trace=trace)


async def evaluate_again(
    session: Session,
    actor: Actor,
    request_id: UUID,
    *,
    policy_digest: str | None,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Evaluation]]:
    """Evaluate the current facts under the policy in force or under another policy version.

    An evaluation under another version is recorded for comparison and leaves the head unchanged.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    current = await load_policy_in_force(session, actor, now)
    policy = (
        current
        if policy_digest in {None, current.digest}
        else await policies.at(session, actor.school, policy_digest or "")
    )

    status = case.head.after(Act.EVALUATE)
    is_current = policy.digest == current.digest
    statement = await check_recipient(session, actor.school, revise(case, {}), now)
    judgement = judge(policy, statement.stated, now)
    head = (
        replace(with_evaluation(case.head, judgement), status=status) if is_current else case.head
    )
    draft = judgement.draft(
        id=ids.new_id(now),
        trigger=EvaluationTrigger.ASKED,
        current=is_current,
        check=statement.check,
    )
    change = Change(
        action=Action.REQUEST_EVALUATED,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        data={
            "outcome": judgement.evaluation.outcome.value,
            "current": is_current,
            "under": policy.digest,
        },
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


async def withdraw(
    session: Session, actor: Actor, request_id: UUID, why: str | None, *, now: datetime, trace: str
) -> tuple[Case, Record[Withdrawal]]:
    """Withdraw an undecided request on behalf of its submitter."""
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter(actor)

    status = case.head.after(Act.WITHDRAW)
    policy = await load_policy_of_evaluation(session, case, now)
    content = assessment.with_fallback_flag(policy, case.head, Withdrawal(why=why))
    draft = Draft(id=ids.new_id(now), content=content)
    change = _with_retention(
        case, _simple(case, Action.REQUEST_WITHDRAWN, draft, status), policy, now
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


async def close(
    session: Session, actor: Actor, request_id: UUID, why: str | None, *, now: datetime, trace: str
) -> tuple[Case, Record[Closure]]:
    """Close a decided request: all disclosures and notices are recorded, or the request was
    refused.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    status = case.head.after(Act.CLOSE)
    policy = await load_policy_of_evaluation(session, case, now)
    content = assessment.with_fallback_flag(policy, case.head, Closure(why=why))
    draft = Draft(id=ids.new_id(now), content=content)
    change = _with_retention(case, _simple(case, Action.REQUEST_CLOSED, draft, status), policy, now)

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


async def ask(
    session: Session, actor: Actor, request_id: UUID, question: str, *, now: datetime, trace: str
) -> tuple[Case, Record[Question]]:
    """Record a question to the requester about missing information.

    The request stays undecided until its facts are amended.
    """
    case = await store.load(session, actor, request_id, to_change=True)

    status = case.head.after(Act.ASK)
    draft = Draft(id=ids.new_id(now), content=Question(question=question))
    change = _simple(case, Action.INFORMATION_REQUESTED, draft, status)

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


def _simple(case: Case, action: Action, draft: Draft[Content], status: Status) -> Change:
    return Change(
        action=action,
        head=replace(case.head, status=status),
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
    )


def _with_retention(case: Case, change: Change, policy: Policy, now: datetime) -> Change:
    """Complete a change that ends a request: the retention period starts on this date."""
    reviewed = case.latest(RetentionReview) is not None
    return replace(
        change, head=assessment.with_retention(policy, change.head, now, reviewed=reviewed)
    )


async def reconsider(
    session: Session,
    actor: Actor,
    request_id: UUID,
    new_information: str,
    changed: Mapping[str, Json],
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Reconsideration]]:
    """Reopen a refused request because of new information and evaluate it again.

    The refusal remains on record. Raises `NothingToReconsider` unless the newest decision is a
    refusal.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)
    policy = await load_policy_in_force(session, actor, now)

    status = case.head.after(Act.RECONSIDER)
    if case.head.decision != "do_not_share":
        raise NothingToReconsider
    statement = await check_recipient(
        session,
        actor.school,
        revise(case, changed),
        now,
        strict="/facts" if "recipient" in changed else None,
    )
    change = restate(
        case, statement, changed.keys(), policy, now, trigger=EvaluationTrigger.RECONSIDERED
    )
    judgement_due = assessment.due_at(policy, change.head.urgency, now)
    refused = case.decision
    draft = Draft(
        id=ids.new_id(now),
        content=Reconsideration(
            decision_id=refused.id if refused else None, new_information=new_information
        ),
    )
    change = replace(
        change,
        action=Action.REQUEST_RECONSIDERED,
        head=replace(
            change.head,
            status=status,
            decision=None,
            departs=False,
            decided_at=None,
            due_at=judgement_due,
        ),
        drafts=(*change.drafts, draft),
        target=draft.id,
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


class NothingToReconsider(ServiceError):
    """The newest decision is not a refusal, so the request cannot be reconsidered."""

    kind = Kind.CONFLICT
    code = "nothing-to-reconsider"
    title = "No refusal to reconsider"

    def __init__(self) -> None:
        super().__init__(
            "the newest decision is not a refusal; to change it, record a new decision"
        )
