"""New and restated facts with their evaluation, as a change of the request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.policy.engine.evaluate import Policy
from app.sharing.case.case import Case, Head, Subject
from app.sharing.case.change import Change, Draft
from app.sharing.case.model import RecordKind, Status
from app.sharing.evaluation.assessment import Judgement, judge
from app.sharing.facts.statement import Statement

HOW_ONLY: Final = frozenset({"how"})


def submitted(actor: Actor, statement: Statement, judgement: Judgement, now: datetime) -> Change:
    """A new request, as a change of nothing."""
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
            judgement.draft(
                id=ids.new_id(now), counts=True, because="submitted", check=statement.check
            ),
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


def restated(
    case: Case, statement: Statement, fields: Any, policy: Policy, now: datetime, *, because: str
) -> Change:
    """The case with new facts, judged again. Items keep their ids unless the list itself was sent
    anew.
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
            judgement.draft(
                id=ids.new_id(now), counts=True, because=because, check=statement.check
            ),
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
