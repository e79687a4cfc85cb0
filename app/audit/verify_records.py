"""Domain records held against the entries that sealed them, both ways: nothing changed, nothing
missing, nothing that no entry tells of.
"""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeAlias

from app.audit.leaf import Body
from app.audit.model import Sealed, content
from app.audit.report import Report
from app.platform.db import Session

Reader: TypeAlias = Callable[[Session], AsyncIterator[Sealed]]


class Records:
    """What the rooms have stored, and which of it has been accounted for. Identifiers of entries
    are 32 hexadecimal digits.
    """

    def __init__(self, report: Report, disposed: set[str]) -> None:
        self._report = report
        self._disposed = disposed
        self._records: dict[str, tuple[str, bytes]] = {}
        self._heads: dict[str, tuple[str, str]] = {}
        self._cited: set[str] = set()
        self._changed: set[str] = set()
        self._latest: dict[str, tuple[str, set[str]]] = {}

    async def gather(self, session: Session, readers: Sequence[Reader]) -> None:
        """Read every room's records. A room that cannot read its own tables has been tampered
        with.
        """
        for reader in readers:
            try:
                async for sealed in reader(session):
                    self._take(sealed)
            except Exception as error:  # noqa: BLE001 - whatever a hostile row does to a reader is a finding, never a crash
                room = getattr(reader, "__module__", "a room")
                self._report.find(
                    "*",
                    None,
                    "records-unreadable",
                    f"the records of {room} cannot be read ({type(error).__name__})",
                )
        self._report.records = len(self._records) + len(self._heads)

    def check(self, school: str, index: int | None, body: Body) -> None:
        """Compare the digests in one entry with the stored records."""
        entry = body.id.replace("-", "")
        if body.content is not None or body.record_ids:
            self._check_content(school, index, entry, body.record_ids, body.content)
        for head, digest in body.states.items():
            newest, digests = self._latest.get(head, ("", set()))
            if body.at >= newest:
                together = digests | {digest} if body.at == newest else {digest}
                self._latest[head] = (body.at, together)
            stored = self._heads.get(head)
            if stored is not None and stored[0] == entry:
                self._cited.add(head)
                if stored[1] != digest:
                    self._changed.add(head)
                    self._report.find(
                        school,
                        index,
                        "head-changed",
                        f"the state of {head} is not the one that this entry sealed",
                    )

    def finish(self) -> None:
        """What no entry accounts for, once every entry has been seen."""
        find = self._report.find
        for record in self._records.keys() - self._cited:
            find(
                "*",
                None,
                "record-inserted",
                f"record {record} cites an entry that does not tell of it",
            )
        for head in self._heads.keys() - self._cited:
            find(
                "*",
                None,
                "head-changed",
                f"the state of {head} cites an entry that does not tell of it",
            )
        for head, (_, digests) in self._latest.items():
            stored = self._heads.get(head)
            if stored is None:
                find("*", None, "head-missing", f"{head}, of which an entry tells, is not stored")
            elif head in self._cited - self._changed and stored[1] not in digests:
                find(
                    "*",
                    None,
                    "head-rolled-back",
                    f"the state of {head} is older than the last one that was sealed",
                )

    def _take(self, sealed: Sealed) -> None:
        if sealed.mutable:
            digest = urlsafe_b64encode(sealed.digest).rstrip(b"=").decode("ascii")
            self._heads[sealed.id] = (sealed.audit_id.hex, digest)
        else:
            self._records[sealed.id] = (sealed.audit_id.hex, sealed.digest)

    def _check_content(
        self, school: str, index: int | None, entry: str, ids: Sequence[str], sealed: object
    ) -> None:
        digests: list[bytes] = []
        gone = []
        for record in ids:
            if record not in self._records:
                gone.append(record)
                continue
            audit_id, digest = self._records[record]
            if audit_id == entry:
                self._cited.add(record)
            digests.append(digest)
        if entry in self._disposed:
            self._report.disposed += 1
        elif gone:
            self._report.find(
                school,
                index,
                "record-missing",
                f"record {gone[0]} is gone, and no disposal tells of it",
            )
        elif content(digests) != sealed:
            self._report.find(
                school,
                index,
                "record-changed",
                f"the records that this entry sealed ({', '.join(ids)}) have been changed",
            )
