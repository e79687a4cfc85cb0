"""Seal committed entries: give them indexes in the log, store leaf hashes and subtree roots, and
sign a checkpoint.

Invariant: one sealer works at a time, and it signs nothing that contradicts an earlier checkpoint.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import checkpoint, log, merkle, tables
from app.audit.checkpoint import Checkpoint, CheckpointRefused
from app.audit.merkle import Frontier
from app.audit.model import Action, Event, operator
from app.audit.publisher import CheckpointFolder
from app.audit.tables import CheckpointRow, EntryRow, LeafRow, PendingRow
from app.kernel.canonical import Json
from app.platform.db import Database, Session
from app.platform.rows import col

BATCH: Final = 4096
"""Entries of one school that are sealed in one transaction: enough to be fast, few enough that
SQLite's writers hardly wait."""

_LOCK: Final = 0x5EA1
"""The PostgreSQL advisory lock of the sealer."""

_NAMED: Final = re.compile(r"/schools/[0-9]{6}(?:/([0-9]{1,5}))?\Z")


_SCHOOLS: Final = sa.select(col(PendingRow.school)).distinct().order_by(col(PendingRow.school))
_NEWEST: Final = (
    sa.select(col(CheckpointRow.size), col(CheckpointRow.frontier), col(CheckpointRow.note))
    .where(col(CheckpointRow.school) == sa.bindparam("school"))
    .order_by(col(CheckpointRow.size).desc())
    .limit(1)
)
_AT_SIZE: Final = sa.select(col(CheckpointRow.note)).where(
    col(CheckpointRow.school) == sa.bindparam("school"),
    col(CheckpointRow.size) == sa.bindparam("size"),
)
_LAST_LEAF: Final = (
    sa.select(col(LeafRow.idx), col(LeafRow.hash))
    .where(col(LeafRow.school) == sa.bindparam("school"))
    .order_by(col(LeafRow.idx).desc())
    .limit(1)
)
_WAITING: Final = (
    sa.select(col(PendingRow.entry_id), col(EntryRow.body), col(LeafRow.idx))
    .select_from(
        tables.PENDING.outerjoin(
            tables.ENTRY,
            sa.and_(
                col(EntryRow.id) == col(PendingRow.entry_id),
                col(EntryRow.school) == col(PendingRow.school),
            ),
        ).outerjoin(
            tables.LEAF,
            sa.and_(
                col(LeafRow.entry_id) == col(PendingRow.entry_id),
                col(LeafRow.school) == col(PendingRow.school),
            ),
        )
    )
    .where(col(PendingRow.school) == sa.bindparam("school"))
    .order_by(col(PendingRow.entry_id))
    .limit(BATCH)
)
_OLDEST: Final = (
    sa.select(col(EntryRow.at))
    .select_from(
        tables.PENDING.outerjoin(
            tables.ENTRY,
            sa.and_(
                col(EntryRow.id) == col(PendingRow.entry_id),
                col(EntryRow.school) == col(PendingRow.school),
            ),
        )
    )
    .where(col(PendingRow.school) == sa.bindparam("school"))
    .order_by(col(PendingRow.entry_id))
    .limit(1)
)
_DRAIN: Final = sa.delete(tables.PENDING).where(
    col(PendingRow.school) == sa.bindparam("of_school"),
    col(PendingRow.entry_id).in_(
        sa.select(col(LeafRow.entry_id)).where(
            col(LeafRow.school) == sa.bindparam("of_school"),
            col(LeafRow.idx) >= sa.bindparam("since"),
        )
    ),
)


class SealRefused(Exception):
    """The stored log contradicts an earlier checkpoint, so the sealer does not sign.

    Entries are still appended. `faults` gives the reason by school.
    """

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(
            "; ".join(f"school {school}: {why}" for school, why in sorted(faults.items()))
        )
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Head:
    """A school's log as it was signed last: its origin, frontier and signed note."""

    origin: str
    frontier: Frontier
    note: str | None


async def seal(
    database: Database, key: Ed25519PrivateKey, *, host: str, folder: CheckpointFolder | None = None
) -> int:
    """Seal the queue of every school; gives the number of entries sealed, 0 if another sealer is at
    work.

    `host` begins the origin of a new log (`<host>/schools/<urn>`). Checkpoints are published in the
    folder after the commit. Raises SealRefused after all other schools have been sealed.
    """
    async with database.reading() as session:
        if await session.first(sa.select(col(PendingRow.entry_id)).limit(1)) is None:
            return 0
    sealed, notes, faults = 0, {}, {}
    async with database.transaction() as session:
        if not await _lock(session):
            return 0
        for row in await session.all(_SCHOOLS):
            school = str(row.school)
            try:
                head = await _head(session, key, school, host, folder)
                count, note, fault = await _extend(session, key, school, head)
            except (CheckpointRefused, merkle.NotATree) as doubt:
                faults[school] = str(doubt)
                continue
            sealed += count
            if note is not None:
                notes[school] = note
            if fault is not None:
                faults[school] = fault
    if folder is not None:
        for school, note in notes.items():
            await asyncio.to_thread(folder.publish, school, note)
    if faults:
        raise SealRefused(faults)
    return sealed


async def publish(database: Database, folder: CheckpointFolder) -> None:
    """Publish each school's newest checkpoint if the folder has an older one, as after a crash
    between commit and publication.
    """
    async with database.reading() as session:
        schools = [
            str(row.school)
            for row in await session.all(sa.select(col(CheckpointRow.school)).distinct())
        ]
        rows = [(school, await session.first(_NEWEST, {"school": school})) for school in schools]
    for school, row in rows:
        if row is None:
            continue
        newest = folder.newest(school)
        if newest is None or _follows(checkpoint.parse(row.note), checkpoint.parse(newest)):
            await asyncio.to_thread(folder.publish, school, row.note)


async def backlog(session: Session, now: datetime) -> tuple[int, timedelta]:
    """The number of entries in the queue, at most a thousand, and how long the oldest has
    waited.
    """
    waiting = await session.all(sa.select(col(PendingRow.entry_id)).limit(1000))
    longest = timedelta(0)
    for row in await session.all(_SCHOOLS):
        oldest = await session.first(_OLDEST, {"school": row.school})
        waited = timedelta.max if oldest is None or oldest.at is None else now - oldest.at
        longest = max(longest, waited)
    return len(waiting), longest


async def reopen(
    database: Database,
    key: Ed25519PrivateKey,
    *,
    school: str,
    host: str,
    folder: CheckpointFolder,
    at: datetime,
) -> str:
    """Continue a log under a new origin after a restore; gives the new signed note.

    The first entry records the checkpoints that were signed before. Raises SealRefused if the
    stored leaves have gaps; then another backup has to be restored.
    """
    async with database.transaction() as session:
        if session.dialect == "postgresql":
            await session.first(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        frontier = await _rebuilt(session, school)
        stored = await session.first(_NEWEST, {"school": school})
        before = [
            found
            for found in (
                _readable(stored.note if stored else None),
                _readable(folder.newest(school)),
            )
            if found
        ]
        epoch = max((_epoch(found.origin) for found in before), default=0) + 1
        former: list[Json] = [
            {"origin": found.origin, "size": found.size, "root": found.root.hex()}
            for found in before
        ]
        event = Event(
            action=Action.LOG_REOPENED, data={"former": former, "from_size": frontier.size}
        )
        log.append(session, event, by=operator(school), at=at, request_id=f"reopen-{epoch}")
        await session.flush()
        head = Head(checkpoint.origin(host, school, epoch), frontier, None)
        _, note, fault = await _extend(session, key, school, head)
        if note is None or fault is not None:
            raise SealRefused({school: fault or "no entry was sealed"})
    await asyncio.to_thread(folder.archive, school)
    await asyncio.to_thread(folder.publish, school, note)
    return note


async def _lock(session: Session) -> bool:
    """Take the sealer's lock until the transaction ends; False if another sealer has it. On SQLite
    the writer's lock is enough.
    """
    if session.dialect == "sqlite":
        return True
    row = await session.first(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK).label("got")))
    return bool(row and row.got)


async def _head(
    session: Session,
    key: Ed25519PrivateKey,
    school: str,
    host: str,
    folder: CheckpointFolder | None,
) -> Head:
    """Load the newest checkpoint; raises CheckpointRefused if its signature, its frontier, the last
    leaf and the published checkpoint do not agree.
    """
    row = await session.first(_NEWEST, {"school": school})
    leaf = await session.first(_LAST_LEAF, {"school": school})
    newest = folder.newest(school) if folder is not None else None
    published = checkpoint.verify(newest, key.public_key()) if newest is not None else None
    if row is None:
        if leaf is not None:
            raise CheckpointRefused("there are leaves without any checkpoint")
        if published is not None:
            raise CheckpointRefused(
                f"a checkpoint of {published.size} entries was published, and the stored log is"
                " empty"
            )
        return Head(checkpoint.origin(host, school), Frontier(), None)
    signed = checkpoint.verify(row.note, key.public_key())
    frontier = Frontier.read(row.size, row.frontier)
    if signed.size != row.size or frontier.root() != signed.root:
        raise CheckpointRefused("the stored frontier does not match the last signed root")
    if (
        leaf is None
        or leaf.idx != row.size - 1
        or (row.size & 1 and leaf.hash != frontier.hashes[-1])
    ):
        raise CheckpointRefused("the last leaf does not match the last checkpoint")
    if published is not None:
        await _check_published(session, school, signed, published)
    return Head(signed.origin, frontier, row.note)


async def _check_published(
    session: Session, school: str, signed: Checkpoint, published: Checkpoint
) -> None:
    if published.origin != signed.origin:
        if not _follows(signed, published):
            raise CheckpointRefused("the published checkpoint belongs to another log")
        return
    if published.size > signed.size:
        raise CheckpointRefused(
            f"a checkpoint of {published.size} entries was published, and the stored log has"
            f" {signed.size}"
        )
    row = await session.first(_AT_SIZE, {"school": school, "size": published.size})
    if row is None or checkpoint.parse(row.note).root != published.root:
        raise CheckpointRefused("the published checkpoint is not one of the stored log's")


async def _extend(
    session: Session, key: Ed25519PrivateKey, school: str, head: Head
) -> tuple[int, str | None, str | None]:
    """Seal the queue of one school; gives the number of entries, the new note, and a fault in the
    queue that did not prevent sealing.
    """
    waiting = await session.all(_WAITING, {"school": school})
    ready = [row for row in waiting if row.body is not None and row.idx is None]
    fault = None
    if len(ready) < len(waiting):
        fault = "the queue names entries that are gone or already sealed"
    if not ready:
        return 0, None, fault
    first = head.frontier.size
    leaves = [merkle.leaf_hash(row.body.encode("utf-8")) for row in ready]
    nodes = head.frontier.extend(leaves)
    signed = Checkpoint(head.origin, head.frontier.size, head.frontier.root())
    note = checkpoint.sign(signed, key)
    session.add(
        tables.LEAF,
        *(
            {"school": school, "idx": first + at, "entry_id": row.entry_id, "hash": leaf}
            for at, (row, leaf) in enumerate(zip(ready, leaves, strict=True))
        ),
    )
    if nodes:
        session.add(
            tables.NODE,
            *(
                {"school": school, "level": level, "idx": idx, "hash": root}
                for level, idx, root in nodes
            ),
        )
    frontier = head.frontier.to_bytes()
    session.add(
        tables.CHECKPOINT,
        {"school": school, "size": signed.size, "frontier": frontier, "note": note},
    )
    await session.execute(_DRAIN, {"of_school": school, "since": first})
    return len(ready), note, fault


async def _rebuilt(session: Session, school: str) -> Frontier:
    """Compute the frontier of the stored leaves."""
    frontier = Frontier()
    async for row in session.stream(
        sa.select(col(LeafRow.idx), col(LeafRow.hash))
        .where(col(LeafRow.school) == school)
        .order_by(col(LeafRow.idx)),
        batch=BATCH,
    ):
        if row.idx != frontier.size:
            raise SealRefused({school: f"the stored log has no leaf {frontier.size}"})
        frontier.extend([row.hash])
    return frontier


def _readable(note: str | None) -> Checkpoint | None:
    try:
        return checkpoint.parse(note) if note is not None else None
    except CheckpointRefused:
        return None


def _follows(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether `one` is the later checkpoint: of a later epoch, or larger in the same log."""
    return (
        (_epoch(one.origin), one.size) > (_epoch(other.origin), other.size)
        if one.origin != other.origin
        else one.size > other.size
    )


def _epoch(origin: str) -> int:
    found = _NAMED.search(origin)
    return int(found[1]) if found and found[1] else 1
