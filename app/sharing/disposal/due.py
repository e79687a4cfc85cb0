"""Query requests whose retention has ended or whose review is due, earliest first. Read only."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.platform.db import Session
from app.platform.rows import col
from app.sharing.case.case import Head
from app.sharing.case.model import Status
from app.sharing.case.store import head_of
from app.sharing.case.tables import REQUEST, RequestRow


def due_on() -> sa.ColumnElement[str]:
    """The SQL expression for the earlier of the retention end and the review day; null if none."""
    ends, looks = col(RequestRow.retain_until), col(RequestRow.review_on)
    return sa.case((sa.or_(looks.is_(None), ends <= looks), ends), else_=looks)


async def page(
    session: Session, school: str, day: str, *, after: tuple[str, UUID] | None, limit: int
) -> list[Head]:
    """Heads of the school that are due by an ISO day, after the position `after`."""
    at = due_on()
    query = (
        sa.select(REQUEST)
        .where(col(RequestRow.school) == school, *_due(day))
        .order_by(at, col(RequestRow.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(
            sa.or_(at > after[0], sa.and_(at == after[0], col(RequestRow.id) > after[1]))
        )
    return [head_of(row) for row in await session.all(query)]


async def counts(session: Session, day: str) -> list[sa.Row[Any]]:
    """For each school with requests: the numbers due, ended, for review and on hold."""
    due = sa.and_(*_due(day))

    def count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(due, *conditions), 1), else_=0)), 0)

    query = sa.select(
        col(RequestRow.school),
        count().label("due"),
        count(col(RequestRow.retain_until) <= day).label("ended"),
        count(col(RequestRow.review_on) <= day).label("review"),
        count(col(RequestRow.legal_hold)).label("held"),
    )
    return list(
        await session.all(query.group_by(col(RequestRow.school)).order_by(col(RequestRow.school)))
    )


def _due(day: str) -> tuple[sa.ColumnElement[bool], ...]:
    come = sa.or_(col(RequestRow.retain_until) <= day, col(RequestRow.review_on) <= day)
    return (col(RequestRow.status) != Status.DISPOSED.value, come)
