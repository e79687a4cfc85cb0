"""Statistics on sharing requests for reports.

The database counts by codes alone, so no personal data is read.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.platform.db import Session
from app.platform.rows import all_rows, col
from app.sharing.case.model import RecordKind, Status
from app.sharing.case.outcomes import PERMITTING
from app.sharing.case.tables import RECORD, REQUEST, RecordRow, RequestRow

_ENDED: Final = (Status.WITHDRAWN.value, Status.DISPOSED.value)
_PERMITTING: Final = tuple(sorted(outcome.value for outcome in PERMITTING))
NOT_RECORDED: Final = "not_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCount:
    """The number of requests that agree in all other members.

    `timing` of a decided request: whether the first decision since the last reconsideration met the
    deadline (for an emergency: whether the record was completed in time). `timing` of an undecided
    request: whether the deadline has passed.

    `ground` of a request with a decision to share: the lawful reason of the current decision; if
    absent, the lawful reason in the facts or the policy question that decided the evaluation;
    otherwise `not_recorded`.
    """

    purpose: str
    outcome: str
    decision: str | None
    departs: bool
    progress: str
    timing: str
    ground: str | None
    reconsidered: bool
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceCount:
    """The number of requests for advice with this `progress`: answered in time, answered late,
    waiting or overdue.
    """

    progress: str
    number: int


async def requests(
    session: Session, school: str, start: datetime, end: datetime, now: datetime
) -> list[RequestCount]:
    """Count the requests submitted in `[start, end)` by group."""
    decided, judged = RECORD.alias("decided"), RECORD.alias("judged")
    rows = REQUEST.outerjoin(
        decided,
        sa.and_(
            col(RecordRow.school, decided) == col(RequestRow.school),
            col(RecordRow.request_id, decided) == col(RequestRow.id),
            col(RecordRow.kind, decided) == RecordKind.DECISION.value,
            col(RecordRow.version, decided) == _newest(RecordKind.DECISION),
            col(RequestRow.decision).in_(_PERMITTING),
        ),
    ).outerjoin(
        judged,
        sa.and_(
            col(RecordRow.school, judged) == col(RecordRow.school, decided),
            col(RecordRow.request_id, judged) == col(RecordRow.request_id, decided),
            col(RecordRow.kind, judged) == RecordKind.EVALUATION.value,
            _plain(col(RecordRow.id, judged))
            == _plain(_member(session, col(RecordRow.body, decided), "evaluation_id")),
        ),
    )
    columns: list[sa.ColumnElement[Any]] = [
        col(RequestRow.purpose),
        col(RequestRow.outcome),
        col(RequestRow.decision),
        col(RequestRow.departs),
        _progress().label("progress"),
        _timing(now).label("timing"),
        _ground(session, decided, judged).label("ground"),
        (_newest(RecordKind.RECONSIDERATION) > 0).label("reconsidered"),
    ]
    within = (
        col(RequestRow.school) == school,
        col(RequestRow.submitted_at) >= start,
        col(RequestRow.submitted_at) < end,
    )
    told = sa.select(*columns).select_from(rows).where(*within).subquery()
    counted = sa.select(*told.c, sa.func.count().label("number")).group_by(*told.c)
    return await all_rows(session, RequestCount, counted)


async def advice(
    session: Session, school: str, start: datetime, end: datetime, now: datetime
) -> list[AdviceCount]:
    """Count the requests for advice made in `[start, end)` by progress."""
    asked, answer = RECORD.alias("asked"), RECORD.alias("answer")
    due = _instant(session, _member(session, col(RecordRow.body, asked), "due"))
    answered_at = (
        sa.select(sa.func.min(col(RecordRow.at, answer)))
        .where(
            col(RecordRow.school, answer) == col(RecordRow.school, asked),
            col(RecordRow.request_id, answer) == col(RecordRow.request_id, asked),
            col(RecordRow.kind, answer) == RecordKind.ADVICE_ANSWER.value,
            _plain(_member(session, col(RecordRow.body, answer), "advice_id"))
            == _plain(col(RecordRow.id, asked)),
        )
        .correlate(asked)
        .scalar_subquery()
    )
    progress = sa.case(
        (sa.and_(answered_at.is_(None), due < _bound(now)), "overdue"),
        (answered_at.is_(None), "waiting"),
        (answered_at > due, "answered_late"),
        else_="answered_in_time",
    )
    within = (
        col(RecordRow.school, asked) == school,
        col(RecordRow.kind, asked) == RecordKind.ADVICE.value,
        col(RecordRow.at, asked) >= start,
        col(RecordRow.at, asked) < end,
    )
    told = sa.select(progress.label("progress")).where(*within).subquery()
    counted = sa.select(told.c.progress, sa.func.count().label("number"))
    return await all_rows(session, AdviceCount, counted.group_by(told.c.progress))


def _progress() -> sa.ColumnElement[str]:
    return sa.case(
        (col(RequestRow.decision).is_not(None), "decided"),
        (col(RequestRow.status).in_(_ENDED), "withdrawn"),
        else_="undecided",
    )


def _timing(now: datetime) -> sa.ColumnElement[str]:
    first, limit = (
        _first_decision(),
        sa.func.coalesce(col(RequestRow.task_due_at), col(RequestRow.due_at)),
    )
    decided, emergency = (
        col(RequestRow.decision).is_not(None),
        col(RequestRow.task_due_at).is_not(None),
    )
    return sa.case(
        (sa.and_(decided, emergency, first <= col(RequestRow.task_due_at)), "emergency_in_time"),
        (sa.and_(decided, emergency), "emergency_late"),
        (
            sa.and_(
                decided, sa.or_(col(RequestRow.due_at).is_(None), first <= col(RequestRow.due_at))
            ),
            "decided_in_time",
        ),
        (decided, "decided_late"),
        (limit < _bound(now), "waiting_overdue"),
        else_="waiting_in_time",
    )


def _ground(
    session: Session, decided: sa.FromClause, judged: sa.FromClause
) -> sa.ColumnElement[str]:
    settled = _member(session, col(RecordRow.body, judged), "result", "decided_at")
    return sa.case(
        (col(RecordRow.id, decided).is_(None), None),
        else_=sa.func.coalesce(
            _member(session, col(RecordRow.body, decided), "lawful_reason", "code"),
            sa.case(
                (
                    _member(session, col(RecordRow.body, judged), "result", "outcome").notin_(
                        ("share", "share_emergency")
                    ),
                    NOT_RECORDED,
                ),
                (
                    settled == "lawful_reason",
                    _member(session, col(RecordRow.body, judged), "facts", "lawful_code"),
                ),
                else_=settled,
            ),
            NOT_RECORDED,
        ),
    )


def _first_decision() -> sa.ColumnElement[datetime]:
    """Build the SQL expression for the time of the first decision since the last
    reconsideration.
    """
    first = RECORD.alias("first")
    return (
        sa.select(sa.func.min(col(RecordRow.at, first)))
        .where(
            col(RecordRow.school, first) == col(RequestRow.school),
            col(RecordRow.request_id, first) == col(RequestRow.id),
            col(RecordRow.kind, first) == RecordKind.DECISION.value,
            col(RecordRow.version, first) > _newest(RecordKind.RECONSIDERATION),
        )
        .correlate(REQUEST)
        .scalar_subquery()
    )


def _newest(kind: RecordKind) -> sa.ColumnElement[int]:
    """Build the SQL expression for the version of the newest record of a kind; 0 if there is
    none.
    """
    newest = RECORD.alias(f"newest_{kind.value}")
    found = sa.select(sa.func.max(col(RecordRow.version, newest))).where(
        col(RecordRow.school, newest) == col(RequestRow.school),
        col(RecordRow.request_id, newest) == col(RequestRow.id),
        col(RecordRow.kind, newest) == kind.value,
    )
    return sa.func.coalesce(found.correlate(REQUEST).scalar_subquery(), 0)


def _member(session: Session, body: sa.ColumnElement[str], *path: str) -> sa.ColumnElement[str]:
    """Build the SQL expression for a text value in the JSON body of a record."""
    if session.dialect == "postgresql":
        return sa.func.json_extract_path_text(sa.cast(body, sa.JSON), *path)
    return sa.func.json_extract(body, "$." + ".".join(path))


def _plain(value: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """Build the SQL expression for the 32 hexadecimal digits of an id in any stored format."""
    return sa.func.replace(sa.cast(value, sa.Text), "-", "")


def _instant(session: Session, text: sa.ColumnElement[str]) -> sa.ColumnElement[datetime]:
    """Build the SQL expression that converts a fixed-width text to an instant, for comparison
    with instant columns.
    """
    kind: sa.types.TypeEngine[datetime] = col(RecordRow.at).type
    return (
        sa.cast(text, sa.DateTime(timezone=True))
        if session.dialect == "postgresql"
        else sa.type_coerce(text, kind)
    )


def _bound(instant: datetime) -> sa.ColumnElement[datetime]:
    return sa.bindparam(None, instant, col(RecordRow.at).type)
