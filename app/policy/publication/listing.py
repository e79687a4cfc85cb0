"""A policy version with its status, for its page."""

from datetime import date

from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.lifecycle import versions
from app.policy.lifecycle.versions import Listed
from app.policy.wording.page import VersionStatus


async def listed(session: Session, school: str, digest: str, today: date) -> Listed:
    """A version with its status today; raises PolicyNotFound."""
    found, _ = await versions.version(session, school, digest, today)
    return found


def version_status(of: Listed) -> VersionStatus:
    """The status of a version as its page shows it."""
    return VersionStatus(
        status=of.status.value,
        starts_on=of.starts_on,
        approved_by=of.approved_by,
        approved_on=None if of.approved_at is None else today_in_school(of.approved_at),
        review_due=of.review_due,
    )
