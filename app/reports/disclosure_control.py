"""Small numbers withheld, and with them whatever would give them away. Pure.

Law: nobody who adds and subtracts what is shown learns a number under `SMALLEST`, nor any single
number that is withheld.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SMALLEST: Final = 5
"""The smallest number that is shown."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A number, and the ways in which it is split up: in each, the parts add up to it.

    `guarded` names splits in which not even a zero is told: where it would tie two others together.
    """

    count: int
    splits: Mapping[str, Mapping[str, "Counted"]] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """The number as it may be shown, None where it is withheld.

    A split leaves out what does not occur, unless something in it is withheld.
    """

    count: int | None
    splits: Mapping[str, Mapping[str, "Shown"]]


def protected(whole: Counted) -> Shown:
    """What may be shown of a tree of numbers.

    A number under `SMALLEST` is withheld, and everything it is split into. Where a split of a shown
    number has a small part, every part under `SMALLEST` is withheld, none at all among them, and
    then the smallest of the others, until two parts at least and `SMALLEST` people at least are
    withheld together. So the only sums that tell of withheld numbers are those: a shown number less
    the shown parts of one of its splits. Everything below a withheld part is withheld, so no second
    sum reaches the same parts.
    """
    return _withheld(whole) if whole.count < SMALLEST else _shown(whole)


def _shown(number: Counted) -> Shown:
    return Shown(
        number.count,
        {
            name: _split(parts, guarded=name in number.guarded)
            for name, parts in number.splits.items()
        },
    )


def _withheld(number: Counted) -> Shown:
    return Shown(
        None,
        {
            name: {part: _withheld(one) for part, one in parts.items()}
            for name, parts in number.splits.items()
        },
    )


def _split(parts: Mapping[str, Counted], *, guarded: bool) -> dict[str, Shown]:
    if all(part.count >= SMALLEST or (part.count == 0 and not guarded) for part in parts.values()):
        return {name: _shown(part) for name, part in parts.items() if part.count}
    hidden = _hidden({name: part.count for name, part in parts.items()})
    return {
        name: _withheld(part) if name in hidden else _shown(part) for name, part in parts.items()
    }


def _hidden(counts: Mapping[str, int]) -> set[str]:
    hidden = {name for name, count in counts.items() if count < SMALLEST}
    for name in sorted(counts.keys() - hidden, key=lambda name: (counts[name], name)):
        if len(hidden) > 1 and sum(counts[one] for one in hidden) >= SMALLEST:
            break
        hidden.add(name)
    return hidden
