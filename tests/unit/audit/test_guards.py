"""The database refuses a change that cites no entry of its own transaction."""

from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.audit import log, seal
from app.audit.model import Action, Event
from app.kernel.ids import new_id
from app.platform.db import Database
from migrations import guards
from tests.unit.audit import trail
from tests.unit.audit.trail import HOST, KEY, NOON, append

THING = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("school", sa.String, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("audit_id", sa.Uuid),
    sa.Column("x", sa.Integer),
)


@pytest.fixture
async def guarded(database: Database) -> Database:
    """A domain table whose rows must cite an entry."""

    def prepare(connection: Connection) -> None:
        THING.create(connection)
        guards.cites_entry(Operations(MigrationContext.configure(connection)), "thing")

    async with database.engine.connect() as connection:
        await connection.run_sync(prepare)
        await connection.commit()
    return database


async def write(database: Database, thing: UUID, *, cites: UUID | None = None) -> None:
    async with database.transaction() as session:
        entry = log.append(
            session,
            Event(action=Action.REQUEST_SUBMITTED),
            by=trail.actor(),
            at=NOON,
            request_id="r",
        )
        session.add(
            THING, {"school": trail.SCHOOL, "id": thing, "audit_id": cites or entry, "x": 1}
        )


async def count(database: Database) -> int:
    async with database.reading() as session:
        return len(await session.all(sa.select(THING)))


async def test_a_change_with_its_entry_is_stored(guarded: Database) -> None:
    thing = new_id(NOON)
    await write(guarded, thing)
    async with guarded.transaction() as session:
        entry = log.append(
            session, Event(action=Action.REQUEST_AMENDED), by=trail.actor(), at=NOON, request_id="r"
        )
        assert (
            await session.execute(
                sa.update(THING).where(THING.c.id == thing).values(audit_id=entry, x=2)
            )
            == 1
        )
    assert await count(guarded) == 1


@pytest.mark.parametrize("sealed", [True, False])
async def test_a_change_that_cites_an_older_entry_is_refused(
    guarded: Database,
    sealed: bool,  # noqa: FBT001
) -> None:
    (older,) = await append(guarded, 1)
    if sealed:
        await seal.seal(guarded, KEY, host=HOST)
    elif guarded.dialect == "sqlite":
        return  # SQLite has no transaction numbers: an entry of half a second ago passes there, and verification finds it  # noqa: E501
    with pytest.raises(DBAPIError, match="cites no audit entry"):
        await write(guarded, new_id(NOON), cites=older)
    assert await count(guarded) == 0


async def test_a_change_without_any_entry_is_refused(guarded: Database) -> None:
    async def bare() -> None:
        async with guarded.transaction() as session:
            session.add(
                THING, {"school": trail.SCHOOL, "id": new_id(NOON), "audit_id": None, "x": 1}
            )

    with pytest.raises(DBAPIError, match="cites no audit entry"):
        await bare()
    await write(guarded, new_id(NOON))
    await seal.seal(guarded, KEY, host=HOST)

    async def update() -> None:
        async with guarded.transaction() as session:
            await session.execute(sa.update(THING).values(x=2))

    with pytest.raises(DBAPIError, match="cites no audit entry"):
        await update()


async def test_a_guard_can_be_removed(guarded: Database) -> None:
    def undo(connection: Connection) -> None:
        guards.drop_cites_entry(Operations(MigrationContext.configure(connection)), "thing")
        THING.drop(connection)

    async with guarded.engine.connect() as connection:
        await connection.run_sync(undo)
        await connection.commit()
