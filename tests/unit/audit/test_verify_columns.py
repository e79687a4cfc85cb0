"""A search column that differs from its entry is found and located; no stored value stops it."""

import itertools
from datetime import timedelta

import pytest

from app.audit import log, raw_reader, seal
from app.audit.model import Action, Author, EntryOutcome, Event, operator
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.unit.audit import trail
from tests.unit.audit.trail import (
    HOST,
    KEY,
    NOON,
    SCHOOL,
    append,
    rows,
    sealed,
    tampering,
    verify_log,
)

pytestmark = pytest.mark.database_independent


KINDS: tuple[Event, ...] = (
    Event(action=Action.REQUEST_READ),
    Event(
        action=Action.REQUEST_SUBMITTED,
        request=new_id(NOON),
        subjects=(new_id(NOON),),
        recipient="mash",
        data={"states": {"a": "x"}},
    ),
    Event(
        action=Action.DECISION_RECORDED,
        request=new_id(NOON),
        subjects=(new_id(NOON), new_id(NOON)),
        content="x",
        data={"a": {"b": []}},
    ),
    Event(
        action=Action.ACCESS_DENIED,
        outcome=EntryOutcome.DENIED,
        reason_code="not-yours",
        target=str(new_id(NOON)),
    ),
    Event(
        action=Action.DISCLOSURE_RECORDED,
        recipient="a\\b",
        subjects=(new_id(NOON),),
        policy="sha256:0",
        data={"}": "\t"},
    ),
    Event(action=Action.RECIPIENT_READ, recipient='say "p"\t{'),
    Event(
        action=Action.LOG_REOPENED,
        recipient="",
        request=new_id(NOON),
        data={"former": [{"size": 1}]},
    ),
)
"""Entries with and without each of the columns."""

WRONG: dict[str, tuple[str, ...]] = {
    "action": ("'access.allowed'", "action || ' '", "''", "action || :tab || action", "outcome"),
    "actor": ("NULL", "id", "request", "subject"),
    "at": ("(SELECT at FROM audit_entry e WHERE e.id <> audit_entry.id ORDER BY at DESC LIMIT 1)",),
    "outcome": ("'failure'",),
    "recipient": (
        "NULL",
        "''",
        "'null'",
        "'p'",
        "'mas'",
        "recipient || ' '",
        "'a' || :slash || :slash || 'b'",
        "'say ' || :tab",
    ),
    "request": ("NULL", "id", "actor", "subject"),
    "school": ("'654321'", "school || ' '"),
    "subject": ("NULL", "id", "request", "(SELECT s.subject FROM audit_subject s LIMIT 1)"),
}


@pytest.mark.parametrize("column", WRONG)
async def test_a_changed_column_of_any_kind_of_entry_is_found_and_located(
    database: Database, column: str
) -> None:
    authors: tuple[Author, ...] = (trail.actor(), operator(SCHOOL))
    async with database.transaction() as session:
        for number, (event, by) in enumerate(itertools.product(KINDS, authors)):
            log.append(
                session, event, by=by, at=NOON + timedelta(milliseconds=number), request_id="r"
            )
    await seal.seal(database, KEY, host=HOST)
    assert (await verify_log(database)).intact
    before = await rows(database, f"SELECT {column}, id FROM audit_entry ORDER BY id")
    for value in WRONG[column]:
        async with tampering(database) as run:
            given = {
                name: text for name, text in (("tab", "\t"), ("slash", "\\")) if f":{name}" in value
            }
            await run(f"UPDATE audit_entry SET {column} = {value}", **given)
        after = await rows(database, f"SELECT {column}, id FROM audit_entry ORDER BY id")
        changed = {
            at for at, (old, new) in enumerate(zip(before, after, strict=True)) if old[0] != new[0]
        }
        report = await verify_log(database)
        # An entry is looked up by its school: under another one it is missing from its log.
        code = "entry-missing" if column == "school" else "column-changed"
        assert {
            f.index
            for f in report.findings
            if f.code == code and (column in f.words or column == "school")
        } == changed, (value, report.lines())
        async with tampering(database) as run:
            for old, entry in before:
                await run(
                    f"UPDATE audit_entry SET {column} = :old WHERE id = :id", old=old, id=entry
                )
    assert (await verify_log(database)).intact


async def test_a_year_before_christ_is_not_read_as_one_after(database: Database) -> None:
    await sealed(database, 3)
    if database.dialect == "postgresql":  # SQLite keeps the text itself
        long_ago = "((at AT TIME ZONE 'UTC')::text || ' BC')::timestamp AT TIME ZONE 'UTC'"
        async with tampering(database) as run:
            await run(
                f"UPDATE audit_entry SET at = {long_ago} WHERE id = (SELECT entry_id FROM"
                " audit_leaf WHERE idx = 1)"
            )
        assert [(f.code, f.index) for f in (await verify_log(database)).findings] == [
            ("column-changed", 1)
        ]


async def test_entries_can_be_sealed_in_another_order_than_their_ids(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_reader, "PAGE", 4)
    several = Event(action=Action.REQUEST_READ, subjects=(new_id(NOON), new_id(NOON), new_id(NOON)))
    for minutes in (5, 1, 9, 3, 0):
        for by in (trail.actor(), trail.actor(school="654321")):
            await append(
                database, 3, at=NOON + timedelta(minutes=minutes), by=by, event=lambda _: several
            )
        await seal.seal(database, KEY, host=HOST)
    report = await verify_log(database)
    assert report.intact, report.lines()
    assert report.sizes == {SCHOOL: 15, "654321": 15}
    where = f"id = (SELECT entry_id FROM audit_leaf WHERE idx = 7 AND school = '{SCHOOL}')"
    altered = "body = replace(body, 'sharing.request.read', 'sharing.request.seen')"
    for change, code in (("actor = NULL", "column-changed"), (altered, "entry-altered")):
        async with tampering(database) as run:
            await run(f"UPDATE audit_entry SET {change} WHERE {where}")
        assert (code, 7) in {(f.code, f.index) for f in (await verify_log(database)).findings}
    async with tampering(database) as run:
        await run(f"DELETE FROM audit_entry WHERE {where}")
    assert (SCHOOL, "entry-missing", 7) in {
        (f.school, f.code, f.index) for f in (await verify_log(database)).findings
    }


@pytest.mark.parametrize(
    ("table", "column"),
    [
        *(
            ("audit_entry", column)
            for column in (
                "body",
                "action",
                "actor",
                "at",
                "recipient",
                "request",
                "subject",
                "outcome",
                "school",
            )
        ),
        *(("audit_leaf", column) for column in ("hash", "entry_id", "idx")),
        *(("audit_checkpoint", column) for column in ("note", "frontier", "size")),
        ("audit_node", "hash"),
    ],
)
@pytest.mark.parametrize("value", [b"\xff\xfe\x00", 17, "\u0000", "\ud83d\ude00", 2**62, None])
async def test_no_stored_value_stops_the_verification(
    database: Database, table: str, column: str, value: object
) -> None:
    if database.dialect != "sqlite" or (value is None and column in {"recipient", "subject"}):
        return  # PostgreSQL's columns are typed; and what is null already is not changed
    await sealed(database, 300)
    async with tampering(database) as run:
        try:
            where = (
                "size = 300"
                if table == "audit_checkpoint"
                else "idx = 0"
                if table in {"audit_leaf", "audit_node"}
                else "rowid = 1"
            )
            literal = "CAST(:v AS TEXT)" if isinstance(value, bytes) else ":v"
            await run(f"UPDATE {table} SET {column} = {literal} WHERE {where}", v=value)
        except Exception:  # noqa: BLE001 - what the schema refuses cannot be stored
            return
    report = await verify_log(database)
    assert report.exit_code in {1, 2}, report.lines()
