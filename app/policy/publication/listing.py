"""A version with where it stands, for whoever reads or prints it."""

from datetime import date

from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.lifecycle import in_force
from app.policy.lifecycle.in_force import Listed
from app.policy.wording.page import Standing


async def listed(session: Session, school: str, digest: str, today: date) -> Listed:
    """A version as it stands today; raises PolicyNotFound."""
    found, _ = await in_force.version(session, school, digest, today)
    return found


def standing(of: Listed) -> Standing:
    """Where a version stands, as its page says it."""
    return Standing(
        status=of.status.value,
        starts_on=of.starts_on,
        approved_by=of.approved_by,
        approved_on=None if of.approved_at is None else today_in_school(of.approved_at),
        review_due=of.review_due,
    )
