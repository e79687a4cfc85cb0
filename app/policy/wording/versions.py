"""A version with where it stands, and the very bytes that were sent, for whoever reads or prints it."""

from datetime import date

from app.platform.db import Session
from app.policy import service, store
from app.policy.clocks import today_in_school
from app.policy.service import Listed, PolicyNotFound
from app.policy.wording.page import Standing


async def source(session: Session, school: str, digest: str) -> bytes:
    """The bytes of a version, comments and layout among them; raises PolicyNotFound."""
    if digest == service.shipped().digest:
        return service.SHIPPED.read_bytes()
    kept = await store.document(session, school, digest)
    if kept is None:
        raise PolicyNotFound
    return kept.encode("utf-8")


async def listed(session: Session, school: str, digest: str, today: date) -> Listed:
    """A version as it stands today; raises PolicyNotFound."""
    found, _ = await service.version(session, school, digest, today)
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
