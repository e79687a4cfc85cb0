"""A request as its readers see it: whole, or de-identified for those who advise and oversee without
needing to know who it is about. Pure.

Law: what is not listed here is not shown; the de-identified view takes codes and leaves text, names
and references where they are.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from app.kernel import clock
from app.policy.engine.deadlines import today_in_school
from app.policy.facts import personal_data
from app.sharing.case.case import Case, Head, Record, View
from app.sharing.case.model import RecordKind
from app.sharing.presentation import age_bands, guidance
from app.sharing.presentation.deidentification import (
    DIRECTORY_IDS,
    instant,
    instant_member,
    pseudonyms,
    without_names,
)

Shown = dict[str, Any]

_ENDINGS: Final = {
    "emergency": RecordKind.EMERGENCY,
    "withdrawal": RecordKind.WITHDRAWAL,
    "closure": RecordKind.CLOSURE,
    "disposal": RecordKind.DISPOSAL,
}
"""What happens to a request once, or not at all."""


HELD_BACK: Final = None
"""What stands where a reader does not see the text."""

_LISTS: Final = {
    "questions": RecordKind.QUESTION,
    "advice": RecordKind.ADVICE,
    "decisions": RecordKind.DECISION,
    "disclosures": RecordKind.DISCLOSURE,
    "notices": RecordKind.NOTICE,
    "consents": RecordKind.CONSENT,
    "reconsiderations": RecordKind.RECONSIDERATION,
    "letters": RecordKind.LETTER,
    "retention_reviews": RecordKind.RETENTION_REVIEW,
}


def summary(head: Head, view: View, now: datetime) -> Shown:
    """The head of a request: codes and instants, nothing personal."""
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
        "departs": head.departs,
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


def whole(case: Case, view: View, now: datetime) -> Shown:
    """A request with everything that happened to it, as far as this view shows it."""
    shown = summary(case.head, view, now)
    shown["facts"] = facts(case, view)
    shown["evaluation"] = evaluation(case.evaluation, view)
    shown["evaluations"] = [evaluation(record, view) for record in case.of(RecordKind.EVALUATION)]
    for name, kind in _LISTS.items():
        shown[name] = [one(case, record, view) for record in case.of(kind)]
    shown["tasks"] = tasks(case, view)
    shown["compelled"] = guidance.compelled(case, shown["facts"])
    shown["routed"] = guidance.routed(case)
    shown["recipient_check"] = guidance.recipient_check(
        case.evaluation.body.get("recipient_check"), view
    )
    shown["hints"] = guidance.hints(case)
    head = case.head
    shown["retention"] = retention(head)
    for name, kind in _ENDINGS.items():
        record = case.latest(kind)
        shown[name] = one(case, record, view) if record else None
    return shown


def retention(head: Head) -> Shown:
    """How long a request is kept."""
    return {
        "class": head.retention_class,
        "retain_until": head.retain_until,
        "review_on": head.review_on,
        "legal_hold": head.legal_hold,
    }


def facts(case: Case, view: View) -> Shown:
    """The facts as last stated, in the shape in which they were sent; each item with its id."""
    record = case.facts
    structure: Shown = dict(record.body["structure"])
    released = view is View.FULL or _released(case)
    if record.text is not None and released:
        structure = personal_data.join(
            structure, record.text if view is View.FULL else without_names(record.text)
        )
    if view is View.DEIDENTIFIED:
        structure["recipient"] = {
            name: value
            for name, value in structure["recipient"].items()
            if name not in DIRECTORY_IDS
        }
        structure["consent"] = {
            name: instant_member(name, value, view) for name, value in structure["consent"].items()
        }
    if view is View.DEIDENTIFIED or record.text is None:
        structure["subjects"] = _subjects(case, record, view)
    return structure


def _subjects(case: Case, record: Record, view: View) -> list[Shown]:
    """The people by their pseudonyms; for those who are not to know them, with the band of the age
    that they had at the submission.
    """
    names = pseudonyms(case)
    shown = [dict(subject) for subject in record.body["structure"].get("subjects", [])]
    for subject, person in zip(shown, case.people_of(record), strict=False):
        subject["person_ref"] = names[person.ref]
    if view is View.DEIDENTIFIED:
        submitted_on = today_in_school(case.head.submitted_at)
        told = (record.text or {}).get("subjects") or [{} for _ in shown]
        for subject, personal in zip(shown, told, strict=True):
            born_on = personal.get("born_on")
            subject["age_band"] = age_bands.band(
                date.fromisoformat(born_on) if born_on else None, submitted_on
            )
    return shown


def _released(case: Case) -> bool:
    return any(record.body["release_free_text"] for record in case.of(RecordKind.ADVICE))


def evaluation(record: Record, view: View) -> Shown:
    """The evaluation object, with the instants at which its actions are due."""
    due = {
        name: instant(clock.from_text(at), view) if at else at
        for name, at in record.body["due"].items()
    }
    result = dict(record.body["result"])
    result["actions"] = [
        {**action, "due": due.get(action["due"], action["due"])} for action in result["actions"]
    ]
    return {
        "id": str(record.id),
        **result,
        "counts": record.body["counts"],
        "because": record.body["because"],
        "recorded_at": instant(record.at, view),
    }


def one(case: Case, record: Record, view: View) -> Shown:
    """Any other record: what it says in codes, and its text where the view shows it."""
    shown: Shown = {
        "id": str(record.id),
        "recorded_at": instant(record.at, view),
        "recorded_by": _by(record, view),
    }
    for name, value in record.body.items():
        if name != "subject_id":
            shown[name] = instant_member(name, value, view)
    if "subject_id" in record.body:
        shown["person_ref"] = _person(case, record.body["subject_id"], view)
    text = record.text or {}
    for name in text_fields(record.kind):
        shown[name] = text.get(name) if view is View.FULL or _open(record, name) else HELD_BACK
    if record.kind is RecordKind.DISCLOSURE:
        shown.update(guidance.disclosed(case, record, view))
    if record.kind is RecordKind.ADVICE:
        answers = [
            a for a in case.of(RecordKind.ADVICE_ANSWER) if a.body["advice_id"] == str(record.id)
        ]
        shown["answer"] = one(case, answers[-1], view) if answers else None
    if record.kind is RecordKind.CONSENT:
        withdrawn = [
            w
            for w in case.of(RecordKind.CONSENT_WITHDRAWAL)
            if w.body["consent_id"] == str(record.id)
        ]
        shown["withdrawal"] = one(case, withdrawn[-1], view) if withdrawn else None
    return shown


_TEXTS: Final[Mapping[RecordKind, tuple[str, ...]]] = {
    RecordKind.QUESTION: ("question",),
    RecordKind.ADVICE: ("question",),
    RecordKind.ADVICE_ANSWER: ("advice", "outcome_of_discussion"),
    RecordKind.DECISION: ("reasons", "departs_because", "lawful_reason", "refusal_how"),
    RecordKind.DISCLOSURE: ("recipient", "secure_exception", "acknowledged_by"),
    RecordKind.NOTICE: ("how",),
    RecordKind.CONSENT: ("evidence",),
    RecordKind.CONSENT_WITHDRAWAL: ("withdrawn_by",),
    RecordKind.RECONSIDERATION: ("new_information",),
    RecordKind.LETTER: ("reasons", "contact", "asked"),
    RecordKind.WITHDRAWAL: ("why",),
    RecordKind.CLOSURE: ("why",),
    RecordKind.EMERGENCY: ("what", "why", "not_understood"),
    RecordKind.RETENTION_REVIEW: ("why",),
    RecordKind.DISPOSAL: ("basis", "approved_by"),
}


_NAMING_NOBODY: Final = frozenset(
    {RecordKind.ADVICE, RecordKind.ADVICE_ANSWER, RecordKind.RETENTION_REVIEW, RecordKind.DISPOSAL}
)


def text_fields(kind: RecordKind) -> tuple[str, ...]:
    """The personal members of a record of this kind, in the order in which they are shown."""
    return _TEXTS.get(kind, ())


def _open(record: Record, name: str) -> bool:
    """Advice is asked and answered, and keeping is decided, without naming anybody: whoever sees
    the request sees these words.
    """
    return record.kind in _NAMING_NOBODY and name in text_fields(record.kind)


def _person(case: Case, subject_id: str, view: View) -> str | None:
    person = next((subject for subject in case.subjects if str(subject.id) == subject_id), None)
    if person is None:
        return HELD_BACK
    return person.ref if view is View.FULL else pseudonyms(case)[person.ref]


def _by(record: Record, view: View) -> Shown:
    return {
        "subject": str(record.by_id) if view is View.FULL else HELD_BACK,
        "role": record.by_role,
    }


def tasks(case: Case, view: View) -> list[Shown]:
    """What is still to be done after an emergency: the record to complete, when it is due, and
    whether it has been.
    """
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
