"""Recomputes the whole trail from the stored bytes, and says what does not fit. It trusts nothing stored, and no stored value breaks it."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit import body, checkpoint, sources
from app.audit.body import COLUMNS, NotABody, Said
from app.audit.checkpoint import Checkpoint, CheckpointRefused
from app.audit.merkle import Frontier
from app.audit.model import Action
from app.audit.records import Reader, Records
from app.audit.report import Report
from app.audit.sources import Leaves
from app.kernel import clock
from app.platform.db import Database, Session

PATIENCE: Final = timedelta(minutes=1)
"""How long an entry may wait to be sealed before it is a finding."""

_SCHOOL: Final = re.compile(r"/schools/([0-9]{6})(?:/[0-9]+)?\Z")
_REOPENED: Final = f'{{"action":"{Action.LOG_REOPENED}"'.encode()
_SCHOOL_AT: Final = COLUMNS.index("school")
_HEX: Final = frozenset({"actor", "id", "request", "subject"})


async def verify(database: Database, key: Ed25519PublicKey, readers: Sequence[Reader], *, now: datetime, kept: str | None = None) -> Report:
    """Verify every school's log, the queue, the search columns and, where readers are given, every domain record.

    `kept` is a signed checkpoint that somebody kept outside: it shows a rollback, or a history that was rewritten with the key.
    """
    report = Report()
    try:
        async with database.reading() as session:
            await _Verification(session, key, report, now, kept).run(readers)
    except Exception as error:  # noqa: BLE001 - a trail that cannot be read to its end is reported, whatever the reason
        report.unreadable = type(error).__name__
    return report


class _Verification:
    def __init__(self, session: Session, key: Ed25519PublicKey, report: Report, now: datetime, kept: str | None) -> None:
        self._session = session
        self._key = key
        self._report = report
        self._now = now
        self._kept = kept
        self._records: Records | None = None
        self._subjects = 0
        self._whole = 0

    async def run(self, readers: Sequence[Reader]) -> None:
        disposals = await sources.disposals(self._session)
        for entry, sound in disposals.items():
            if not sound:
                self._report.find("*", None, "disposal-forged", f"the disposal of what entry {entry} sealed names no later disposing entry")
        if readers:
            self._records = Records(self._report, {entry for entry, sound in disposals.items() if sound})
            await self._records.gather(self._session, readers)
        kept = self._read_kept()
        schools = await sources.schools(self._session)
        for school in schools:
            await _Log(self, school, kept if kept and _school_of(kept) == school else None).run()
        if kept and _school_of(kept) not in schools:
            words = f"a checkpoint of {kept.size} entries was kept, and no log is stored"
            self._report.find(_school_of(kept) or "*", None, "rolled-back", words)
        await self._queue()
        await self._count()
        if self._records is not None:
            self._records.finish()

    def _read_kept(self) -> Checkpoint | None:
        if self._kept is None:
            return None
        try:
            return checkpoint.verify(self._kept, self._key)
        except CheckpointRefused as refused:
            self._report.find("*", None, "kept-refused", f"the kept checkpoint: {refused}")
            return None

    def entries(self, school: str, columns: Sequence[Sequence[Any]], bodies: Sequence[bytes], first: int | None) -> None:
        """Columns, subjects and records of entries whose bytes have been hashed or wait to be."""
        self._whole += len(bodies)
        repeats, several, tells, records = body.repeats, body.has_several_subjects, body.tells_of_records, self._records is not None
        for at, raw in enumerate(bodies):
            text, stored = raw.decode("utf-8", "replace"), columns[at]
            if not repeats(text, stored) or stored[_SCHOOL_AT] != school or several(text) or (records and tells(text)):
                self._closely(school, None if first is None else first + at, stored, raw)

    def _closely(self, school: str, index: int | None, columns: Sequence[Any], raw: bytes) -> None:
        try:
            said = body.read(raw)
        except NotABody as error:
            self._report.find(school, index, "body-unreadable", f"the stored body is {error}")
            return
        for name, stored in zip(COLUMNS, columns, strict=True):
            expected = said.column(name)
            if name in _HEX:
                expected = expected.replace("-", "")
            if ("" if stored is None else str(stored)) != expected:
                self._report.find(school, index, "column-changed", f"the search column {name} does not repeat the body")
        if said.fields.get("school") != school:
            self._report.find(school, index, "school-changed", "the entry belongs to another school's log")
        entry = str(columns[COLUMNS.index("id")])
        for subject in set(said.subjects[1:]) - set(said.subjects[:1]):
            self._subjects ^= sources.mark(str(said.fields.get("school")), subject.replace("-", ""), entry)
        if self._records is not None:
            self._records.check(school, index, entry, said)

    async def _queue(self) -> None:
        oldest = clock.to_text(self._now - PATIENCE)
        async for row in sources.waiting(self._session):
            self._report.unsealed += 1
            if row.body is None:
                self._report.find(row.school, None, "entry-missing", f"entry {row.entry}, which waits to be sealed, is gone")
                continue
            self.entries(row.school, [row.columns], [row.body], None)
            if str(row.columns[COLUMNS.index("at")]) < oldest:
                self._report.find(row.school, None, "not-sealed", f"entry {row.entry} has waited for longer than a minute to be sealed")

    async def _count(self) -> None:
        """Entries that are neither sealed nor waiting, and rows of further subjects that no entry names."""
        if await sources.count_entries(self._session) != self._whole:
            for school, entry in await sources.strays(self._session):
                self._report.find(school, None, "entry-inserted", f"entry {entry} is neither sealed nor waiting to be")
        if await sources.subject_marks(self._session) != self._subjects:
            self._report.find("*", None, "column-changed", "the further subjects that are searched by are not those of the entries")


class _Log:
    """One school's tree, recomputed leaf by leaf and held against everything that was signed."""

    def __init__(self, whole: _Verification, school: str, kept: Checkpoint | None) -> None:
        self._whole = whole
        self._session = whole._session  # noqa: SLF001 - one verification in two classes
        self._school = school
        self._kept = kept
        self._frontier = Frontier()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._reopened: list[tuple[int, Said]] = []
        self._signed: Checkpoint | None = None
        self._covered = 0
        self._leaves = 0
        self._sound = True

    async def run(self) -> None:
        self._nodes = await sources.nodes(self._session, self._school)
        rows = await sources.leaves(self._session, self._school, 0)
        while rows.indexes:
            size = self._frontier.size
            signed = await sources.checkpoints(self._session, self._school, size, size + len(rows.indexes))
            rows, page = await self._while_reading(rows.indexes[-1] + 1, rows, signed), rows
            self._leaves += len(page.indexes)
        if await sources.count_leaves(self._session, self._school) != self._leaves:
            self._find(None, "leaf-inserted", "a leaf is stored at an index that no log has")
        self._end(await sources.checkpoints(self._session, self._school, self._frontier.size, None))
        self._whole._report.sizes[self._school] = self._frontier.size  # noqa: SLF001

    def _find(self, index: int | None, code: str, words: str) -> None:
        self._whole._report.find(self._school, index, code, words)  # noqa: SLF001

    async def _while_reading(self, following: int, rows: Leaves, signed: Sequence[tuple[Any, Any, Any]]) -> Leaves:
        """Check a page while the database already reads the next one, which is given back."""
        reading = asyncio.create_task(sources.leaves(self._session, self._school, following))
        try:
            await asyncio.wait({reading}, timeout=0.001)
            self._take(rows, signed)
            return await reading
        finally:
            reading.cancel()

    def _take(self, rows: Leaves, signed: Sequence[tuple[Any, Any, Any]]) -> None:
        first = self._frontier.size
        if rows.indexes != list(range(first, first + len(rows.indexes))):
            missing = next(index for index, stored in enumerate(rows.indexes, first) if stored != index)
            self._find(missing, "leaf-missing", "the leaf is missing; what follows it cannot be placed")
            self._sound = False
        sha256 = hashlib.sha256
        bodies = [text if text is not None else b"" for text in rows.bodies]
        if [sha256(b"\x00" + text).digest() for text in bodies] != rows.hashes:
            self._name_altered(rows, first)
        if None not in rows.bodies:
            self._whole.entries(self._school, rows.columns, bodies, first)
        else:
            for at, text in enumerate(rows.bodies):
                if text is not None:
                    self._whole.entries(self._school, rows.columns[at : at + 1], [text], first + at)
        for at, text in enumerate(bodies):
            if text.startswith(_REOPENED):
                self._note_reopened(first + at, text)
        self._grow([value if isinstance(value, bytes) else b"" for value in rows.hashes], signed)

    def _name_altered(self, rows: Leaves, first: int) -> None:
        for index, (text, stored) in enumerate(zip(rows.bodies, rows.hashes, strict=True), first):
            if text is None:
                self._find(index, "entry-missing", "the entry is missing")
            elif hashlib.sha256(b"\x00" + text).digest() != stored:
                self._find(index, "entry-altered", "the entry's stored bytes do not hash to its leaf")

    def _note_reopened(self, index: int, text: bytes) -> None:
        try:
            self._reopened.append((index, body.read(text)))
        except NotABody:
            return

    def _grow(self, hashes: Sequence[bytes], signed: Sequence[tuple[Any, Any, Any]]) -> None:
        done = 0
        first = self._frontier.size
        kept = [] if self._kept is None or not first < self._kept.size <= first + len(hashes) else [(self._kept.size, None, None)]
        for size, frontier, note in sorted([*signed, *kept], key=lambda row: row[0]):
            self._extend(hashes[done : size - first])
            done = size - first
            if note is None:
                self._compare_kept()
            else:
                self._compare(size, frontier, note)
        self._extend(hashes[done:])

    def _extend(self, hashes: Sequence[bytes]) -> None:
        for level, idx, root in self._frontier.extend(hashes):
            stored = self._nodes.pop((level, idx), None)
            if self._sound and stored != root:
                self._find(idx * 256**level, "node-changed", f"the stored root of the {256**level} leaves from here is not theirs")

    def _compare(self, size: int, frontier: Any, note: Any) -> None:
        self._covered = size
        try:
            signed = checkpoint.verify(str(note), self._whole._key)  # noqa: SLF001
        except CheckpointRefused as refused:
            self._find(size - 1, "checkpoint-refused", f"the checkpoint of {size} entries: {refused}")
            return
        if signed.size != size or _school_of(signed) != self._school:
            self._find(size - 1, "checkpoint-refused", f"the checkpoint stored for {size} entries is another one")
            return
        self._check_origin(signed)
        if self._sound and signed.root != self._frontier.root():
            self._find(
                self._signed.size if self._signed else 0,
                "root-mismatch",
                f"the entries from here to #{size - 1} are not those that were signed at size {size}",
            )
            self._sound = False
        elif self._sound and frontier != self._frontier.to_bytes():
            self._find(size - 1, "frontier-changed", f"the frontier stored with the checkpoint of {size} entries is not the tree's")
        self._signed = signed

    def _check_origin(self, signed: Checkpoint) -> None:
        before = self._signed
        if before is None or before.origin == signed.origin:
            return
        if not any(before.size <= index < signed.size for index, _ in self._reopened):
            self._find(before.size, "origin-changed", f"the log goes on as {signed.origin} without an entry that reopened it")

    def _compare_kept(self) -> None:
        kept = self._kept
        if kept is not None and self._sound and kept.root != self._frontier.root() and not self._was_lost(kept):
            self._find(None, "history-rewritten", f"the first {kept.size} entries are not those of the kept checkpoint")

    def _was_lost(self, kept: Checkpoint) -> bool:
        """Whether an entry that reopened the log records this head as one that a restore gave up."""
        for index, said in self._reopened:
            former = said.data.get("former")
            heads = [head for head in former if isinstance(head, dict)] if isinstance(former, list) else []
            since = said.data.get("from_size")
            if any(head.get("root") == kept.root.hex() and head.get("size") == kept.size for head in heads) and isinstance(since, int):
                note = f"school {self._school}: the kept checkpoint was given up when the log was reopened at {since} entries (#{index})"
                self._whole._report.notes.append(note)  # noqa: SLF001
                return True
        return False

    def _end(self, beyond: Sequence[tuple[Any, Any, Any]]) -> None:
        size = self._frontier.size
        for signed_size, _, _ in beyond:
            self._find(size, "leaf-missing", f"a checkpoint of {signed_size} entries was signed, and {size} leaves are stored")
        if size > self._covered and not beyond and self._sound:
            self._find(self._covered, "leaf-inserted", f"the leaves from here to #{size - 1} are under no checkpoint")
        for level, idx in sorted(self._nodes)[:10] if self._sound else ():
            self._find(idx * 256**level, "node-changed", f"a root of {256**level} leaves is stored that the log does not have")
        if self._kept is not None and self._kept.size > size and not self._was_lost(self._kept):
            self._find(size, "rolled-back", f"a checkpoint of {self._kept.size} entries was kept, and {size} are stored")


def _school_of(signed: Checkpoint) -> str | None:
    found = _SCHOOL.search(signed.origin)
    return found[1] if found else None
