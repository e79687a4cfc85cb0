"""Use cases of retention: list what is due, review, dispose; and the daily list, which disposes of
nothing itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from app.audit import log
from app.audit import model as trail
from app.audit.model import Action, Event
from app.audit.search import Filters, search
from app.identity.model import Actor, Role
from app.kernel import ids
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.policy.engine.deadlines import today_in_school
from app.retention import schedule
from app.retention.schedule import Obstacle, Review
from app.sharing.case.case import Case, Head, Record
from app.sharing.case.model import Act
from app.sharing.case.records import Disposal, RetentionReview
from app.sharing.disposal import service as disposal_service
from app.sharing.evaluation import assessment

DAILY: Final = "daily"
"""The `target` of the daily list's audit entry; an entry of a caller has none."""

_DAY: Final = timedelta(days=1)


class LegalHold(ServiceError):
    """The request is under legal hold."""

    kind = Kind.CONFLICT
    code = "legal-hold"
    title = "Request under legal hold"

    def __init__(self) -> None:
        super().__init__("a retention review can lift the hold when its reason has ended")


class DisposalNotDue(ServiceError):
    """The retention period of the request has not ended."""

    kind = Kind.CONFLICT
    code = "disposal-not-due"
    title = "Disposal not due"

    def __init__(self) -> None:
        super().__init__(
            "the retention period has not ended; see retention, and record a retention review"
            " first if the period is wrong"
        )


@dataclass(frozen=True, slots=True)
class Due:
    """A request that is due, why, and what prevents its disposal."""

    head: Head
    reasons: tuple[schedule.Reason, ...]
    obstacles: tuple[Obstacle, ...]


async def due(
    session: Session,
    actor: Actor,
    *,
    after: tuple[str, UUID] | None,
    limit: int,
    now: datetime,
    request_id: str,
) -> tuple[list[Due], bool]:
    """A page of requests that are due, longest due first, and whether there are more."""
    today = today_in_school(now)
    heads = await disposal_service.due(session, actor, today, after=after, limit=limit + 1)
    found = [
        Due(head, schedule.reasons(head, today), schedule.obstacles(head, today))
        for head in heads[:limit]
    ]

    event = Event(action=Action.RETENTION_LISTED, data={"count": len(found)})
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found, len(heads) > limit


async def review(
    session: Session,
    actor: Actor,
    request_id: UUID,
    command: Review,
    why: str,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[RetentionReview]]:
    """Record how long a request is kept from now on, and whether it is under legal hold."""
    case = await disposal_service.load_for_update(session, actor, request_id)
    today = today_in_school(now)

    case.head.after(Act.REVIEW_RETENTION)
    years, until, policy = await disposal_service.terms(session, case, today)
    head = schedule.head_after_review(
        case.head, command, today, review_years=years, policy_until=until
    )
    content = RetentionReview(
        keep=command.keep,
        until=schedule.day(head.retain_until),
        next_review_on=schedule.day(head.review_on),
        legal_hold=head.legal_hold,
        why=why,
    )
    content = assessment.with_fallback_flag(policy, case.head, content)

    return await disposal_service.review(session, actor, case, head, content, now=now, trace=trace)


async def dispose(
    session: Session,
    actor: Actor,
    request_id: UUID,
    *,
    basis: str,
    approved_by: str,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Disposal]]:
    """Destroy the personal data in a request whose retention has ended."""
    case = await disposal_service.load_for_update(session, actor, request_id)

    case.head.after(Act.DISPOSE)
    found = schedule.obstacles(case.head, today_in_school(now))
    if Obstacle.LEGAL_HOLD in found:
        raise LegalHold
    if found:
        raise DisposalNotDue

    return await disposal_service.dispose(
        session, actor, case, basis=basis, approved_by=approved_by, now=now, trace=trace
    )


async def list_due(database: Database, now: datetime) -> None:
    """Once a day, for each school that has requests: count what is due, log it, and append an audit
    entry.

    Later calls on the same day do nothing. Two workers that call it at the same instant may append
    an entry each.
    """
    today = today_in_school(now)
    async with database.transaction() as session:
        for found in await disposal_service.load_due_counts(session, today):
            if await _has_listed(session, found.school, now):
                continue
            counts = {
                "due": found.due,
                "retention_ended": found.ended,
                "review_due": found.review,
                "legal_hold": found.held,
            }
            event = Event(action=Action.RETENTION_LISTED, target=DAILY, data=counts)
            log.append(session, event, by=trail.service(found.school), at=now, request_id="worker")
            structlog.get_logger().info("retention.due", school=found.school, **counts)


async def _has_listed(session: Session, school: str, now: datetime) -> bool:
    """Whether the entry of this day has been appended."""
    reader = Actor(ids.new_id(now), Role.IG_LEAD, school, "service")
    today = today_in_school(now)
    filters = Filters(action=(Action.RETENTION_LISTED,), since=now - _DAY)
    after: UUID | None = None
    while True:
        page = await search(session, reader, filters, after=after, limit=200)
        if any(
            e.fields["target"] == DAILY
            and today_in_school(datetime.fromisoformat(e.fields["at"])) == today
            for e in page
        ):
            return True
        if len(page) < 200:
            return False
        after = page[-1].id
