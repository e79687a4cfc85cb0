"""Present a request in the full or the de-identified view. Pure.

The de-identified view is for advisers and overseers who do not need to know the identity of the
subjects.

Invariant: only listed members are shown; the de-identified view omits text, names and references.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from app.kernel import clock, plain
from app.kernel.classification import Mark, Marks, marks_of
from app.policy.engine.deadlines import today_in_school
from app.sharing.case.case import Case, Head, Record, View
from app.sharing.case.records import (
    Advice,
    AdviceAnswer,
    Closure,
    Consent,
    ConsentWithdrawal,
    Content,
    Decision,
    Disclosure,
    Disposal,
    Emergency,
    Evaluation,
    Facts,
    Letter,
    Notice,
    Question,
    Reconsideration,
    RetentionReview,
    Withdrawal,
)
from app.sharing.presentation import age_bands, guidance
from app.sharing.presentation.deidentification import (
    RELEASED,
    VISIBLE,
    instant,
    pseudonyms,
    to_the_day,
)

Shown = dict[str, Any]

_ENDINGS: Final[Mapping[str, type[Content]]] = {
    "emergency": Emergency,
    "withdrawal": Withdrawal,
    "closure": Closure,
    "disposal": Disposal,
}
"""The kinds of record that a request has at most once."""


HELD_BACK: Final = None
"""The value of a member that the view hides."""

_LISTS: Final[Mapping[str, type[Content]]] = {
    "questions": Question,
    "advice": Advice,
    "decisions": Decision,
    "disclosures": Disclosure,
    "notices": Notice,
    "consents": Consent,
    "reconsiderations": Reconsideration,
    "letters": Letter,
    "retention_reviews": RetentionReview,
}


def summary(head: Head, view: View, now: datetime) -> Shown:
    """Present the head: codes and instants, no personal data."""
    late = head.overdue(now)
    return {
        "id": str(head.id),
        "version": head.version,
        "status": head.status.value,
        "view": view.value,
        "direction": head.direction,
        "urgency": head.urgency,
        "purpose_code": head.purpose,
        "recipient_type": head.recipient_type,
        "outcome": head.outcome,
        "release": head.release,
        "decision": head.decision,
        "departs_from_evaluation": head.departs,
        "policy_digest": head.policy_digest,
        "submitted_by": {
            "subject": str(head.submitted_by) if view is View.FULL else HELD_BACK,
            "role": head.submitted_role,
        },
        "submitted_at": instant(head.submitted_at, view),
        "decided_at": instant(head.decided_at, view),
        "due_at": instant(head.due_at, view),
        "overdue": bool(late),
        "overdue_clocks": late,
    }


def show_request(case: Case, view: View, now: datetime) -> Shown:
    """Present a request with all its records in a view."""
    shown = summary(case.head, view, now)
    shown["facts"] = facts(case, view)
    shown["evaluation"] = _without_clauses(evaluation(case.evaluation, view))
    shown["evaluations"] = [_evaluation_summary(record, view) for record in case.of(Evaluation)]
    for name, kind in _LISTS.items():
        shown[name] = [show_record(case, record, view) for record in case.of(kind)]
    shown["tasks"] = tasks(case, view)
    shown["compelled"] = guidance.show_legal_power(case, view, released=_text_released(case))
    shown["routed"] = guidance.show_routing(case)
    shown["recipient_check"] = guidance.recipient_check(
        case.evaluation.content.recipient_check, view
    )
    shown["hints"] = guidance.hints(case)
    head = case.head
    shown["retention"] = retention(head)
    for name, kind in _ENDINGS.items():
        record = case.latest(kind)
        shown[name] = show_record(case, record, view) if record else None
    return shown


def retention(head: Head) -> Shown:
    """Present the retention period of a request."""
    return {
        "class": head.retention_class,
        "retain_until": head.retain_until,
        "review_on": head.review_on,
        "legal_hold": head.legal_hold,
    }


def facts(case: Case, view: View) -> Shown:
    """Present the latest facts in the shape of the request body, each item with its id."""
    record = case.facts
    stated = record.content.facts
    if view is View.FULL:
        shown: Shown = stated.shown(VISIBLE[view])
        if not record.personal:
            shown["subjects"] = _subjects(case, record, view)
        return shown
    marks = RELEASED if _text_released(case) else VISIBLE[view]
    shown = {name: to_the_day(member) for name, member in stated.shown(marks).items()}
    shown["subjects"] = _subjects(case, record, view)
    return shown


def _subjects(case: Case, record: Record[Facts], view: View) -> list[Shown]:
    """Present the subjects; in the de-identified view by pseudonym and age band at submission."""
    names, stated = pseudonyms(case), record.content.facts
    members = cast("list[Shown]", stated.shown(VISIBLE[View.DEIDENTIFIED])["subjects"])
    shown = [dict(subject) for subject in members]
    for subject, person in zip(shown, case.people_of(record), strict=False):
        subject["person_ref"] = names[person.ref]
    if view is View.DEIDENTIFIED:
        submitted_on = today_in_school(case.head.submitted_at)
        for subject, known in zip(shown, stated.subjects, strict=True):
            subject["age_band"] = age_bands.band(known.born_on, submitted_on)
    return shown


def _text_released(case: Case) -> bool:
    return any(record.content.release_free_text for record in case.of(Advice))


def evaluation(record: Record[Evaluation], view: View) -> Shown:
    """Present an evaluation with the due instants of its actions."""
    content = record.content
    due = {
        name: instant(clock.from_text(at), view) if at else None for name, at in content.due.items()
    }
    return {
        "id": str(record.id),
        **content.result.to_json(due),
        **_when(record, view),
    }


def _without_clauses(shown: Shown) -> Shown:
    """Remove the citations from an evaluation; its own resource shows them."""
    found = {
        name: [
            {member: one for member, one in finding.items() if member != "cites"}
            for finding in shown[name]
        ]
        for name in ("path", "principles", "golden_rules", "actions")
    }
    return shown | found


def _evaluation_summary(record: Record[Evaluation], view: View) -> Shown:
    """Present a summary of an evaluation; its own resource shows it in full."""
    result = record.content.result
    return {
        "id": str(record.id),
        "outcome": result.outcome.value,
        "decided_at": result.decided_at.value,
        "release": result.release.value,
        "policy_version": result.policy_version,
        "policy_digest": result.policy_digest,
        **_when(record, view),
    }


def _when(record: Record[Evaluation], view: View) -> Shown:
    return {
        "current": record.content.current,
        "trigger": record.content.trigger.value,
        "recorded_at": instant(record.at, view),
    }


def show_record(case: Case, record: Record[Content], view: View) -> Shown:
    """Present a record of any other kind with the members that the view shows."""
    shown: Shown = {
        "id": str(record.id),
        "recorded_at": instant(record.at, view),
        "recorded_by": {
            "subject": str(record.by_id) if view is View.FULL else HELD_BACK,
            "role": record.by_role,
        },
        **_members(record.content, view),
    }
    content = record.content
    if isinstance(content, Notice | Consent):
        del shown["subject_id"]
        shown["person_ref"] = _person(case, content.subject_id, view)
    if isinstance(content, Disclosure):
        shown["recipient_check"] = guidance.recipient_check(content.recipient_check, view)
        shown |= guidance.show_item_changes(case, record.id, content, view)
    if isinstance(content, Advice):
        answers = [a for a in case.of(AdviceAnswer) if a.content.advice_id == record.id]
        shown["answer"] = show_record(case, answers[-1], view) if answers else None
    if isinstance(content, Consent):
        ends = [w for w in case.of(ConsentWithdrawal) if w.content.consent_id == record.id]
        shown["withdrawal"] = show_record(case, ends[-1], view) if ends else None
    return shown


def _members(content: object, view: View) -> Shown:
    marks = marks_of(type(content))
    return {name: _member(getattr(content, name), mark, view) for name, mark in marks.items()}


def _member(value: object, mark: Mark | Marks, view: View) -> Any:
    if isinstance(mark, Mark) and mark not in VISIBLE[view]:
        return HELD_BACK
    if isinstance(value, datetime):
        return instant(value, view)
    if not isinstance(mark, Mark) and value is not None:
        members = _members(value, view)
        return members if any(one is not None for one in members.values()) else None
    return plain.write(value)


def _person(case: Case, subject_id: UUID, view: View) -> str | None:
    person = next((subject for subject in case.subjects if subject.id == subject_id), None)
    if person is None:
        return HELD_BACK
    return person.ref if view is View.FULL else pseudonyms(case)[person.ref]


def tasks(case: Case, view: View) -> list[Shown]:
    """Present the tasks after an emergency: the record to complete, with its dates."""
    if case.head.task_due_at is None:
        return []
    decided = case.decision
    return [
        {
            "code": "complete_record_retrospectively",
            "due": instant(case.head.task_due_at, view),
            "done_at": instant(decided.at, view) if decided else None,
        }
    ]
