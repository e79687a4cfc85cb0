"""Evaluates facts under a policy: a recommendation with its reasons. Pure.

Invariant: total over `Facts`, and deterministic to the byte.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from app.identity.model import Role
from app.kernel.canonical import Json
from app.policy.engine.bitmasks import DEPARTURE, bit, bits_of
from app.policy.engine.codes import Doubt
from app.policy.engine.deadlines import Calendar
from app.policy.engine.derive import Rules, last_day
from app.policy.engine.grammar import Document, Question
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
from app.policy.engine.vocabulary import Answer, Mais, Outcome, Release, Step

R = TypeVar("R")

Table: TypeAlias = tuple[tuple[int, str, R], ...]
"""Rows in order: the values that exclude the row, its pointer in the document, its result."""

Collected: TypeAlias = tuple[tuple[tuple[tuple[int, str], ...], R], ...]
"""Results, each with the alternative conditions under which it applies."""


class NoRow(LookupError):
    """No row of a table matches these facts. Loading a document proves that this cannot happen."""


@dataclass(frozen=True, slots=True)
class End:
    """An end of the flow; `bits` encodes it for the later tables."""

    outcome: Outcome
    decided_at: Step
    bits: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A row of the flow: its target, and the path step to show for each answer."""

    to: "FlowTable | None"
    end: End | None
    shown: Mapping[Answer, PathStep]


FlowTable: TypeAlias = tuple[tuple[int, str, "Edge"], ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compiled tables of a document."""

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
    """A policy that can be evaluated, with the digest of its meaning.

    `review_due` is the month or day set on approval; without it, the document's `next_review`
    applies.
    """

    document: Document
    digest: str
    tables: Compiled
    calendar: Calendar
    meaning: Json = None
    review_due: str | None = None

    @property
    def version(self) -> str:
        return self.document.policy.version

    @property
    def next_review(self) -> str:
        """The month or day by which the policy is to be reviewed."""
        return self.review_due or self.document.policy.next_review

    def smallest_group(self, day: date) -> int:
        """The smallest group size at which figures count as anonymous on a day."""
        return self.document.parameters["smallest_group"].on_or_first(day)

    def rules(self, today: date) -> Rules:
        """The input of the answer checks on a day."""
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
        """Whether the month or day of the next review has passed."""
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
    """The recommendation with its path, findings and actions."""
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
    """The outcome and the question that decided it, without the rest of the evaluation."""
    end = outcome_of_bits(policy.tables, policy.tables.flow_bits(facts))
    return end.outcome, end.decided_at


def outcome_of_bits(tables: Compiled, bits: int) -> End:
    """The end of the flow for facts encoded as bits."""
    table: FlowTable = tables.flow
    while True:
        edge = _first(table, bits)
        if edge.to is None:
            assert edge.end is not None  # noqa: S101 - compile_tables gives every edge a target or an end
            return edge.end
        table = edge.to


def flow_tables(start: FlowTable) -> Iterator[FlowTable]:
    """Every table of a flow once."""
    pending, done = [start], set()
    while pending:
        table = pending.pop()
        if id(table) not in done:
            done.add(id(table))
            yield table
            pending += [edge.to for _, _, edge in table if edge.to is not None]


def may_decide(policy: Policy, facts: Facts, wanted: Outcome, *, departs: bool) -> tuple[Role, ...]:
    """The roles that may record an outcome; `departs` says whether it differs from the
    recommendation.
    """
    bits = bits_of(facts) | bit("outcome", wanted) | (_DEPARTURE if departs else _NO_DEPARTURE)
    return _first(policy.tables.authority, bits)


def retention_class(policy: Policy, facts: Facts, decided: Outcome) -> str:
    """The name of the retention class of a record with these facts and decision."""
    return _first(policy.tables.retention, bits_of(facts) | bit("outcome", decided))


def _first(table: tuple[tuple[int, str, R], ...], bits: int) -> R:
    for barred, _, result in table:
        if not bits & barred:
            return result
    raise NoRow


def _walk(table: FlowTable, bits: int) -> tuple[End, list[Edge]]:
    edges: list[Edge] = []
    while True:
        edge = _first(table, bits)
        edges.append(edge)
        if edge.to is None:
            assert edge.end is not None  # noqa: S101 - see outcome_of_bits
            return edge.end, edges
        table = edge.to


def _asked(edge: Edge) -> str:
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
    texts: dict[str, list[str]] = {}
    for question, asked in document.questions.items():
        shown = Step.IMMEDIATE_RISK if question is Question.RECIPIENT_VERIFIED else question
        texts.setdefault(shown, []).extend(
            asked.doubts[doubt] for doubt in doubts if doubt in asked.doubts
        )
    return tuple(
        (
            PathStep(
                passed.step,
                passed.answer,
                " ".join([*texts[passed.step], passed.basis]),
                passed.cites,
            )
            if texts.get(passed.step)
            else passed
        )
        for passed in path
    )
