"""Queries for the work queue.

The queue lists overdue decisions and policy reviews, incomplete emergency records, unanswered
advice, due notices and releases on hold, most urgent first.

Invariant: an entry in the queue blocks no action, and a reader sees only the fields of a request
that their view includes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor, Permission
from app.kernel import clock
from app.kernel.clock import LONDON
from app.platform.db import Session
from app.platform.rows import col
from app.platform.types import Instant
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.derive import last_day
from app.policy.engine.evaluate import Policy
from app.sharing.case import store
from app.sharing.case.case import Case, Head
from app.sharing.case.model import OPEN, RecordKind, Status, Waiting
from app.sharing.case.records import Emergency, Facts
from app.sharing.case.tables import RecordRow, RequestRow
from app.sharing.evaluation import policy as evaluation_policy

NO_REQUEST: Final = UUID(int=0)
"""The request id in the sort key of an entry about the policy."""

_PAST_ADVICE: Final = (Status.WITHDRAWN.value, Status.DISPOSED.value)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """The sort key of an entry in the queue: the deadline or start time, then the request id,
    then the reason.
    """

    at: datetime
    request_id: UUID
    kind: str

    def parts(self) -> list[str]:
        """Return the sort key as the parts of a cursor."""
        return [clock.to_text(self.at), str(self.request_id), self.kind]

    @classmethod
    def of(cls, parts: list[str]) -> "Place":
        """Parse the sort key from the parts of a cursor. Raises `ValueError` for invalid parts."""
        at, request_id, kind = parts
        return cls(at=clock.from_text(at), request_id=UUID(request_id), kind=kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An entry in the queue.

    `due` is None if there is no deadline; `advice` lists the ids of the unanswered requests for
    advice.
    """

    place: Place
    kind: Waiting
    head: Head | None
    due: datetime | None
    since: datetime
    policy_digest: str
    advice: tuple[UUID, ...] = ()
    missing: tuple[str, ...] = ()


async def list_waiting(
    session: Session,
    actor: Actor,
    *,
    kind: Waiting | None,
    after: Place | None,
    limit: int,
    now: datetime,
    trace: str,
) -> tuple[list[Pending], bool]:
    """Return a page of the queue of the caller's school, most urgent first, and whether more
    follow.

    Each call adds an audit entry.
    """
    policy = await evaluation_policy.load_policy_in_force(session, actor, now)
    found = await _page(session, actor, kind=kind, after=after, limit=limit + 1, now=now)
    heads = await store.heads(session, actor, [place.request_id for place, _, _ in found])

    pending = [
        Pending(
            place=place,
            kind=Waiting(place.kind),
            head=heads[place.request_id],
            due=due,
            since=since,
            policy_digest=policy.digest,
        )
        for place, due, since in found
        if place.request_id in heads
    ]
    if kind in {None, Waiting.POLICY_REVIEW_OVERDUE}:
        pending = sorted([*pending, *_review(policy, now, after)], key=lambda one: one.place)
    shown = await _load_details(session, actor, pending[:limit])

    data = {"kind": kind.value if kind else None, "count": len(shown)}
    log.append(
        session,
        Event(action=Action.ATTENTION_LISTED, data=data),
        by=actor,
        at=now,
        request_id=trace,
    )
    return shown, len(pending) > limit


async def _page(
    session: Session,
    actor: Actor,
    *,
    kind: Waiting | None,
    after: Place | None,
    limit: int,
    now: datetime,
) -> list[tuple[Place, datetime | None, datetime]]:
    wanted = [query for name, query in _queries(session.dialect, now) if kind in {None, name}]
    if not wanted:
        return []
    every = sa.union_all(
        *(query.where(col(RequestRow.school) == actor.school, *_visible(actor)) for query in wanted)
    ).subquery()
    query = sa.select(every).order_by(every.c.at, every.c.id, every.c.kind).limit(limit)
    if after is not None:
        same_at, same_id = (
            every.c.at == sa.literal(after.at, Instant),
            every.c.id == after.request_id,
        )
        query = query.where(
            sa.or_(
                every.c.at > sa.literal(after.at, Instant),
                sa.and_(same_at, every.c.id > after.request_id),
                sa.and_(same_at, same_id, every.c.kind > after.kind),
            )
        )
    rows = await session.all(query)
    return [
        (Place(at=row.at, request_id=row.id, kind=row.kind), row.due, row.since) for row in rows
    ]


def _visible(actor: Actor) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the SQL conditions that select the requests which the actor may see.

    An actor without a permission to read all requests sees only the requests that they submitted,
    as in `Head.view_for`.
    """
    if actor.may(Permission.REQUEST_READ_ALL) or actor.may(Permission.REQUEST_READ_DEIDENTIFIED):
        return ()
    return (col(RequestRow.submitted_by) == actor.id,)


def _queries(dialect: str, now: datetime) -> Iterator[tuple[Waiting, sa.Select[Any]]]:
    """Yield for each reason the SQL query for the requests that need attention."""
    undecided = [status.value for status in OPEN - {Status.EMERGENCY_RECORDED}]
    never = sa.null().cast(Instant)
    day = col(RequestRow.notice_due_on).concat("T00:00:00.000000Z")
    noticed: sa.ColumnElement[Any] = (
        sa.type_coerce(day, Instant)
        if dialect == "sqlite"
        else day.cast(sa.DateTime(timezone=True))
    )

    yield (
        Waiting.DECISION_OVERDUE,
        _each(Waiting.DECISION_OVERDUE, col(RequestRow.due_at), col(RequestRow.due_at)).where(
            col(RequestRow.status).in_(undecided), col(RequestRow.due_at) < now
        ),
    )
    emergency = col(RequestRow.status) == Status.EMERGENCY_RECORDED.value
    recorded = sa.func.coalesce(
        col(RequestRow.task_due_at), col(RequestRow.submitted_at), type_=Instant
    )
    yield (
        Waiting.EMERGENCY_OPEN,
        _each(
            Waiting.EMERGENCY_OPEN,
            recorded,
            col(RequestRow.task_due_at),
            col(RequestRow.submitted_at),
        ).where(emergency),
    )
    yield (
        Waiting.EMERGENCY_INCOMPLETE,
        _each(
            Waiting.EMERGENCY_INCOMPLETE,
            recorded,
            col(RequestRow.task_due_at),
            col(RequestRow.submitted_at),
        ).where(emergency, _incomplete()),
    )
    asked = sa.func.coalesce(
        col(RequestRow.advice_due_at), col(RequestRow.submitted_at), type_=Instant
    )
    unanswered = sa.or_(
        col(RequestRow.advice_due_at).is_not(None),
        col(RequestRow.status) == Status.ADVICE_SOUGHT.value,
    )
    yield (
        Waiting.ADVICE_WAITING,
        _each(
            Waiting.ADVICE_WAITING,
            asked,
            col(RequestRow.advice_due_at),
            col(RequestRow.submitted_at),
        ).where(unanswered, col(RequestRow.status).not_in(_PAST_ADVICE)),
    )
    today = today_in_school(now).isoformat()
    yield (
        Waiting.NOTICE_DUE,
        _each(Waiting.NOTICE_DUE, noticed, noticed).where(
            col(RequestRow.notice_due_on) <= today, col(RequestRow.status) != Status.DISPOSED.value
        ),
    )
    held = sa.and_(
        col(RequestRow.status) == Status.DECIDED.value,
        col(RequestRow.release) == "hold",
        col(RequestRow.decision).in_(("share", "share_partially")),
    )
    yield (
        Waiting.RELEASE_HELD,
        _each(
            Waiting.RELEASE_HELD, col(RequestRow.decided_at), never, col(RequestRow.decided_at)
        ).where(held),
    )


def _each(
    kind: Waiting,
    at: sa.ColumnElement[Any],
    due: sa.ColumnElement[Any],
    since: sa.ColumnElement[Any] | None = None,
) -> sa.Select[Any]:
    columns = {"at": at, "due": due, "since": at if since is None else since}
    named: list[sa.ColumnElement[Any]] = [
        col(RequestRow.id).label("id"),
        sa.literal(kind.value).label("kind"),
        *(sa.type_coerce(column, Instant).label(name) for name, column in columns.items()),
    ]
    return sa.select(*named)


_GAPS: Final = ("_not_understood", "_cut_short", "no_subject_named", "pupil_number_invalid")
"""Suffixes of the emergency flags that a later amendment of the facts resolves."""


def _incomplete() -> sa.ColumnElement[bool]:
    """Build the SQL condition for an emergency whose record still lacks required information."""
    same = sa.and_(
        col(RecordRow.school) == col(RequestRow.school),
        col(RecordRow.request_id) == col(RequestRow.id),
    )
    flagged = sa.exists().where(
        same,
        col(RecordRow.kind) == RecordKind.EMERGENCY.value,
        sa.or_(*(col(RecordRow.body).contains(f'{gap}"') for gap in _GAPS)),
    )
    restated = sa.exists().where(
        same, col(RecordRow.kind) == RecordKind.FACTS.value, col(RecordRow.version) > 1
    )
    return sa.or_(col(RequestRow.purpose) == "unknown", sa.and_(flagged, sa.not_(restated)))


def _review(policy: Policy, now: datetime, after: Place | None) -> Iterator[Pending]:
    """Yield an entry for the policy if its review date or month has passed."""
    if not policy.review_overdue(today_in_school(now)):
        return
    ended = datetime.combine(
        last_day(policy.next_review) + timedelta(days=1), time(), LONDON
    ).astimezone(UTC)
    place = Place(at=ended, request_id=NO_REQUEST, kind=Waiting.POLICY_REVIEW_OVERDUE.value)
    if after is None or place > after:
        due = ended - timedelta(microseconds=1)
        kind = Waiting.POLICY_REVIEW_OVERDUE
        yield Pending(
            place=place, kind=kind, head=None, due=due, since=ended, policy_digest=policy.digest
        )


async def _load_details(session: Session, actor: Actor, pending: list[Pending]) -> list[Pending]:
    """Add details from the records: the unanswered advice and the missing emergency information."""
    kinds = {Waiting.ADVICE_WAITING, Waiting.EMERGENCY_INCOMPLETE}
    ids = {one.head.id for one in pending if one.head is not None and one.kind in kinds}
    cases = await store.load_all_as_service(session, actor.school, ids) if ids else {}
    return [_with_details(one, cases) for one in pending]


def _with_details(one: Pending, cases: Mapping[UUID, Case]) -> Pending:
    case = cases.get(one.head.id) if one.head is not None else None
    if case is None:
        return one
    if one.kind is Waiting.ADVICE_WAITING:
        since = min((record.at for record in case.open_advice), default=one.since)
        return replace(one, since=since, advice=tuple(record.id for record in case.open_advice))
    if one.kind is Waiting.EMERGENCY_INCOMPLETE:
        emergency = case.latest(Emergency)
        flags = [
            flag for flag in (emergency.content.flags if emergency else ()) if flag.endswith(_GAPS)
        ]
        unknown = ["purpose_unknown"] if case.head.purpose == "unknown" else []
        return replace(one, missing=(*(flags if len(case.of(Facts)) == 1 else ()), *unknown))
    return one
