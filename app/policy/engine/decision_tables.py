"""The grammar of the tables in a policy document: conditions, rows and their results. Pure.

A table is *first match* (flow, how, principles, golden rules, authority, retention) or *collect*
(actions, myths). Its rows name closed facts only; dates, counts and texts reach it through the
functions of `app.policy.engine.derive`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.identity.model import Role
from app.policy.engine.codes import ActionCode
from app.policy.engine.vocabulary import Answer, Finding, Outcome, Step


@dataclass(frozen=True, slots=True)
class Condition:
    """The cells of a row, ANDed: for each fact the allowed values. An empty condition (`otherwise`,
    `always`) matches everything.
    """

    cells: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """An edge to another node, or to an outcome with the question that decided it."""

    when: Condition
    basis: str
    cites: tuple[str, ...]
    to: str | None = None
    outcome: Outcome | None = None
    decided_at: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """A point of the flow at which a question is asked."""

    asks: Step
    rows: tuple[FlowRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The decision graph from the facts to one outcome."""

    start: str
    nodes: Mapping[str, FlowNode]


@dataclass(frozen=True, slots=True, kw_only=True)
class HowRow:
    """The condition under which a check has a result."""

    when: Condition
    met: Answer
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HowTable:
    """A check on how to share; `holds` says whether the release waits until it is met."""

    title: str
    text: str
    holds: bool
    cites: tuple[str, ...]
    rows: tuple[HowRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """The condition under which a principle or golden rule has a finding."""

    when: Condition
    finding: Finding
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The texts of the findings that follow from `needs`."""

    met: str
    not_met: str
    unsure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A principle or golden rule. The rows are tried first, then `needs`: any no gives not met, any
    unsure gives unsure, otherwise met.
    """

    title: str
    text: str
    cites: tuple[str, ...]
    rows: tuple[JudgedRow, ...] = ()
    needs: tuple[str, ...] = ()
    because: Because | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRule:
    """A recommended action. Among rules with the same code, the first that matches applies."""

    code: ActionCode
    when: tuple[Condition, ...]
    text: str
    who: Role
    cites: tuple[str, ...]
    due: str | None = None
    ask: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow:
    """The condition under which roles may record an outcome."""

    when: Condition
    may_decide: tuple[Role, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityTable:
    """The roles that may record each outcome."""

    text: str
    cites: tuple[str, ...]
    rows: tuple[AuthorityRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionClass:
    """A retention class. `keep_years` and `review_years` name parameters: the years from closing to
    disposal, and the years between reviews of records kept longer.
    """

    title: str
    text: str
    keep_years: str
    review_years: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRow:
    """The condition under which a record has a retention class."""

    when: Condition
    keep_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionTable:
    """The retention classes and the assignment of records to them."""

    text: str
    cites: tuple[str, ...]
    classes: Mapping[str, RetentionClass]
    rows: tuple[RetentionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MythRule:
    """A myth, its correction, and the cases in which to show it."""

    claim: str
    text: str
    when: tuple[Condition, ...]
    cites: tuple[str, ...]
