"""The grammar of the tables in a policy document: conditions, rows and their results.

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
    """The cells of a row, ANDed: for each fact the values it may have; empty fits everything
    (`otherwise`, `always`).
    """

    cells: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRow:
    """An edge: to another node, or to an outcome that names the question which settled it."""

    when: Condition
    basis: str
    cites: tuple[str, ...]
    to: str | None = None
    outcome: Outcome | None = None
    decided_at: Step | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """A question put at one point of the way."""

    asks: Step
    rows: tuple[FlowRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The way from the facts to one outcome."""

    start: str
    nodes: Mapping[str, FlowNode]


@dataclass(frozen=True, slots=True, kw_only=True)
class HowRow:
    """When a check is met."""

    when: Condition
    met: Answer
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HowTable:
    """A check of How; `holds` says whether it holds the release until it is met."""

    title: str
    text: str
    holds: bool
    cites: tuple[str, ...]
    rows: tuple[HowRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRow:
    """When a principle or rule stands how."""

    when: Condition
    finding: Finding
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """The reasons that go with `needs`."""

    met: str
    not_met: str
    unsure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A principle or golden rule: rows first, then `needs` (any no → not met, any unsure → unsure,
    else met).
    """

    title: str
    text: str
    cites: tuple[str, ...]
    rows: tuple[JudgedRow, ...] = ()
    needs: tuple[str, ...] = ()
    because: Because | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRule:
    """Something to do. Of several rules with one code the first that fits speaks."""

    code: ActionCode
    when: tuple[Condition, ...]
    text: str
    who: Role
    cites: tuple[str, ...]
    due: str | None = None
    ask: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRow:
    """Who may record an outcome."""

    when: Condition
    may_decide: tuple[Role, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityTable:
    """Who may decide what."""

    text: str
    cites: tuple[str, ...]
    rows: tuple[AuthorityRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionClass:
    """How long a record is kept, in years from the day it closes, and how often what is kept longer
    is looked at again.
    """

    title: str
    text: str
    keep_years: str
    review_years: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRow:
    """Which record falls into which class."""

    when: Condition
    keep_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionTable:
    """How long records are kept."""

    text: str
    cites: tuple[str, ...]
    classes: Mapping[str, RetentionClass]
    rows: tuple[RetentionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MythRule:
    """A myth, what is true instead, and the cases in which it is likely to be believed."""

    claim: str
    text: str
    when: tuple[Condition, ...]
    cites: tuple[str, ...]
