"""The exact difference of two versions: for every table the combinations of facts that come out
otherwise, and each changed word or number.

Law: nothing is sampled. A combination is one value for each fact that the table looks at in either
version; all of them are counted.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import prod
from typing import Any, Final, TypeAlias

from app.kernel import canonical
from app.kernel.canonical import Json
from app.policy.document.combinations import facts_in, in_words
from app.policy.document.source import step
from app.policy.engine.bitmasks import DOMAINS, bit, mask
from app.policy.engine.evaluate import Collected, Compiled, Edge, FlowTable, Policy, Table
from app.policy.engine.vocabulary import Answer, Outcome

Code: TypeAlias = tuple[tuple[str, Any], ...]
"""What a row decides, as names with values, in an order of its own."""

NOTHING: Final[Code] = ()
"""What a table decides that is not there, or of which no row speaks."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A row as it is compared: the values that bar it, what it decides, and the words in which it
    says so.
    """

    bars: int
    code: Code
    words: Hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Combinations that come out in one way before and in another after; the first of them as an
    example.
    """

    before: Mapping[str, Json]
    after: Mapping[str, Json]
    combinations: int
    example: Mapping[str, str]

    def to_json(self) -> dict[str, Json]:
        """The change with a sentence that says the same."""
        case = f"When {in_words(self.example).replace('_', ' ')}" if self.example else "Always"
        return {
            "before": self.before,
            "after": self.after,
            "combinations": self.combinations,
            "example": dict(self.example),
            "in_words": f"{case}: {said(self.before)} becomes {said(self.after)}.",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDifference:
    """What changed in one table: how many of its combinations decide otherwise, and how many only
    say it in other words.
    """

    table: str
    combinations: int
    changed: int
    reworded: int
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Json]:
        """The table with its changes, the gravest first."""
        return {
            "table": self.table,
            "combinations": self.combinations,
            "changed": self.changed,
            "reworded": self.reworded,
            "changes": [change.to_json() for change in self.changes],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One place in the documents that is not the same. `before` and `after` are null where there is
    nothing.
    """

    pointer: str
    kind: str
    before: Json
    after: Json

    def to_json(self) -> dict[str, Json]:
        """The edit."""
        return {
            "pointer": self.pointer,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs between two versions; empty when they mean the same."""

    tables: tuple[TableDifference, ...]
    edits: tuple[Edit, ...]

    def to_json(self) -> dict[str, Json]:
        """The difference as it is kept and shown."""
        return {
            "tables": [table.to_json() for table in self.tables],
            "edits": [edit.to_json() for edit in self.edits],
        }


def between(old: Policy, new: Policy) -> Difference:
    """Everything that changes from one version to another."""
    before, after = tables_of(old.tables), tables_of(new.tables)
    names = list(dict.fromkeys((*before, *after)))
    compared = (_compare(name, before.get(name, ()), after.get(name, ())) for name in names)
    return Difference(
        tables=tuple(found for found in compared if found is not None),
        edits=tuple(edits(old.meaning, new.meaning)),
    )


def gravity(before: str | None, after: str | None) -> int:
    """How grave it is that one outcome becomes another: 0 no emergency any more, 1 sharing refused,
    2 sharing held up, 3 anything else.
    """
    if before == Outcome.SHARE_EMERGENCY and after != before:
        return 0
    if before == Outcome.SHARE and after == Outcome.DO_NOT_SHARE:
        return 1
    return 2 if before == Outcome.SHARE and after != before else 3


_OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.SHARE: "share",
    Outcome.SHARE_EMERGENCY: "share in an emergency",
    Outcome.DO_NOT_SHARE: "do not share",
    Outcome.SEEK_ADVICE: "seek advice",
}


def said(code: Mapping[str, Json]) -> str:
    """What a table decides, as a sentence would put it."""
    if not code:
        return "nothing"
    if "outcome" in code:
        return f"{_OUTCOMES[str(code['outcome'])]} (decided by {_plainly(code['decided_at'])})"
    return ", ".join(f"{name.replace('_', ' ')}: {_plainly(value)}" for name, value in code.items())


def _plainly(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " or ".join(_plainly(member) for member in value) or "no one"
    return "not set" if value is None else str(value).replace("_", " ")


# --- the tables of a policy as rows that can be compared ------------------------------------------


def tables_of(tables: Compiled) -> dict[str, tuple[Ruled, ...]]:
    """Every table of a policy by its place in the document."""
    found = {"/flow": tuple(_flow(tables.flow, 0, ()))}
    for holds, how in tables.how:
        found[f"/how/{how[0][2].check}"] = tuple(
            Ruled(bars, (("met", row.met), ("holds", holds)), row.basis) for bars, _, row in how
        )
    for judged in tables.principles:
        found[f"/principles/{judged[0][2].id}"] = _first(
            judged, lambda row: (("finding", row.finding),), lambda row: (row.basis, row.cites)
        )
    for ruled in tables.golden_rules:
        found[f"/golden_rules/{ruled[0][2].id}"] = _first(
            ruled, lambda row: (("finding", row.finding),), lambda row: (row.basis, row.cites)
        )
    for action in dict.fromkeys(result.code for _, result in tables.actions):
        same: Collected[Any] = tuple(
            (when, result) for when, result in tables.actions if result.code is action
        )
        found[f"/actions/{action}"] = _collected(
            same,
            lambda row: (("who", row.who), ("due", row.clock), ("ask", row.ask)),
            lambda row: (row.text, row.cites),
        )
    found["/authority"] = _first(
        tables.authority, lambda roles: (("may_decide", roles),), lambda _: None
    )
    found["/retention"] = _first(
        tables.retention, lambda name: (("keep_as", name),), lambda _: None
    )
    for when, myth in tables.myths:
        found[f"/myths/{myth.id}"] = _collected(
            ((when, myth),), lambda _: (("told", "yes"),), lambda row: row.text
        )
    return found


def _first(
    table: Table[Any], code: Callable[[Any], Code], words: Callable[[Any], Hashable]
) -> tuple[Ruled, ...]:
    return tuple(Ruled(bars, code(result), words(result)) for bars, _, result in table)


def _collected(
    table: Collected[Any], code: Callable[[Any], Code], words: Callable[[Any], Hashable]
) -> tuple[Ruled, ...]:
    return tuple(
        Ruled(bars, code(result), words(result)) for when, result in table for bars, _ in when
    )


def _flow(table: FlowTable, bars: int, passed: tuple[Hashable, ...]) -> Iterator[Ruled]:
    """The flow as one table: a row for each way through it that some facts can take."""
    for barred, _, edge in table:
        together = bars | barred
        if any(together & whole == whole for whole in _WHOLE):
            continue
        ways = (*passed, _shown(edge))
        if edge.to is not None:
            yield from _flow(edge.to, together, ways)
        elif edge.end is not None:
            yield Ruled(
                together, (("outcome", edge.end.outcome), ("decided_at", edge.end.decided_at)), ways
            )


def _shown(edge: Edge) -> Hashable:
    shown = edge.shown[Answer.YES]
    return (shown.step, shown.basis, shown.cites)


_WHOLE: Final = tuple(mask(fact, domain) for fact, domain in DOMAINS.items())

# --- two tables side by side ----------------------------------------------------------------------

Pair: TypeAlias = tuple[int | None, int | None]
"""The rows that speak, before and after."""

Counted: TypeAlias = dict[Pair, tuple[int, tuple[tuple[str, str], ...]]]
"""For each pair of rows the combinations in which they speak, and the first of them."""


class _Walk:
    """Goes through the facts one by one and follows only rows that are not barred yet, so that what
    cannot differ is never spelt out.
    """

    def __init__(self, old: Sequence[Ruled], new: Sequence[Ruled]) -> None:
        self.facts = facts_in(row.bars for row in (*old, *new))
        self._old, self._new = [row.bars for row in old], [row.bars for row in new]
        self._rest = [
            sum(_MASKS[fact] for fact in self.facts[at:]) for at in range(len(self.facts) + 1)
        ]
        self._sizes = [
            prod(len(DOMAINS[fact]) for fact in self.facts[at:])
            for at in range(len(self.facts) + 1)
        ]
        self._known: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Counted] = {}

    def count(self) -> tuple[int, Counted]:
        """All combinations, and which pair of rows speaks in how many of them."""
        old = self._speaking(self._old, range(len(self._old)), 0)
        new = self._speaking(self._new, range(len(self._new)), 0)
        return self._sizes[0], self._from(0, old, new)

    def _speaking(self, rows: list[int], alive: Iterable[int], at: int) -> tuple[int, ...]:
        """The rows that may still speak: none behind one that nothing can bar any longer."""
        found = []
        for row in alive:
            found.append(row)
            if not rows[row] & self._rest[at]:
                break
        return tuple(found)

    def _settled(self, rows: list[int], alive: tuple[int, ...], at: int) -> bool:
        return not alive or not rows[alive[0]] & self._rest[at]

    def _from(self, at: int, old: tuple[int, ...], new: tuple[int, ...]) -> Counted:
        if self._settled(self._old, old, at) and self._settled(self._new, new, at):
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
            left = self._speaking(
                self._old, (row for row in old if not self._old[row] & place), at + 1
            )
            right = self._speaking(
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


_MASKS: Final = {fact: mask(fact, domain) for fact, domain in DOMAINS.items()}


def _compare(name: str, old: Sequence[Ruled], new: Sequence[Ruled]) -> TableDifference | None:
    if old == new:
        return None
    total, counted = _Walk(old, new).count()
    changes: dict[tuple[Code, Code], tuple[int, tuple[tuple[str, str], ...]]] = {}
    reworded = 0
    for (left, right), (count, example) in counted.items():
        before, after = (
            old[left] if left is not None else None,
            new[right] if right is not None else None,
        )
        codes = (before.code if before else NOTHING, after.code if after else NOTHING)
        if codes[0] != codes[1]:
            so_far, first = changes.get(codes, (0, example))
            changes[codes] = (so_far + count, first)
        elif before is not None and after is not None and before.words != after.words:
            reworded += count
    if not changes and not reworded:
        return None
    found = [
        Change(
            before=_named(before), after=_named(after), combinations=count, example=dict(example)
        )
        for (before, after), (count, example) in changes.items()
    ]
    found.sort(
        key=lambda change: (
            gravity(_outcome(change.before), _outcome(change.after)),
            -change.combinations,
        )
    )
    return TableDifference(
        table=name,
        combinations=total,
        changed=sum(change.combinations for change in found),
        reworded=reworded,
        changes=tuple(found),
    )


def _outcome(code: Mapping[str, Json]) -> str | None:
    found = code.get("outcome")
    return None if found is None else str(found)


def _named(code: Code) -> dict[str, Json]:
    return {
        name: [str(member) for member in value] if isinstance(value, tuple) else _word(value)
        for name, value in code
    }


def _word(value: Any) -> Json:
    return value if value is None or isinstance(value, bool) else str(value)


# --- the documents side by side -------------------------------------------------------------------


def edits(old: Json, new: Json, pointer: str = "") -> Iterator[Edit]:
    """Every place at which two documents are not the same; members of lists are matched by what
    they say, not by where they stand.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            at = step(pointer, key)
            if key not in new:
                yield Edit(pointer=at, kind="removed", before=old[key], after=None)
            elif key not in old:
                yield Edit(pointer=at, kind="added", before=None, after=new[key])
            else:
                yield from edits(old[key], new[key], at)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _members(old, new, pointer)
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield Edit(pointer=pointer, kind="changed", before=old, after=new)


def _members(old: list[Json], new: list[Json], pointer: str) -> Iterator[Edit]:
    matched = SequenceMatcher(
        None,
        [canonical.encode(member) for member in old],
        [canonical.encode(member) for member in new],
        autojunk=False,
    )
    for what, a, b, c, d in matched.get_opcodes():
        if what == "replace" and b - a == d - c:
            for before, after in zip(range(a, b), range(c, d), strict=True):
                yield from edits(old[before], new[after], step(pointer, after))
        elif what != "equal":
            for before in range(a, b):
                yield Edit(
                    pointer=step(pointer, before), kind="removed", before=old[before], after=None
                )
            for after in range(c, d):
                yield Edit(
                    pointer=step(pointer, after), kind="added", before=None, after=new[after]
                )
