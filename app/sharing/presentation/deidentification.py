"""What a de-identified view removes: names, references, ids, and times finer than a day. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.kernel import clock
from app.sharing.case.case import Case, View
from app.sharing.case.model import RecordKind

_INSTANTS: Final = frozenset({"at", "due", "given_at", "receipt_at", "sent_at"})
"""Members of records that are instants, and shown to the day where the exact time could give
somebody away."""


def pseudonyms(case: Case) -> dict[str, str]:
    """For each person of the request a name that is the same throughout it and means nothing
    outside, such as `child-1`.
    """
    names: dict[str, str] = {}
    for record in case.of(RecordKind.FACTS):
        for person in case.people_of(record):
            names.setdefault(person.ref, f"{person.role.replace('_', '-')}-{len(names) + 1}")
    return names


DIRECTORY_IDS: Final = frozenset({"directory_id", "contact_id"})
"""Ids of the directory, which whoever may read it could look up."""


_NAMES: Final = frozenset(
    {
        "name",
        "organisation",
        "named_individual",
        "role_title",
        "person_ref",
        "born_on",
        "external_id",
        "value",
    }
)


def without_names(value: Any) -> Any:
    """Narrative that its author released, still without names and references."""
    if isinstance(value, Mapping):
        return {name: without_names(member) for name, member in value.items() if name not in _NAMES}
    if isinstance(value, list):
        return [without_names(member) for member in value]
    return value


def instant_member(name: str, value: Any, view: View) -> Any:
    """A member of a record as the view shows it, if it is an instant; else as it is."""
    return instant(clock.from_text(value), view) if name in _INSTANTS and value else value


def instant(value: datetime | None, view: View) -> str | None:
    """An instant on the wire; to the day where the exact time could give somebody away."""
    if value is None:
        return None
    if view is View.DEIDENTIFIED:
        value = value.replace(hour=0, minute=0, second=0, microsecond=0)
    return clock.to_text(value)
