"""Messages that are owed to somebody, written with the change that they tell of and delivered after
it: at least once, never in its way.

Law: a message is one row in the change's own transaction; whoever delivers it takes the row for a
while, and puts it back when that fails.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.kernel import ids
from app.platform.db import Database, Session
from app.platform.types import Instant

TAKEN_FOR: Final = timedelta(minutes=5)
"""How long a message is left to whoever took it: longer than a delivery may last, so that nobody
sends it beside them."""

KEPT_FOR: Final = timedelta(days=7)
"""How long a message is tried, and how long one that was delivered is kept."""

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)


class OutboxRow(SQLModel, table=True):
    """One message: what it is about, and how far its delivery has got. No address and no text:
    whoever delivers it knows both.
    """

    __tablename__ = "outbox"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    kind: str
    about: UUID = Field(sa_type=sa.Uuid)
    made_at: datetime = Field(sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)
    attempts: int
    sent_at: datetime | None = Field(sa_type=Instant)


TABLE: Final[sa.Table] = OutboxRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A message that somebody took to deliver."""

    id: UUID
    school: str
    kind: str
    about: UUID
    made_at: datetime
    attempts: int


def add(session: Session, *, school: str, kind: str, about: UUID, at: datetime) -> UUID:
    """Owe a message about something, with the change that this session writes; gives its id."""
    message = ids.new_id(at)
    row = {
        "id": message,
        "school": school,
        "kind": kind,
        "about": about,
        "made_at": at,
        "next_at": at,
        "attempts": 0,
        "sent_at": None,
    }
    session.add(TABLE, row)
    return message


async def take(database: Database, now: datetime, *, limit: int) -> list[Owed]:
    """Messages that are due, the longest due first, each taken by this caller alone for
    `TAKEN_FOR`.
    """
    due = (TABLE.c.sent_at.is_(None), TABLE.c.next_at <= now)
    query = sa.select(TABLE).where(*due).order_by(TABLE.c.next_at, TABLE.c.id).limit(limit)
    async with database.reading() as session:
        if await session.first(query) is None:
            return []
    taken = []
    async with database.transaction() as session:
        for row in await session.all(query):
            mine = sa.update(TABLE).where(
                TABLE.c.id == row.id, TABLE.c.attempts == row.attempts, *due
            )
            if (
                await session.execute(
                    mine.values(attempts=row.attempts + 1, next_at=now + TAKEN_FOR)
                )
                == 1
            ):
                taken.append(
                    Owed(
                        id=row.id,
                        school=row.school,
                        kind=row.kind,
                        about=row.about,
                        made_at=row.made_at,
                        attempts=row.attempts + 1,
                    )
                )
    return taken


async def settle(database: Database, message: Owed, *, delivered: bool, now: datetime) -> None:
    """Say what became of a message that was taken; one that failed is tried again, later each
    time.
    """
    values = {"sent_at": now} if delivered else {"next_at": now + wait_after(message.attempts)}
    async with database.transaction() as session:
        await session.execute(sa.update(TABLE).where(TABLE.c.id == message.id).values(**values))


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubled each time, up to `LONGEST_WAIT`."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


async def clear(database: Database, now: datetime) -> int:
    """Forget what is older than `KEPT_FOR`; gives how many of them were never delivered."""
    old = TABLE.c.made_at < now - KEPT_FOR
    async with database.reading() as session:
        if await session.first(sa.select(TABLE.c.id).where(old).limit(1)) is None:
            return 0
    async with database.transaction() as session:
        undelivered = await session.execute(sa.delete(TABLE).where(old, TABLE.c.sent_at.is_(None)))
        await session.execute(sa.delete(TABLE).where(old))
    return undelivered


async def stuck(database: Database, now: datetime, *, longer_than: timedelta) -> int:
    """How many messages were tried and have not been delivered for longer than that."""
    waits = (TABLE.c.sent_at.is_(None), TABLE.c.attempts > 0, TABLE.c.made_at < now - longer_than)
    async with database.reading() as session:
        found = await session.first(sa.select(sa.func.count()).select_from(TABLE).where(*waits))
    return int(found[0]) if found else 0
