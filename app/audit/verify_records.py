"""Compare domain records with the entries that sealed them, in both directions: no record is
changed or missing, and an entry accounts for every record.
"""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeAlias

from app.audit.leaf import Body
from app.audit.model import Sealed, content
from app.audit.report import Report
from app.platform.db import Session

RecordSource: TypeAlias = Callable[[Session], AsyncIterator[Sealed]]
"""Reads the records of a package as they are stored now."""


class Records:
    """The stored records, and those that an entry has accounted for. Ids of entries are 32
    hexadecimal digits.
    """

    def __init__(self, report: Report, disposed: set[str]) -> None:
        self._report = report
        self._disposed = disposed
        self._records: dict[str, tuple[str, bytes]] = {}
        self._heads: dict[str, tuple[str, str]] = {}
        self._cited: set[str] = set()
        self._changed: set[str] = set()
        self._latest: dict[str, tuple[str, set[str]]] = {}

    async def load(self, session: Session, sources: Sequence[RecordSource]) -> None:
        """Read the records of every package; a failure is a finding."""
        for source in sources:
            try:
                async for sealed in source(session):
                    self._take(sealed)
            except Exception as error:  # noqa: BLE001 - a row that breaks its reader is a finding
                package = getattr(source, "__module__", "a package")
                self._report.add(
                    "*",
                    None,
                    "records-unreadable",
                    f"the records of {package} cannot be read ({type(error).__name__})",
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
                    self._report.add(
                        school,
                        index,
                        "head-changed",
                        f"the state of {head} is not the one that this entry sealed",
                    )

    def finish(self) -> None:
        """Report the records for which no entry accounts; call it after the last entry."""
        add = self._report.add
        for record in self._records.keys() - self._cited:
            add(
                "*",
                None,
                "record-inserted",
                f"record {record} cites an entry that did not seal it",
            )
        for head in self._heads.keys() - self._cited:
            add(
                "*",
                None,
                "head-changed",
                f"the state of {head} cites an entry that did not seal it",
            )
        for head, (_, digests) in self._latest.items():
            stored = self._heads.get(head)
            if stored is None:
                add("*", None, "head-missing", f"{head}, which an entry sealed, is not stored")
            elif head in self._cited - self._changed and stored[1] not in digests:
                add(
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
            self._report.add(
                school,
                index,
                "record-missing",
                f"record {gone[0]} is missing, and no disposal explains it",
            )
        elif content(digests) != sealed:
            self._report.add(
                school,
                index,
                "record-changed",
                f"the records that this entry sealed ({', '.join(ids)}) have been changed",
            )
