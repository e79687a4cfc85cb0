"""What a de-identified view removes: personal members, and times finer than a day. Pure."""

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
"""The marks of the members that a view shows."""

RELEASED: Final = VISIBLE[View.DEIDENTIFIED] | {Mark.RELEASABLE}
"""The same for the facts in a de-identified view, once their author has released the free text."""


def pseudonyms(case: Case) -> dict[str, str]:
    """For each person of the request a name that is the same throughout it and means nothing
    outside, such as `child-1`.
    """
    names: dict[str, str] = {}
    for record in case.of(Facts):
        for person in case.people_of(record):
            names.setdefault(person.ref, f"{person.role.replace('_', '-')}-{len(names) + 1}")
    return names


def instant(value: datetime | None, view: View) -> str | None:
    """An instant on the wire; to the day where the exact time could give a person away."""
    if value is None:
        return None
    if view is View.DEIDENTIFIED:
        value = value.replace(hour=0, minute=0, second=0, microsecond=0)
    return clock.to_text(value)


def to_the_day(value: Json) -> Json:
    """A JSON value in which every instant is shown to the day."""
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
