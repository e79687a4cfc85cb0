"""Counts the combinations of facts for which each pair of rows of two tables applies. Pure."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeAlias

from app.policy.diff.rows import ComparedRow
from app.policy.document.combinations import facts_in
from app.policy.engine.bitmasks import DOMAINS, MASKS, bit

Pair: TypeAlias = tuple[int | None, int | None]
"""The rows that apply, before and after; None if no row applies."""

Counted: TypeAlias = dict[Pair, tuple[int, tuple[tuple[str, str], ...]]]
"""For each pair of rows the number of combinations in which they apply, and the first of them."""


class CombinationCounter:
    """Goes through the facts one by one and follows only the rows that are not excluded yet.

    Combinations that cannot differ are counted together, not enumerated.
    """

    def __init__(self, old: Sequence[ComparedRow], new: Sequence[ComparedRow]) -> None:
        self.facts = facts_in(row.bars for row in (*old, *new))
        self._old, self._new = [row.bars for row in old], [row.bars for row in new]
        self._rest = [
            sum(MASKS[fact] for fact in self.facts[at:]) for at in range(len(self.facts) + 1)
        ]
        self._sizes = [
            prod(len(DOMAINS[fact]) for fact in self.facts[at:])
            for at in range(len(self.facts) + 1)
        ]
        self._known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Counted] = {}

    def count(self) -> tuple[int, Counted]:
        """The number of all combinations, and the combinations of each pair of rows."""
        old = self._applicable(self._old, range(len(self._old)), 0)
        new = self._applicable(self._new, range(len(self._new)), 0)
        return self._sizes[0], self._from(0, old, new)

    def _applicable(self, rows: list[int], alive: Iterable[int], at: int) -> tuple[int, ...]:
        """The rows that may still apply: none after a row that nothing can exclude any more."""
        found = []
        for row in alive:
            found.append(row)
            if not rows[row] & self._rest[at]:
                break
        return tuple(found)

    def _is_decided(self, rows: list[int], alive: tuple[int, ...], at: int) -> bool:
        return not alive or not rows[alive[0]] & self._rest[at]

    def _from(self, at: int, old: tuple[int, ...], new: tuple[int, ...]) -> Counted:
        if self._is_decided(self._old, old, at) and self._is_decided(self._new, new, at):
            return {(old[0] if old else None, new[0] if new else None): (self._sizes[at], ())}
        key = (at, old, new)
        if key not in self._known:
            self._known[key] = self._split(at, old, new)
        return self._known[key]

    def _split(self, at: int, old: tuple[int, ...], new: tuple[int, ...]) -> Counted:
        fact = self.facts[at]
        alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[str]] = {}
        for value in DOMAINS[fact]:
            place = bit(fact, value)
            left = self._applicable(
                self._old, (row for row in old if not self._old[row] & place), at + 1
            )
            right = self._applicable(
                self._new, (row for row in new if not self._new[row] & place), at + 1
            )
            alike.setdefault((left, right), []).append(value)
        found: Counted = {}
        for (left, right), values in alike.items():
            named = ((fact, values[0]),) if len(alike) > 1 else ()
            for pair, (count, example) in self._from(at + 1, left, right).items():
                before, first = found.get(pair, (0, (*named, *example)))
                found[pair] = (before + count * len(values), first)
        return found
