"""Enumerates every combination of facts that a table can distinguish. Pure.

Gaps, dead rows and breaches of the safety floor are found by trying all of them.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.policy.engine.bitmasks import DOMAINS, MASKS, bit

LARGEST: Final = 500_000
"""The most combinations that are tried; a table with more is refused."""


class TooWide(ValueError):
    """The table distinguishes more combinations than can be tried."""


def classes(fact: str, barred: Iterable[int]) -> tuple[str, ...]:
    """One value for each group of values of a fact that no row distinguishes."""
    rows = [bars & MASKS[fact] for bars in barred]
    found: dict[tuple[bool, ...], str] = {}
    for value in DOMAINS[fact]:
        found.setdefault(tuple(bool(row & bit(fact, value)) for row in rows), value)
    return tuple(found.values())


def facts_in(barred: Iterable[int]) -> list[str]:
    """The facts that any of the rows names."""
    together = 0
    for bars in barred:
        together |= bars
    return [fact for fact, whole in MASKS.items() if together & whole]


def columns(
    barred: Iterable[int], *, always: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """For each fact that the rows name, the values that represent all; `always` adds facts and
    values to try in any case.
    """
    rows = list(barred)
    found = {fact: classes(fact, rows) for fact in facts_in(rows)}
    for fact, values in (always or {}).items():
        found[fact] = tuple(dict.fromkeys((*values, *found.get(fact, ()))))
    return found


def combinations(of: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[dict[str, str], int]]:
    """Each combination as words and as bits; raises TooWide."""
    if math.prod(map(len, of.values())) > LARGEST:
        raise TooWide
    pairs = [[(value, bit(fact, value)) for value in values] for fact, values in of.items()]
    for chosen in itertools.product(*pairs):
        yield (
            dict(zip(of, (value for value, _ in chosen), strict=True)),
            sum(place for _, place in chosen),
        )


def in_words(combination: Mapping[str, str]) -> str:
    """A combination as part of a sentence."""
    return ", ".join(f"{fact} is {value}" for fact, value in combination.items()) or "always"
