"""Verification finds, names and locates every kind of tampering with the database, and reports no
finding for an unaltered log.
"""

import random
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import checkpoint, merkle, seal
from app.audit.model import Action, Event
from app.audit.publisher import CheckpointFolder
from app.audit.report import Report
from app.audit.verify import verify
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.unit.audit import trail
from tests.unit.audit.trail import (
    HOST,
    KEY,
    LATER,
    NOON,
    SCHOOL,
    append,
    rows,
    sealed,
    tampering,
    verify_log,
)


async def note_of(database: Database) -> str:
    return str(
        (await rows(database, "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"))[0][0]
    )


async def test_an_unaltered_log_is_intact(database: Database) -> None:
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
    report = await verify_log(database, saved=await note_of(database))
    assert report.findings == []
    assert (report.exit_code, report.sizes, report.unsealed) == (0, {SCHOOL: 560, "654321": 2}, 1)
    assert "intact" in report.lines()[-1]


async def test_an_empty_database_is_intact(database: Database) -> None:
    assert (await verify_log(database)).intact


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
async def test_every_kind_of_tampering_is_found_and_located(
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
    report = await verify_log(database)
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


async def test_an_entry_altered_together_with_its_leaf_is_located_between_two_checkpoints(
    database: Database,
) -> None:
    await sealed(database, 10, 10, 10)
    await forge(database, 13)
    report = await verify_log(database)
    assert [(finding.code, finding.index) for finding in report.findings] == [("root-mismatch", 10)]


async def test_an_entry_without_leaf_and_without_place_in_the_queue_is_found(
    database: Database,
) -> None:
    await sealed(database, 10)
    await append(database, 1)
    async with tampering(database) as run:
        await run("DELETE FROM audit_pending")
    assert [finding.code for finding in (await verify_log(database)).findings] == ["entry-inserted"]


async def test_an_old_entry_in_the_queue_is_a_finding_after_a_minute(database: Database) -> None:
    await append(database, 1)
    assert (await verify_log(database, now=NOON + timedelta(seconds=60))).intact
    assert [
        f.code for f in (await verify_log(database, now=NOON + timedelta(seconds=61))).findings
    ] == ["not-sealed"]


async def roll_back(database: Database, size: int) -> None:
    async with tampering(database) as run:
        await run(
            "DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE idx >="
            f" {size})"
        )
        await run(f"DELETE FROM audit_leaf WHERE idx >= {size}")
        await run(f"DELETE FROM audit_checkpoint WHERE size > {size}")


async def test_a_saved_checkpoint_reveals_a_rollback_of_entries_and_checkpoints(
    database: Database, tmp_path: Path
) -> None:
    folder = CheckpointFolder(tmp_path)
    await sealed(database, 5, 5, folder=folder)
    saved = await note_of(database)
    await roll_back(database, 5)
    assert (await verify_log(database)).intact
    report = await verify_log(database, saved=saved)
    assert [(f.code, f.index) for f in report.findings] == [("rolled-back", 5)]
    await seal.reopen(
        database, KEY, school=SCHOOL, host=HOST, folder=folder, at=NOON + timedelta(hours=1)
    )
    report = await verify_log(database, saved=saved)
    assert report.intact, report.lines()
    assert "given up when the log was reopened at 5 entries (#5)" in report.notes[0]
    await sealed(database, 9)
    assert (await verify_log(database, saved=saved)).intact
    async with tampering(database) as run:
        for table in ("audit_entry", "audit_leaf", "audit_checkpoint", "audit_node"):
            await run(f"DELETE FROM {table}")
    assert [f.code for f in (await verify_log(database, saved=saved)).findings] == ["rolled-back"]


async def resign(database: Database) -> None:
    """Rewrite the log with the key, as a thief of both can."""
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


async def test_a_saved_checkpoint_reveals_a_log_rewritten_with_the_key(
    database: Database,
) -> None:
    await sealed(database, 5, 5)
    saved = await note_of(database)
    await sealed(database, 5)
    await forge(database, 3)
    await resign(database)
    assert (await verify_log(database)).intact
    assert [f.code for f in (await verify_log(database, saved=saved)).findings] == [
        "history-rewritten"
    ]


async def test_another_key_and_an_unreadable_checkpoint_are_findings(
    database: Database,
) -> None:
    await sealed(database, 5)
    other = Ed25519PrivateKey.generate()
    report = await verify(database, other.public_key(), (), now=LATER)
    assert {f.code for f in report.findings} == {"checkpoint-refused"}
    assert [f.code for f in (await verify_log(database, saved="nonsense")).findings] == [
        "saved-checkpoint-refused"
    ]


async def test_a_new_origin_without_an_entry_that_reopened_the_log_is_a_finding(
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
    assert [(f.code, f.index) for f in (await verify_log(database)).findings] == [
        ("origin-changed", 5)
    ]


@pytest.mark.parametrize("seed", range(12))
async def test_any_changed_byte_of_an_entry_leaf_root_or_checkpoint_is_a_finding(
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
    assert (await verify_log(database)).exit_code == 1


async def test_a_log_that_cannot_be_read_is_reported(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(sa.text("DROP TABLE audit_disposed"))
        await connection.commit()
    report = await verify_log(database)
    assert (report.exit_code, report.intact) == (2, False)
    assert "could not be read" in "\n".join(report.lines())


def test_findings_beyond_a_thousand_are_only_counted() -> None:
    report = Report()
    for index in range(1500):
        report.add(SCHOOL, index, "entry-altered", "…")
    assert (len(report.findings), report.more, report.exit_code) == (1000, 500, 1)
    assert "and 500 more" in report.lines()
