"""Fallback evaluation of an emergency.

The service evaluates an emergency under the policy in force; if that fails, under the shipped
default policy; if that fails too, by the fixed rules in this module.

Invariant: an emergency is recorded whatever the policy contains or raises, and the record is
flagged if the policy failed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

import structlog

from app.identity.model import Role
from app.kernel.clock import LONDON
from app.policy.document.safety_floor import ALWAYS_PROTECTIVE
from app.policy.engine import deadlines, evaluate
from app.policy.engine.bitmasks import DOMAINS
from app.policy.engine.codes import ActionCode
from app.policy.engine.evaluate import MAIS, Policy
from app.policy.engine.inputs import Stated
from app.policy.engine.model import Action, Evaluation, Facts, PathStep, fact_words
from app.policy.engine.vocabulary import Answer, Outcome, Release, Step
from app.sharing.evaluation import assessment
from app.sharing.evaluation.assessment import Judgement

POLICY_FAILED: Final = "policy_failed"
"""The flag of an emergency that the service could not evaluate under the school's policy."""

NO_POLICY: Final = "none"
"""The policy version and digest of an emergency if no policy could be read."""

_CLASS: Final = "safeguarding"

_PEOPLE: Final = (Role.STAFF, Role.DSL, Role.IG_LEAD)
_BASIS: Final = (
    "The school's policy could not be evaluated when this was recorded. Share what is needed to"
    " keep the child safe."
)
_SCHOOL_DAY_ENDS: Final = time(16, 30)
_TO_DO: Final = (
    (
        ActionCode.NOTIFY_POLICE_IMMEDIATELY,
        "If a child is in danger or a crime is suspected, call the police: 999.",
        (),
    ),
    (ActionCode.TELL_DSL, "Tell the designated safeguarding lead now.", ()),
    (ActionCode.SEEK_ADVICE, "Ask the designated safeguarding lead.", (Role.DSL,)),
    (ActionCode.RECORD_DECISION_AND_REASONS, "Record what was shared, with whom and why.", ()),
    (
        ActionCode.COMPLETE_RECORD_RETROSPECTIVELY,
        "Complete the record by the end of the next school day.",
        (),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyEvaluation:
    """The evaluation and deadlines to record with an emergency.

    `retain_until` is None if the record is retained until a person completes it.
    """

    judgement: Judgement
    task_due_at: datetime | None
    retention_class: str
    retain_until: str | None
    flags: tuple[str, ...] = ()


def evaluate_emergency(
    policy: Policy | None, ships: Callable[[], Policy], stated: Stated, at: datetime
) -> EmergencyEvaluation:
    """Evaluate an emergency. Never raises.

    `policy` is the policy in force, or None if it cannot be read; `ships` loads the shipped policy.
    """
    try:
        if policy is not None:
            return _evaluate_under(policy, stated, at)
    except Exception as error:  # noqa: BLE001 - an emergency is recorded whatever fails
        _log_failure(error)
    try:
        return _evaluate_under(ships(), stated, at, flags=(POLICY_FAILED,))
    except Exception as error:  # noqa: BLE001 - see above
        _log_failure(error)
    return _evaluate_without_policy(policy, stated, at)


def _log_failure(error: Exception) -> None:
    structlog.get_logger().error("policy.failed_in_an_emergency", error=type(error).__name__)


def _evaluate_under(
    policy: Policy, stated: Stated, at: datetime, *, flags: tuple[str, ...] = ()
) -> EmergencyEvaluation:
    judgement = assessment.judge(policy, stated, at)
    name = evaluate.retention_class(policy, judgement.facts, Outcome.SHARE_EMERGENCY)
    return EmergencyEvaluation(
        judgement=judgement,
        task_due_at=assessment.due_at(policy, assessment.EMERGENCY_CLOCK, at)
        or _next_school_day(at),
        retention_class=name,
        retain_until=assessment.retention_end(
            policy, name, deadlines.today_in_school(at)
        ).isoformat(),
        flags=flags,
    )


def _evaluate_without_policy(
    policy: Policy | None, stated: Stated, at: datetime
) -> EmergencyEvaluation:
    """Evaluate without a policy: recommend sharing or advice from the DSL.

    The outcome is `share_emergency` for immediate danger and a verified recipient or requester
    whose organisation type always protects children, and `seek_advice` otherwise. The outcome does
    not prevent the disclosure.
    """
    danger = stated.risk.immediate_risk
    verified = (stated.recipient.identity_verified, stated.requester.identity_verified)
    protected = (
        stated.recipient.organisation_type in ALWAYS_PROTECTIVE
        and (verified[0] or verified[1]) is Answer.YES
    )
    outcome = Outcome.SHARE_EMERGENCY if danger is Answer.YES and protected else Outcome.SEEK_ADVICE
    evaluation = Evaluation(
        policy_version=policy.version if policy else NO_POLICY,
        policy_digest=policy.digest if policy else NO_POLICY,
        review_overdue=False,
        outcome=outcome,
        decided_at=Step.IMMEDIATE_RISK,
        release=Release.READY if outcome is Outcome.SHARE_EMERGENCY else Release.NONE,
        path=(PathStep(Step.IMMEDIATE_RISK, danger, _BASIS, ()),),
        how=(),
        principles=(),
        golden_rules=(),
        actions=tuple(Action(code, text, Role.STAFF, None, ask, ()) for code, text, ask in _TO_DO),
        may_decide=_PEOPLE,
        myths=(),
        mais=MAIS[outcome],
    )
    judgement = Judgement(
        facts=_unsettled(stated),
        evaluation=evaluation,
        due={},
        due_at=None,
        retention_class=_CLASS,
        routed=False,
    )
    return EmergencyEvaluation(
        judgement=judgement,
        task_due_at=_next_school_day(at),
        retention_class=_CLASS,
        retain_until=None,
        flags=(POLICY_FAILED,),
    )


def _unsettled(stated: Stated) -> Facts:
    """Return the stated danger, purpose and recipient; all other facts are unsure because no
    policy was available to check them.
    """
    words = {
        name: None if optional else _unknown(name) for name, (_, optional) in fact_words().items()
    }
    known = {
        "direction": stated.direction,
        "urgency": stated.urgency,
        "recipient_type": stated.recipient.organisation_type,
        "purpose_code": stated.purpose.code,
        "immediate_risk": stated.risk.immediate_risk,
        "crime_suspected": stated.risk.crime_suspected,
        "emergency_kind": stated.risk.emergency_kind,
    }
    return Facts(**{**words, **known})  # type: ignore[arg-type]


def _unknown(name: str) -> Answer:
    return Answer.UNSURE if Answer.UNSURE in DOMAINS[name] else Answer.NO


def _next_school_day(at: datetime) -> datetime:
    day = at.astimezone(LONDON).date() + timedelta(days=1)
    while day.weekday() >= assessment.SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, _SCHOOL_DAY_ENDS, LONDON).astimezone(UTC)
