"""Load the policy version for the evaluation of a request."""

from datetime import datetime

from app.identity.model import Actor
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force as policies
from app.sharing.case.case import Case


async def load_policy_in_force(session: Session, actor: Actor, now: datetime) -> Policy:
    """Load the policy in force at the caller's school today."""
    return await policies.in_force(session, actor.school, today_in_school(now))


async def load_policy_of_evaluation(session: Session, case: Case, now: datetime) -> Policy:
    """Load the policy version of the current evaluation, or a fallback if it is not found.

    Invariant: a missing policy version delays no request.
    """
    return await policies.at_or_fallback(
        session, case.head.school, today_in_school(now), case.head.policy_digest
    )
