"""Evaluate a case under a policy: derived facts, recommendation and due instants. Pure."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar
from uuid import UUID

from app.identity.model import Role
from app.policy.engine import deadlines, derive, evaluate
from app.policy.engine.evaluate import Policy
from app.policy.engine.inputs import Stated
from app.policy.engine.model import Evaluation, Facts
from app.policy.engine.vocabulary import Outcome, PurposeCode
from app.sharing.case.case import Case, Head
from app.sharing.case.change import Draft
from app.sharing.case.model import EvaluationTrigger, RecordFlag
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.case.records import Evaluation as EvaluationRecord
from app.sharing.case.records import RecipientCheck, StandIn

S = TypeVar("S", bound=StandIn)

EMERGENCY_CLOCK: Final = "emergency_record"
ADVICE_CLOCK: Final = "advice"
TRANSFER_CLOCK: Final = "file_transfer"

SATURDAY: Final = 5

_OWN_CLOCK: Final[Mapping[PurposeCode, str]] = MappingProxyType(
    {
        PurposeCode.CHILD_PROTECTION_FILE_TRANSFER: TRANSFER_CLOCK,
        PurposeCode.SUBJECT_ACCESS_REQUEST: "subject_access_request",
    }
)
"""The clock that sets the decision deadline of a purpose, regardless of the urgency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The result of the policy for a case at an instant."""

    facts: Facts
    evaluation: Evaluation
    due: dict[str, str | None]
    due_at: datetime | None
    retention_class: str
    routed: bool

    def draft(
        self,
        *,
        id: UUID,
        trigger: EvaluationTrigger,
        current: bool = True,
        check: RecipientCheck | None = None,
    ) -> Draft[EvaluationRecord]:
        """The evaluation as a draft record: facts used, result and due instants."""
        content = EvaluationRecord(
            facts=self.facts.to_json(),
            result=self.evaluation,
            due=self.due,
            current=current,
            trigger=trigger,
            routed=self.routed,
            recipient_check=check,
        )
        return Draft(id=id, content=content)


def judge(policy: Policy, stated: Stated, at: datetime) -> Judgement:
    """Derive the facts for the current school day and evaluate them."""
    today = deadlines.today_in_school(at)
    found = derive.derive(stated, policy.rules(today), today)
    return judge_facts(policy, found, at)


def judge_facts(policy: Policy, found: Facts, at: datetime) -> Judgement:
    """Evaluate facts that are already derived."""
    evaluation = evaluate.evaluate(policy, found)
    return Judgement(
        facts=found,
        evaluation=evaluation,
        due=deadlines.due_instants(evaluation, at, policy.calendar),
        due_at=_decision_due(policy, found, at),
        retention_class=evaluate.retention_class(policy, found, evaluation.outcome),
        routed=found.purpose_code in policy.document.sets["routed"].members,
    )


def due_at(policy: Policy, name: str, start: datetime) -> datetime | None:
    """The instant at which a clock of the policy expires if it starts at `start`."""
    return deadlines.due_at(name, start, policy.calendar)


def _decision_due(policy: Policy, found: Facts, at: datetime) -> datetime | None:
    special = _OWN_CLOCK.get(found.purpose_code)
    if special is not None and special in policy.document.clocks.rules:
        return due_at(policy, special, at)
    if found.purpose_code is PurposeCode.SUBJECT_ACCESS_REQUEST:
        return month_after(policy, at)
    return due_at(policy, str(found.urgency), at)


def month_after(policy: Policy, at: datetime) -> datetime:
    """One calendar month from the day of receipt, moved to the next working day.

    UK GDPR Article 12(3) sets this period: school holidays do not extend it. A policy clock of the
    same name takes precedence.
    """
    day = deadlines.today_in_school(at)
    year, month = (day.year + day.month // 12, day.month % 12 + 1)
    due = date(year, month, min(day.day, monthrange(year, month)[1]))
    while due.weekday() >= SATURDAY or due in policy.document.clocks.bank_holidays:
        due += timedelta(days=1)
    return policy.calendar.end_of(due)


def with_fallback_flag(policy: Policy, head: Head, content: S) -> S:
    """Add the flag `policy_not_found` to a content if a fallback policy was used for the case."""
    if policy.digest == head.policy_digest:
        return content
    return replace(content, flags=(RecordFlag.POLICY_NOT_FOUND,), under=policy.digest)


def may_decide(policy: Policy, case: Case, outcome: DecisionOutcome) -> tuple[Role, ...]:
    """The roles that may record this outcome, by the policy's authority table."""
    found = Facts.from_json(case.evaluation.content.facts)
    return evaluate.may_decide(
        policy, found, _as_recommended(outcome), departs=departs(case, outcome)
    )


def retention_class(policy: Policy, case: Case, outcome: DecisionOutcome) -> str:
    """The retention class of the case after this outcome."""
    found = Facts.from_json(case.evaluation.content.facts)
    return evaluate.retention_class(policy, found, _as_recommended(outcome))


def with_retention(policy: Policy, head: Head, at: datetime, *, reviewed: bool) -> Head:
    """The head with the retention period of its class, counted from `at`.

    Invariant: a period set by a retention review is never shortened.
    """
    until = retention_end(policy, head.retention_class, deadlines.today_in_school(at)).isoformat()
    if reviewed and head.retain_until is None:
        return head
    return replace(
        head,
        retain_until=max(until, head.retain_until) if reviewed and head.retain_until else until,
    )


def retention_end(policy: Policy, name: str, day: date) -> date:
    """The end of the retention period of a case that closes on a day.

    For a class that the policy does not define, the longest period of the policy applies.
    """
    classes = policy.document.retention.classes
    found = [classes[name]] if name in classes else list(classes.values())
    return deadlines.years_after(day, max(_years(policy, one.keep_years, day) for one in found))


def review_years(policy: Policy, name: str, day: date) -> int:
    """The years until the retention review of a class.

    For a class that the policy does not define, the shortest interval of the policy applies.
    """
    classes = policy.document.retention.classes
    found = [classes[name]] if name in classes else list(classes.values())
    return min(_years(policy, one.review_years, day) for one in found)


def _years(policy: Policy, parameter: str, day: date) -> int:
    return policy.document.parameters[parameter].on_or_first(day)


def departs(case: Case, outcome: DecisionOutcome) -> bool:
    """Whether an outcome differs from the recommendation; a partial share counts as share."""
    recommended = case.evaluation.content.result.outcome
    return recommended is not _as_recommended(outcome)


def _as_recommended(outcome: DecisionOutcome) -> Outcome:
    if outcome is DecisionOutcome.SHARE_PARTIALLY:
        return Outcome.SHARE
    return Outcome(outcome.value)
