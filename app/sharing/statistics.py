"""Requests as numbers, for reports: counted in the database, by codes alone, so that nothing
personal is read.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from app.platform.db import Session
from app.sharing.case.model import RecordKind, Status
from app.sharing.case.outcomes import PERMITTING
from app.sharing.case.tables import RECORD, REQUEST

_ENDED: Final = (Status.WITHDRAWN.value, Status.DISPOSED.value)
_PERMITTING: Final = tuple(sorted(outcome.value for outcome in PERMITTING))
NOT_RECORDED: Final = "not_recorded"


async def requests(
    session: Session, school: str, start: datetime, end: datetime, now: datetime
) -> Sequence[sa.Row[Any]]:
    """Requests submitted in `[start, end)`, grouped: purpose, outcome, decision, departs, standing,
    timing, ground, reconsidered, number.

    `timing` says of what is decided whether its first decision since the last reconsideration was
    in time (of an emergency: whether its record was completed in time), and of what is open whether
    its time has run out. `ground` says of what is to be shared what the standing decision rests on:
    the lawful reason that it names, else the one in the facts or the question that settled the
    evaluation, else `not_recorded`.
    """
    decided, judged = RECORD.alias("decided"), RECORD.alias("judged")
    rows = REQUEST.outerjoin(
        decided,
        sa.and_(
            decided.c.school == REQUEST.c.school,
            decided.c.request_id == REQUEST.c.id,
            decided.c.kind == RecordKind.DECISION.value,
            decided.c.version == _newest(RecordKind.DECISION),
            REQUEST.c.decision.in_(_PERMITTING),
        ),
    ).outerjoin(
        judged,
        sa.and_(
            judged.c.school == decided.c.school,
            judged.c.request_id == decided.c.request_id,
            judged.c.kind == RecordKind.EVALUATION.value,
            _plain(judged.c.id) == _plain(_member(session, decided.c.body, "evaluation_id")),
        ),
    )
    columns = [
        REQUEST.c.purpose,
        REQUEST.c.outcome,
        REQUEST.c.decision,
        REQUEST.c.departs,
        _standing().label("standing"),
        _timing(now).label("timing"),
        _ground(session, decided, judged).label("ground"),
        (_newest(RecordKind.RECONSIDERATION) > 0).label("reconsidered"),
    ]
    within = (
        REQUEST.c.school == school,
        REQUEST.c.submitted_at >= start,
        REQUEST.c.submitted_at < end,
    )
    told = sa.select(*columns).select_from(rows).where(*within).subquery()
    return await session.all(sa.select(*told.c, sa.func.count().label("number")).group_by(*told.c))


async def advice(
    session: Session, school: str, start: datetime, end: datetime, now: datetime
) -> Sequence[sa.Row[Any]]:
    """Advice that was sought in `[start, end)`, grouped by whether it was answered in time:
    standing, number.
    """
    asked, answer = RECORD.alias("asked"), RECORD.alias("answer")
    due = _instant(session, _member(session, asked.c.body, "due"))
    answered_at = (
        sa.select(sa.func.min(answer.c.at))
        .where(
            answer.c.school == asked.c.school,
            answer.c.request_id == asked.c.request_id,
            answer.c.kind == RecordKind.ADVICE_ANSWER.value,
            _plain(_member(session, answer.c.body, "advice_id")) == _plain(asked.c.id),
        )
        .correlate(asked)
        .scalar_subquery()
    )
    standing = sa.case(
        (sa.and_(answered_at.is_(None), due < _bound(now)), "overdue"),
        (answered_at.is_(None), "waiting"),
        (answered_at > due, "answered_late"),
        else_="answered_in_time",
    )
    within = (
        asked.c.school == school,
        asked.c.kind == RecordKind.ADVICE.value,
        asked.c.at >= start,
        asked.c.at < end,
    )
    told = sa.select(standing.label("standing")).where(*within).subquery()
    return await session.all(
        sa.select(told.c.standing, sa.func.count().label("number")).group_by(told.c.standing)
    )


def _standing() -> sa.ColumnElement[str]:
    return sa.case(
        (REQUEST.c.decision.is_not(None), "decided"),
        (REQUEST.c.status.in_(_ENDED), "withdrawn"),
        else_="undecided",
    )


def _timing(now: datetime) -> sa.ColumnElement[str]:
    first, limit = _first_decision(), sa.func.coalesce(REQUEST.c.task_due_at, REQUEST.c.due_at)
    decided, emergency = REQUEST.c.decision.is_not(None), REQUEST.c.task_due_at.is_not(None)
    return sa.case(
        (sa.and_(decided, emergency, first <= REQUEST.c.task_due_at), "emergency_in_time"),
        (sa.and_(decided, emergency), "emergency_late"),
        (
            sa.and_(decided, sa.or_(REQUEST.c.due_at.is_(None), first <= REQUEST.c.due_at)),
            "decided_in_time",
        ),
        (decided, "decided_late"),
        (limit < _bound(now), "waiting_overdue"),
        else_="waiting_in_time",
    )


def _ground(
    session: Session, decided: sa.FromClause, judged: sa.FromClause
) -> sa.ColumnElement[str]:
    settled = _member(session, judged.c.body, "result", "decided_at")
    return sa.case(
        (decided.c.id.is_(None), None),
        else_=sa.func.coalesce(
            _member(session, decided.c.body, "lawful_reason", "code"),
            sa.case(
                (
                    _member(session, judged.c.body, "result", "outcome").notin_(
                        ("share", "share_emergency")
                    ),
                    NOT_RECORDED,
                ),
                (
                    settled == "lawful_reason",
                    _member(session, judged.c.body, "facts", "lawful_code"),
                ),
                else_=settled,
            ),
            NOT_RECORDED,
        ),
    )


def _first_decision() -> sa.ColumnElement[datetime]:
    """When the request was first decided on the facts as they were last reconsidered."""
    first = RECORD.alias("first")
    return (
        sa.select(sa.func.min(first.c.at))
        .where(
            first.c.school == REQUEST.c.school,
            first.c.request_id == REQUEST.c.id,
            first.c.kind == RecordKind.DECISION.value,
            first.c.version > _newest(RecordKind.RECONSIDERATION),
        )
        .correlate(REQUEST)
        .scalar_subquery()
    )


def _newest(kind: RecordKind) -> sa.ColumnElement[int]:
    """The version in which the request got its newest record of a kind; 0 without any."""
    newest = RECORD.alias(f"newest_{kind.value}")
    found = sa.select(sa.func.max(newest.c.version)).where(
        newest.c.school == REQUEST.c.school,
        newest.c.request_id == REQUEST.c.id,
        newest.c.kind == kind.value,
    )
    return sa.func.coalesce(found.correlate(REQUEST).scalar_subquery(), 0)


def _member(session: Session, body: sa.ColumnElement[str], *path: str) -> sa.ColumnElement[str]:
    """SQL for: a text inside the JSON of a record."""
    if session.dialect == "postgresql":
        return sa.func.json_extract_path_text(sa.cast(body, sa.JSON), *path)
    return sa.func.json_extract(body, "$." + ".".join(path))


def _plain(value: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """SQL for: the 32 hexadecimal digits of an id, however it is kept."""
    return sa.func.replace(sa.cast(value, sa.Text), "-", "")


def _instant(session: Session, text: sa.ColumnElement[str]) -> sa.ColumnElement[datetime]:
    """SQL for: the instant that a text of fixed width says, to be compared with columns of
    instants.
    """
    kind: sa.types.TypeEngine[datetime] = RECORD.c.at.type
    return (
        sa.cast(text, sa.DateTime(timezone=True))
        if session.dialect == "postgresql"
        else sa.type_coerce(text, kind)
    )


def _bound(instant: datetime) -> sa.ColumnElement[datetime]:
    return sa.bindparam(None, instant, RECORD.c.at.type)
