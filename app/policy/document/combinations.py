"""Every combination of facts that a table can tell apart: the ground on which gaps, dead rows and
broken safety laws are found.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.policy.engine.bitmasks import DOMAINS, bit, mask

LARGEST: Final = 500_000
"""Beyond this many combinations a table is refused: nobody could oversee it either."""


class TooWide(ValueError):
    """A table that tells more combinations apart than can be looked at."""


def classes(fact: str, barred: Iterable[int]) -> tuple[str, ...]:
    """One value for each group of values of a fact that none of the rows tells apart."""
    rows = [bars & mask(fact, DOMAINS[fact]) for bars in barred]
    found: dict[tuple[bool, ...], str] = {}
    for value in DOMAINS[fact]:
        found.setdefault(tuple(bool(row & bit(fact, value)) for row in rows), value)
    return tuple(found.values())


def facts_in(barred: Iterable[int]) -> list[str]:
    """The facts that any of the rows looks at."""
    together = 0
    for bars in barred:
        together |= bars
    return [fact for fact, domain in DOMAINS.items() if together & mask(fact, domain)]


def columns(
    barred: Iterable[int], *, always: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """For each fact that matters the values that stand for all; `always` adds facts with values to
    try in any case.
    """
    rows = list(barred)
    found = {fact: classes(fact, rows) for fact in facts_in(rows)}
    for fact, values in (always or {}).items():
        found[fact] = tuple(dict.fromkeys((*values, *found.get(fact, ()))))
    return found


def combinations(of: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[dict[str, str], int]]:
    """Each combination in words and as bits; raises TooWide when there are too many."""
    if math.prod(map(len, of.values())) > LARGEST:
        raise TooWide
    pairs = [[(value, bit(fact, value)) for value in values] for fact, values in of.items()]
    for chosen in itertools.product(*pairs):
        yield (
            dict(zip(of, (value for value, _ in chosen), strict=True)),
            sum(place for _, place in chosen),
        )


def in_words(combination: Mapping[str, str]) -> str:
    """A combination as a sentence would put it."""
    return ", ".join(f"{fact} is {value}" for fact, value in combination.items()) or "always"
