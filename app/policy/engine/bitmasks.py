"""Encodes facts as bitmasks: one bit for each value of each fact that a row may name. Pure.

A row is a single integer, the values that exclude it; it matches facts that have none of them.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter, getitem
from types import MappingProxyType
from typing import Final

from app.policy.engine.model import Facts, fact_words
from app.policy.engine.vocabulary import Answer, Outcome, Release, Step, Word

NOT_STATED: Final = "not_stated"
"""The value of a fact that was not stated."""

_TWO_SIDED: Final = frozenset(
    {
        "special_category",
        "criminal_offence",
        "unexplained_history",
        "opinion",
        "third_party",
        "review_overdue",
    }
)

RESULTS: Final[Mapping[str, type[Word]]] = MappingProxyType(
    {"outcome": Outcome, "decided_at": Step, "release": Release}
)
"""Facts that the flow determines: the later tables may use them, the flow may not."""

DEPARTURE: Final = "departure"
"""Whether the outcome to be recorded differs from the recommendation. Only the authority table may
use it."""


def _domains() -> dict[str, tuple[str, ...]]:
    domains: dict[str, tuple[str, ...]] = {}
    for name, (words, optional) in fact_words().items():
        values = tuple(str(word) for word in words)
        domains[name] = (
            ("yes", "no") if name in _TWO_SIDED else (*values, NOT_STATED) if optional else values
        )
    for name, words in RESULTS.items():
        domains[name] = tuple(str(word) for word in words)
    domains[DEPARTURE] = ("yes", "no")
    return domains


DOMAINS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(_domains())
"""Every fact of the grammar with all its possible values."""

ANSWERS: Final = frozenset(name for name, domain in DOMAINS.items() if domain == tuple(Answer))
"""The facts with the answers yes, no and unsure: `needs` may name only these."""

FLOW_FACTS: Final = frozenset(fact_words())
"""The facts that the flow may use."""


def _bits() -> dict[str, dict[str | None, int]]:
    place = 0
    bits: dict[str, dict[str | None, int]] = {}
    for name, domain in DOMAINS.items():
        bits[name] = {}
        for value in domain:
            bits[name][None if value == NOT_STATED else value] = 1 << place
            place += 1
    return bits


_BITS: Final = _bits()


def bit(fact: str, value: str) -> int:
    """The bit of one value of one fact; raises KeyError for a word outside the grammar."""
    return _BITS[fact][None if value == NOT_STATED else value]


def mask(fact: str, values: Iterable[str]) -> int:
    """The bits of several values of one fact."""
    return sum(bit(fact, value) for value in set(values))


MASKS: Final = {fact: mask(fact, domain) for fact, domain in DOMAINS.items()}
"""The bits of all values of each fact."""


def bars(cells: Mapping[str, Iterable[str]]) -> int:
    """The values that exclude a row: for each fact it names, all values but the allowed ones."""
    return sum(MASKS[fact] - mask(fact, allowed) for fact, allowed in cells.items())


_FEWEST: Final = 2
"""attrgetter returns a tuple only for two names or more; an additional fact does no harm."""


def reader_of(facts: Iterable[str]) -> Callable[[Facts], int]:
    """A function that encodes the named facts as one integer."""
    names = sorted(facts)
    if len(names) < _FEWEST:
        names += sorted(fact_words().keys() - set(names))[: _FEWEST - len(names)]
    values = attrgetter(*names)
    tables = tuple(_BITS[name] for name in names)

    def read(of: Facts) -> int:
        return sum(map(getitem, tables, values(of)))

    return read


bits_of: Final = reader_of(fact_words())
"""Encodes all facts as one integer."""
