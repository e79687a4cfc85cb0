"""Builders for the tests of the audit log: entries of a school, and tampering with them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import log, seal
from app.audit.model import Action, Event
from app.audit.publisher import CheckpointFolder
from app.audit.report import Report
from app.audit.verify import verify
from app.audit.verify_records import RecordSource
from app.identity.model import Actor, Role
from app.kernel.ids import new_id
from app.platform.db import Database

HOST = "school.example"
SCHOOL = "123456"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=2)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
APPEND_ONLY = (
    "audit_entry",
    "audit_subject",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "audit_disposed",
)


def actor(role: Role = Role.STAFF, school: str = SCHOOL) -> Actor:
    """A person with an account."""
    return Actor(id=new_id(NOON), role=role, school=school, client="web")


async def append(
    database: Database,
    count: int,
    *,
    by: Actor | None = None,
    at: datetime = NOON,
    event: Callable[[int], Event] | None = None,
) -> list[UUID]:
    """Append entries, one millisecond apart, in one transaction; gives their ids."""
    author = by or actor()
    make = event or (
        lambda number: Event(
            action=Action.REQUEST_READ, request=new_id(at), data={"number": number}
        )
    )
    async with database.transaction() as session:
        return [
            log.append(
                session,
                make(number),
                by=author,
                at=at + timedelta(milliseconds=number),
                request_id="test",
            )
            for number in range(count)
        ]


async def verify_log(
    database: Database,
    *,
    sources: Sequence[RecordSource] = (),
    now: datetime = LATER,
    saved: str | None = None,
) -> Report:
    """Verify the log with the public key."""
    return await verify(database, KEY.public_key(), sources, now=now, saved=saved)


async def sealed(
    database: Database, *batches: int, folder: CheckpointFolder | None = None
) -> list[UUID]:
    """Append and seal, batch by batch."""
    made = []
    for position, count in enumerate(batches):
        made += await append(database, count, at=NOON + timedelta(minutes=position))
        assert await seal.seal(database, KEY, host=HOST, folder=folder) == count
    return made


@asynccontextmanager
async def tampering(database: Database) -> AsyncIterator[Callable[..., Awaitable[int]]]:
    """Disable the triggers, as the owner of the database can; gives a function that runs SQL."""
    async with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            names = (
                await connection.execute(
                    sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                )
            ).all()
            for name, _ in names:
                await connection.execute(sa.text(f"DROP TRIGGER {name}"))
        else:
            names = []
            for table in APPEND_ONLY:
                await connection.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))

        async def run(statement: str, **values: object) -> int:
            return int((await connection.execute(sa.text(statement), values)).rowcount)

        yield run
        for _, sql in names:
            await connection.execute(sa.text(sql))
        if database.dialect == "postgresql":
            for table in APPEND_ONLY:
                await connection.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))
        await connection.commit()
        if database.dialect == "sqlite":
            await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def rows(database: Database, statement: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    async with database.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(statement))]
