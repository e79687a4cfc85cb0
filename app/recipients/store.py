"""Reads and writes the directory. Every read says whose school is asking; every write is one entry
of the trail and the rows citing it.
"""

import json
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
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
from app.identity.model import Actor
from app.kernel import canonical, clock, ids
from app.kernel.canonical import Json
from app.platform.db import Session
from app.platform.preconditions import PreconditionFailed
from app.recipients.model import (
    CheckMethod,
    Contact,
    ContactNotFound,
    Details,
    Listing,
    Recipient,
    RecipientNotFound,
    RecipientRoute,
    RecipientType,
    RecordKind,
    Verification,
    Verified,
    sort_key,
)
from app.recipients.tables import CONTACT, NARRATIVE, RECIPIENT, RECORD

_RECORDS: Final = RECORD.outerjoin(
    NARRATIVE,
    sa.and_(NARRATIVE.c.school == RECORD.c.school, NARRATIVE.c.record_id == RECORD.c.id),
)
_CONTACTS: Final = CONTACT.outerjoin(
    NARRATIVE,
    sa.and_(NARRATIVE.c.school == CONTACT.c.school, NARRATIVE.c.record_id == CONTACT.c.details_id),
)

Target = tuple[UUID, UUID | None]
"""Who was checked: the organisation, and the contact if it was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the directory is narrowed to; None leaves a member open. `prefix` is a `sort_key`."""

    organisation_type: RecipientType | None = None
    prefix: str | None = None
    active: bool | None = None

    def named(self) -> list[str]:
        """The names of the filters in use, as the trail records them."""
        return [name for name in self.__slots__ if getattr(self, name) is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record about to be stored; `text` is its personal part."""

    id: UUID
    kind: RecordKind
    body: Mapping[str, Json]
    text: Mapping[str, Json]
    verified_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one act does to the directory: the head after it, if it moves one, and the record it
    makes, if any.
    """

    action: Action
    recipient_id: UUID
    contact_id: UUID | None = None
    head: Recipient | Contact | None = None
    draft: Draft | None = None
    data: Mapping[str, Json]


async def load(
    session: Session, school: str, recipient_id: UUID, *, to_change: bool = False
) -> Recipient:
    """One organisation; raises `RecipientNotFound`. `to_change` holds it against other writers."""
    query = sa.select(RECIPIENT).where(RECIPIENT.c.id == recipient_id, RECIPIENT.c.school == school)
    if to_change and session.dialect == "postgresql":
        query = query.with_for_update()
    row = await session.first(query)
    if row is None:
        raise RecipientNotFound
    return _recipient(row)


async def page(
    session: Session, school: str, filters: Filter, *, limit: int, after: tuple[str, UUID] | None
) -> list[Recipient]:
    """At most `limit` organisations by name, after the one with this sort key and id."""
    query = (
        sa.select(RECIPIENT)
        .where(RECIPIENT.c.school == school)
        .order_by(RECIPIENT.c.sort_key, RECIPIENT.c.id)
        .limit(limit)
    )
    if after is not None:
        key, last = after
        query = query.where(
            sa.or_(
                RECIPIENT.c.sort_key > key,
                sa.and_(RECIPIENT.c.sort_key == key, RECIPIENT.c.id > last),
            )
        )
    if filters.organisation_type is not None:
        query = query.where(RECIPIENT.c.organisation_type == filters.organisation_type.value)
    if filters.prefix is not None:
        query = query.where(RECIPIENT.c.sort_key.startswith(filters.prefix, autoescape=True))
    if filters.active is not None:
        query = query.where(RECIPIENT.c.active == filters.active)
    return [_recipient(row) for row in await session.all(query)]


async def load_contact(
    session: Session, school: str, recipient_id: UUID, contact_id: UUID, *, to_change: bool = False
) -> Contact:
    """One contact of an organisation; raises `ContactNotFound`. `to_change` holds it against other
    writers.
    """
    same = (
        CONTACT.c.id == contact_id,
        CONTACT.c.recipient_id == recipient_id,
        CONTACT.c.school == school,
    )
    query = sa.select(CONTACT, NARRATIVE.c.body.label("text")).select_from(_CONTACTS).where(*same)
    if to_change and session.dialect == "postgresql":
        query = query.with_for_update(of=CONTACT)
    row = await session.first(query)
    if row is None:
        raise ContactNotFound
    return _contact(row)


async def contacts(
    session: Session,
    school: str,
    recipient_id: UUID,
    *,
    active: bool | None,
    limit: int,
    after: UUID | None,
) -> list[Contact]:
    """At most `limit` contacts of an organisation, oldest first, after this one."""
    query = (
        sa.select(CONTACT, NARRATIVE.c.body.label("text"))
        .select_from(_CONTACTS)
        .where(CONTACT.c.recipient_id == recipient_id, CONTACT.c.school == school)
        .order_by(CONTACT.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(CONTACT.c.id > after)
    if active is not None:
        query = query.where(CONTACT.c.active == active)
    return [_contact(row) for row in await session.all(query)]


async def newest(
    session: Session, school: str, recipient_ids: Collection[UUID]
) -> dict[Target, Verification]:
    """The newest check of each of these organisations and of each of their contacts: by the day it
    was made, then as recorded.
    """
    rank = sa.func.row_number().over(
        partition_by=(RECORD.c.recipient_id, RECORD.c.contact_id),
        order_by=(RECORD.c.verified_on.desc(), RECORD.c.id.desc()),
    )
    ranked = (
        sa.select(RECORD, NARRATIVE.c.body.label("text"), rank.label("rank"))
        .select_from(_RECORDS)
        .where(
            RECORD.c.school == school,
            RECORD.c.recipient_id.in_(recipient_ids),
            RECORD.c.kind == RecordKind.VERIFICATION.value,
        )
        .subquery()
    )
    rows = await session.all(sa.select(ranked).where(ranked.c.rank == 1))
    return {(row.recipient_id, row.contact_id): _verification(row) for row in rows}


async def history(
    session: Session,
    school: str,
    recipient_id: UUID,
    *,
    contact_id: UUID | None = None,
    limit: int,
    before: UUID | None = None,
) -> list[Verification]:
    """At most `limit` checks of an organisation and its contacts, or of one contact, last recorded
    first, recorded before this one.
    """
    query = (
        sa.select(RECORD, NARRATIVE.c.body.label("text"))
        .select_from(_RECORDS)
        .where(
            RECORD.c.school == school,
            RECORD.c.recipient_id == recipient_id,
            RECORD.c.kind == RecordKind.VERIFICATION.value,
        )
        .order_by(RECORD.c.id.desc())
        .limit(limit)
    )
    if contact_id is not None:
        query = query.where(RECORD.c.contact_id == contact_id)
    if before is not None:
        query = query.where(RECORD.c.id < before)
    return [_verification(row) for row in await session.all(query)]


async def write(
    session: Session, change: Change, *, by: Actor, at: datetime, request_id: str
) -> None:
    """Store one act with its entry, in this transaction; raises `PreconditionFailed` if the head
    was changed by somebody else meanwhile.
    """
    entry = ids.new_id(at)
    data = dict(change.data)
    row, record, narrative, sealed_content = None, None, None, None
    if change.head is not None:
        row = _head_row(change.head)
        data["states"] = {str(change.head.id): state(_canonical(row))}
    if change.draft is not None:
        record, narrative = _record_rows(change, change.draft, by, at)
        data["records"] = [str(change.draft.id)]
        sealed_content = content([_digest(record, narrative)])
    event = Event(
        action=change.action,
        recipient=str(change.recipient_id),
        target=None if change.contact_id is None else str(change.contact_id),
        data=data,
        content=sealed_content,
    )
    log.append(session, event, by=by, at=at, request_id=request_id, id=entry)
    if change.head is not None and row is not None:
        table = RECIPIENT if isinstance(change.head, Recipient) else CONTACT
        if change.head.version == 1:
            session.add(table, row | {"audit_id": entry})
        else:
            same = (
                table.c.school == change.head.school,
                table.c.id == change.head.id,
                table.c.version == change.head.version - 1,
            )
            if (
                await session.execute(sa.update(table).where(*same).values(**row, audit_id=entry))
                != 1
            ):
                raise PreconditionFailed
    if record is not None:
        session.add(RECORD, record | {"audit_id": entry})
    if narrative is not None:
        session.add(NARRATIVE, narrative | {"audit_id": entry})


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """Every record and head as stored now, for the verification of the trail. A record whose
    personal part is gone has no digest.
    """
    async for row in session.stream(
        sa.select(RECORD, NARRATIVE.c.body.label("text"), NARRATIVE.c.salt).select_from(_RECORDS)
    ):
        narrative = None if row.text is None else {"body": row.text, "salt": row.salt}
        destroyed = narrative is None and _had_text(row.body)
        digest = None if destroyed else _digest(dict(row._mapping), narrative)  # noqa: SLF001 - the documented way to a row's mapping
        yield Sealed(id=str(row.id), audit_id=row.audit_id, digest=digest, mutable=False)
    for table in (RECIPIENT, CONTACT):
        async for row in session.stream(sa.select(table)):
            head = {name: value for name, value in row._mapping.items() if name != "audit_id"}  # noqa: SLF001
            yield Sealed(
                id=str(row.id),
                audit_id=row.audit_id,
                digest=state_digest(_canonical(head)),
                mutable=True,
            )


def _had_text(body: str) -> bool:
    try:
        return bool(json.loads(body)["personal"])
    except (ValueError, LookupError, TypeError):
        return False


def _head_row(head: Recipient | Contact) -> dict[str, Any]:
    same: dict[str, Any] = {
        "id": head.id,
        "school": head.school,
        "version": head.version,
        "identity_version": head.identity_version,
        "active": head.active,
        "recorded_at": head.recorded_at,
        "changed_at": head.changed_at,
    }
    if isinstance(head, Contact):
        return same | {"recipient_id": head.recipient_id, "details_id": head.details_id}
    listing = head.listing
    return same | {
        "organisation": listing.organisation,
        "sort_key": sort_key(listing.organisation),
        "organisation_type": listing.organisation_type.value,
        "call_back_number": listing.call_back_number,
        "call_back_source": listing.call_back_source,
        "secure_routes": canonical.encode(
            [route.value for route in listing.secure_routes]
        ).decode(),
    }


def _record_rows(
    change: Change, draft: Draft, by: Actor, at: datetime
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    record = {
        "id": draft.id,
        "school": by.school,
        "recipient_id": change.recipient_id,
        "contact_id": change.contact_id,
        "kind": draft.kind.value,
        "verified_on": None if draft.verified_on is None else draft.verified_on.isoformat(),
        "at": at,
        "by_id": by.id,
        "by_role": by.role.value,
        "body": canonical.encode({**draft.body, "personal": sorted(draft.text)}).decode(),
    }
    if not draft.text:
        return record, None
    salt = secrets.token_bytes(SALT_BYTES)
    return record, {
        "record_id": draft.id,
        "school": by.school,
        "salt": salt,
        "body": canonical.encode(draft.text).decode(),
    }


def _digest(record: Mapping[str, Any], narrative: Mapping[str, Any] | None) -> bytes:
    names = (
        "id",
        "school",
        "recipient_id",
        "contact_id",
        "kind",
        "verified_on",
        "at",
        "by_id",
        "by_role",
        "body",
    )
    whole: dict[str, Json] = {name: _plain(record[name]) for name in names}
    return record_digest(
        narrative["salt"] if narrative else b"",
        {**whole, "text": narrative["body"] if narrative else None},
    )


def _canonical(row: Mapping[str, Any]) -> Json:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> Json:
    if isinstance(value, datetime):
        return clock.to_text(value)
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _recipient(row: sa.Row[Any]) -> Recipient:
    listing = Listing(
        organisation=row.organisation,
        organisation_type=RecipientType(row.organisation_type),
        call_back_number=row.call_back_number,
        call_back_source=row.call_back_source,
        secure_routes=tuple(RecipientRoute(route) for route in json.loads(row.secure_routes)),
    )
    return Recipient(
        id=row.id,
        school=row.school,
        version=row.version,
        identity_version=row.identity_version,
        listing=listing,
        active=row.active,
        recorded_at=row.recorded_at,
        changed_at=row.changed_at,
    )


def _contact(row: sa.Row[Any]) -> Contact:
    return Contact(
        id=row.id,
        school=row.school,
        recipient_id=row.recipient_id,
        version=row.version,
        identity_version=row.identity_version,
        active=row.active,
        details_id=row.details_id,
        details=None if row.text is None else Details(**json.loads(row.text)),
        recorded_at=row.recorded_at,
        changed_at=row.changed_at,
    )


def _verification(row: sa.Row[Any]) -> Verification:
    body = json.loads(row.body)
    return Verification(
        id=row.id,
        recipient_id=row.recipient_id,
        contact_id=row.contact_id,
        method=CheckMethod(body["method"]),
        result=Verified(body["result"]),
        verified_on=date.fromisoformat(row.verified_on),
        identity_version=body["identity_version"],
        note=None if row.text is None else json.loads(row.text)["note"],
        recorded_at=row.at,
        by_id=row.by_id,
        by_role=row.by_role,
    )
