"""Reads and writes sharing requests. Every read says who is asking; every write is one entry of the
trail and the rows that cite it.
"""

import json
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.audit import log
from app.audit.model import (
    SALT_BYTES,
    Action,
    Event,
    Sealed,
    content,
    record_digest,
    state,
    state_digest,
)
from app.identity.model import Actor, Permission
from app.kernel import clock, ids
from app.kernel.canonical import Json, kept
from app.platform.db import Session
from app.platform.preconditions import PreconditionFailed
from app.policy.engine.vocabulary import SubjectRole
from app.sharing.case import codec
from app.sharing.case.case import Case, Filter, Head, Record, SharingRequestNotFound, Subject
from app.sharing.case.change import Change, Draft
from app.sharing.case.model import OPEN, RecordKind, Status
from app.sharing.case.records import Content
from app.sharing.case.tables import NARRATIVE, RECORD, REQUEST, SUBJECT

_HEAD: Final = tuple(REQUEST.columns.keys())

_WITH_NARRATIVES: Final = RECORD.outerjoin(
    NARRATIVE,
    sa.and_(NARRATIVE.c.school == RECORD.c.school, NARRATIVE.c.record_id == RECORD.c.id),
)

_PER_CHILD: Final = frozenset(
    {Action.DECISION_RECORDED, Action.DISCLOSURE_RECORDED, Action.EMERGENCY_RECORDED}
)
"""Acts that leave one entry for each subject."""


async def load(
    session: Session, actor: Actor, request_id: UUID, *, to_change: bool = False
) -> Case:
    """The request, for this caller; raises `SharingRequestNotFound` where they may not see it.
    `to_change` holds it against other writers.
    """
    query = sa.select(REQUEST).where(REQUEST.c.id == request_id, REQUEST.c.school == actor.school)
    if to_change and session.dialect == "postgresql":
        query = query.with_for_update()
    row = await session.first(query)
    if row is None:
        raise SharingRequestNotFound
    head = head_of(row)
    head.view_for(actor)
    return await _complete(session, head)


async def load_as_service(session: Session, school: str, request_id: UUID) -> Case | None:
    """The request, for the service itself: follow-ups, retention and reports, whose routes have
    asked for their own permission.
    """
    return (await load_all_as_service(session, school, [request_id])).get(request_id)


async def load_all_as_service(
    session: Session, school: str, ids: Collection[UUID]
) -> dict[UUID, Case]:
    """Several requests by id, for the service itself; see `load_as_service`."""
    rows = await session.all(
        sa.select(REQUEST).where(REQUEST.c.id.in_(ids), REQUEST.c.school == school)
    )
    return await _complete_all(session, school, [head_of(row) for row in rows])


async def _complete(session: Session, head: Head) -> Case:
    return (await _complete_all(session, head.school, [head]))[head.id]


async def _complete_all(session: Session, school: str, heads: Sequence[Head]) -> dict[UUID, Case]:
    wanted = [head.id for head in heads]
    records: dict[UUID, list[Record[Content]]] = {one: [] for one in wanted}
    subjects: dict[UUID, list[Subject]] = {one: [] for one in wanted}
    rows = await session.all(
        sa.select(RECORD, NARRATIVE.c.body.label("text"))
        .select_from(_WITH_NARRATIVES)
        .where(RECORD.c.school == school, RECORD.c.request_id.in_(wanted))
        .order_by(RECORD.c.version, RECORD.c.id)
    )
    for row in rows:
        records[row.request_id].append(_record(row))
    for row in await session.all(
        sa.select(SUBJECT)
        .where(SUBJECT.c.school == school, SUBJECT.c.request_id.in_(wanted))
        .order_by(SUBJECT.c.id)
    ):
        subjects[row.request_id].append(_subject(row))
    return {
        head.id: Case(head=head, records=tuple(records[head.id]), subjects=tuple(subjects[head.id]))
        for head in heads
    }


def _subject(row: sa.Row[Any]) -> Subject:
    return Subject(id=row.id, record_id=row.record_id, ref=row.ref, role=SubjectRole(row.role))


def _record(row: sa.Row[Any]) -> Record[Content]:
    personal = None if row.text is None else json.loads(row.text)
    return Record(
        id=row.id,
        at=row.at,
        by_id=row.by_id,
        by_role=row.by_role,
        content=codec.decode(RecordKind(row.kind), json.loads(row.body), personal),
        personal=personal is not None,
        audit_id=row.audit_id,
    )


def head_of(row: sa.Row[Any]) -> Head:
    """The head in a row of the table of requests."""
    return Head(**{**row._mapping, "status": Status(row.status)})  # noqa: SLF001 - the documented way to a row's mapping


async def page(
    session: Session,
    actor: Actor,
    filters: Filter,
    *,
    now: datetime,
    limit: int,
    before: UUID | None,
) -> list[Head]:
    """Heads that the caller may see, newest first, `limit` at most, older than `before`."""
    query = (
        sa.select(REQUEST)
        .where(REQUEST.c.school == actor.school)
        .order_by(REQUEST.c.id.desc())
        .limit(limit)
    )
    if not (
        actor.may(Permission.REQUEST_READ_ALL) or actor.may(Permission.REQUEST_READ_DEIDENTIFIED)
    ):
        query = query.where(REQUEST.c.submitted_by == actor.id)
    if before is not None:
        query = query.where(REQUEST.c.id < before)
    for name in ("status", "outcome", "direction", "recipient_type"):
        if (wanted := getattr(filters, name)) is not None:
            query = query.where(REQUEST.c[name] == wanted)
    if filters.submitted_from is not None:
        query = query.where(REQUEST.c.submitted_at >= filters.submitted_from)
    if filters.submitted_to is not None:
        query = query.where(REQUEST.c.submitted_at < filters.submitted_to)
    if filters.subject is not None:
        same = (
            SUBJECT.c.school == REQUEST.c.school,
            SUBJECT.c.request_id == REQUEST.c.id,
            SUBJECT.c.ref == filters.subject,
        )
        query = query.where(sa.exists().where(*same))
    if filters.overdue is not None:
        late = overdue_at(now)
        query = query.where(late if filters.overdue else sa.not_(late))
    return [head_of(row) for row in await session.all(query)]


async def heads(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Head]:
    """Heads by id, those of them that the caller may see."""
    if not ids:
        return {}
    rows = await session.all(
        sa.select(REQUEST).where(REQUEST.c.id.in_(set(ids)), REQUEST.c.school == actor.school)
    )
    found = {row.id: head_of(row) for row in rows}
    return {found_id: head for found_id, head in found.items() if head.seen_by(actor)}


async def has_any(session: Session) -> bool:
    """Whether any school has any request."""
    return await session.first(sa.select(REQUEST.c.id).limit(1)) is not None


async def ids_of_person(session: Session, school: str, ref: str) -> list[UUID]:
    """The random ids under which the trail knows the person whom the school knows by this
    reference; one for each request.
    """
    return [
        row.id
        for row in await session.all(
            sa.select(SUBJECT.c.id).where(SUBJECT.c.school == school, SUBJECT.c.ref == ref)
        )
    ]


def overdue_at(now: datetime) -> sa.ColumnElement[bool]:
    """SQL for: some clock of the request has run out (see `Head.overdue`)."""
    waiting = [status.value for status in OPEN - {Status.EMERGENCY_RECORDED}]
    return sa.or_(
        sa.and_(
            REQUEST.c.status.in_(waiting), sa.func.coalesce(REQUEST.c.due_at < now, sa.false())
        ),
        sa.and_(
            REQUEST.c.status == Status.EMERGENCY_RECORDED.value,
            sa.func.coalesce(REQUEST.c.task_due_at < now, sa.false()),
        ),
        sa.func.coalesce(REQUEST.c.advice_due_at < now, sa.false()),
        sa.func.coalesce(REQUEST.c.notice_due_on <= now.date().isoformat(), sa.false()),
    )


async def write(
    session: Session,
    change: Change,
    *,
    by: Actor,
    at: datetime,
    request_id: str,
    previous: Head | None = None,
) -> Case:
    """Store one act with its entries, in this transaction; gives the new records (and head) as a
    case of their own.

    `previous` is the head that the act was decided on; raises `PreconditionFailed` if it is no
    longer the stored one.
    """
    entry_id = ids.new_id(at)
    head = replace(change.head, audit_id=entry_id, version=previous.version + 1 if previous else 1)
    drafts = sorted(change.drafts, key=lambda draft: draft.id)
    encoded = [(draft, *codec.encode(draft.content)) for draft in drafts]
    rows = [_record_row(draft, body, head, by, at, entry_id) for draft, body, _ in encoded]
    narratives = [
        {
            "record_id": draft.id,
            "school": head.school,
            "request_id": head.id,
            "salt": secrets.token_bytes(SALT_BYTES),
            "body": kept(text),
            "audit_id": entry_id,
        }
        for draft, _, text in encoded
        if text
    ]
    personal = {row["record_id"]: row for row in narratives}
    refs = {
        draft.id: [subject for subject in change.subjects if subject.record_id == draft.id]
        for draft in drafts
    }
    digests = [_digest(row, personal.get(row["id"]), refs[row["id"]]) for row in rows]
    for event, cited in _events(
        change, head, [str(draft.id) for draft in drafts], content(digests), entry_id
    ):
        log.append(session, event, by=by, at=at, request_id=request_id, id=cited or ids.new_id(at))
    if previous is None:
        session.add(REQUEST, _head_row(head))
    for table, found in ((RECORD, rows), (NARRATIVE, narratives)):
        if found:
            session.add(table, *found)
    if change.subjects:
        session.add(
            SUBJECT, *(_subject_row(subject, head, entry_id) for subject in change.subjects)
        )
    if previous is not None:
        same = (
            REQUEST.c.school == head.school,
            REQUEST.c.id == head.id,
            REQUEST.c.version == previous.version,
        )
        if await session.execute(sa.update(REQUEST).where(*same).values(**_head_row(head))) != 1:
            raise PreconditionFailed
    made = tuple(
        Record(
            id=draft.id,
            at=at,
            by_id=by.id,
            by_role=by.role,
            content=draft.content,
            personal=bool(text),
            audit_id=entry_id,
        )
        for draft, _, text in encoded
    )
    return Case(head=head, records=made, subjects=tuple(change.subjects))


def _events(
    change: Change, head: Head, records: list[str], sealed: str, entry_id: UUID
) -> Iterator[tuple[Event, UUID | None]]:
    """The entries of an act: the one that its rows cite, and one more for each further child where
    the act asks for it.
    """
    data: dict[str, Json] = {
        **(change.data or {}),
        "status": head.status.value,
        "state": state(_canonical_head(head)),
        "records": records,
    }
    each: list[tuple[UUID, ...]] = [tuple(change.about)]
    if change.action in _PER_CHILD and len(change.about) > 1:
        each = [(subject,) for subject in change.about]
    for position, subjects in enumerate(each):
        event = Event(
            action=change.action,
            request=head.id,
            subjects=subjects,
            recipient=head.recipient_type,
            target=str(change.target) if change.target else None,
            reason_code=change.reason_code,
            policy=head.policy_digest,
            data=data,
            content=sealed,
        )
        yield event, entry_id if position == 0 else None


def _head_row(head: Head) -> dict[str, object]:
    return {name: getattr(head, name) for name in _HEAD}


def _canonical_head(head: Head) -> Json:
    return {name: _plain(value) for name, value in _head_row(head).items() if name != "audit_id"}


def _plain(value: object) -> Json:
    if isinstance(value, datetime):
        return clock.to_text(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    return str(value)


def _record_row(
    draft: Draft[Content],
    body: Mapping[str, Json],
    head: Head,
    by: Actor,
    at: datetime,
    entry_id: UUID,
) -> dict[str, Any]:
    return {
        "id": draft.id,
        "school": head.school,
        "request_id": head.id,
        "version": head.version,
        "kind": draft.content.kind.value,
        "at": at,
        "by_id": by.id,
        "by_role": by.role.value,
        "body": kept(body),
        "audit_id": entry_id,
    }


def _subject_row(subject: Subject, head: Head, entry_id: UUID) -> dict[str, object]:
    return {
        "id": subject.id,
        "school": head.school,
        "request_id": head.id,
        "record_id": subject.record_id,
        "ref": subject.ref,
        "role": subject.role,
        "audit_id": entry_id,
    }


def _digest(
    row: Mapping[str, Any], narrative: Mapping[str, Any] | None, subjects: Sequence[Subject]
) -> bytes:
    people = sorted(
        ([str(subject.id), kept(subject.ref), subject.role] for subject in subjects),
        key=lambda person: person[0],
    )
    record: Json = {
        **_structure(row),
        "text": narrative["body"] if narrative else None,
        "subjects": people,
    }
    return record_digest(narrative["salt"] if narrative else b"", record)


def _structure(row: Mapping[str, Any]) -> dict[str, Json]:
    names = ("id", "school", "request_id", "version", "kind", "at", "by_id", "by_role", "body")
    return {name: _plain(row[name]) for name in names}


async def destroy(session: Session, school: str, request_id: UUID, *, but: UUID) -> None:
    """Destroy names, references, words and salts of a request, all but those of the entry `but`,
    which says so.
    """
    for table in (NARRATIVE, SUBJECT):
        await session.execute(
            sa.delete(table).where(
                table.c.school == school, table.c.request_id == request_id, table.c.audit_id != but
            )
        )


def remains(records: Iterable[Mapping[str, Any]]) -> Json:
    """What is left of a disposed request, as the entry of its disposal seals it: one digest for
    each record, in the order of their ids.
    """
    digests = {
        str(record["id"]): record_digest(b"", _structure(record)).hex() for record in records
    }
    return [[record, digests[record]] for record in sorted(digests)]


async def rows_of(session: Session, school: str, request_id: UUID) -> list[Mapping[str, Any]]:
    """The records of a request as they are stored, without their personal part."""
    rows = await session.all(
        sa.select(RECORD).where(RECORD.c.school == school, RECORD.c.request_id == request_id)
    )
    return [dict(row._mapping) for row in rows]  # noqa: SLF001


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """Every record and head as stored now, for the verification of the trail.

    A record whose personal part was disposed of has no digest. What remains of it is sealed anew by
    the entry of the disposal, under the id of the disposal's record.
    """
    people: dict[UUID, list[Subject]] = {}
    async for row in session.stream(sa.select(SUBJECT)):
        people.setdefault(row.record_id, []).append(_subject(row))
    disposals = {
        row.request_id: row
        for row in await session.all(
            sa.select(RECORD).where(RECORD.c.kind == RecordKind.DISPOSAL.value)
        )
    }
    gone = {record for row in disposals.values() for record in json.loads(row.body)["destroyed"]}
    left: dict[UUID, list[Mapping[str, Any]]] = {request: [] for request in disposals}
    query = sa.select(RECORD, NARRATIVE.c.body.label("text"), NARRATIVE.c.salt).select_from(
        _WITH_NARRATIVES
    )
    async for row in session.stream(query):
        record = dict(row._mapping)  # noqa: SLF001
        if row.request_id in left and row.kind != RecordKind.DISPOSAL:
            left[row.request_id].append(record)
        narrative = {"body": row.text, "salt": row.salt} if row.text is not None else None
        digest = None if str(row.id) in gone else _digest(record, narrative, people.get(row.id, []))
        yield Sealed(id=str(row.id), audit_id=row.audit_id, digest=digest, mutable=False)
    for request, row in disposals.items():
        yield Sealed(
            id=str(row.id),
            audit_id=row.audit_id,
            digest=state_digest(remains(left[request])),
            mutable=True,
        )
    async for row in session.stream(sa.select(REQUEST)):
        head = head_of(row)
        yield Sealed(
            id=str(head.id),
            audit_id=head.audit_id,
            digest=state_digest(_canonical_head(head)),
            mutable=True,
        )


async def save_change(
    session: Session, actor: Actor, case: Case, change: Change, *, now: datetime, trace: str
) -> Case:
    """Write a change of a case and give the case as it is after it."""
    made = await write(session, change, by=actor, at=now, request_id=trace, previous=case.head)
    return Case(
        head=made.head,
        records=(*case.records, *made.records),
        subjects=(*case.subjects, *made.subjects),
    )
