"""The grammar of a policy document as types; a document can express nothing else. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from app.policy.engine.codes import ActionCode, Doubt, MythId
from app.policy.engine.decision_tables import (
    ActionRule,
    AuthorityTable,
    Flow,
    HowTable,
    Judged,
    MythRule,
    RetentionTable,
)
from app.policy.engine.inputs import Stated
from app.policy.engine.vocabulary import (
    GoldenRuleId,
    HowCheck,
    LawfulReasonCode,
    Outcome,
    PrincipleId,
    Release,
    Step,
)


class Question(StrEnum):
    """The questions that a policy asks about a case."""

    IMMEDIATE_RISK = "immediate_risk"
    CRIME_SUSPECTED = "crime_suspected"
    RECIPIENT_VERIFIED = "recipient_verified"
    PURPOSE = "purpose"
    CONSENT = "consent"
    IDENTIFIABLE = "identifiable"
    LAWFUL_REASON = "lawful_reason"


class ClockKind(StrEnum):
    """The way in which a time limit is counted."""

    NOW = "now"
    SAME_SCHOOL_DAY = "same_school_day"
    WORKING_DAYS = "working_days"
    DATE_TO_BE_SET = "date_to_be_set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The identity and review dates of a policy. Months are `YYYY-MM`; people are given as roles,
    never as names.
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
    """A clause of the school's policy, or of the law behind it, paraphrased."""

    where: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A value that applies from a day on."""

    start: date
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number used by answer checks, time limits and retention."""

    text: str
    cites: tuple[str, ...]
    values: tuple[Dated, ...]

    def on(self, day: date) -> int | None:
        """The value in force on a day, or None."""
        begun = [dated for dated in self.values if dated.start <= day]
        return max(begun, key=lambda dated: dated.start).value if begun else None

    def on_or_first(self, day: date) -> int:
        """The value in force on a day; before its first day, the first listed value."""
        value = self.on(day)
        return value if value is not None else self.values[0].value


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSet:
    """A named set of values of one fact; a row refers to it as `$name`."""

    fact: str
    members: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The wording of a question; `sound` names the function that checks its answer, `doubts` has a
    text for each doubt that the function can raise.
    """

    text: str
    help: str
    cites: tuple[str, ...]
    sound: str | None = None
    doubts: Mapping[Doubt, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lawful:
    """A lawful reason with its basis in data protection law."""

    title: str
    text: str
    article_6: tuple[str, ...]
    article_9: tuple[str, ...]
    schedule_1: tuple[str, ...]
    cites: tuple[str, ...]
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """A time limit; `days` names a parameter."""

    text: str
    kind: ClockKind
    cites: tuple[str, ...]
    days: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A period in which the school is closed."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Time limits and the school's calendar; `day_ends` is local time, `HH:MM`."""

    day_ends: str
    rules: Mapping[str, ClockRule]
    bank_holidays: Mapping[date, str]
    school_holidays: tuple[Holiday, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """An instruction that applies to every case."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A legal duty and the bodies it binds."""

    title: str
    text: str
    bodies: tuple[str, ...]
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A reference for further reading."""

    title: str
    publisher: str
    cites: tuple[str, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """A change of law that is known but not yet applied."""

    title: str
    text: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected result of a worked case."""

    outcome: Outcome
    decided_at: Step
    release: Release
    actions: tuple[ActionCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A worked example, checked when the document is loaded. `on` is the day of evaluation, by
    default the first day of the policy.
    """

    title: str
    story: str
    facts: Stated
    expected: Expected
    on: date | None = None
    arguable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole policy."""

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
