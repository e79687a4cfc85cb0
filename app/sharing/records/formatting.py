"""Format values of a request for print: empty values, names of items and decisions, codes.

Invariant: every member that the view shows is printed, including members unknown to this code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.platform.documents.page import Pairs
from app.policy.wording.words import label
from app.sharing.records.text import word

Shown = Mapping[str, Any]

_NOT_STATED: Final = "Not stated"
_HELD_BACK: Final = "Not shown in this copy"
_DESTROYED: Final = "Destroyed under the retention rules"

_KEPT_APART: Final = frozenset({"id", "recorded_at", "recorded_by", "recorded_by_role"})
"""The members of a record that have a dedicated format."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A request to print, with the text for empty values and the names of items and decisions."""

    request: Shown
    empty: str
    names: Mapping[str, str]

    @classmethod
    def of(cls, request: Shown) -> "Printed":
        """Make it from a request as `app.sharing.presentation.views.show_request` presents it."""
        empty = _HELD_BACK if request.get("view") == "deidentified" else _NOT_STATED
        if request.get("status") == "disposed":
            empty = _DESTROYED
        names = {
            str(item.get("id")): f"Item {n}: {_item(item)}"
            for n, item in enumerate(records_in(request.get("facts", {}).get("items")), 1)
        }
        names |= {
            str(decision.get("id")): f"Decision {n}"
            for n, decision in enumerate(records_in(request.get("decisions")), 1)
        }
        return cls(request, empty, names)

    @property
    def partial(self) -> bool:
        """Whether this is the de-identified copy, which shows no time finer than a day."""
        return self.request.get("view") == "deidentified"

    def text(self, value: object) -> str:
        """Format any value for print."""
        if value is None or value == "":
            return self.empty
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(value, str):
            return self.names.get(value) or word(value, to_the_day=self.partial)
        if isinstance(value, Mapping):
            return (
                "; ".join(
                    f"{label(name)}: {self.text(member)}"
                    for name, member in value.items()
                    if member is not None
                )
                or self.empty
            )
        if isinstance(value, Sequence):
            return "\n".join(self.text(member) for member in value) or "None"
        return str(value)

    def pairs(self, of: Shown, *first: tuple[str, str], skip: Sequence[str] = ()) -> Pairs:
        """Label and format the members of an object.

        The members named in `of` come first, in that order and with that label, even if empty; all
        other members that are not empty follow.
        """
        named = dict(first)
        rest = [
            (name, label(name))
            for name in of
            if name not in named and name not in skip and of[name] is not None
        ]
        return Pairs(tuple((shown, self.text(of.get(name))) for name, shown in (*first, *rest)))

    def record(self, of: Shown, *first: tuple[str, str], skip: Sequence[str] = ()) -> Pairs:
        """Format a record: the instant and actor, then its members."""
        head = (
            ("Recorded", self.text(of.get("recorded_at"))),
            ("Recorded by", self.person(of.get("recorded_by"))),
        )
        return Pairs((*head, *self.pairs(of, *first, skip=(*_KEPT_APART, *skip)).rows))

    def person(self, by: Shown | None) -> str:
        """Format a member of staff: the role, and the account id if the view shows it."""
        if not by:
            return self.empty
        role = label(str(by.get("role")))
        return f"{role} (account {by['subject']})" if by.get("subject") else role


def _item(item: Shown) -> str:
    return (
        str(item["description"])
        if item.get("description")
        else word(str(item.get("category", "other")))
    )


def records_in(value: object) -> list[Shown]:
    """The objects in a list; empty if the value is not a list."""
    return (
        [one for one in value if isinstance(one, Mapping)]
        if isinstance(value, list | tuple)
        else []
    )


def one_or_more(value: object) -> list[Shown]:
    """The objects in a list, or a single object as a list."""
    return [value] if isinstance(value, Mapping) else records_in(value)
