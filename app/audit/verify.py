"""Recomputes the whole trail from the stored bytes, and says what does not fit. It trusts nothing
stored, and no stored value breaks it.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit import checkpoint, raw_reader
from app.audit import leaf as audit_leaf
from app.audit.checkpoint import Checkpoint, CheckpointRefused
from app.audit.leaf import COLUMNS, Layout, NotABody, Said
from app.audit.merkle import Frontier, leaf_hash
from app.audit.raw_reader import Places, Stored
from app.audit.records import Reader, Records
from app.audit.report import Report
from app.kernel import clock
from app.platform.db import Database, Session

PATIENCE: Final = timedelta(minutes=1)
"""How long an entry may wait to be sealed before it is a finding."""

_SCHOOL: Final = re.compile(r"/schools/([0-9]{6})(?:/[0-9]+)?\Z")


async def verify(
    database: Database,
    key: Ed25519PublicKey,
    readers: Sequence[Reader],
    *,
    now: datetime,
    kept: str | Sequence[str] | None = None,
) -> Report:
    """Verify every school's log, the queue, the search columns and, where readers are given, every
    domain record.

    `kept` is a signed checkpoint that was kept outside, or one for each of several schools: it
    shows a rollback, or a history that was rewritten with the key.
    """
    notes = (kept,) if isinstance(kept, str) else tuple(kept or ())
    report = Report()
    try:
        async with database.reading() as session:
            await _Verification(session, key, report, now, notes).run(readers)
    except Exception as error:  # noqa: BLE001 - a trail that cannot be read to its end is reported, whatever the reason
        report.unreadable = type(error).__name__
    return report


class _Verification:
    def __init__(
        self,
        session: Session,
        key: Ed25519PublicKey,
        report: Report,
        now: datetime,
        kept: Sequence[str],
    ) -> None:
        self._session = session
        self._key = key
        self._report = report
        self._now = now
        self._kept = kept
        self.records: Records | None = None
        self._subjects = 0
        self.entries = 0

    async def run(self, readers: Sequence[Reader]) -> None:
        await raw_reader.prepare(self._session)
        disposals = await raw_reader.disposals(self._session)
        for entry, sound in disposals.items():
            if not sound:
                self._report.find(
                    "*",
                    None,
                    "disposal-forged",
                    f"the disposal of what entry {entry} sealed names no later disposing entry",
                )
        if readers:
            self.records = Records(
                self._report, {entry for entry, sound in disposals.items() if sound}
            )
            await self.records.gather(self._session, readers)
        kept = self._read_kept()
        schools = await raw_reader.schools(self._session)
        for school in schools:
            await _Log(self, school, kept.pop(school, None)).run()
        for missing, head in kept.items():
            self._report.find(
                missing,
                None,
                "rolled-back",
                f"a checkpoint of {head.size} entries was kept, and no log is stored",
            )
        await self._queue()
        await self._count()
        if self.records is not None:
            self.records.finish()

    def _read_kept(self) -> dict[str, Checkpoint]:
        found = {}
        for note in self._kept:
            try:
                head = checkpoint.verify(note, self._key)
            except CheckpointRefused as refused:
                self._report.find("*", None, "kept-refused", f"the kept checkpoint: {refused}")
            else:
                found[_school_of(head) or "*"] = head
        return found

    def closely(
        self, school: str, index: int | None, entry: str, raw: bytes, columns: Sequence[Any] | None
    ) -> Said | None:
        """What one entry says of records; and, with columns that may not repeat it, these and its
        further persons.
        """
        try:
            said = audit_leaf.read(raw)
        except NotABody as error:
            self._report.find(school, index, "body-unreadable", f"the stored body is {error}")
            return None
        for name, stored in zip(COLUMNS, columns, strict=True) if columns is not None else ():
            if (None if stored is None else str(stored)) != said.column(name):
                self._report.find(
                    school,
                    index,
                    "column-changed",
                    f"the search column {name} does not repeat the body",
                )
        if said.fields.get("school") != school:
            self._report.find(
                school, index, "school-changed", "the entry belongs to another school's log"
            )
        if columns is not None:
            self.mark(
                str(said.fields.get("school")),
                set(said.subjects[1:]) - set(said.subjects[:1]),
                entry,
            )
        if self.records is not None:
            self.records.check(school, index, entry.replace("-", ""), said)
        return said

    def mark(self, school: str, further: set[str], entry: str) -> None:
        """Note the second and further persons of an entry."""
        for subject in further:
            self._subjects ^= raw_reader.mark(
                school, subject.replace("-", ""), entry.replace("-", "")
            )

    async def _queue(self) -> None:
        oldest = clock.to_text(self._now - PATIENCE)
        async for row in raw_reader.waiting(self._session):
            self._report.unsealed += 1
            if row.body is None:
                self._report.find(
                    row.school,
                    None,
                    "entry-missing",
                    f"entry {row.entry}, which waits to be sealed, is gone",
                )
                continue
            self.entries += 1
            self.closely(row.school, None, str(row.row[raw_reader.ID]), row.body, row.row[1:])
            if str(row.row[1 + COLUMNS.index("at")]) < oldest:
                self._report.find(
                    row.school,
                    None,
                    "not-sealed",
                    f"entry {row.entry} has waited for longer than a minute to be sealed",
                )

    async def _count(self) -> None:
        """Entries that are neither sealed nor waiting, and rows of further subjects that no entry
        names.
        """
        if await raw_reader.count_entries(self._session) != self.entries:
            for school, entry in await raw_reader.strays(self._session):
                self._report.find(
                    school,
                    None,
                    "entry-inserted",
                    f"entry {entry} is neither sealed nor waiting to be",
                )
        if await raw_reader.subject_marks(self._session) != self._subjects:
            self._report.find(
                "*",
                None,
                "column-changed",
                "the further subjects that are searched by are not those of the entries",
            )


class _Log:
    """One school's tree, recomputed leaf by leaf and held against everything that was signed."""

    def __init__(self, whole: _Verification, school: str, kept: Checkpoint | None) -> None:
        self._whole = whole
        self._session = whole._session  # noqa: SLF001 - one verification in two classes
        self._school = school
        self._kept = kept
        self._layout = Layout(school)
        self._frontier = Frontier()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._reopened: list[tuple[int, Said]] = []
        self._signed: Checkpoint | None = None
        self._covered = 0
        self._leaves = 0
        self._sound = True

    async def run(self) -> None:
        self._nodes = await raw_reader.nodes(self._session, self._school)
        page, signed = await self._place(0)
        lines = await self._read(page)
        while page.indexes:
            following, signed_then = await self._place(page.indexes[-1] + 1)
            reading = asyncio.create_task(self._read(following))
            try:
                await asyncio.sleep(0)  # the query is on its way while this page is checked
                await self._take(page, lines, signed, reading)
                lines = await reading
            finally:
                reading.cancel()
            page, signed = following, signed_then
        if await raw_reader.count_leaves(self._session, self._school) != self._leaves:
            self._find(None, "leaf-inserted", "a leaf is stored at an index that no log has")
        self._end(
            await raw_reader.checkpoints(self._session, self._school, self._frontier.size, None)
        )
        self._whole._report.sizes[self._school] = self._frontier.size  # noqa: SLF001

    def _find(self, index: int | None, code: str, words: str) -> None:
        self._whole._report.find(self._school, index, code, words)  # noqa: SLF001

    async def _place(self, first: int) -> tuple[Places, list[Stored]]:
        """A page of leaves, and the checkpoints that were signed within it."""
        page = await raw_reader.places(self._session, self._school, first)
        if not page.indexes:
            return page, []
        size = self._leaves
        self._leaves += len(page.indexes)
        return page, await raw_reader.checkpoints(self._session, self._school, size, self._leaves)

    async def _read(self, page: Places) -> list[str]:
        return await raw_reader.lines(self._session, self._school, page) if page.indexes else []

    async def _take(
        self,
        page: Places,
        lines: Sequence[str],
        signed: Sequence[Stored],
        reading: "asyncio.Task[list[str]]",
    ) -> None:
        """Check one page; `reading` is the query on its way, before whose answer no other can be
        asked.
        """
        first = self._frontier.size
        indexes = range(first, first + len(page.indexes))
        if page.indexes != list(indexes):
            missing = next(
                index
                for index, stored in zip(indexes, page.indexes, strict=True)
                if stored != index
            )
            self._find(
                missing, "leaf-missing", "the leaf is missing; what follows it cannot be placed"
            )
            self._sound = False
        seen = self._layout.repeated(lines, telling=self._whole.records is not None)
        hashes = list(map(seen.hashes.get, page.entries))
        close: dict[str, tuple[bytes, Sequence[Any] | None]] = {
            entry: (raw, None) for entry, raw in seen.bodies.items()
        }
        if None in hashes:
            await reading
            close |= await self._others(page, hashes)
        if hashes != page.hashes:
            self._name_altered(hashes, page.hashes, first)
        self._whole.entries += len(hashes) - hashes.count(None)
        for entry in seen.persons.keys() & set(page.entries):
            self._whole.mark(self._school, seen.persons[entry], entry)
        for index, entry in enumerate(page.entries if close else (), first):
            if entry in close:
                raw, columns = close[entry]
                said = self._whole.closely(self._school, index, entry, raw, columns)
                if said is not None and raw.startswith(audit_leaf.REOPENED):
                    self._reopened.append((index, said))
        self._grow([value if isinstance(value, bytes) else b"" for value in page.hashes], signed)

    async def _others(
        self, page: Places, hashes: list[bytes | None]
    ) -> dict[str, tuple[bytes, Sequence[Any] | None]]:
        """Body and columns of the entries of which no line told, by their ids; puts their leaf
        hashes where there are none yet.
        """
        places = [at for at, value in enumerate(hashes) if value is None]
        part = page.only(places)
        rows = await raw_reader.entries(self._session, self._school, part)
        found: dict[str, tuple[bytes, Sequence[Any] | None]] = {}
        for at, entry, row in zip(places, part.entries, rows, strict=True):
            if row is not None and (raw := raw_reader.stored_bytes(row[0])) is not None:
                hashes[at] = leaf_hash(raw)
                found[entry] = raw, row[1:]
        return found

    def _name_altered(
        self, hashes: Sequence[bytes | None], stored: Sequence[Any], first: int
    ) -> None:
        for index, (value, leaf) in enumerate(zip(hashes, stored, strict=True), first):
            if value is None:
                self._find(index, "entry-missing", "the entry is missing")
            elif value != leaf:
                self._find(
                    index, "entry-altered", "the entry's stored bytes do not hash to its leaf"
                )

    def _grow(self, hashes: Sequence[bytes], signed: Sequence[Stored]) -> None:
        done = 0
        first = self._frontier.size
        kept = (
            []
            if self._kept is None or not first < self._kept.size <= first + len(hashes)
            else [(self._kept.size, None, None)]
        )
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
                self._find(
                    idx * 256**level,
                    "node-changed",
                    f"the stored root of the {256**level} leaves from here is not theirs",
                )

    def _compare(self, size: int, frontier: Any, note: Any) -> None:
        self._covered = size
        try:
            signed = checkpoint.verify(str(note), self._whole._key)  # noqa: SLF001
        except CheckpointRefused as refused:
            self._find(
                size - 1, "checkpoint-refused", f"the checkpoint of {size} entries: {refused}"
            )
            return
        if signed.size != size or _school_of(signed) != self._school:
            self._find(
                size - 1,
                "checkpoint-refused",
                f"the checkpoint stored for {size} entries is another one",
            )
            return
        self._check_origin(signed)
        if self._sound and signed.root != self._frontier.root():
            self._find(
                self._signed.size if self._signed else 0,
                "root-mismatch",
                f"the entries from here to #{size - 1} are not those that were signed at size"
                f" {size}",
            )
            self._sound = False
        elif self._sound and frontier != self._frontier.to_bytes():
            self._find(
                size - 1,
                "frontier-changed",
                f"the frontier stored with the checkpoint of {size} entries is not the tree's",
            )
        self._signed = signed

    def _check_origin(self, signed: Checkpoint) -> None:
        before = self._signed
        if before is None or before.origin == signed.origin:
            return
        if not any(before.size <= index < signed.size for index, _ in self._reopened):
            self._find(
                before.size,
                "origin-changed",
                f"the log goes on as {signed.origin} without an entry that reopened it",
            )

    def _compare_kept(self) -> None:
        kept = self._kept
        if (
            kept is not None
            and self._sound
            and kept.root != self._frontier.root()
            and not self._was_lost(kept)
        ):
            self._find(
                None,
                "history-rewritten",
                f"the first {kept.size} entries are not those of the kept checkpoint",
            )

    def _was_lost(self, kept: Checkpoint) -> bool:
        """Whether an entry that reopened the log records this head as one that a restore gave
        up.
        """
        for index, said in self._reopened:
            former = said.data.get("former")
            heads = (
                [head for head in former if isinstance(head, dict)]
                if isinstance(former, list)
                else []
            )
            since = said.data.get("from_size")
            if any(
                head.get("root") == kept.root.hex() and head.get("size") == kept.size
                for head in heads
            ) and isinstance(since, int):
                note = (
                    f"school {self._school}: the kept checkpoint was given up when the log was"
                    f" reopened at {since} entries (#{index})"
                )
                self._whole._report.notes.append(note)  # noqa: SLF001
                return True
        return False

    def _end(self, beyond: Sequence[Stored]) -> None:
        size = self._frontier.size
        for signed_size, _, _ in beyond:
            self._find(
                size,
                "leaf-missing",
                f"a checkpoint of {signed_size} entries was signed, and {size} leaves are stored",
            )
        if size > self._covered and not beyond and self._sound:
            self._find(
                self._covered,
                "leaf-inserted",
                f"the leaves from here to #{size - 1} are under no checkpoint",
            )
        for level, idx in sorted(self._nodes)[:10] if self._sound else ():
            self._find(
                idx * 256**level,
                "node-changed",
                f"a root of {256**level} leaves is stored that the log does not have",
            )
        if self._kept is not None and self._kept.size > size and not self._was_lost(self._kept):
            self._find(
                size,
                "rolled-back",
                f"a checkpoint of {self._kept.size} entries was kept, and {size} are stored",
            )


def _school_of(signed: Checkpoint) -> str | None:
    found = _SCHOOL.search(signed.origin)
    return found[1] if found else None
