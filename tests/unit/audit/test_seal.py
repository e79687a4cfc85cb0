"""Every committed entry is sealed once, and the sealer signs nothing that contradicts its last
checkpoint.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import DBAPIError

from app.audit import checkpoint, log, merkle, seal, sealer
from app.audit.model import Action, EntryOutcome, Event, anonymous
from app.audit.publisher import CheckpointFolder
from app.audit.seal import SealRefused
from app.kernel import canonical
from app.kernel.ids import new_id
from app.platform.db import Database
from app.platform.settings import Settings
from tests.unit.audit import trail
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, append, rows, sealed, tampering


async def note_of(database: Database) -> str:
    return str(
        (await rows(database, "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"))[0][0]
    )


async def test_an_entry_stores_its_body_and_repeats_it_in_columns(
    database: Database,
) -> None:
    by, children = trail.actor(), (new_id(NOON), new_id(NOON), new_id(NOON))
    event = Event(
        action=Action.DECISION_RECORDED,
        request=new_id(NOON),
        subjects=children,
        recipient="mash",
        target="decision",
        reason_code="statutory_request",
        policy="sha256:00",
        data={"fields": ["reasons"]},
        content="AAAA",
    )
    async with database.transaction() as session:
        entry = log.append(session, event, by=by, at=NOON, request_id="r-1")
    ((text, outcome),) = await rows(database, "SELECT body, outcome FROM audit_entry")
    body = json.loads(str(text))
    assert canonical.encode(body).decode() == text
    assert body.pop("salt") != ""
    assert body == {
        "v": 1,
        "id": str(entry),
        "at": "2026-11-23T12:00:00.000000Z",
        "school": SCHOOL,
        "actor": {"id": str(by.id), "role": "staff", "client": "web"},
        "action": "sharing.decision.recorded",
        "request": str(event.request),
        "subjects": [str(child) for child in children],
        "recipient": "mash",
        "target": "decision",
        "outcome": outcome,
        "policy": "sha256:00",
        "reason_code": "statutory_request",
        "request_id": "r-1",
        "data": {"fields": ["reasons"]},
        "content": "AAAA",
    }
    assert len(await rows(database, "SELECT subject FROM audit_subject")) == 2


async def test_an_entry_can_lack_an_account_and_cannot_be_oversized(database: Database) -> None:
    async with database.transaction() as session:
        event = Event(action=Action.SESSION_REFUSED, outcome=EntryOutcome.FAILURE)
        log.append(session, event, by=anonymous(SCHOOL), at=NOON, request_id="r")
        with pytest.raises(log.EntryTooLarge):
            log.append(
                session,
                Event(action=Action.REQUEST_READ, data={"x": "y" * 70_000}),
                by=anonymous(SCHOOL),
                at=NOON,
                request_id="r",
            )
    assert await rows(database, "SELECT actor, outcome FROM audit_entry") == [(None, "failure")]


async def test_sealing_gives_dense_indexes_and_a_signed_root_over_the_stored_bytes(
    database: Database, tmp_path: Path
) -> None:
    folder = CheckpointFolder(tmp_path / "checkpoints")
    await sealed(database, 3, 1, 300, 256, folder=folder)
    stored = await rows(
        database,
        "SELECT l.idx, l.hash, e.body FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id"
        " ORDER BY l.idx",
    )
    assert [row[0] for row in stored] == list(range(560))
    leaves = [merkle.leaf_hash(str(row[2]).encode()) for row in stored]
    assert [bytes(row[1]) for row in stored] == leaves  # type: ignore[call-overload]
    signed = checkpoint.verify(
        await note_of(database), KEY.public_key(), origin=f"{HOST}/schools/{SCHOOL}"
    )
    assert (signed.size, signed.root) == (560, merkle.root_of(leaves))
    assert folder.newest(SCHOOL) == await note_of(database)
    nodes = await rows(database, "SELECT level, idx, hash FROM audit_node ORDER BY level, idx")
    assert nodes == [(1, 0, merkle.root_of(leaves[:256])), (1, 1, merkle.root_of(leaves[256:512]))]
    assert await rows(database, "SELECT * FROM audit_pending") == []
    assert await seal.seal(database, KEY, host="renamed.example") == 0


async def test_a_log_has_the_same_name_after_the_host_is_renamed(database: Database) -> None:
    await sealed(database, 1)
    await append(database, 1)
    await seal.seal(database, KEY, host="renamed.example")
    assert checkpoint.parse(await note_of(database)).origin == f"{HOST}/schools/{SCHOOL}"


async def test_each_school_has_its_own_log_and_a_fault_in_one_does_not_stop_another(
    database: Database, tmp_path: Path
) -> None:
    folder = CheckpointFolder(tmp_path)
    await append(database, 2)
    await append(database, 3, by=trail.actor(school="654321"))
    assert await seal.seal(database, KEY, host=HOST, folder=folder) == 5
    for school, size in ((SCHOOL, 2), ("654321", 3)):
        signed = checkpoint.verify(str(folder.newest(school)), KEY.public_key())
        assert (signed.origin, signed.size) == (f"{HOST}/schools/{school}", size)
    async with tampering(database) as run:
        await run(
            "UPDATE audit_checkpoint SET frontier = :f WHERE school = :s", f=bytes(32), s=SCHOOL
        )
    await append(database, 1)
    await append(database, 1, by=trail.actor(school="654321"))
    with pytest.raises(SealRefused) as refused:
        await seal.seal(database, KEY, host=HOST, folder=folder)
    assert set(refused.value.faults) == {SCHOOL}
    assert checkpoint.parse(str(folder.newest("654321"))).size == 4
    assert checkpoint.parse(str(folder.newest(SCHOOL))).size == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_checkpoint SET frontier = :junk WHERE size = 5",
        "UPDATE audit_checkpoint SET note = replace(note, '5', '6') WHERE size = 5",
        "DELETE FROM audit_checkpoint WHERE size = 5",
        "DELETE FROM audit_checkpoint",
        "DELETE FROM audit_leaf WHERE idx = 4",
        "DELETE FROM audit_leaf",
        "UPDATE audit_leaf SET hash = :junk WHERE idx = 4",
        "UPDATE audit_checkpoint SET size = 6 WHERE size = 5",
    ],
)
async def test_the_sealer_refuses_a_log_that_contradicts_its_last_checkpoint(
    database: Database, change: str
) -> None:
    await sealed(database, 3, 2)
    async with tampering(database) as run:
        await run(change, **({"junk": bytes(64)} if ":junk" in change else {}))
    before = await rows(database, "SELECT size, note FROM audit_checkpoint")
    await append(database, 1)
    with pytest.raises(SealRefused):
        await seal.seal(database, KEY, host=HOST)
    assert await rows(database, "SELECT size, note FROM audit_checkpoint") == before
    assert len(await rows(database, "SELECT * FROM audit_pending")) == 1


async def test_the_sealer_refuses_another_key(database: Database) -> None:
    await sealed(database, 1)
    await append(database, 1)
    with pytest.raises(SealRefused, match="not signed by this key"):
        await seal.seal(database, Ed25519PrivateKey.generate(), host=HOST)


def texts(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in folder.glob("*.txt")]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for happens outside this task
            await asyncio.sleep(0.01)


async def roll_back(database: Database, size: int) -> None:
    """Delete what an older backup does not have."""
    async with tampering(database) as run:
        newer = "SELECT entry_id FROM audit_leaf WHERE idx >= :size"
        await run(f"DELETE FROM audit_entry WHERE id IN ({newer})", size=size)
        await run("DELETE FROM audit_leaf WHERE idx >= :size", size=size)
        await run("DELETE FROM audit_checkpoint WHERE size > :size", size=size)


async def test_the_sealer_refuses_after_a_rollback_until_the_log_is_reopened(
    database: Database, tmp_path: Path
) -> None:
    folder = CheckpointFolder(tmp_path)
    await sealed(database, 3, 2, folder=folder)
    lost = str(folder.newest(SCHOOL))
    await roll_back(database, 3)
    await append(database, 1)
    with pytest.raises(
        SealRefused, match="a checkpoint of 5 entries was published, and the stored log has 3"
    ):
        await seal.seal(database, KEY, host=HOST, folder=folder)
    note = await seal.reopen(
        database, KEY, school=SCHOOL, host=HOST, folder=folder, at=NOON + timedelta(hours=1)
    )
    signed = checkpoint.verify(note, KEY.public_key(), origin=f"{HOST}/schools/{SCHOOL}/2")
    assert signed.size == 5
    assert folder.newest(SCHOOL) == note == await note_of(database)
    assert lost in texts(tmp_path)
    ((body,),) = await rows(
        database, "SELECT body FROM audit_entry WHERE action = 'audit.log.reopened'"
    )
    former = json.loads(str(body))["data"]["former"]
    assert [(head["origin"], head["size"]) for head in former] == [
        (f"{HOST}/schools/{SCHOOL}", 3),
        (f"{HOST}/schools/{SCHOOL}", 5),
    ]
    await append(database, 4)
    assert await seal.seal(database, KEY, host=HOST, folder=folder) == 4
    assert checkpoint.parse(await note_of(database)).origin == signed.origin
    await roll_back(database, 5)
    again = await seal.reopen(
        database, KEY, school=SCHOOL, host=HOST, folder=folder, at=NOON + timedelta(hours=2)
    )
    assert checkpoint.parse(again).origin == f"{HOST}/schools/{SCHOOL}/3"


async def test_a_log_with_a_gap_cannot_be_reopened(database: Database, tmp_path: Path) -> None:
    await sealed(database, 5)
    async with tampering(database) as run:
        await run("DELETE FROM audit_leaf WHERE idx = 2")
    with pytest.raises(SealRefused, match="no leaf 2"):
        await seal.reopen(
            database, KEY, school=SCHOOL, host=HOST, folder=CheckpointFolder(tmp_path), at=NOON
        )


@pytest.mark.parametrize("published", ["nothing like a note", "", None])
async def test_the_sealer_refuses_if_the_published_checkpoint_is_not_its_own(
    database: Database, tmp_path: Path, published: str | None
) -> None:
    folder = CheckpointFolder(tmp_path)
    await sealed(database, 2, 1, folder=folder)
    forged = checkpoint.sign(checkpoint.Checkpoint(f"{HOST}/schools/{SCHOOL}", 2, bytes(32)), KEY)
    (tmp_path / f"{SCHOOL}.txt").write_text(
        forged if published is None else published, encoding="utf-8"
    )
    await append(database, 1)
    with pytest.raises(SealRefused):
        await seal.seal(database, KEY, host=HOST, folder=folder)


async def test_a_checkpoint_is_published_after_a_crash_between_commit_and_publication(
    database: Database, tmp_path: Path
) -> None:
    folder = CheckpointFolder(tmp_path)
    await sealed(database, 2, folder=folder)
    await sealed(database, 2)
    await seal.publish(database, folder)
    assert folder.newest(SCHOOL) == await note_of(database)
    assert checkpoint.parse(str(folder.newest(SCHOOL))).size == 4


async def test_a_missing_unsealed_entry_is_reported_and_the_rest_is_sealed(
    database: Database,
) -> None:
    made = await append(database, 3)
    async with tampering(database) as run:
        value = made[1].hex if database.dialect == "sqlite" else made[1]
        await run("DELETE FROM audit_entry WHERE id = :id", id=value)
    with pytest.raises(SealRefused, match="are gone"):
        await seal.seal(database, KEY, host=HOST)
    assert checkpoint.parse(await note_of(database)).size == 2


async def test_many_writers_and_three_sealers_seal_each_entry_once(
    database: Database,
) -> None:
    stop = asyncio.Event()

    async def seals() -> int:
        count = 0
        while not stop.is_set():
            count += await seal.seal(database, KEY, host=HOST)
            await asyncio.sleep(0)
        return count

    sealers = [asyncio.create_task(seals()) for _ in range(3)]
    made = await asyncio.gather(
        *(append(database, 1 + number % 3, by=trail.actor()) for number in range(200))
    )
    stop.set()
    total = sum(await asyncio.gather(*sealers)) + await seal.seal(database, KEY, host=HOST)
    entries = {entry.hex for batch in made for entry in batch}
    stored = await rows(database, "SELECT idx, entry_id FROM audit_leaf ORDER BY idx")
    assert total == len(entries) == len(stored)
    assert [row[0] for row in stored] == list(range(total))
    assert {str(row[1]).replace("-", "") for row in stored} == entries
    bodies = await rows(
        database,
        "SELECT body FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id ORDER BY idx",
    )
    root = merkle.root_of(merkle.leaf_hash(str(row[0]).encode()) for row in bodies)
    assert checkpoint.verify(await note_of(database), KEY.public_key()).root == root


async def test_a_rolled_back_transaction_leaves_no_entry(database: Database) -> None:
    async def fails() -> None:
        async with database.transaction() as session:
            log.append(
                session,
                Event(action=Action.REQUEST_READ),
                by=trail.actor(),
                at=NOON,
                request_id="r",
            )
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await seal.seal(database, KEY, host=HOST) == 0


async def test_the_backlog_has_a_number_and_an_age(database: Database) -> None:
    async with database.reading() as session:
        assert await seal.backlog(session, NOON) == (0, timedelta(0))
    await append(database, 3)
    async with database.reading() as session:
        assert await seal.backlog(session, NOON + timedelta(seconds=9)) == (3, timedelta(seconds=9))


@pytest.mark.parametrize("table", trail.APPEND_ONLY)
@pytest.mark.parametrize(
    "verb",
    [
        "UPDATE {t} SET {c} = {c}",
        "DELETE FROM {t}",
        "INSERT OR REPLACE INTO {t} SELECT * FROM {t}",
        "TRUNCATE {t} CASCADE",
    ],
)
async def test_rows_of_the_log_cannot_be_changed_or_deleted(
    database: Database, table: str, verb: str
) -> None:
    if ("REPLACE" in verb and database.dialect != "sqlite") or (
        "TRUNCATE" in verb and database.dialect != "postgresql"
    ):
        return
    children = (new_id(NOON), new_id(NOON))
    made = await append(
        database, 256, event=lambda _: Event(action=Action.REQUEST_READ, subjects=children)
    )
    await seal.seal(database, KEY, host=HOST)
    async with database.transaction() as session:
        log.dispose(session, SCHOOL, made[:1], by_entry=made[1])
    column = {"audit_entry": "body", "audit_disposed": "by_entry"}.get(table, "school")
    before = await rows(database, f"SELECT * FROM {table}")
    assert before
    with pytest.raises(DBAPIError, match="is append-only"):
        async with database.engine.connect() as connection:
            await connection.execute(sa.text(verb.format(t=table, c=column)))
            await connection.commit()
    assert await rows(database, f"SELECT * FROM {table}") == before


async def test_the_background_task_seals_publishes_and_logs_a_refusal(
    database: Database, settings: Settings
) -> None:
    folder = CheckpointFolder(settings.checkpoints_dir)
    loop = sealer.Sealer(database, KEY, host=HOST, folder=folder, pause=0.01)
    stop = asyncio.Event()
    task = asyncio.create_task(loop.run(stop))
    await append(database, 3)
    await until(lambda: folder.newest(SCHOOL) is not None)
    assert loop.trouble is None
    async with tampering(database) as run:
        await run("DELETE FROM audit_leaf WHERE idx = 2")
    await append(database, 1)
    await until(lambda: loop.trouble is not None)
    assert "last leaf" in str(loop.trouble)
    stop.set()
    await asyncio.wait_for(task, 5)
