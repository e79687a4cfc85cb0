"""Tampering with real databases, triggers off: each way of it is found, named and placed; an honest
trail is never accused.
"""

import random
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import checkpoint, log, merkle, seal
from app.audit.model import Action, Event, Sealed, content, record_digest, state_digest
from app.audit.publisher import CheckpointFolder
from app.audit.report import Report
from app.audit.verify import verify
from app.kernel.ids import new_id
from app.platform.db import Database, Session
from tests.unit.audit import trail
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, append, rows, sealed, tampering

LATER = NOON + timedelta(hours=2)


async def checked(database: Database, **options: Any) -> Report:
    return await verify(
        database,
        KEY.public_key(),
        options.pop("readers", ()),
        now=options.pop("now", LATER),
        **options,
    )


async def note_of(database: Database) -> str:
    return str(
        (await rows(database, "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"))[0][0]
    )


def hexed(database: Database, value: UUID) -> object:
    return value.hex if database.dialect == "sqlite" else value


async def test_an_honest_trail_is_intact(database: Database) -> None:
    await sealed(database, 3, 1, 300, 256)
    elsewhere = trail.actor(school="654321")
    several = tuple(new_id(NOON) for _ in range(3))
    await append(
        database,
        2,
        by=elsewhere,
        event=lambda _: Event(
            action=Action.REQUEST_READ, subjects=several, recipient='say "mash" \\ é'
        ),
    )
    await seal.seal(database, KEY, host=HOST)
    await append(database, 1, at=LATER - timedelta(seconds=59))
    report = await checked(database, saved=await note_of(database))
    assert report.findings == []
    assert (report.exit_code, report.sizes, report.unsealed) == (0, {SCHOOL: 560, "654321": 2}, 1)
    assert "intact" in report.lines()[-1]


async def test_an_empty_database_is_intact(database: Database) -> None:
    assert (await checked(database)).intact


BODY = "replace(body, 'sharing.request.read', 'sharing.request.seen')"
AT = "(SELECT entry_id FROM audit_leaf WHERE idx = {})"


@pytest.mark.parametrize(
    ("changes", "code", "index"),
    [
        ([f"UPDATE audit_entry SET body = {BODY} WHERE id = {AT.format(5)}"], "entry-altered", 5),
        ([f"UPDATE audit_entry SET body = '' WHERE id = {AT.format(5)}"], "entry-altered", 5),
        ([f"UPDATE audit_entry SET actor = NULL WHERE id = {AT.format(6)}"], "column-changed", 6),
        (
            [f"UPDATE audit_entry SET action = 'access.denied' WHERE id = {AT.format(6)}"],
            "column-changed",
            6,
        ),
        (
            [f"UPDATE audit_entry SET outcome = 'denied' WHERE id = {AT.format(6)}"],
            "column-changed",
            6,
        ),
        (
            [f"UPDATE audit_entry SET recipient = 'mash' WHERE id = {AT.format(6)}"],
            "column-changed",
            6,
        ),
        ([f"UPDATE audit_entry SET request = NULL WHERE id = {AT.format(6)}"], "column-changed", 6),
        ([f"UPDATE audit_entry SET subject = id WHERE id = {AT.format(6)}"], "column-changed", 6),
        (
            [
                (
                    "UPDATE audit_entry SET at = (SELECT min(at) FROM audit_entry) WHERE id ="
                    f" {AT.format(6)}"
                )
            ],
            "column-changed",
            6,
        ),
        (
            [f"UPDATE audit_entry SET school = '654321' WHERE id = {AT.format(6)}"],
            "entry-missing",
            6,
        ),
        ([f"DELETE FROM audit_entry WHERE id = {AT.format(7)}"], "entry-missing", 7),
        (["DELETE FROM audit_leaf WHERE idx = 8"], "leaf-missing", 8),
        (["DELETE FROM audit_leaf WHERE idx >= 15"], "leaf-missing", 15),
        (["DELETE FROM audit_leaf", "DELETE FROM audit_entry"], "leaf-missing", 0),
        (["UPDATE audit_leaf SET hash = :junk WHERE idx = 9"], "entry-altered", 9),
        (["DELETE FROM audit_checkpoint WHERE size = 20"], "leaf-inserted", 10),
        (["DELETE FROM audit_checkpoint"], "leaf-inserted", 0),
        (["UPDATE audit_checkpoint SET frontier = :junk WHERE size = 20"], "frontier-changed", 19),
        (
            ["UPDATE audit_checkpoint SET note = replace(note, '20', '21') WHERE size = 20"],
            "checkpoint-refused",
            19,
        ),
        (["UPDATE audit_checkpoint SET note = 'x' WHERE size = 10"], "checkpoint-refused", 9),
        (["UPDATE audit_checkpoint SET size = 11 WHERE size = 10"], "checkpoint-refused", 10),
        (["INSERT INTO audit_node VALUES (:school, 1, 0, :junk)"], "node-changed", 0),
        (
            [
                "UPDATE audit_leaf SET idx = -1 WHERE idx = 3",
                "UPDATE audit_leaf SET idx = 3 WHERE idx = 4",
                "UPDATE audit_leaf SET idx = 4 WHERE idx = -1",
            ],
            "root-mismatch",
            0,
        ),
        (
            ["INSERT INTO audit_subject SELECT school, id, id FROM audit_entry"],
            "column-changed",
            None,
        ),
        (
            [
                (
                    "INSERT INTO audit_pending (entry_id, school) SELECT entry_id, school FROM"
                    " audit_leaf WHERE idx = 2"
                )
            ],
            "not-sealed",
            None,
        ),
        (["DELETE FROM audit_leaf WHERE idx < 0 OR idx > 18"], "leaf-missing", 19),
        (
            [
                (
                    "INSERT INTO audit_disposed (school, entry_id, what, by_entry) SELECT school, id, 'value', id FROM"  # noqa: E501
                    " audit_entry"
                )
            ],
            "disposal-forged",
            None,
        ),
    ],
)
async def test_each_way_of_tampering_is_found_and_placed(
    database: Database, changes: list[str], code: str, index: int | None
) -> None:
    await sealed(database, 10, 10)
    async with tampering(database) as run:
        for change in changes:
            values = {
                name: value
                for name, value in (("junk", bytes(32)), ("school", SCHOOL))
                if f":{name}" in change
            }
            await run(change, **values)
    report = await checked(database)
    assert (code, index) in {(finding.code, finding.index) for finding in report.findings}, (
        report.lines()
    )
    assert report.exit_code == 1


async def forge(database: Database, index: int) -> None:
    """Alter an entry and its leaf hash together."""
    ((text, entry),) = await rows(
        database,
        "SELECT body, e.id FROM audit_entry e JOIN audit_leaf l ON l.entry_id = e.id WHERE l.idx ="
        f" {index} AND l.school = '{SCHOOL}'",
    )
    forged = str(text).replace('"success"', '"failure"')
    async with tampering(database) as run:
        await run(
            "UPDATE audit_entry SET body = :b, outcome = 'failure' WHERE id = :id",
            b=forged,
            id=entry,
        )
        await run(
            "UPDATE audit_leaf SET hash = :h WHERE idx = :i",
            h=merkle.leaf_hash(forged.encode()),
            i=index,
        )


async def test_an_entry_altered_with_its_leaf_is_found_between_two_checkpoints(
    database: Database,
) -> None:
    await sealed(database, 10, 10, 10)
    await forge(database, 13)
    report = await checked(database)
    assert [(finding.code, finding.index) for finding in report.findings] == [("root-mismatch", 10)]


async def test_an_entry_put_in_the_middle_or_left_out_of_the_queue_is_found(
    database: Database,
) -> None:
    await sealed(database, 10)
    await append(database, 1)
    async with tampering(database) as run:
        await run("DELETE FROM audit_pending")
    assert [finding.code for finding in (await checked(database)).findings] == ["entry-inserted"]


async def test_an_old_entry_in_the_queue_is_a_finding_after_a_minute(database: Database) -> None:
    await append(database, 1)
    assert (await checked(database, now=NOON + timedelta(seconds=60))).intact
    assert [
        f.code for f in (await checked(database, now=NOON + timedelta(seconds=61))).findings
    ] == ["not-sealed"]


async def roll_back(database: Database, size: int) -> None:
    async with tampering(database) as run:
        await run(
            "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE idx >="
            f" {size})"
        )
        await run(f"DELETE FROM audit_leaf WHERE idx >= {size}")
        await run(f"DELETE FROM audit_checkpoint WHERE size > {size}")


async def test_a_rollback_together_with_its_checkpoints_is_shown_by_the_kept_one(
    database: Database, tmp_path: Path
) -> None:
    folder = CheckpointFolder(tmp_path)
    await sealed(database, 5, 5, folder=folder)
    kept = await note_of(database)
    await roll_back(database, 5)
    assert (await checked(database)).intact
    report = await checked(database, saved=kept)
    assert [(f.code, f.index) for f in report.findings] == [("rolled-back", 5)]
    await seal.reopen(
        database, KEY, school=SCHOOL, host=HOST, folder=folder, at=NOON + timedelta(hours=1)
    )
    report = await checked(database, saved=kept)
    assert report.intact, report.lines()
    assert "given up when the log was reopened at 5 entries (#5)" in report.notes[0]
    await sealed(database, 9)
    assert (await checked(database, saved=kept)).intact
    async with tampering(database) as run:
        for table in ("audit_entry", "audit_leaf", "audit_checkpoint", "audit_node"):
            await run(f"DELETE FROM {table}")
    assert [f.code for f in (await checked(database, saved=kept)).findings] == ["rolled-back"]


async def resign(database: Database) -> None:
    """Rewrite the log with the key: what a thief of both can do."""
    leaves = [
        bytes(row[0])  # type: ignore[call-overload]
        for row in await rows(database, "SELECT hash FROM audit_leaf ORDER BY idx")
    ]
    sizes = [int(str(row[0])) for row in await rows(database, "SELECT size FROM audit_checkpoint")]
    async with tampering(database) as run:
        for size in sizes:
            frontier = merkle.Frontier()
            frontier.extend(leaves[:size])
            note = checkpoint.sign(
                checkpoint.Checkpoint(f"{HOST}/schools/{SCHOOL}", size, frontier.root()), KEY
            )
            await run(
                "UPDATE audit_checkpoint SET note = :n, frontier = :f WHERE size = :s",
                n=note,
                f=frontier.to_bytes(),
                s=size,
            )


async def test_a_history_rewritten_with_the_key_is_shown_by_the_kept_checkpoint(
    database: Database,
) -> None:
    await sealed(database, 5, 5)
    kept = await note_of(database)
    await sealed(database, 5)
    await forge(database, 3)
    await resign(database)
    assert (await checked(database)).intact
    assert [f.code for f in (await checked(database, saved=kept)).findings] == ["history-rewritten"]


async def test_another_key_and_an_unreadable_kept_checkpoint(database: Database) -> None:
    await sealed(database, 5)
    other = Ed25519PrivateKey.generate()
    report = await verify(database, other.public_key(), (), now=LATER)
    assert {f.code for f in report.findings} == {"checkpoint-refused"}
    assert [f.code for f in (await checked(database, saved="nonsense")).findings] == [
        "saved-checkpoint-refused"
    ]


async def test_a_log_that_goes_on_under_another_name_needs_an_entry_that_says_so(
    database: Database,
) -> None:
    await sealed(database, 5)
    await append(database, 5)
    await seal.seal(database, KEY, host=HOST)
    ((frontier,),) = await rows(database, "SELECT frontier FROM audit_checkpoint WHERE size = 10")
    root = merkle.Frontier.read(10, bytes(frontier)).root()  # type: ignore[call-overload]
    note = checkpoint.sign(checkpoint.Checkpoint(f"{HOST}/schools/{SCHOOL}/2", 10, root), KEY)
    async with tampering(database) as run:
        await run("UPDATE audit_checkpoint SET note = :n WHERE size = 10", n=note)
    assert [(f.code, f.index) for f in (await checked(database)).findings] == [
        ("origin-changed", 5)
    ]


@pytest.mark.parametrize("seed", range(12))
async def test_any_single_byte_of_any_entry_leaf_root_or_note_changed_gives_a_finding(
    database: Database, seed: int
) -> None:
    await sealed(database, 100, 200)
    rng = random.Random(seed)
    table, column, where = rng.choice(
        [
            ("audit_entry", "body", f"id = {AT.format(rng.randrange(300))}"),
            ("audit_leaf", "hash", f"idx = {rng.randrange(300)}"),
            ("audit_node", "hash", "level = 1 AND idx = 0"),
            ("audit_checkpoint", "note", "size = 100"),
            ("audit_checkpoint", "frontier", "size = 300"),
        ]
    )
    ((value,),) = await rows(database, f"SELECT {column} FROM {table} WHERE {where}")
    raw = bytearray(value.encode() if isinstance(value, str) else bytes(value))  # type: ignore[call-overload]
    at = rng.randrange(len(raw))
    raw[at] = rng.choice([byte for byte in range(1, 128) if byte != raw[at]])
    changed: object = bytes(raw)
    if isinstance(value, str):
        changed = raw.decode("utf-8", "replace")
    async with tampering(database) as run:
        await run(f"UPDATE {table} SET {column} = :v WHERE {where}", v=changed)
    assert (await checked(database)).exit_code == 1


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
async def test_no_stored_value_breaks_the_verification(
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
    report = await checked(database)
    assert report.exit_code in {1, 2}, report.lines()


class Room:
    """A room with records and one head, as the domain rooms keep them."""

    def __init__(self) -> None:
        self.records: dict[str, tuple[UUID, bytes]] = {}
        self.heads: dict[str, tuple[UUID, bytes]] = {}

    async def sealed(self, _session: Session) -> AsyncIterator[Sealed]:
        for key, (entry, digest) in self.records.items():
            yield Sealed(key, entry, digest, mutable=False)
        for key, (entry, state) in self.heads.items():
            yield Sealed(key, entry, state, mutable=True)

    async def act(
        self,
        database: Database,
        request: UUID,
        version: int,
        action: Action = Action.DECISION_RECORDED,
        more: int = 0,
    ) -> UUID:
        at = NOON + timedelta(seconds=version)
        ids = sorted(str(new_id(at)) for _ in range(2))
        digests = [record_digest(bytes(16), {"id": key}) for key in ids]
        head = state_digest({"id": str(request), "version": version})
        state = urlsafe_b64encode(head).rstrip(b"=").decode()
        event = Event(
            action=action,
            request=request,
            data={"records": ids, "states": {str(request): state}},
            content=content(digests),
        )
        async with database.transaction() as session:
            entry = log.append(session, event, by=trail.actor(), at=at, request_id="r")
            for _ in range(more):
                log.append(session, event, by=trail.actor(), at=at, request_id="r")
        self.records |= {key: (entry, digest) for key, digest in zip(ids, digests, strict=True)}
        self.heads[str(request)] = (entry, head)
        return entry


CASE, OTHER = new_id(NOON), new_id(NOON)


def change_a_record(room: Room) -> None:
    key = next(iter(room.records))
    room.records[key] = (room.records[key][0], bytes(32))


def remove_a_record(room: Room) -> None:
    room.records.pop(next(iter(room.records)))


def insert_a_record(room: Room) -> None:
    room.records["another"] = (next(iter(room.records.values()))[0], bytes(32))


def insert_a_record_of_no_entry(room: Room) -> None:
    room.records["another"] = (new_id(NOON), bytes(32))


def change_a_head(room: Room) -> None:
    room.heads[str(CASE)] = (room.heads[str(CASE)][0], bytes(32))


def remove_a_head(room: Room) -> None:
    room.heads.pop(str(CASE))


def insert_a_head(room: Room) -> None:
    room.heads[str(OTHER)] = (new_id(NOON), bytes(32))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (change_a_record, "record-changed"),
        (remove_a_record, "record-missing"),
        (insert_a_record, "record-inserted"),
        (insert_a_record_of_no_entry, "record-inserted"),
        (change_a_head, "head-changed"),
        (remove_a_head, "head-missing"),
        (insert_a_head, "head-changed"),
    ],
)
async def test_records_are_held_against_their_entries_both_ways(
    database: Database, change: Callable[[Room], None], code: str
) -> None:
    room = Room()
    await room.act(database, CASE, 1, more=1)
    await seal.seal(database, KEY, host=HOST)
    await room.act(database, CASE, 2)
    readers = [room.sealed]
    report = await checked(database, readers=readers, now=NOON)
    assert report.intact, report.lines()
    assert report.records == 5
    change(room)
    assert {f.code for f in (await checked(database, readers=readers, now=NOON)).findings} == {code}


async def test_a_head_put_back_to_an_older_state_is_found(database: Database) -> None:
    room = Room()
    await room.act(database, CASE, 1)
    older = room.heads[str(CASE)]
    await room.act(database, CASE, 2)
    room.heads[str(CASE)] = older
    assert [
        f.code for f in (await checked(database, readers=[room.sealed], now=NOON)).findings
    ] == ["head-rolled-back"]


async def test_disposed_values_are_no_finding_and_a_forged_disposal_is(database: Database) -> None:
    room = Room()
    entry = await room.act(database, CASE, 1)
    other = await room.act(database, OTHER, 1)
    disposing = await room.act(database, CASE, 2, Action.REQUEST_DISPOSED)
    gone = [key for key, (cites, _) in room.records.items() if cites == entry]
    for key in gone:
        room.records[key] = (entry, bytes(32))
    readers = [room.sealed]
    assert [f.code for f in (await checked(database, readers=readers, now=NOON)).findings] == [
        "record-changed"
    ]
    async with database.transaction() as session:
        log.dispose(session, SCHOOL, [entry], by_entry=disposing)
    report = await checked(database, readers=readers, now=NOON)
    assert report.intact, report.lines()
    assert report.disposed == 1
    async with database.transaction() as session:
        log.dispose(session, SCHOOL, [other], by_entry=disposing)
    report = await checked(database, readers=readers, now=NOON)
    assert [f.code for f in report.findings] == ["disposal-forged"]


async def test_a_room_that_cannot_read_its_tables_is_a_finding(database: Database) -> None:
    async def broken(_session: Session) -> AsyncIterator[Sealed]:
        raise ValueError
        yield  # pragma: no cover

    assert "records-unreadable" in [
        f.code for f in (await checked(database, readers=[broken])).findings
    ]


async def test_a_trail_that_cannot_be_read_says_so(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(sa.text("DROP TABLE audit_disposed"))
        await connection.commit()
    report = await checked(database)
    assert (report.exit_code, report.intact) == (2, False)
    assert "could not be read" in "\n".join(report.lines())


def test_a_flood_of_findings_is_counted_and_not_kept() -> None:
    report = Report()
    for index in range(1500):
        report.add(SCHOOL, index, "entry-altered", "…")
    assert (len(report.findings), report.more, report.exit_code) == (1000, 500, 1)
    assert "and 500 more" in report.lines()
