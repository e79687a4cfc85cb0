"""Compiles the tables of a policy document into rows that cost one AND each. Pure.

Every result is built once here, so that an evaluation only selects.
"""

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from app.kernel.canonical import Json
from app.policy.engine.bitmasks import bars, bit, reader_of
from app.policy.engine.deadlines import calendar_of
from app.policy.engine.decision_tables import Condition, FlowRow, Judged
from app.policy.engine.evaluate import Compiled, Edge, End, FlowTable, Policy, Table
from app.policy.engine.grammar import Document
from app.policy.engine.model import (
    Action,
    HowFinding,
    Myth,
    PathStep,
    PrincipleFinding,
    RuleFinding,
)
from app.policy.engine.vocabulary import Answer, Finding, Step

R = TypeVar("R")


def compile_policy(document: Document, digest: str, meaning: Json = None) -> Policy:
    """The runnable policy of a document whose flow is known to be without loops."""
    return Policy(document, digest, compile_tables(document), calendar_of(document), meaning)


def cells(document: Document, condition: Condition) -> dict[str, frozenset[str]]:
    """The values that a condition allows for each fact, with named sets expanded."""
    return {
        fact: frozenset(
            member
            for value in values
            for member in (document.sets[value[1:]].members if value.startswith("$") else (value,))
        )
        for fact, values in condition.cells.items()
    }


def compile_tables(document: Document) -> Compiled:
    """The tables of a document, ready to run."""

    def barred(condition: Condition) -> int:
        return bars(cells(document, condition))

    def judged(table: Judged, at: str, found: Callable[[Finding, str], R]) -> Table[R]:
        rows = [
            (barred(row.when), f"{at}/rows/{i}", found(row.finding, row.basis))
            for i, row in enumerate(table.rows)
        ]
        if table.because is not None:
            texts = table.because
            rows += [
                (
                    bars({need: {"no"}}),
                    f"{at}/because/not_met",
                    found(Finding.NOT_MET, texts.not_met),
                )
                for need in table.needs
            ]
            rows += [
                (
                    bars({need: {"unsure"}}),
                    f"{at}/because/unsure",
                    found(Finding.UNSURE, texts.unsure),
                )
                for need in table.needs
            ]
            rows.append((0, f"{at}/because/met", found(Finding.MET, texts.met)))
        return tuple(rows)

    used = {
        fact
        for node in document.flow.nodes.values()
        for row in node.rows
        for fact in row.when.cells
    }
    return Compiled(
        flow=_compile_flow(document, document.flow.start, {}),
        flow_bits=reader_of(used),
        how=tuple(
            (
                table.holds,
                tuple(
                    (
                        barred(row.when),
                        f"/how/{name}/rows/{i}",
                        HowFinding(name, row.met, row.basis),
                    )
                    for i, row in enumerate(table.rows)
                ),
            )
            for name, table in sorted(document.how.items(), key=declared)
        ),
        principles=tuple(
            judged(
                table,
                f"/principles/{name}",
                lambda f, b, n=name, t=table: PrincipleFinding(n, f, b, t.cites),  # type: ignore[misc]
            )
            for name, table in sorted(document.principles.items(), key=declared)
        ),
        golden_rules=tuple(
            judged(
                table,
                f"/golden_rules/{name}",
                lambda f, b, n=name, t=table: RuleFinding(n, f, b, t.cites),  # type: ignore[misc]
            )
            for name, table in sorted(document.golden_rules.items(), key=declared)
        ),
        actions=tuple(
            (
                tuple((barred(when), f"/actions/{i}/when/{j}") for j, when in enumerate(rule.when)),
                Action(rule.code, rule.text, rule.who, rule.due, rule.ask, rule.cites),
            )
            for i, rule in enumerate(document.actions)
        ),
        myths=tuple(
            (
                tuple(
                    (barred(when), f"/myths/{name}/when/{j}") for j, when in enumerate(myth.when)
                ),
                Myth(name, myth.text),
            )
            for name, myth in sorted(document.myths.items(), key=declared)
        ),
        authority=tuple(
            (barred(row.when), f"/authority/rows/{i}", row.may_decide)
            for i, row in enumerate(document.authority.rows)
        ),
        retention=tuple(
            (barred(row.when), f"/retention/rows/{i}", row.keep_as)
            for i, row in enumerate(document.retention.rows)
        ),
    )


def declared(member: tuple[Enum, object]) -> int:
    """The position in the vocabulary: results are ordered by it, not by the document."""
    return list(type(member[0])).index(member[0])


def _compile_flow(document: Document, name: str, made: dict[str, FlowTable]) -> FlowTable:
    if name not in made:
        node = document.flow.nodes[name]
        made[name] = tuple(
            (
                bars(cells(document, row.when)),
                f"/flow/nodes/{name}/rows/{i}",
                _edge(document, node.asks, row, made),
            )
            for i, row in enumerate(node.rows)
        )
    return made[name]


def _edge(document: Document, asks: Step, row: FlowRow, made: dict[str, FlowTable]) -> Edge:
    shown = {answer: PathStep(asks, answer, row.basis, row.cites) for answer in Answer}
    if row.to is not None:
        return Edge(_compile_flow(document, row.to, made), None, shown)
    assert row.outcome is not None  # noqa: S101 - the name checks refuse a row with neither
    assert row.decided_at is not None  # noqa: S101
    return Edge(
        None,
        End(
            row.outcome,
            row.decided_at,
            bit("outcome", row.outcome) | bit("decided_at", row.decided_at),
        ),
        shown,
    )
