"""Load and store sharing requests.

Every read takes the caller; every write makes one audit entry and the rows that cite it.
"""

import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.audit import sealed_storage
from app.audit.model import Action, Event, Sealed
from app.audit.sealed_storage import HeadWrite, RecordTables, RecordWrite
from app.identity.model import Actor, Permission
from app.kernel import ids
from app.kernel.canonical import to_sorted_json
from app.platform.db import Session
from app.platform.rows import col, values
from app.policy.engine.vocabulary import SubjectRole
from app.sharing.case import codec
from app.sharing.case.case import Case, Filter, Head, Record, SharingRequestNotFound, Subject
from app.sharing.case.change import Change, Draft
from app.sharing.case.model import OPEN, RecordKind, Status
from app.sharing.case.records import Content
from app.sharing.case.tables import (
    NARRATIVE,
    RECORD,
    REQUEST,
    SUBJECT,
    NarrativeRow,
    RecordRow,
    RequestRow,
    SubjectRow,
)

_HEAD: Final = tuple(REQUEST.columns.keys())

_WITH_NARRATIVES: Final = RECORD.outerjoin(
    NARRATIVE,
    sa.and_(
        col(NarrativeRow.school) == col(RecordRow.school),
        col(NarrativeRow.record_id) == col(RecordRow.id),
    ),
)

_TABLES: Final = RecordTables(
    record=RECORD,
    narrative=NARRATIVE,
    people=SUBJECT,
    owner="request_id",
    disposal=RecordKind.DISPOSAL.value,
)

_PER_CHILD: Final = frozenset(
    {Action.DECISION_RECORDED, Action.DISCLOSURE_RECORDED, Action.EMERGENCY_RECORDED}
)
"""The acts that make one audit entry for each subject."""


async def load(
    session: Session, actor: Actor, request_id: UUID, *, to_change: bool = False
) -> Case:
    """Load a request for the caller; raises `SharingRequestNotFound` if they may not see it.

    `to_change` locks the request against concurrent writers.
    """
    query = sa.select(REQUEST).where(
        col(RequestRow.id) == request_id, col(RequestRow.school) == actor.school
    )
    if to_change and session.dialect == "postgresql":
        query = query.with_for_update()
    row = await session.first(query)
    if row is None:
        raise SharingRequestNotFound
    head = head_of(row)
    head.view_for(actor)
    return await _complete(session, head)


async def load_as_service(session: Session, school: str, request_id: UUID) -> Case | None:
    """Load a request without a check of the caller, or None.

    For follow-ups, retention and reports, whose routes check a permission of their own.
    """
    return (await load_all_as_service(session, school, [request_id])).get(request_id)


async def load_all_as_service(
    session: Session, school: str, ids: Collection[UUID]
) -> dict[UUID, Case]:
    """Load several requests by id without a check of the caller; see `load_as_service`."""
    rows = await session.all(
        sa.select(REQUEST).where(col(RequestRow.id).in_(ids), col(RequestRow.school) == school)
    )
    return await _complete_all(session, school, [head_of(row) for row in rows])


async def _complete(session: Session, head: Head) -> Case:
    return (await _complete_all(session, head.school, [head]))[head.id]


async def _complete_all(session: Session, school: str, heads: Sequence[Head]) -> dict[UUID, Case]:
    wanted = [head.id for head in heads]
    records: dict[UUID, list[Record[Content]]] = {one: [] for one in wanted}
    subjects: dict[UUID, list[Subject]] = {one: [] for one in wanted}
    rows = await session.all(
        sa.select(RECORD, col(NarrativeRow.body).label("text"))
        .select_from(_WITH_NARRATIVES)
        .where(col(RecordRow.school) == school, col(RecordRow.request_id).in_(wanted))
        .order_by(col(RecordRow.version), col(RecordRow.id))
    )
    for row in rows:
        records[row.request_id].append(_record(row))
    for row in await session.all(
        sa.select(SUBJECT)
        .where(col(SubjectRow.school) == school, col(SubjectRow.request_id).in_(wanted))
        .order_by(col(SubjectRow.id))
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
    """Convert a row of the request table to a head."""
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
    """Heads that the caller may see, newest first, at most `limit`, older than `before`."""
    query = (
        sa.select(REQUEST)
        .where(col(RequestRow.school) == actor.school)
        .order_by(col(RequestRow.id).desc())
        .limit(limit)
    )
    if not (
        actor.may(Permission.REQUEST_READ_ALL) or actor.may(Permission.REQUEST_READ_DEIDENTIFIED)
    ):
        query = query.where(col(RequestRow.submitted_by) == actor.id)
    if before is not None:
        query = query.where(col(RequestRow.id) < before)
    for column, wanted in (
        (col(RequestRow.status), filters.status),
        (col(RequestRow.outcome), filters.outcome),
        (col(RequestRow.direction), filters.direction),
        (col(RequestRow.recipient_type), filters.recipient_type),
    ):
        if wanted is not None:
            query = query.where(column.in_(sorted(set(wanted))))
    if filters.submitted_from is not None:
        query = query.where(col(RequestRow.submitted_at) >= filters.submitted_from)
    if filters.submitted_to is not None:
        query = query.where(col(RequestRow.submitted_at) < filters.submitted_to)
    if filters.subject is not None:
        same = (
            col(SubjectRow.school) == col(RequestRow.school),
            col(SubjectRow.request_id) == col(RequestRow.id),
            col(SubjectRow.ref) == filters.subject,
        )
        query = query.where(sa.exists().where(*same))
    if filters.overdue is not None:
        late = overdue_at(now)
        query = query.where(late if filters.overdue else sa.not_(late))
    return [head_of(row) for row in await session.all(query)]


async def heads(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Head]:
    """The heads with these ids that the caller may see, by id."""
    if not ids:
        return {}
    rows = await session.all(
        sa.select(REQUEST).where(
            col(RequestRow.id).in_(set(ids)), col(RequestRow.school) == actor.school
        )
    )
    found = {row.id: head_of(row) for row in rows}
    return {found_id: head for found_id, head in found.items() if head.seen_by(actor)}


async def has_any(session: Session) -> bool:
    """Whether the database contains a request of any school."""
    return await session.first(sa.select(col(RequestRow.id)).limit(1)) is not None


async def ids_of_person(session: Session, school: str, ref: str) -> list[UUID]:
    """The subject ids of a person by the school's reference; one for each request."""
    return [
        row.id
        for row in await session.all(
            sa.select(col(SubjectRow.id)).where(
                col(SubjectRow.school) == school, col(SubjectRow.ref) == ref
            )
        )
    ]


def overdue_at(now: datetime) -> sa.ColumnElement[bool]:
    """The SQL condition that a clock of the request has expired; see `Head.overdue`."""
    waiting = [status.value for status in OPEN - {Status.EMERGENCY_RECORDED}]
    return sa.or_(
        sa.and_(
            col(RequestRow.status).in_(waiting),
            sa.func.coalesce(col(RequestRow.due_at) < now, sa.false()),
        ),
        sa.and_(
            col(RequestRow.status) == Status.EMERGENCY_RECORDED.value,
            sa.func.coalesce(col(RequestRow.task_due_at) < now, sa.false()),
        ),
        sa.func.coalesce(col(RequestRow.advice_due_at) < now, sa.false()),
        sa.func.coalesce(col(RequestRow.notice_due_on) <= now.date().isoformat(), sa.false()),
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
    """Store one act and its audit entries in this transaction.

    Returns a case of the new head, the new records and the new subjects only. `previous` is the
    head on which the act was based; raises `PreconditionFailed` if the stored head differs.
    """
    entry_id = ids.new_id(at)
    head = replace(change.head, audit_id=entry_id, version=previous.version + 1 if previous else 1)
    drafts = sorted(change.drafts, key=lambda draft: draft.id)
    records = {draft.id: _record_write(draft, change, head, by, at) for draft in drafts}
    await sealed_storage.write(
        session,
        list(_events(change, head)),
        entry=entry_id,
        by=by,
        at=at,
        request_id=request_id,
        heads=[
            HeadWrite(
                table=REQUEST,
                row=_head_row(head),
                replaces={"version": previous.version} if previous else None,
            )
        ],
        records=list(records.values()),
        tables=_TABLES,
        states={str(change.target): change.remains} if change.remains else {},
    )
    made = tuple(
        Record(
            id=draft.id,
            at=at,
            by_id=by.id,
            by_role=by.role,
            content=draft.content,
            personal=records[draft.id].text is not None,
            audit_id=entry_id,
        )
        for draft in drafts
    )
    return Case(head=head, records=made, subjects=tuple(change.subjects))


def _events(change: Change, head: Head) -> Iterator[Event]:
    """The audit events of an act: one, or one for each subject if the act requires it."""
    each: list[tuple[UUID, ...]] = [tuple(change.about)]
    if change.action in _PER_CHILD and len(change.about) > 1:
        each = [(subject,) for subject in change.about]
    for subjects in each:
        yield Event(
            action=change.action,
            request=head.id,
            subjects=subjects,
            recipient=head.recipient_type,
            target=str(change.target) if change.target else None,
            reason_code=change.reason_code,
            policy=head.policy_digest,
            data={**(change.data or {}), "status": head.status.value},
        )


def _head_row(head: Head) -> dict[str, object]:
    return {name: getattr(head, name) for name in _HEAD}


def _record_write(
    draft: Draft[Content], change: Change, head: Head, by: Actor, at: datetime
) -> RecordWrite:
    body, text = codec.encode(draft.content)
    row = values(RecordRow)(
        school=head.school,
        id=draft.id,
        request_id=head.id,
        version=head.version,
        kind=draft.content.kind.value,
        at=at,
        by_id=by.id,
        by_role=by.role.value,
        body=to_sorted_json(body),
        audit_id=head.audit_id,
    )
    people = [
        values(SubjectRow)(
            school=head.school,
            id=subject.id,
            request_id=head.id,
            record_id=subject.record_id,
            ref=subject.ref,
            role=subject.role,
            audit_id=head.audit_id,
        )
        for subject in change.subjects
        if subject.record_id == draft.id
    ]
    return RecordWrite(
        row=row, text=to_sorted_json(text) if text or people else None, people=people
    )


async def destroy(session: Session, school: str, request_id: UUID, *, but: UUID) -> None:
    """Destroy the personal data of a request, except that of the audit entry `but`.

    `but` is the entry of the disposal itself.
    """
    await sealed_storage.destroy(session, _TABLES, school, request_id, but=but)


async def remains(session: Session, school: str, request_id: UUID) -> str:
    """The digest of the records of a request without their personal data."""
    return await sealed_storage.remains(session, _TABLES, school, request_id)


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """All stored records and heads, for the verification of the audit log."""
    async for one in sealed_storage.sealed_records(session, _TABLES):
        yield one
    async for one in sealed_storage.sealed_heads(session, REQUEST):
        yield one


async def save_change(
    session: Session, actor: Actor, case: Case, change: Change, *, now: datetime, trace: str
) -> Case:
    """Store a change of a case and return the updated case."""
    made = await write(session, change, by=actor, at=now, request_id=trace, previous=case.head)
    return Case(
        head=made.head,
        records=(*case.records, *made.records),
        subjects=(*case.subjects, *made.subjects),
    )
