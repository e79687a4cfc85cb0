"""Stores rows together with the audit entry that seals them, and reads them for verification.

An act writes heads (rows that change) and records (rows that never change). The personal part of a
record is a narrative (text, with the salt of the record's digest) and people (rows such as the
persons a request is about), each in a table of its own, so that it can be destroyed.

Invariant: the rows of an act and its entries are written in one transaction, and every row cites
the first entry in `audit_id`. The entry holds a digest of each head and one over all records. The
digest of a record covers its personal part and its salt; once these are destroyed, it tells nothing
about them.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.audit import log
from app.audit.model import (
    SALT_BYTES,
    Author,
    Event,
    Sealed,
    content,
    record_digest,
    state,
    state_digest,
)
from app.kernel import clock, ids
from app.kernel.canonical import Json, to_sorted_json
from app.platform.db import Session
from app.platform.preconditions import PreconditionFailed

Row = Mapping[str, object]
"""The columns of a row by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTables:
    """The tables of the records of one aggregate.

    `record` has the columns school, id, audit_id and `owner` (the id of the head that a record
    belongs to); `narrative` has school, record_id, salt, body and audit_id; `people` has school,
    id, record_id, audit_id and `owner`. A record whose `kind` is `disposal` says that the personal
    part of the other records of its owner has been destroyed.
    """

    record: sa.Table
    narrative: sa.Table
    people: sa.Table | None = None
    owner: str
    disposal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadWrite:
    """A head to store. `replaces` are columns that the stored row must still have for the update to
    happen; None inserts.
    """

    table: sa.Table
    row: Row
    replaces: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWrite:
    """A record to store. `text` is the personal part as JSON text, `people` the personal rows
    beside it. A record with people needs a text, since the salt of its digest is stored with it.
    """

    row: Row
    text: str | None = None
    people: Sequence[Row] = ()


async def write(
    session: Session,
    events: Sequence[Event],
    *,
    entry: UUID,
    by: Author,
    at: datetime,
    request_id: str,
    heads: Sequence[HeadWrite] = (),
    records: Sequence[RecordWrite] = (),
    tables: RecordTables | None = None,
    states: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Append the entries of one act and store its rows, which cite `entry` already.

    `entry` becomes the id of the first event. The digests of heads and the further `states`
    (`data.states`, by id) and of records (`data.records`, `content`) are added to every event.
    Raises `PreconditionFailed` where a head is not as `replaces` says.
    """
    if any(record.people and record.text is None for record in records):
        raise ValueError("a record with people has no text to store its salt with")
    sealed = sorted(
        ((record, _salt(record)) for record in records), key=lambda pair: str(pair[0].row["id"])
    )
    said: dict[str, Json] = {}
    if heads or states:
        said["states"] = {
            **{str(head.row["id"]): state(canonical_row(head.row)) for head in heads},
            **states,
        }
    if sealed:
        said["records"] = [str(record.row["id"]) for record, _ in sealed]
    digests = [digest_of(record, salt) for record, salt in sealed]
    for position, event in enumerate(events):
        told = replace(
            event, data={**event.data, **said}, content=content(digests) if digests else None
        )
        entry_id = entry if position == 0 else ids.new_id(at)
        log.append(session, told, by=by, at=at, request_id=request_id, id=entry_id)

    for head in heads:
        if head.replaces is None:
            session.add(head.table, head.row)
    if tables is not None:
        _add_records(session, tables, sealed)
    for head in heads:
        if head.replaces is not None:
            await _replace(session, head.table, head.row, head.replaces)


def _salt(record: RecordWrite) -> bytes:
    return b"" if record.text is None else secrets.token_bytes(SALT_BYTES)


def _add_records(
    session: Session, tables: RecordTables, sealed: Sequence[tuple[RecordWrite, bytes]]
) -> None:
    for record, _ in sealed:
        session.add(tables.record, record.row)
    for record, salt in sealed:
        if record.text is not None:
            narrative = {
                "school": record.row["school"],
                "record_id": record.row["id"],
                "salt": salt,
                "body": record.text,
                "audit_id": record.row["audit_id"],
            }
            session.add(tables.narrative, narrative)
    for record, _ in sealed:
        if record.people and tables.people is not None:
            session.add(tables.people, *record.people)


async def _replace(session: Session, table: sa.Table, row: Row, replaces: Row) -> None:
    key = {"school", "id"}
    same = {**{name: row[name] for name in key}, **replaces}
    where = (table.c[name] == value for name, value in same.items())
    changed = {name: value for name, value in row.items() if name not in key}
    if await session.execute(sa.update(table).where(*where).values(**changed)) != 1:
        raise PreconditionFailed


_AS_IT_IS: Final = frozenset({str, int, bool})
"""Types of columns whose values are their own JSON."""


def canonical_row(row: Row) -> dict[str, Json]:
    """A row as it is hashed: its columns by name, but for `audit_id` and those without a value.

    Leaving out NULL lets a later migration add a column that old rows do not have.
    """
    return {
        str(name): _plain(value)
        for name, value in row.items()
        if value is not None and name != "audit_id"
    }


def _plain(value: object) -> Json:
    # By exact type first: this is on the path of every write.
    if type(value) in _AS_IT_IS:
        return value  # type: ignore[return-value]
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, str):  # an enum
        return str(value)
    if isinstance(value, bytes):
        return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
    raise TypeError(f"a column holds a {type(value).__name__}")


def digest_of(record: RecordWrite, salt: bytes) -> bytes:
    """The digest of a record with its personal part; `salt` is empty for one without narrative."""
    whole = canonical_row(record.row)
    if record.text is not None:
        whole["text"] = record.text
    if record.people:
        people = sorted((canonical_row(person) for person in record.people), key=_by_id)
        whole["people"] = to_sorted_json(people)
    return record_digest(salt, whole)


def _by_id(row: Mapping[str, Json]) -> str:
    return str(row["id"])


async def destroy(
    session: Session, tables: RecordTables, school: str, owner: UUID, *, but: UUID
) -> None:
    """Destroy the personal part of every record of an owner, but for those that cite the entry
    `but`, which says so.
    """
    record, narrative, people = tables.record, tables.narrative, tables.people
    records = sa.select(record.c.id).where(
        record.c.school == school, record.c[tables.owner] == owner
    )
    await session.execute(
        sa.delete(narrative).where(
            narrative.c.school == school,
            narrative.c.record_id.in_(records),
            narrative.c.audit_id != but,
        )
    )
    if people is not None:
        await session.execute(
            sa.delete(people).where(
                people.c.school == school, people.c[tables.owner] == owner, people.c.audit_id != but
            )
        )


async def remains(session: Session, tables: RecordTables, school: str, owner: UUID) -> str:
    """The digest of what is left of an owner's records without their personal part, as the entry of
    their disposal seals it under the id of the disposal's record (`data.states`).
    """
    rows = await session.all(
        sa.select(tables.record).where(
            tables.record.c.school == school, tables.record.c[tables.owner] == owner
        )
    )
    return state(_remains(_mapping(row) for row in rows))


def _remains(records: Iterable[Row]) -> Json:
    digests = {
        str(record["id"]): record_digest(b"", canonical_row(record)).hex() for record in records
    }
    return [[record, digests[record]] for record in sorted(digests)]


async def sealed_heads(session: Session, *tables: sa.Table) -> AsyncIterator[Sealed]:
    """Every head as stored now, for the verification of the log."""
    for table in tables:
        async for row in session.stream(sa.select(table)):
            yield Sealed(
                id=str(row.id),
                audit_id=row.audit_id,
                digest=state_digest(canonical_row(_mapping(row))),
                mutable=True,
            )


async def sealed_records(session: Session, tables: RecordTables) -> AsyncIterator[Sealed]:
    """Every record as stored now, for the verification of the log, and what remains of those that
    were disposed of.
    """
    people: dict[UUID, list[Row]] = {}
    if tables.people is not None:
        async for row in session.stream(sa.select(tables.people)):
            people.setdefault(row.record_id, []).append(_mapping(row))
    disposals: dict[UUID, sa.Row[Any]] = {}
    left: dict[UUID, list[Row]] = {}
    if tables.disposal is not None:
        found = sa.select(tables.record).where(tables.record.c.kind == tables.disposal)
        disposals = {_mapping(row)[tables.owner]: row for row in await session.all(found)}
    async for row in session.stream(_with_narratives(tables)):
        stored = _mapping(row)
        text, salt = stored.pop("narrative_text"), stored.pop("narrative_salt")
        record = RecordWrite(row=stored, text=text, people=people.get(row.id, ()))
        yield Sealed(
            id=str(row.id),
            audit_id=row.audit_id,
            digest=digest_of(record, b"" if salt is None else salt),
            mutable=False,
        )
        if (owner := stored[tables.owner]) in disposals and stored["kind"] != tables.disposal:
            left.setdefault(owner, []).append(stored)
    for owner, row in disposals.items():
        yield Sealed(
            id=str(row.id),
            audit_id=row.audit_id,
            digest=state_digest(_remains(left.get(owner, ()))),
            mutable=True,
        )


def _with_narratives(tables: RecordTables) -> sa.Select[Any]:
    record, narrative = tables.record, tables.narrative
    same = sa.and_(narrative.c.school == record.c.school, narrative.c.record_id == record.c.id)
    return sa.select(
        record,
        narrative.c.body.label("narrative_text"),
        narrative.c.salt.label("narrative_salt"),
    ).select_from(record.outerjoin(narrative, same))


def _mapping(row: sa.Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - the documented way to a row's mapping
