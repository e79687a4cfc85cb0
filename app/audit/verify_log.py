"""Recompute the tree of one school's log, leaf by leaf, and compare it with every checkpoint."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.audit import checkpoint, raw_reader
from app.audit.checkpoint import Checkpoint, CheckpointRefused
from app.audit.leaf import Body
from app.audit.merkle import Frontier, leaf_hash
from app.audit.model import Action
from app.audit.raw_reader import Leaf, Stored
from app.audit.report import Report
from app.audit.verify_entries import Entries
from app.platform.db import Session

_SCHOOL: Final = re.compile(r"/schools/([0-9]{6})(?:/[0-9]+)?\Z")


def school_of(signed: Checkpoint) -> str | None:
    """The school whose log a checkpoint is of, from its origin."""
    found = _SCHOOL.search(signed.origin)
    return found[1] if found else None


class LogCheck:
    """The check of one school's log. `saved` is a checkpoint that was saved outside the service."""

    def __init__(
        self,
        session: Session,
        key: Ed25519PublicKey,
        school: str,
        *,
        report: Report,
        entries: Entries,
        saved: Checkpoint | None,
    ) -> None:
        self._session = session
        self._key = key
        self._school = school
        self._report = report
        self._entries = entries
        self._saved = saved
        self._frontier = Frontier()
        self._read_so_far = 0
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._reopened: list[tuple[int, Body]] = []
        self._signed: Checkpoint | None = None
        self._covered = 0
        self._comparable = True
        """Whether the leaves so far are those that were signed, so that roots can be compared."""

    async def run(self) -> None:
        """Read and check the whole log."""
        self._nodes = await raw_reader.nodes(self._session, self._school)
        page, signed = await self._read(0)
        while page:
            following = asyncio.create_task(self._read(page[-1][0] + 1))
            try:
                await asyncio.sleep(0)  # sends the query; the database answers during the check
                self._check_leaves(page)
                self._grow(page, signed)
                page, signed = await following
            finally:
                following.cancel()
        size = self._frontier.size
        if await raw_reader.count_leaves(self._session, self._school) != size:
            self._report_at(None, "leaf-inserted", "a leaf is stored at an index that no log has")
        self._finish(await raw_reader.checkpoints(self._session, self._school, size, None))
        self._report.sizes[self._school] = size

    async def _read(self, first: int) -> tuple[Sequence[Leaf], Sequence[Stored]]:
        """A page of leaves from index `first` on, and the checkpoints that were signed within."""
        page = await raw_reader.leaves(self._session, self._school, first)
        size, self._read_so_far = self._read_so_far, self._read_so_far + len(page)
        signed = await raw_reader.checkpoints(self._session, self._school, size, self._read_so_far)
        return page, signed

    def _report_at(self, index: int | None, code: str, words: str) -> None:
        self._report.add(self._school, index, code, words)

    def _check_leaves(self, page: Sequence[Leaf]) -> None:
        first = self._frontier.size
        missing = next((at for at, row in enumerate(page, first) if row[0] != at), None)
        if missing is not None:
            self._report_at(
                missing, "leaf-missing", "the leaf is missing, so later leaves have no place"
            )
            self._comparable = False
        for index, row in enumerate(page, first):
            raw = raw_reader.body_bytes(row[2])
            if raw is None:
                self._report_at(index, "entry-missing", "the entry is missing")
                continue
            if leaf_hash(raw) != row[1]:
                self._report_at(
                    index, "entry-altered", "the entry's stored bytes do not hash to its leaf"
                )
            body = self._entries.check(self._school, index, raw, row[3:])
            if body is not None and body.action == Action.LOG_REOPENED:
                self._reopened.append((index, body))

    def _grow(self, page: Sequence[Leaf], signed: Sequence[Stored]) -> None:
        """Add the stored hashes of a page to the tree; compare its root at each signed size."""
        hashes = [row[1] if isinstance(row[1], bytes) else b"" for row in page]
        first = done = self._frontier.size
        end = first + len(hashes)
        saved = [] if self._saved is None else [(self._saved.size, None, None)]
        sizes = [row for row in (*signed, *saved) if first < row[0] <= end]
        for size, frontier, note in sorted(sizes, key=lambda row: row[0]):
            self._extend(hashes[done - first : size - first])
            done = size
            if note is None:
                self._compare_saved()
            else:
                self._compare(size, frontier, note)
        self._extend(hashes[done - first :])

    def _extend(self, hashes: Sequence[bytes]) -> None:
        for level, idx, root in self._frontier.extend(hashes):
            stored = self._nodes.pop((level, idx), None)
            if self._comparable and stored != root:
                self._report_at(
                    idx * 256**level,
                    "node-changed",
                    f"the stored root of the {256**level} leaves from here is not theirs",
                )

    def _compare(self, size: int, frontier: Any, note: Any) -> None:
        self._covered = size
        try:
            signed = checkpoint.verify(str(note), self._key)
        except CheckpointRefused as refused:
            self._report_at(
                size - 1, "checkpoint-refused", f"the checkpoint of {size} entries: {refused}"
            )
            return
        if signed.size != size or school_of(signed) != self._school:
            self._report_at(
                size - 1,
                "checkpoint-refused",
                f"the checkpoint stored for {size} entries is another one",
            )
            return
        self._check_origin(signed)
        if self._comparable and signed.root != self._frontier.root():
            self._report_at(
                self._signed.size if self._signed else 0,
                "root-mismatch",
                f"the entries from here to #{size - 1} are not those that were signed at size"
                f" {size}",
            )
            self._comparable = False
        elif self._comparable and frontier != self._frontier.to_bytes():
            self._report_at(
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
            self._report_at(
                before.size,
                "origin-changed",
                f"the log continues as {signed.origin} without an entry that reopened it",
            )

    def _compare_saved(self) -> None:
        saved = self._saved
        if (
            saved is not None
            and self._comparable
            and saved.root != self._frontier.root()
            and not self._was_given_up(saved)
        ):
            self._report_at(
                None,
                "history-rewritten",
                f"the first {saved.size} entries are not those of the saved checkpoint",
            )

    def _was_given_up(self, saved: Checkpoint) -> bool:
        """Whether an entry that reopened the log lists this checkpoint as lost by a restore."""
        for index, body in self._reopened:
            former, since = body.data.get("former"), body.data.get("from_size")
            lost = {"origin": saved.origin, "size": saved.size, "root": saved.root.hex()}
            if isinstance(former, list) and lost in former and isinstance(since, int):
                self._report.notes.append(
                    f"school {self._school}: the saved checkpoint was given up when the log was"
                    f" reopened at {since} entries (#{index})"
                )
                return True
        return False

    def _finish(self, beyond: Sequence[Stored]) -> None:
        """Report what the stored leaves do not cover; `beyond` are larger checkpoints."""
        size = self._frontier.size
        for signed_size, _, _ in beyond:
            self._report_at(
                size,
                "leaf-missing",
                f"a checkpoint of {signed_size} entries was signed, and {size} leaves are stored",
            )
        if size > self._covered and not beyond and self._comparable:
            self._report_at(
                self._covered,
                "leaf-inserted",
                f"the leaves from here to #{size - 1} are under no checkpoint",
            )
        for level, idx in sorted(self._nodes)[:10] if self._comparable else ():
            self._report_at(
                idx * 256**level,
                "node-changed",
                f"a root of {256**level} leaves is stored that the log does not have",
            )
        saved = self._saved
        if saved is not None and saved.size > size and not self._was_given_up(saved):
            self._report_at(
                size,
                "rolled-back",
                f"a checkpoint of {saved.size} entries was saved, and {size} are stored",
            )
