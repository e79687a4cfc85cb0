"""Builds the facts and the emergency record from the body of an emergency disclosure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from app.kernel.references import pupil_number_fault
from app.platform.partial_validation import TOO_LONG, InvalidMember, validate_partially
from app.policy.engine.vocabulary import Include
from app.policy.facts.fields import ANY, KNOWN
from app.policy.facts.merge_patch import merge
from app.policy.facts.schemas import FactsIn
from app.sharing.case.records import Emergency
from app.sharing.emergencies.schemas import ORGANISATION_TYPE, EmergencyIn
from app.sharing.facts.statement import Statement
from app.sharing.facts.statements import statement_of

RECORDED_LATE_H: Final = 24


def emergency_statement(body: EmergencyIn, now: datetime) -> tuple[Statement, Emergency]:
    """Return the facts that an emergency states, and the emergency record with its flags.

    Refuses no body. Invalid members are recorded as the client sent them; they are personal data,
    and disposal destroys them.
    """
    purpose = _given(body.purpose) if body.purpose else {}
    base: dict[str, Any] = {
        "direction": "proactive",
        "recipient": _given(body.recipient),
        "purpose": {"code": "unknown", "statement": body.why, "answer": "yes", **purpose},
        "subjects": [_given(subject) for subject in body.subjects],
        "items": [{"description": body.what, "category": "other"}],
        "consent": {"answer": "unsure"},
        "identifiable": "yes",
        "lawful_reason": {"answer": "unsure"},
        "risk": {"immediate_risk": "yes"},
        "urgency": "immediate",
    }

    def laid(part: Mapping[str, Any]) -> FactsIn:
        return FactsIn.model_validate(merge(base, part), context={KNOWN: ANY})

    facts, apart = validate_partially(laid, body.facts, FactsIn, prefix=("facts",))
    if all(item.include is Include.WITHHOLD for item in facts.items):
        facts = laid(
            {
                **facts.model_dump(mode="json", exclude_unset=True),
                "items": [*base["items"], *map(_given, facts.items)],
            }
        )
    apart = [*body.apart, *apart]
    occurred = body.occurred_at or now
    flags = {_flag(one) for one in apart}
    if occurred > now:
        flags.add("occurs_in_the_future")
    if (now - occurred).total_seconds() > RECORDED_LATE_H * 3600:
        flags.add("recorded_late")
    if not facts.subjects:
        flags.add("no_subject_named")
    if any(pupil_number_fault(subject.person_ref) for subject in facts.subjects):
        flags.add("pupil_number_invalid")
    told = Emergency(
        flags=tuple(sorted(flags)),
        what=body.what,
        why=body.why,
        occurred_at=occurred,
        not_understood=[one.to_json() for one in apart] or None,
    )
    return statement_of(facts), told


def _flag(apart: InvalidMember) -> str:
    """Return the flag code of an invalid member. The code contains no text from the client."""
    first, *rest = apart.fault.pointer.removeprefix("/").split("/")
    name = (
        rest[0]
        if (first, *rest) == ORGANISATION_TYPE
        else first
        if first in EmergencyIn.model_fields
        else "members"
    )
    return f"{name}_cut_short" if apart.fault.code in TOO_LONG else f"{name}_not_understood"


def _given(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_unset=True)
