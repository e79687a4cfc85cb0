"""The tables of a policy as rows that can be compared. Pure."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from app.policy.engine.bitmasks import MASKS
from app.policy.engine.evaluate import Collected, Compiled, Edge, FlowTable, Table
from app.policy.engine.vocabulary import Answer

Decision: TypeAlias = tuple[tuple[str, Any], ...]
"""The decision of a row, as names with values."""

NO_DECISION: Final[Decision] = ()
"""The decision of a table that does not exist, or has no row that applies."""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row to be compared: the values that exclude it, its decision and its texts."""

    bars: int
    decision: Decision
    texts: Hashable


def tables_of(tables: Compiled) -> dict[str, tuple[ComparedRow, ...]]:
    """Every table of a policy by its pointer in the document."""
    found = {"/flow": tuple(_flow(tables.flow, 0, ()))}
    for holds, how in tables.how:
        found[f"/how/{how[0][2].check}"] = tuple(
            ComparedRow(bars, (("met", row.met), ("holds", holds)), row.basis)
            for bars, _, row in how
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
    table: Table[Any], decision: Callable[[Any], Decision], texts: Callable[[Any], Hashable]
) -> tuple[ComparedRow, ...]:
    return tuple(ComparedRow(bars, decision(result), texts(result)) for bars, _, result in table)


def _collected(
    table: Collected[Any], decision: Callable[[Any], Decision], texts: Callable[[Any], Hashable]
) -> tuple[ComparedRow, ...]:
    return tuple(
        ComparedRow(bars, decision(result), texts(result))
        for when, result in table
        for bars, _ in when
    )


def _flow(table: FlowTable, bars: int, steps: tuple[Hashable, ...]) -> Iterator[ComparedRow]:
    """The flow as one table: a row for each path through it that some facts can take."""
    for barred, _, edge in table:
        together = bars | barred
        if any(together & whole == whole for whole in MASKS.values()):
            continue
        path = (*steps, _shown(edge))
        if edge.to is not None:
            yield from _flow(edge.to, together, path)
        elif edge.end is not None:
            yield ComparedRow(
                together, (("outcome", edge.end.outcome), ("decided_at", edge.end.decided_at)), path
            )


def _shown(edge: Edge) -> Hashable:
    shown = edge.shown[Answer.YES]
    return (shown.step, shown.basis, shown.cites)
