"""The policy version that a request is evaluated under."""

from datetime import datetime

from app.identity.model import Actor
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force as policies
from app.sharing.case.case import Case


async def policy_in_force(session: Session, actor: Actor, now: datetime) -> Policy:
    """The policy that the caller's school follows today."""
    return await policies.in_force(session, actor.school, today_in_school(now))


async def judged_under(session: Session, case: Case, now: datetime) -> Policy:
    """The version that the evaluation that counts was made under, or one that stands in for it, so
    that nothing waits for it.
    """
    return await policies.at_or_fallback(
        session, case.head.school, today_in_school(now), case.head.policy_digest
    )
