"""De-identify a request: hide personal members, and truncate times to the day. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from app.kernel import clock
from app.kernel.canonical import Json
from app.kernel.classification import Mark
from app.sharing.case.case import Case, View
from app.sharing.case.records import Facts

VISIBLE: Final[Mapping[View, frozenset[Mark]]] = {
    View.FULL: frozenset(Mark),
    View.DEIDENTIFIED: frozenset({Mark.STRUCTURAL, Mark.ANONYMOUS}),
}
"""The marks of the members that each view shows."""

RELEASED: Final = VISIBLE[View.DEIDENTIFIED] | {Mark.RELEASABLE}
"""The marks that a de-identified view shows of facts whose free text the submitter released."""


def pseudonyms(case: Case) -> dict[str, str]:
    """A pseudonym for each subject by reference, such as `child-1`; unique within the request."""
    names: dict[str, str] = {}
    for record in case.of(Facts):
        for person in case.people_of(record):
            names.setdefault(person.ref, f"{person.role.replace('_', '-')}-{len(names) + 1}")
    return names


def instant(value: datetime | None, view: View) -> str | None:
    """Format an instant; truncated to the day in the de-identified view."""
    if value is None:
        return None
    if view is View.DEIDENTIFIED:
        value = value.replace(hour=0, minute=0, second=0, microsecond=0)
    return clock.to_text(value)


def to_the_day(value: Json) -> Json:
    """Truncate every instant in a JSON value to the day."""
    if isinstance(value, str):
        return _day_of(value)
    if isinstance(value, Mapping):
        return {name: to_the_day(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_the_day(member) for member in value]
    return value


def _day_of(text: str) -> str:
    if text[10:11] != "T":
        return text
    try:
        at = clock.from_text(text)
    except ValueError:
        return text
    return instant(at, View.DEIDENTIFIED) or text
