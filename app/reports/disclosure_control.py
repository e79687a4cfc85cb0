"""Withhold small numbers, and the numbers from which they could be calculated. Pure.

Invariant: adding and subtracting the shown numbers reveals no number under `SMALLEST`, and no
single withheld number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

SMALLEST: Final = 5
"""The smallest number that is shown."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A number and the ways in which it is split; the parts of each split add up to it.

    `guarded` names the splits whose zeros are withheld too.
    """

    count: int
    splits: Mapping[str, Mapping[str, "Counted"]] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it may be shown; None if it is withheld.

    A split leaves out zeros, unless one of its parts is withheld.
    """

    count: int | None
    splits: Mapping[str, Mapping[str, "Shown"]]


def protect(whole: Counted) -> Shown:
    """Withhold the numbers of a tree that may not be shown.

    A number under `SMALLEST` is withheld together with all its splits. If a split of a shown number
    has a small part, every part under `SMALLEST` is withheld, zeros included, and then the smallest
    of the others, until at least two parts with at least `SMALLEST` people together are withheld.
    So the only sums over withheld numbers that can be calculated are these: a shown number less the
    shown parts of one of its splits. Everything below a withheld part is withheld, so that no
    second sum covers the same parts.
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
