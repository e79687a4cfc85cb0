"""Rules for advice: whether it could change the outcome, and who may give it (golden rule 3).
Pure.
"""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from app.identity.model import Actor, Permission
from app.kernel.errors import Kind, ServiceError
from app.policy.engine import evaluate
from app.policy.engine.model import Facts
from app.policy.engine.vocabulary import Answer
from app.sharing.case.case import ActionNotPermitted, Case, Head
from app.sharing.case.model import Act, Status
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.case.records import Advice, AdviceAnswer

DOUBTED: Final = (
    "immediate_risk",
    "purpose",
    "consent",
    "identifiable",
    "lawful_reason",
    "recipient_verified",
)
"""The facts that the policy asks about and that advice may clarify."""


class AdviceNotFound(ServiceError):
    """The sharing request has no request for advice with this id."""

    kind = Kind.NOT_FOUND
    code = "advice-not-found"
    title = "Advice not found"


class AdviceAlreadyAnswered(ServiceError):
    """The request for advice already has an answer, and answers never change."""

    kind = Kind.CONFLICT
    code = "advice-already-answered"
    title = "Advice already answered"

    def __init__(self) -> None:
        super().__init__("an answer never changes; to add to it, ask for advice again")


def can_change_outcome(policy: evaluate.Policy, facts: Facts) -> bool:
    """Return whether an answer to the unsure facts could change the outcome.

    Evaluates every combination of yes and no for the unsure facts: at most 64 combinations.
    """
    unsure = [name for name in DOUBTED if getattr(facts, name) is Answer.UNSURE]
    outcomes = {evaluate.outcome(policy, facts)[0]}
    for choice in range(2 ** len(unsure)):
        settled: dict[str, Any] = {
            name: Answer.YES if choice >> place & 1 else Answer.NO
            for place, name in enumerate(unsure)
        }
        outcomes.add(evaluate.outcome(policy, replace(facts, **settled))[0])
    return len(outcomes) > 1


def answer(
    case: Case,
    actor: Actor,
    advice_id: UUID,
    *,
    advice: str,
    advised_outcome: DecisionOutcome | None,
    outcome_of_discussion: str,
) -> tuple[Head, AdviceAnswer]:
    """Return the head after the answer, and the answer to record.

    Raises `ActionNotPermitted`, `AdviceNotFound`, `AdviceAlreadyAnswered` or `InvalidState`.
    """
    if not actor.may(Permission.ADVICE_ANSWER):
        raise ActionNotPermitted("only the DSL or the information governance lead can give advice")
    asked = case.find(Advice, advice_id)
    if asked is None:
        raise AdviceNotFound("check the id; see advice in the request")
    if asked.by_id == actor.id:
        raise ActionNotPermitted("you asked for this advice; another person must answer")
    if asked not in case.open_advice:
        raise AdviceAlreadyAnswered

    status = case.head.after(Act.ANSWER_ADVICE)
    left = [record for record in case.open_advice if record.id != advice_id]
    if left and case.head.status is Status.ADVICE_SOUGHT:
        status = Status.ADVICE_SOUGHT
    dues = [record.content.due for record in left if record.content.due is not None]
    given = AdviceAnswer(
        advice_id=advice_id,
        advice=advice,
        advised_outcome=advised_outcome,
        outcome_of_discussion=outcome_of_discussion,
    )
    return replace(case.head, status=status, advice_due_at=min(dues, default=None)), given
