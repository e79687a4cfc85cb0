"""Rows are stored with the entry that seals them, read back for verification, and destroyed without
harm to it.
"""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from app.audit import log, seal, sealed_storage
from app.audit.model import Action, Event, Sealed
from app.audit.sealed_storage import HeadWrite, RecordTables, RecordWrite, canonical_row
from app.audit.verify import verify
from app.kernel.ids import new_id
from app.platform.db import Database, Session
from app.platform.preconditions import PreconditionFailed
from tests.unit.audit import trail
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, rows

META = sa.MetaData()


def school() -> sa.Column[str]:
    return sa.Column("school", sa.String, primary_key=True)


HEAD = sa.Table(
    "thing_head",
    META,
    school(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("audit_id", sa.Uuid),
)
RECORD = sa.Table(
    "thing_record",
    META,
    school(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("head_id", sa.Uuid),
    sa.Column("kind", sa.String),
    sa.Column("audit_id", sa.Uuid),
)
NARRATIVE = sa.Table(
    "thing_narrative",
    META,
    school(),
    sa.Column("record_id", sa.Uuid, primary_key=True),
    sa.Column("salt", sa.LargeBinary),
    sa.Column("body", sa.Text),
    sa.Column("audit_id", sa.Uuid),
)
PERSON = sa.Table(
    "thing_person",
    META,
    school(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("record_id", sa.Uuid),
    sa.Column("head_id", sa.Uuid),
    sa.Column("ref", sa.Text),
    sa.Column("audit_id", sa.Uuid),
)
TABLES = RecordTables(
    record=RECORD, narrative=NARRATIVE, people=PERSON, owner="head_id", disposal="disposal"
)
HEAD_ID, RECORD_ID, PERSON_ID = (new_id(NOON) for _ in range(3))
AUTHOR = trail.actor()


@pytest.fixture
async def stored(database: Database) -> Database:
    """A head with one record that has a text and a person."""
    async with database.engine.begin() as connection:
        await connection.run_sync(META.create_all)
    async with database.transaction() as session:
        await write(session, head(1, replaces=None), record())
    return database


def head(version: int, *, replaces: dict[str, object] | None) -> Callable[[UUID], HeadWrite]:
    def made(entry: UUID) -> HeadWrite:
        row = {"school": SCHOOL, "id": HEAD_ID, "version": version, "audit_id": entry}
        return HeadWrite(table=HEAD, row=row, replaces=replaces)

    return made


def record(kind: str = "facts", text: str | None = '{"why":"é"}') -> Callable[[UUID], RecordWrite]:
    def made(entry: UUID) -> RecordWrite:
        first = kind == "facts"
        record_id = RECORD_ID if first else new_id(NOON)
        row = {
            "school": SCHOOL,
            "id": record_id,
            "head_id": HEAD_ID,
            "kind": kind,
            "audit_id": entry,
        }
        person = {
            "school": SCHOOL,
            "id": PERSON_ID,
            "record_id": record_id,
            "head_id": HEAD_ID,
            "ref": "mis:1",
            "audit_id": entry,
        }
        return RecordWrite(row=row, text=text, people=[person] if first else [])

    return made


async def write(
    session: Session,
    head: Callable[[UUID], HeadWrite],
    *records: Callable[[UUID], RecordWrite],
    events: int = 1,
    minutes: int = 0,
) -> UUID:
    at = NOON + timedelta(minutes=minutes)
    entry = new_id(at)
    await sealed_storage.write(
        session,
        [
            Event(action=Action.REQUEST_SUBMITTED, request=HEAD_ID, data={"number": number})
            for number in range(events)
        ],
        entry=entry,
        by=AUTHOR,
        at=at,
        request_id="r",
        heads=[head(entry)],
        records=[one(entry) for one in records],
        tables=TABLES,
    )
    return entry


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    async for one in sealed_storage.sealed_records(session, TABLES):
        yield one
    async for one in sealed_storage.sealed_heads(session, HEAD):
        yield one


async def findings(database: Database) -> set[str]:
    await seal.seal(database, KEY, host=HOST)
    report = await verify(database, KEY.public_key(), (sealed,), now=NOON + timedelta(hours=1))
    assert report.unreadable is None
    assert report.records > 0
    return {finding.code for finding in report.findings}


async def test_what_is_stored_agrees_with_its_entry(stored: Database):
    assert await findings(stored) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE thing_head SET version = 7", "head-changed"),
        ("UPDATE thing_record SET kind = 'other'", "record-changed"),
        ("UPDATE thing_narrative SET body = '{}'", "record-changed"),
        ("UPDATE thing_person SET ref = 'mis:2'", "record-changed"),
        ("DELETE FROM thing_narrative", "record-changed"),
        ("DELETE FROM thing_person", "record-changed"),
        ("DELETE FROM thing_record", "record-missing"),
        ("DELETE FROM thing_head", "head-missing"),
    ],
)
async def test_a_change_of_any_row_is_found(stored: Database, change: str, code: str):
    async with stored.transaction() as session:
        await session.execute(sa.text(change))
    assert code in await findings(stored)


async def test_every_entry_of_an_act_seals_its_rows_and_the_rows_cite_the_first(stored: Database):
    async with stored.transaction() as session:
        entry = await write(
            session, head(2, replaces={"version": 1}), record("decision"), events=3, minutes=1
        )
    ((cited,),) = await rows(stored, "SELECT audit_id FROM thing_head")
    assert UUID(str(cited)) == entry
    bodies = await rows(stored, "SELECT body FROM audit_entry WHERE body LIKE '%states%'")
    assert len(bodies) == 1 + 3
    assert await findings(stored) == set()


async def test_a_head_that_is_not_as_expected_is_not_replaced(stored: Database):
    with pytest.raises(PreconditionFailed):
        async with stored.transaction() as session:
            await write(session, head(9, replaces={"version": 8}), minutes=1)
    assert await rows(stored, "SELECT version FROM thing_head") == [(1,)]


async def test_people_without_a_text_are_refused_since_their_salt_would_be_missing(
    stored: Database,
):
    with pytest.raises(ValueError, match="salt"):
        async with stored.transaction() as session:
            await write(session, head(2, replaces={"version": 1}), record(text=None), minutes=1)


async def test_a_column_added_later_does_not_change_digests(stored: Database):
    def add_column(connection: Connection) -> None:
        for table in (HEAD, RECORD):
            connection.execute(sa.text(f"ALTER TABLE {table.name} ADD COLUMN added TEXT"))

    async with stored.engine.connect() as connection:
        await connection.run_sync(add_column)
        await connection.commit()
    later = sa.MetaData()
    wider = sa.Table(
        "thing_head", later, *(c._copy() for c in HEAD.columns), sa.Column("added", sa.Text)
    )
    async with stored.reading() as session:
        before = [one async for one in sealed_storage.sealed_heads(session, HEAD)]
        after = [one async for one in sealed_storage.sealed_heads(session, wider)]
    assert before == after != []


async def destroyed(database: Database) -> None:
    """Dispose of the record's personal part, as disposal does."""
    at = NOON + timedelta(minutes=1)
    entry = new_id(at)
    disposal = record("disposal", text='{"basis":"ended"}')(entry)
    async with database.transaction() as session:
        ((cited,),) = await session.all(sa.select(RECORD.c.audit_id))
        remains = await sealed_storage.remains(session, TABLES, SCHOOL, HEAD_ID)
        await sealed_storage.write(
            session,
            [Event(action=Action.REQUEST_DISPOSED, request=HEAD_ID)],
            entry=entry,
            by=AUTHOR,
            at=at,
            request_id="r",
            heads=[head(2, replaces={"version": 1})(entry)],
            records=[disposal],
            tables=TABLES,
            states={str(disposal.row["id"]): remains},
        )
        log.dispose(session, SCHOOL, [cited], by_entry=entry)
        await sealed_storage.destroy(session, TABLES, SCHOOL, HEAD_ID, but=entry)


async def test_destruction_leaves_the_structure_and_every_proof(stored: Database):
    await destroyed(stored)
    assert await rows(stored, "SELECT count(*) FROM thing_person") == [(0,)]
    assert await rows(stored, "SELECT body FROM thing_narrative") == [('{"basis":"ended"}',)]
    assert await rows(stored, "SELECT count(*) FROM thing_record") == [(2,)]
    assert await findings(stored) == set()


async def test_what_remains_after_a_disposal_is_still_protected(stored: Database):
    await destroyed(stored)
    async with stored.transaction() as session:
        await session.execute(
            sa.text("UPDATE thing_record SET kind = 'other' WHERE kind = 'facts'")
        )
    assert "head-changed" in await findings(stored)


def test_a_value_without_a_canonical_form_is_refused():
    with pytest.raises(TypeError, match="float"):
        canonical_row({"id": 1.5})


def test_a_row_is_hashed_without_its_citation_and_without_empty_columns():
    row = {"id": HEAD_ID, "at": NOON, "salt": b"\xff", "open": True, "gone": None, "audit_id": 1}
    assert canonical_row(row) == {
        "id": str(HEAD_ID),
        "at": "2026-11-23T12:00:00.000000Z",
        "salt": "_w",
        "open": True,
    }
