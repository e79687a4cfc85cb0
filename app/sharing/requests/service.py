"""What people do to a sharing request, one function for each intention: read, decide purely, write
once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Session
from app.platform.preconditions import IfMatch, etag_of
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force as policies
from app.sharing.case import store
from app.sharing.case.case import ActImpossible, Case, Head, Subject, View
from app.sharing.case.model import Act, RecordKind, Status
from app.sharing.case.store import Change, Draft
from app.sharing.evaluation import assessment
from app.sharing.evaluation.assessment import Judgement, Statement, judge
from app.sharing.facts import recipient_check

Revise = Callable[[Mapping[str, Any]], Statement]
"""Lays what was changed over the facts as they were stated, and reads the whole again."""

HOW_ONLY: Final = frozenset({"how"})


class FactsSettled(ServiceError):
    """The facts of a decided request no longer change, but for the checks before release."""

    kind = Kind.CONFLICT
    code = "facts-settled"
    title = "The request has been decided on these facts"

    def __init__(self) -> None:
        super().__init__(
            "only facts.how can still be amended; new information after a refusal goes to"
            " /reconsiderations"
        )


ids_of_person: Final = store.ids_of_person
"""The random ids under which the trail knows a person."""

sealed: Final = store.sealed
"""Every record and head as stored now, for the verification of the trail."""


has_requests: Final = store.has_any
"""Whether any school has any request."""


def etag(head: Head, view: View) -> str:
    """The entity tag of a request as this view shows it."""
    return etag_of(head.version, view.value)


async def policy_in_force(session: Session, actor: Actor, now: datetime) -> Policy:
    """The policy that the caller's school follows today."""
    return await policies.in_force(session, actor.school, today_in_school(now))


async def judged_under(session: Session, case: Case, now: datetime) -> Policy:
    """The version that the evaluation that counts was made under, or one that stands in for it, so
    that nothing waits for it.
    """
    return await policies.standing_in(
        session, case.head.school, today_in_school(now), case.head.policy_digest
    )


async def submit(
    session: Session, actor: Actor, statement: Statement, *, now: datetime, request_id: str
) -> Case:
    """Store a request with the evaluation of its facts under the policy in force."""
    policy = await policies.follow(session, actor.school, now=now, trace=request_id)
    statement = await recipient_check.cited(session, actor.school, statement, now, strict="")

    change = submitted(actor, statement, judge(policy, statement.stated, now), now)

    return await store.write(session, change, by=actor, at=now, request_id=request_id)


def submitted(actor: Actor, statement: Statement, judgement: Judgement, now: datetime) -> Change:
    """A new request, as a change of nothing. Pure."""
    facts, subjects = facts_draft(statement, now)
    structure = statement.structure
    head = Head(
        id=ids.new_id(now),
        school=actor.school,
        version=1,
        status=Status.SUBMITTED,
        direction=structure["direction"],
        urgency=structure.get("urgency") or "routine",
        purpose=structure["purpose"]["code"],
        recipient_type=structure["recipient"]["organisation_type"],
        recipient_id=_cited(structure),
        outcome=judgement.evaluation.outcome.value,
        release=judgement.evaluation.release.value,
        decision=None,
        departs=False,
        policy_digest=judgement.evaluation.policy_digest,
        submitted_by=actor.id,
        submitted_role=actor.role.value,
        submitted_at=now,
        decided_at=None,
        due_at=judgement.due_at,
        task_due_at=None,
        advice_due_at=None,
        notice_due_on=None,
        retention_class=judgement.retention_class,
        retain_until=None,
        review_on=None,
        legal_hold=False,
        audit_id=ids.new_id(now),
    )
    return Change(
        action=Action.REQUEST_SUBMITTED,
        head=head,
        drafts=(
            facts,
            judgement.draft(at=now, counts=True, because="submitted", check=statement.check),
        ),
        subjects=subjects,
        about=[subject.id for subject in subjects],
        data={"outcome": head.outcome, "release": head.release, "purpose": head.purpose},
    )


def _cited(structure: Mapping[str, Any]) -> UUID | None:
    """The entry of the directory that the facts cite."""
    cited = structure["recipient"].get("directory_id")
    return UUID(cited) if cited else None


def facts_draft(
    statement: Statement,
    now: datetime,
    *,
    kept: Mapping[int, str] | None = None,
    known: Sequence[Subject] = (),
) -> tuple[Draft, list[Subject]]:
    """The facts as a record, each item with its id, and the people that are new in it.

    `kept` gives the ids of items that stay, by position; `known` are the people of the request so
    far, who keep theirs.
    """
    record_id = ids.new_id(now)
    people = {subject.ref: subject for subject in known}
    subjects = []
    for ref, role in statement.refs:
        if ref not in people:
            people[ref] = Subject(id=ids.new_id(now), record_id=record_id, ref=ref, role=role)
            subjects.append(people[ref])
    items = [
        {**item, "id": (kept or {}).get(position) or str(ids.new_id(now))}
        for position, item in enumerate(statement.structure.get("items", []))
    ]
    body = {
        "structure": {**statement.structure, "items": items},
        "subject_ids": [str(people[ref].id) for ref, _ in statement.refs],
    }
    return Draft(kind=RecordKind.FACTS, body=body, text=statement.narrative, id=record_id), subjects


async def amend(
    session: Session,
    actor: Actor,
    request_id: UUID,
    changed: Mapping[str, Any],
    revise: Revise,
    *,
    precondition: IfMatch,
    now: datetime,
    trace: str,
) -> Case:
    """Change the facts before a decision, or the How checks until nothing more leaves; evaluated
    again, what was before is kept.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)
    precondition.check(etag(case.head, case.head.view_for(actor)))
    policy = await policy_in_force(session, actor, now)

    how_only = changed.keys() <= HOW_ONLY
    try:
        status = case.head.after(Act.AMEND)
    except ActImpossible:
        if not how_only:
            case.head.after(Act.AMEND_HOW)
            raise FactsSettled from None
        status = case.head.after(Act.AMEND_HOW)
    statement = await recipient_check.cited(
        session, actor.school, revise(changed), now, strict="" if "recipient" in changed else None
    )
    change = restated(case, statement, changed.keys(), policy, now, because="amended")
    change = replace(
        change, head=replace(change.head, status=status), action=Action.REQUEST_AMENDED
    )

    return await merged(session, actor, case, change, now=now, trace=trace)


def restated(
    case: Case, statement: Statement, fields: Any, policy: Policy, now: datetime, *, because: str
) -> Change:
    """The case with new facts, judged again. Items keep their ids unless the list itself was sent
    anew. Pure.
    """
    before = case.facts.body["structure"]["items"]
    kept = (
        {} if "items" in fields else {position: item["id"] for position, item in enumerate(before)}
    )
    facts, subjects = facts_draft(statement, now, kept=kept, known=case.subjects)
    judgement = judge(policy, statement.stated, now)
    structure = statement.structure
    head = replace(
        judged(case.head, judgement),
        direction=structure["direction"],
        urgency=structure.get("urgency") or "routine",
        purpose=structure["purpose"]["code"],
        recipient_type=structure["recipient"]["organisation_type"],
        recipient_id=_cited(structure),
        due_at=(
            judgement.due_at
            if judgement.due_at and case.head.due_at and judgement.due_at < case.head.due_at
            else case.head.due_at
        ),
    )
    return Change(
        action=Action.REQUEST_AMENDED,
        head=head,
        drafts=(
            facts,
            judgement.draft(at=now, counts=True, because=because, check=statement.check),
        ),
        subjects=subjects,
        about=[UUID(one) for one in facts.body["subject_ids"]],
        data={"fields": sorted(fields), "outcome": head.outcome, "release": head.release},
    )


def judged(head: Head, judgement: Judgement) -> Head:
    """The head after an evaluation that counts. A decision, or an emergency, has settled how long
    it is kept.
    """
    settled = head.decision is not None or head.status is Status.EMERGENCY_RECORDED
    return replace(
        head,
        outcome=judgement.evaluation.outcome.value,
        release=judgement.evaluation.release.value,
        policy_digest=judgement.evaluation.policy_digest,
        retention_class=head.retention_class if settled else judgement.retention_class,
    )


async def merged(
    session: Session, actor: Actor, case: Case, change: Change, *, now: datetime, trace: str
) -> Case:
    """Write a change of a case and give the case as it is after it."""
    made = await store.write(
        session, change, by=actor, at=now, request_id=trace, previous=case.head
    )
    return Case(
        head=made.head,
        records=(*case.records, *made.records),
        subjects=(*case.subjects, *made.subjects),
    )


async def evaluate_again(
    session: Session,
    actor: Actor,
    request_id: UUID,
    revise: Revise,
    *,
    policy_digest: str | None,
    now: datetime,
    trace: str,
) -> Case:
    """Evaluate the facts as stated again: under the policy in force, or, without consequence, under
    another version.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    current = await policy_in_force(session, actor, now)
    policy = (
        current
        if policy_digest in {None, current.digest}
        else await policies.at(session, actor.school, policy_digest or "")
    )

    status = case.head.after(Act.EVALUATE)
    counts = policy.digest == current.digest
    statement = await recipient_check.cited(session, actor.school, revise({}), now)
    judgement = judge(policy, statement.stated, now)
    head = replace(judged(case.head, judgement), status=status) if counts else case.head
    change = Change(
        action=Action.REQUEST_EVALUATED,
        head=head,
        drafts=(judgement.draft(at=now, counts=counts, because="asked", check=statement.check),),
        about=[subject.id for subject in case.people],
        data={
            "outcome": judgement.evaluation.outcome.value,
            "counts": counts,
            "under": policy.digest,
        },
    )

    return await merged(session, actor, case, change, now=now, trace=trace)


async def withdraw(
    session: Session, actor: Actor, request_id: UUID, why: str | None, *, now: datetime, trace: str
) -> Case:
    """Take a request back before it is decided."""
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter(actor)

    status = case.head.after(Act.WITHDRAW)
    policy = await judged_under(session, case, now)
    draft = Draft(
        kind=RecordKind.WITHDRAWAL,
        body=assessment.stood_in(policy, case.head),
        text={"why": why} if why else {},
        id=ids.new_id(now),
    )
    change = _ended(case, _simple(case, Action.REQUEST_WITHDRAWN, draft, status), policy, now)

    return await merged(session, actor, case, change, now=now, trace=trace)


async def close(
    session: Session, actor: Actor, request_id: UUID, why: str | None, *, now: datetime, trace: str
) -> Case:
    """Say that nothing more is to come: everything was shared and told, or the refusal stands."""
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    status = case.head.after(Act.CLOSE)
    policy = await judged_under(session, case, now)
    draft = Draft(
        kind=RecordKind.CLOSURE,
        body=assessment.stood_in(policy, case.head),
        text={"why": why} if why else {},
        id=ids.new_id(now),
    )
    change = _ended(case, _simple(case, Action.REQUEST_CLOSED, draft, status), policy, now)

    return await merged(session, actor, case, change, now=now, trace=trace)


async def ask(
    session: Session, actor: Actor, request_id: UUID, question: str, *, now: datetime, trace: str
) -> Case:
    """Ask the requester for information that is missing; the request waits for it, and an amendment
    ends the wait.
    """
    case = await store.load(session, actor, request_id, to_change=True)

    status = case.head.after(Act.ASK)
    draft = Draft(
        kind=RecordKind.QUESTION, body={}, text={"question": question}, id=ids.new_id(now)
    )
    change = _simple(case, Action.INFORMATION_REQUESTED, draft, status)

    return await merged(session, actor, case, change, now=now, trace=trace)


def _simple(case: Case, action: Action, draft: Draft, status: Status) -> Change:
    about = [subject.id for subject in case.people]
    return Change(
        action=action,
        head=replace(case.head, status=status),
        drafts=(draft,),
        about=about,
        target=draft.id,
    )


def _ended(case: Case, change: Change, policy: Policy, now: datetime) -> Change:
    """The change that ends a request: from today on it is kept as long as its class says."""
    reviewed = case.latest(RecordKind.RETENTION_REVIEW) is not None
    return replace(change, head=assessment.kept(policy, change.head, now, reviewed=reviewed))


async def reconsider(
    session: Session,
    actor: Actor,
    request_id: UUID,
    new_information: str,
    changed: Mapping[str, Any],
    revise: Revise,
    *,
    now: datetime,
    trace: str,
) -> Case:
    """Reopen a refused request on new information; it is judged again, and the refusal stands in
    the record.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)
    policy = await policy_in_force(session, actor, now)

    status = case.head.after(Act.RECONSIDER)
    if case.head.decision != "do_not_share":
        raise NothingToReconsider
    statement = await recipient_check.cited(
        session,
        actor.school,
        revise(changed),
        now,
        strict="/facts" if "recipient" in changed else None,
    )
    change = restated(case, statement, changed.keys(), policy, now, because="reconsidered")
    judgement_due = assessment.due_at(policy, change.head.urgency, now)
    refused = case.decision
    draft = Draft(
        kind=RecordKind.RECONSIDERATION,
        body={"decision_id": str(refused.id) if refused else None},
        text={"new_information": new_information},
        id=ids.new_id(now),
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

    return await merged(session, actor, case, change, now=now, trace=trace)


class NothingToReconsider(ServiceError):
    """Only a refusal is reconsidered."""

    kind = Kind.CONFLICT
    code = "nothing-to-reconsider"
    title = "There is no refusal to reconsider"

    def __init__(self) -> None:
        super().__init__("the decision that stands is no refusal; a new decision supersedes it")
