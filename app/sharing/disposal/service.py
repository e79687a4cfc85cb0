"""Record retention reviews, and dispose of the personal data of requests.

Invariant: after disposal the database contains no personal data of the request, and every audit
entry remains verifiable.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

from app.audit import log
from app.audit.model import Action
from app.audit.search import Filters, search
from app.identity.model import Actor
from app.kernel import ids
from app.platform import idempotency
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force as policies
from app.sharing.case import store
from app.sharing.case.case import Case, Head, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.model import Act, RecordKind
from app.sharing.case.records import Disposal, RetentionReview
from app.sharing.disposal import due as disposal_due
from app.sharing.evaluation import assessment

_PAGE: Final = 500

ENDED: Final = frozenset(
    {RecordKind.DECISION, RecordKind.WITHDRAWAL, RecordKind.CLOSURE, RecordKind.EMERGENCY}
)
"""The kinds of record that start the retention period; the last one counts."""


class DueCounts(NamedTuple):
    """The number of due requests of a school, by reason."""

    school: str
    due: int
    ended: int
    review: int
    held: int


async def load_for_update(session: Session, actor: Actor, request_id: UUID) -> Case:
    """Load a request with a lock against other writers; raises `SharingRequestNotFound`."""
    return await store.load(session, actor, request_id, to_change=True)


async def due(
    session: Session, actor: Actor, day: date, *, after: tuple[str, UUID] | None, limit: int
) -> list[Head]:
    """Requests of the caller's school that are due by a day, earliest first."""
    return await disposal_due.page(session, actor.school, day.isoformat(), after=after, limit=limit)


async def load_due_counts(session: Session, day: date) -> list[DueCounts]:
    """The numbers of due requests for each school that has requests."""
    return [
        DueCounts(row.school, row.due, row.ended, row.review, row.held)
        for row in await disposal_due.counts(session, day.isoformat())
    ]


async def terms(session: Session, case: Case, day: date) -> tuple[int, date | None, Policy]:
    """The retention terms of a case: years until review, end of retention, and their policy.

    The end of retention is None while the request is open.
    """
    head = case.head
    policy = await policies.at_or_fallback(session, head.school, day, head.policy_digest)
    ends = [record.at for record in case.records if record.kind in ENDED]
    until = (
        assessment.retention_end(policy, head.retention_class, today_in_school(max(ends)))
        if ends
        else None
    )
    return assessment.review_years(policy, head.retention_class, day), until, policy


async def review(
    session: Session,
    actor: Actor,
    case: Case,
    head: Head,
    content: RetentionReview,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[RetentionReview]]:
    """Record a retention review and store the head that it results in."""
    draft = Draft(id=ids.new_id(now), content=content)
    change = Change(
        action=Action.RETENTION_REVIEWED,
        head=replace(head, status=case.head.after(Act.REVIEW_RETENTION)),
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={"keep": content.keep.value, "legal_hold": head.legal_hold},
    )
    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


async def dispose(
    session: Session,
    actor: Actor,
    case: Case,
    *,
    basis: str,
    approved_by: str,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Disposal]]:
    """Destroy the personal data of a request and record the disposal.

    The codes remain, with the basis, the approver and the actor of the disposal.
    """
    status = case.head.after(Act.DISPOSE)
    sealed_by = await _entries(session, actor, case)
    personal = {record.id for record in case.records if record.personal}
    destroyed = personal | {one.record_id for one in case.subjects}
    until = case.head.retain_until
    draft = Draft(
        id=ids.new_id(now),
        content=Disposal(
            destroyed=tuple(sorted(destroyed)),
            kept_until=date.fromisoformat(until) if until else None,
            retention_class=case.head.retention_class,
            basis=basis,
            approved_by=approved_by,
        ),
    )
    change = Change(
        action=Action.REQUEST_DISPOSED,
        head=replace(
            case.head, status=status, review_on=None, notice_due_on=None, advice_due_at=None
        ),
        drafts=(draft,),
        about=[subject.id for subject in case.subjects],
        target=draft.id,
        data={"destroyed": len(destroyed)},
        remains=await store.remains(session, case.head.school, case.head.id),
    )
    made = await store.write(
        session, change, by=actor, at=now, request_id=trace, previous=case.head
    )
    disposal = made.head.audit_id
    log.dispose(
        session,
        case.head.school,
        [entry for entry, records in sealed_by.items() if records & destroyed],
        by_entry=disposal,
    )
    await store.destroy(session, case.head.school, case.head.id, but=disposal)
    await idempotency.forget(session, case.head.school, case.head.id)
    after = await store.load(session, actor, case.head.id)
    return after, record_in(after, draft)


async def _entries(session: Session, actor: Actor, case: Case) -> dict[UUID, set[UUID]]:
    """The ids of the records that each audit entry of the request seals, by entry id."""
    found: dict[UUID, set[UUID]] = {}
    after: UUID | None = None
    while True:
        page = await search(session, actor, Filters(request=case.head.id), after=after, limit=_PAGE)
        found |= {
            entry.id: {UUID(one) for one in entry.fields["data"].get("records", ())}
            for entry in page
            if entry.fields["content"] is not None
        }
        if len(page) < _PAGE:
            return found
        after = page[-1].id
