"""The whole grammar of a policy document, written as types: what is not here cannot be said in a
policy.

A table is *first match* (flow, how, principles, golden rules, authority, retention) or *collect*
(actions, myths). Its rows name closed facts only; dates, counts and texts reach it through the
functions of `app.policy.engine.derive`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from app.identity.model import Role
from app.policy.engine.codes import ActionCode, Doubt, MythId
from app.policy.engine.derive import Stated
from app.policy.engine.vocabulary import (
    Answer,
    Finding,
    GoldenRuleId,
    HowCheck,
    LawfulReasonCode,
    Outcome,
    PrincipleId,
    Release,
    Step,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """The cells of a row, ANDed: for each fact the values it may have; empty fits everything
    (`otherwise`, `always`).
    """

    cells: Mapping[str, tuple[str, ...]]


class Question(StrEnum):
    """What a policy asks about a case."""

    IMMEDIATE_RISK = "immediate_risk"
    CRIME_SUSPECTED = "crime_suspected"
    RECIPIENT_VERIFIED = "recipient_verified"
    PURPOSE = "purpose"
    CONSENT = "consent"
    IDENTIFIABLE = "identifiable"
    LAWFUL_REASON = "lawful_reason"


class ClockKind(StrEnum):
    """How a time limit is counted."""

    NOW = "now"
    SAME_SCHOOL_DAY = "same_school_day"
    WORKING_DAYS = "working_days"
    DATE_TO_BE_SET = "date_to_be_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which policy this is, and when it was and will be looked at. Months are `YYYY-MM`; roles,
    never names.
    """

    id: str
    version: str
    title: str
    summary: str
    start: date
    last_review: str
    next_review: str
    reviewed_by: str
    approved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A clause of the school's policy, or of a law it rests on, in our own words."""

    where: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A value from a day on."""

    start: date
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that the functions and clocks use."""

    text: str
    cites: tuple[str, ...]
    values: tuple[Dated, ...]

    def on(self, day: date) -> int | None:
        """The value in force on a day, if there is one."""
        begun = [dated for dated in self.values if dated.start <= day]
        return max(begun, key=lambda dated: dated.start).value if begun else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSet:
    """Some values of one fact under a name; a row writes it `$name`."""

    fact: str
    members: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in words, the function that checks its answer, and what to say about each doubt
    that function can raise.
    """

    text: str
    help: str
    cites: tuple[str, ...]
    sound: str | None = None
    doubts: Mapping[Doubt, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lawful:
    """A lawful reason with its place in data protection law."""

    title: str
    text: str
    article_6: tuple[str, ...]
    article_9: tuple[str, ...]
    schedule_1: tuple[str, ...]
    cites: tuple[str, ...]
    tests: tuple[str, ...] = ()


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
class ClockRule:
    """A time limit; `days` names a parameter."""

    text: str
    kind: ClockKind
    cites: tuple[str, ...]
    days: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A stretch of days on which the school does not work."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Time limits and the school's calendar; `day_ends` is local time, HH:MM."""

    day_ends: str
    rules: Mapping[str, ClockRule]
    bank_holidays: Mapping[date, str]
    school_holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MythRule:
    """A myth, what is true instead, and the cases in which it is likely to be believed."""

    claim: str
    text: str
    when: tuple[Condition, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """An instruction that holds at all times, whatever a case shows."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty in law, and whom it binds."""

    title: str
    text: str
    bodies: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Where to read more."""

    title: str
    publisher: str
    cites: tuple[str, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A change of law that is known but not applied."""

    title: str
    text: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a worked case must give."""

    outcome: Outcome
    decided_at: Step
    release: Release
    actions: tuple[ActionCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A worked example that governors read and the service proves. `on` is the day it plays; the
    policy's first day otherwise.
    """

    title: str
    story: str
    facts: Stated
    expected: Expected
    on: date | None = None
    arguable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A school's whole policy."""

    policy: Identity
    citations: Mapping[str, Citation]
    parameters: Mapping[str, Parameter]
    sets: Mapping[str, NamedSet]
    questions: Mapping[Question, Asked]
    lawful_reasons: Mapping[LawfulReasonCode, Lawful]
    flow: Flow
    how: Mapping[HowCheck, HowTable]
    principles: Mapping[PrincipleId, Judged]
    golden_rules: Mapping[GoldenRuleId, Judged]
    actions: tuple[ActionRule, ...]
    authority: AuthorityTable
    retention: RetentionTable
    clocks: Clocks
    myths: Mapping[MythId, MythRule]
    guidance: Mapping[str, Guidance]
    duties: Mapping[str, Duty]
    resources: tuple[Resource, ...]
    upcoming: tuple[Upcoming, ...]
    cases: Mapping[str, Case]
