"""A transactional outbox: a message is stored with the change that causes it, and delivered later,
at least once.

Invariant: the message is a row in the transaction of the change. A sender claims the row for a
limited time; after a failed attempt the message is due again.
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

CLAIM_PERIOD: Final = timedelta(minutes=5)
"""How long a claim lasts: longer than any delivery, so that no two senders deliver a message."""

RETENTION_PERIOD: Final = timedelta(days=7)
"""How long delivery is tried, and how long a delivered message is kept."""

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)


class OutboxRow(SQLModel, table=True):
    """One message and the state of its delivery. The sender knows the address and the text."""

    __tablename__ = "outbox"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    kind: str
    about: UUID = Field(sa_type=sa.Uuid)
    made_at: datetime = Field(sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)
    attempts: int
    sent_at: datetime | None = Field(sa_type=Instant)


TABLE: Final[sa.Table] = OutboxRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that a sender has claimed. `about` is the id of the record that it concerns."""

    id: UUID
    school: str
    kind: str
    about: UUID
    made_at: datetime
    attempts: int


def add(session: Session, *, school: str, kind: str, about: UUID, at: datetime) -> UUID:
    """Add a message to the transaction of this session; returns its id."""
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


async def claim(database: Database, now: datetime, *, limit: int) -> list[Message]:
    """Claim messages that are due, those due longest first, for `CLAIM_PERIOD`. A message has at
    most one claim at a time.
    """
    due = (TABLE.c.sent_at.is_(None), TABLE.c.next_at <= now)
    query = sa.select(TABLE).where(*due).order_by(TABLE.c.next_at, TABLE.c.id).limit(limit)
    async with database.reading() as session:
        if await session.first(query) is None:
            return []
    claimed = []
    async with database.transaction() as session:
        for row in await session.all(query):
            unclaimed = sa.update(TABLE).where(
                TABLE.c.school == row.school,
                TABLE.c.id == row.id,
                TABLE.c.attempts == row.attempts,
                *due,
            )
            if (
                await session.execute(
                    unclaimed.values(attempts=row.attempts + 1, next_at=now + CLAIM_PERIOD)
                )
                == 1
            ):
                claimed.append(
                    Message(
                        id=row.id,
                        school=row.school,
                        kind=row.kind,
                        about=row.about,
                        made_at=row.made_at,
                        attempts=row.attempts + 1,
                    )
                )
    return claimed


async def record_attempt(
    database: Database, message: Message, *, delivered: bool, now: datetime
) -> None:
    """Record the result of an attempt to deliver a claimed message. After a failure it is due again
    after `wait_after`.
    """
    values = {"sent_at": now} if delivered else {"next_at": now + wait_after(message.attempts)}
    async with database.transaction() as session:
        await session.execute(
            sa.update(TABLE)
            .where(TABLE.c.school == message.school, TABLE.c.id == message.id)
            .values(**values)
        )


def wait_after(attempts: int) -> timedelta:
    """The time to wait after this number of attempts: doubled each time, up to `LONGEST_WAIT`."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)


async def delete_expired(database: Database, now: datetime) -> int:
    """Delete messages older than `RETENTION_PERIOD`; returns how many had not been delivered."""
    old = TABLE.c.made_at < now - RETENTION_PERIOD
    async with database.reading() as session:
        if await session.first(sa.select(TABLE.c.id).where(old).limit(1)) is None:
            return 0
    async with database.transaction() as session:
        undelivered = await session.execute(sa.delete(TABLE).where(old, TABLE.c.sent_at.is_(None)))
        await session.execute(sa.delete(TABLE).where(old))
    return undelivered


async def count_undelivered(database: Database, now: datetime, *, longer_than: timedelta) -> int:
    """The number of messages that were tried and are undelivered for longer than this time."""
    undelivered = (
        TABLE.c.sent_at.is_(None),
        TABLE.c.attempts > 0,
        TABLE.c.made_at < now - longer_than,
    )
    async with database.reading() as session:
        found = await session.first(
            sa.select(sa.func.count()).select_from(TABLE).where(*undelivered)
        )
    return int(found[0]) if found else 0
