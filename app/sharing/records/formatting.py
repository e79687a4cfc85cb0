"""A request as it is printed: what an empty place in it means, what its items and decisions are
called, and how any value reads.

Law: nothing that the view shows is left out, members that this code does not know included.
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
"""Members of every record that are printed in a way of their own."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A request as it is printed: what it shows, what an empty place in it means, and what its
    items and decisions are called.
    """

    request: Shown
    empty: str
    names: Mapping[str, str]

    @classmethod
    def of(cls, request: Shown) -> "Printed":
        """The case of a request as `app.sharing.presentation.views.whole` shows it."""
        empty = _HELD_BACK if request.get("view") == "deidentified" else _NOT_STATED
        if request.get("status") == "disposed":
            empty = _DESTROYED
        names = {
            str(item.get("id")): f"Item {n}: {_item(item)}"
            for n, item in enumerate(listed(request.get("facts", {}).get("items")), 1)
        }
        names |= {
            str(decision.get("id")): f"Decision {n}"
            for n, decision in enumerate(listed(request.get("decisions")), 1)
        }
        return cls(request, empty, names)

    @property
    def partial(self) -> bool:
        """Whether this is the de-identified copy, in which no time is finer than a day."""
        return self.request.get("view") == "deidentified"

    def text(self, value: object) -> str:
        """Any value in print."""
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
        """The members of an object: those named first, in that order and by that label, empty or
        not; then the rest that says something.
        """
        named = dict(first)
        rest = [
            (name, label(name))
            for name in of
            if name not in named and name not in skip and of[name] is not None
        ]
        return Pairs(tuple((shown, self.text(of.get(name))) for name, shown in (*first, *rest)))

    def record(self, of: Shown, *first: tuple[str, str], skip: Sequence[str] = ()) -> Pairs:
        """A record: when and by whom, then what it says."""
        head = (
            ("Recorded", self.text(of.get("recorded_at"))),
            ("Recorded by", self.person(of.get("recorded_by"))),
        )
        return Pairs((*head, *self.pairs(of, *first, skip=(*_KEPT_APART, *skip)).rows))

    def person(self, by: Shown | None) -> str:
        """A member of staff: the role, and the account's random id where the view shows it."""
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


def listed(value: object) -> list[Shown]:
    """The objects in a list; none where there is no list."""
    return (
        [one for one in value if isinstance(one, Mapping)]
        if isinstance(value, list | tuple)
        else []
    )


def one_or_more(value: object) -> list[Shown]:
    """An object, or the objects in a list."""
    return [value] if isinstance(value, Mapping) else listed(value)
