"""Verification compares the stored records of a package with the entries that sealed them."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from app.audit import log, seal
from app.audit.model import Action, Event, Sealed, content, record_digest, state_digest
from app.kernel.ids import new_id
from app.platform.db import Database, Session
from tests.unit.audit import trail
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, verify_log


class Package:
    """A package with records and heads."""

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


def change_a_record(package: Package) -> None:
    key = next(iter(package.records))
    package.records[key] = (package.records[key][0], bytes(32))


def remove_a_record(package: Package) -> None:
    package.records.pop(next(iter(package.records)))


def insert_a_record(package: Package) -> None:
    package.records["another"] = (next(iter(package.records.values()))[0], bytes(32))


def insert_a_record_of_no_entry(package: Package) -> None:
    package.records["another"] = (new_id(NOON), bytes(32))


def change_a_head(package: Package) -> None:
    package.heads[str(CASE)] = (package.heads[str(CASE)][0], bytes(32))


def remove_a_head(package: Package) -> None:
    package.heads.pop(str(CASE))


def insert_a_head(package: Package) -> None:
    package.heads[str(OTHER)] = (new_id(NOON), bytes(32))


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
async def test_records_and_entries_are_compared_in_both_directions(
    database: Database, change: Callable[[Package], None], code: str
) -> None:
    package = Package()
    await package.act(database, CASE, 1, more=1)
    await seal.seal(database, KEY, host=HOST)
    await package.act(database, CASE, 2)
    sources = [package.sealed]
    report = await verify_log(database, sources=sources, now=NOON)
    assert report.intact, report.lines()
    assert report.records == 5
    change(package)
    assert {f.code for f in (await verify_log(database, sources=sources, now=NOON)).findings} == {
        code
    }


async def test_a_head_with_an_older_state_is_found(database: Database) -> None:
    package = Package()
    await package.act(database, CASE, 1)
    older = package.heads[str(CASE)]
    await package.act(database, CASE, 2)
    package.heads[str(CASE)] = older
    assert [
        f.code for f in (await verify_log(database, sources=[package.sealed], now=NOON)).findings
    ] == ["head-rolled-back"]


async def test_a_disposal_is_no_finding_unless_it_is_forged(database: Database) -> None:
    package = Package()
    entry = await package.act(database, CASE, 1)
    other = await package.act(database, OTHER, 1)
    disposing = await package.act(database, CASE, 2, Action.REQUEST_DISPOSED)
    gone = [key for key, (cites, _) in package.records.items() if cites == entry]
    for key in gone:
        package.records[key] = (entry, bytes(32))
    sources = [package.sealed]
    assert [f.code for f in (await verify_log(database, sources=sources, now=NOON)).findings] == [
        "record-changed"
    ]
    async with database.transaction() as session:
        log.dispose(session, SCHOOL, [entry], by_entry=disposing)
    report = await verify_log(database, sources=sources, now=NOON)
    assert report.intact, report.lines()
    assert report.disposed == 1
    async with database.transaction() as session:
        log.dispose(session, SCHOOL, [other], by_entry=disposing)
    report = await verify_log(database, sources=sources, now=NOON)
    assert [f.code for f in report.findings] == ["disposal-forged"]


async def test_records_that_cannot_be_read_are_a_finding(database: Database) -> None:
    async def broken(_session: Session) -> AsyncIterator[Sealed]:
        raise ValueError
        yield  # pragma: no cover

    assert "records-unreadable" in [
        f.code for f in (await verify_log(database, sources=[broken])).findings
    ]
