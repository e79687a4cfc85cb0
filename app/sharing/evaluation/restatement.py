"""Make the change that stores new or amended facts with their evaluation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.policy.engine.evaluate import Policy
from app.sharing.case.case import Case, Head, Subject
from app.sharing.case.change import Change, Draft
from app.sharing.case.model import EvaluationTrigger, Status
from app.sharing.case.records import Evaluation, Facts
from app.sharing.evaluation.assessment import Judgement, judge
from app.sharing.facts.statement import Statement

HOW_ONLY: Final = frozenset({"how"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A new request: the change that creates it, and its facts and evaluation drafts."""

    change: Change
    facts: Draft[Facts]
    evaluation: Draft[Evaluation]


def new_submission(
    actor: Actor, statement: Statement, judgement: Judgement, now: datetime
) -> Submission:
    """Build a new request with the evaluation of its facts."""
    facts, subjects = facts_draft(statement, now)
    stated = statement.facts
    head = Head(
        id=ids.new_id(now),
        school=actor.school,
        version=1,
        status=Status.SUBMITTED,
        direction=stated.direction.value,
        urgency=stated.urgency.value,
        purpose=stated.purpose.code.value,
        recipient_type=stated.recipient.organisation_type.value,
        recipient_id=stated.recipient.directory_id,
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
    evaluation = judgement.draft(
        id=ids.new_id(now), trigger=EvaluationTrigger.SUBMITTED, check=statement.check
    )
    change = Change(
        action=Action.REQUEST_SUBMITTED,
        head=head,
        drafts=(facts, evaluation),
        subjects=subjects,
        about=[subject.id for subject in subjects],
        data={"outcome": head.outcome, "release": head.release, "purpose": head.purpose},
    )
    return Submission(change=change, facts=facts, evaluation=evaluation)


def facts_draft(
    statement: Statement,
    now: datetime,
    *,
    item_ids: Sequence[UUID] = (),
    known: Sequence[Subject] = (),
) -> tuple[Draft[Facts], list[Subject]]:
    """Build the facts record with item ids, and the new subjects.

    `item_ids` are the ids of retained items, by position; `known` are the existing subjects of the
    request, whose ids are retained.
    """
    record_id = ids.new_id(now)
    people = {subject.ref: subject for subject in known}
    subjects = []
    for ref, role in statement.refs:
        if ref not in people:
            people[ref] = Subject(id=ids.new_id(now), record_id=record_id, ref=ref, role=role)
            subjects.append(people[ref])
    new_ids = (ids.new_id(now) for _ in statement.facts.items)
    content = Facts(
        facts=statement.facts.with_item_ids(chain(item_ids, new_ids)),
        subject_ids=tuple(people[ref].id for ref, _ in statement.refs),
    )
    return Draft(id=record_id, content=content), subjects


def restate(
    case: Case,
    statement: Statement,
    fields: Collection[str],
    policy: Policy,
    now: datetime,
    *,
    trigger: EvaluationTrigger,
) -> Change:
    """Build the change for amended facts and their new evaluation.

    Items retain their ids unless the client sent a new list of items.
    """
    item_ids = [] if "items" in fields else [item.id for item in case.items]
    facts, subjects = facts_draft(statement, now, item_ids=item_ids, known=case.subjects)
    judgement = judge(policy, statement.stated, now)
    stated = statement.facts
    head = replace(
        with_evaluation(case.head, judgement),
        direction=stated.direction.value,
        urgency=stated.urgency.value,
        purpose=stated.purpose.code.value,
        recipient_type=stated.recipient.organisation_type.value,
        recipient_id=stated.recipient.directory_id,
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
            judgement.draft(id=ids.new_id(now), trigger=trigger, check=statement.check),
        ),
        subjects=subjects,
        about=facts.content.subject_ids,
        data={"fields": sorted(fields), "outcome": head.outcome, "release": head.release},
    )


def with_evaluation(head: Head, judgement: Judgement) -> Head:
    """The head after a current evaluation.

    A decision or an emergency has already set the retention class; an evaluation then leaves it
    unchanged.
    """
    settled = head.decision is not None or head.status is Status.EMERGENCY_RECORDED
    return replace(
        head,
        outcome=judgement.evaluation.outcome.value,
        release=judgement.evaluation.release.value,
        policy_digest=judgement.evaluation.policy_digest,
        retention_class=head.retention_class if settled else judgement.retention_class,
    )
