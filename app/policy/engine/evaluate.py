"""Facts and policy to a recommendation: pure, total, and the same bytes every time.

The tables are compiled once into (bars, result) pairs with every result made beforehand, so that a
row costs one AND.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from app.identity.model import Role
from app.kernel.canonical import Json
from app.policy.engine.bitmasks import DEPARTURE, bars, bit, bits_of, reader_of
from app.policy.engine.codes import Doubt
from app.policy.engine.derive import Rules, last_day
from app.policy.engine.grammar import Condition, Document, FlowRow, Judged, Question
from app.policy.engine.model import (
    Action,
    Evaluation,
    Facts,
    HowFinding,
    Myth,
    PathStep,
    PrincipleFinding,
    RuleFinding,
)
from app.policy.engine.vocabulary import Answer, Finding, Mais, Outcome, Release, Step

R = TypeVar("R")

Table: TypeAlias = tuple[tuple[int, str, R], ...]
"""Rows in order: the values that bar the row, its pointer in the document, its result."""

Collected: TypeAlias = tuple[tuple[tuple[tuple[int, str], ...], R], ...]
"""Results with the conditions of which one at least must fit."""


class NoRow(LookupError):
    """A table says nothing about these facts. Loading a document proves that this cannot happen."""


@dataclass(frozen=True, slots=True)
class End:
    """Where the flow stops, with the bits that say so to the later tables."""

    outcome: Outcome
    decided_at: Step
    bits: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A row of the flow: where to go, and what to show for each answer to the question asked."""

    to: "FlowTable | None"
    end: End | None
    shown: Mapping[Answer, PathStep]


FlowTable: TypeAlias = tuple[tuple[int, str, "Edge"], ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The tables of a document, ready to run."""

    flow: FlowTable
    flow_bits: Callable[[Facts], int]
    how: tuple[tuple[bool, Table[HowFinding]], ...]
    principles: tuple[Table[PrincipleFinding], ...]
    golden_rules: tuple[Table[RuleFinding], ...]
    actions: Collected[Action]
    myths: Collected[Myth]
    authority: Table[tuple[Role, ...]]
    retention: Table[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document that can be run, and the digest of its meaning.

    `review_due` is what those who approved it said, a month or a day; without it the document's own
    month counts.
    """

    document: Document
    digest: str
    tables: Compiled
    meaning: Json = None
    review_due: str | None = None

    @property
    def version(self) -> str:
        return self.document.policy.version

    @property
    def next_review(self) -> str:
        """The month or day by which it is to be looked at again."""
        return self.review_due or self.document.policy.next_review

    def smallest_group(self, day: date) -> int:
        """How many people figures must be about to count as anonymous on a day."""
        parameter = self.document.parameters["smallest_group"]
        value = parameter.on(day)
        return value if value is not None else parameter.values[0].value

    def rules(self, today: date) -> Rules:
        """What the functions that check answers need on a day."""
        return Rules(
            smallest_group=self.smallest_group(today),
            routed=frozenset(self.document.sets["routed"].members),
            functions={
                str(name): asked.sound
                for name, asked in self.document.questions.items()
                if asked.sound is not None
            },
            review_overdue=self.review_overdue(today),
        )

    def review_overdue(self, today: date) -> bool:
        """Whether the month or day by which the policy was to be reviewed has passed."""
        return today > last_day(self.next_review)


MAIS: Final[Mapping[Outcome, Mais]] = MappingProxyType(
    {
        Outcome.SHARE: Mais.PERMIT,
        Outcome.SHARE_EMERGENCY: Mais.PERMIT,
        Outcome.DO_NOT_SHARE: Mais.DENY,
        Outcome.SEEK_ADVICE: Mais.REVIEW,
    }
)

_RELEASE_BITS: Final = {release: bit("release", release) for release in Release}
_NO_DEPARTURE: Final = bit(DEPARTURE, "no")
_DEPARTURE: Final = bit(DEPARTURE, "yes")


def evaluate(policy: Policy, facts: Facts) -> Evaluation:
    """The full recommendation, with the path, findings and actions."""
    tables = policy.tables
    bits = bits_of(facts)
    end, edges = _walk(tables.flow, bits)
    bits |= end.bits
    how = tuple([(holds, _first(table, bits)) for holds, table in tables.how])
    release = _release(end.outcome, how)
    bits |= _RELEASE_BITS[release] | _NO_DEPARTURE
    path = tuple([edge.shown[getattr(facts, _asked(edge))] for edge in edges])
    return Evaluation(
        policy_version=policy.document.policy.version,
        policy_digest=policy.digest,
        review_overdue=facts.review_overdue is Answer.YES,
        outcome=end.outcome,
        decided_at=end.decided_at,
        release=release,
        path=_doubted(policy.document, path, facts.doubts) if facts.doubts else path,
        how=tuple([found for _, found in how]),
        principles=tuple([_first(table, bits) for table in tables.principles]),
        golden_rules=tuple([_first(table, bits) for table in tables.golden_rules]),
        actions=_actions(tables.actions, bits),
        may_decide=_first(tables.authority, bits),
        myths=_collect(tables.myths, bits),
        mais=MAIS[end.outcome],
    )


def outcome(policy: Policy, facts: Facts) -> tuple[Outcome, Step]:
    """The outcome alone, and the question that settled it."""
    end = outcome_of_bits(policy.tables, policy.tables.flow_bits(facts))
    return end.outcome, end.decided_at


def outcome_of_bits(tables: Compiled, bits: int) -> End:
    """The end that the flow reaches from facts given as bits."""
    table: FlowTable = tables.flow
    while True:
        edge = _first(table, bits)
        if edge.to is None:
            assert edge.end is not None  # noqa: S101 - an edge without a target has an end: compile_tables makes no other
            return edge.end
        table = edge.to


def may_decide(policy: Policy, facts: Facts, wanted: Outcome, *, departs: bool) -> tuple[Role, ...]:
    """Who may record the outcome that somebody wants, which departs from the recommendation or
    not.
    """
    bits = bits_of(facts) | bit("outcome", wanted) | (_DEPARTURE if departs else _NO_DEPARTURE)
    return _first(policy.tables.authority, bits)


def retention_class(policy: Policy, facts: Facts, decided: Outcome) -> str:
    """The name of the retention class of a record of these facts, decided so."""
    return _first(policy.tables.retention, bits_of(facts) | bit("outcome", decided))


def _first(table: tuple[tuple[int, str, R], ...], bits: int) -> R:
    for barred, _, result in table:
        if not bits & barred:
            return result
    raise NoRow


def _walk(table: FlowTable, bits: int) -> tuple[End, list["Edge"]]:
    edges: list[Edge] = []
    while True:
        edge = _first(table, bits)
        edges.append(edge)
        if edge.to is None:
            assert edge.end is not None  # noqa: S101 - see outcome_of_bits
            return edge.end, edges
        table = edge.to


def _asked(edge: "Edge") -> str:
    return edge.shown[Answer.YES].step


def _release(of: Outcome, how: Iterable[tuple[bool, HowFinding]]) -> Release:
    if of is Outcome.SHARE_EMERGENCY:
        return Release.READY
    if of is not Outcome.SHARE:
        return Release.NONE
    return (
        Release.HOLD
        if any(holds and found.met is not Answer.YES for holds, found in how)
        else Release.READY
    )


def _collect(table: Collected[R], bits: int) -> tuple[R, ...]:
    found = []
    for conditions, result in table:
        for barred, _ in conditions:
            if not bits & barred:
                found.append(result)
                break
    return tuple(found)


def _actions(table: Collected[Action], bits: int) -> tuple[Action, ...]:
    found: dict[str, Action] = {}
    for conditions, action in table:
        if action.code not in found:
            for barred, _ in conditions:
                if not bits & barred:
                    found[action.code] = action
                    break
    return tuple(found.values())


def _doubted(
    document: Document, path: tuple[PathStep, ...], doubts: tuple[Doubt, ...]
) -> tuple[PathStep, ...]:
    said: dict[str, list[str]] = {}
    for question, asked in document.questions.items():
        shown = Step.IMMEDIATE_RISK if question is Question.RECIPIENT_VERIFIED else question
        said.setdefault(shown, []).extend(
            asked.doubts[doubt] for doubt in doubts if doubt in asked.doubts
        )
    return tuple(
        (
            PathStep(
                passed.step,
                passed.answer,
                " ".join([*said[passed.step], passed.basis]),
                passed.cites,
            )
            if said.get(passed.step)
            else passed
        )
        for passed in path
    )


def cells(document: Document, condition: Condition) -> dict[str, frozenset[str]]:
    """A condition with its named sets written out."""
    return {
        fact: frozenset(
            member
            for value in values
            for member in (document.sets[value[1:]].members if value.startswith("$") else (value,))
        )
        for fact, values in condition.cells.items()
    }


def compile_tables(document: Document) -> Compiled:
    """The tables of a document whose flow is known to be without loops."""

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
            for name, table in sorted(document.how.items(), key=_declared)
        ),
        principles=tuple(
            judged(
                table,
                f"/principles/{name}",
                lambda f, b, n=name, t=table: PrincipleFinding(n, f, b, t.cites),  # type: ignore[misc]
            )
            for name, table in sorted(document.principles.items(), key=_declared)
        ),
        golden_rules=tuple(
            judged(
                table,
                f"/golden_rules/{name}",
                lambda f, b, n=name, t=table: RuleFinding(n, f, b, t.cites),  # type: ignore[misc]
            )
            for name, table in sorted(document.golden_rules.items(), key=_declared)
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
            for name, myth in sorted(document.myths.items(), key=_declared)
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


def _declared(member: tuple[Enum, object]) -> int:
    """Results come in the order of the vocabulary, however the document orders them."""
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


def _edge(document: Document, asks: Step, row: FlowRow, made: dict[str, FlowTable]) -> "Edge":
    shown = {answer: PathStep(asks, answer, row.basis, row.cites) for answer in Answer}
    if row.to is not None:
        return Edge(_compile_flow(document, row.to, made), None, shown)
    assert row.outcome is not None  # noqa: S101 - the checks refuse a row with neither target nor outcome
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
