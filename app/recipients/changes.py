"""Writes of the directory: one act, its audit entry, and the rows that cite it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.audit import sealed_storage
from app.audit.model import Action, Event, Sealed
from app.audit.sealed_storage import HeadWrite, RecordTables, RecordWrite
from app.identity.model import Actor
from app.kernel import canonical, ids
from app.kernel.canonical import Json
from app.platform.db import Session
from app.platform.rows import values
from app.recipients.model import Contact, Recipient, RecordKind, sort_key
from app.recipients.tables import (
    CONTACT,
    NARRATIVE,
    RECIPIENT,
    RECORD,
    ContactRow,
    RecipientRow,
    RecordRow,
)
from app.recipients.verification import Verification

_TABLES: Final = RecordTables(record=RECORD, narrative=NARRATIVE, owner="recipient_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one act does to the directory: the head after it, if it changes one, and the record it
    makes, if any. A `contact` with new details brings them as a record.
    """

    action: Action
    recipient_id: UUID
    recipient: Recipient | None = None
    contact: Contact | None = None
    details_changed: bool = False
    verification: Verification | None = None
    data: Mapping[str, Json]

    @property
    def contact_id(self) -> UUID | None:
        """The contact that the act is about, if it is about one."""
        if self.contact is not None:
            return self.contact.id
        return None if self.verification is None else self.verification.contact_id


async def save_change(
    session: Session, change: Change, *, by: Actor, at: datetime, request_id: str
) -> None:
    """Store one act with its entry, in this transaction. Raises `PreconditionFailed` if the head
    has changed meanwhile.
    """
    entry = ids.new_id(at)
    contact_id = change.contact_id
    event = Event(
        action=change.action,
        recipient=str(change.recipient_id),
        target=None if contact_id is None else str(contact_id),
        data=change.data,
    )
    heads = []
    if change.recipient is not None:
        heads.append(_recipient_head(change.recipient, entry))
    if change.contact is not None:
        heads.append(_contact_head(change.contact, entry))
    records = []
    if change.contact is not None and change.details_changed:
        records.append(_details_record(change.contact, by, at, entry))
    if change.verification is not None:
        records.append(_verification_record(change.verification, by, entry))
    await sealed_storage.write(
        session,
        [event],
        entry=entry,
        by=by,
        at=at,
        request_id=request_id,
        heads=heads,
        records=records,
        tables=_TABLES,
    )


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """Every record and head as stored now, for the verification of the audit log."""
    async for one in sealed_storage.sealed_records(session, _TABLES):
        yield one
    async for one in sealed_storage.sealed_heads(session, RECIPIENT, CONTACT):
        yield one


def _recipient_head(recipient: Recipient, entry: UUID) -> HeadWrite:
    details = recipient.details
    row = values(RecipientRow)(
        school=recipient.school,
        id=recipient.id,
        version=recipient.version,
        identity_version=recipient.identity_version,
        organisation=details.organisation,
        sort_key=sort_key(details.organisation),
        organisation_type=details.organisation_type.value,
        call_back_number=details.call_back_number,
        call_back_source=details.call_back_source,
        secure_routes=_json([route.value for route in details.secure_routes]),
        active=recipient.active,
        recorded_at=recipient.recorded_at,
        changed_at=recipient.changed_at,
        audit_id=entry,
    )
    return HeadWrite(table=RECIPIENT, row=row, replaces=_version_before(recipient))


def _contact_head(contact: Contact, entry: UUID) -> HeadWrite:
    row = values(ContactRow)(
        school=contact.school,
        id=contact.id,
        recipient_id=contact.recipient_id,
        version=contact.version,
        identity_version=contact.identity_version,
        active=contact.active,
        details_id=contact.details_id,
        recorded_at=contact.recorded_at,
        changed_at=contact.changed_at,
        audit_id=entry,
    )
    return HeadWrite(table=CONTACT, row=row, replaces=_version_before(contact))


def _version_before(head: Recipient | Contact) -> dict[str, object] | None:
    return None if head.version == 1 else {"version": head.version - 1}


def _details_record(contact: Contact, by: Actor, at: datetime, entry: UUID) -> RecordWrite:
    assert contact.details is not None  # noqa: S101 - the details have just been given
    text = {name: value for name, value in asdict(contact.details).items() if value is not None}
    row = values(RecordRow)(
        school=contact.school,
        id=contact.details_id,
        recipient_id=contact.recipient_id,
        contact_id=contact.id,
        kind=RecordKind.DETAILS.value,
        verified_on=None,
        at=at,
        by_id=by.id,
        by_role=by.role.value,
        body=_json({"identity_version": contact.identity_version}),
        audit_id=entry,
    )
    return RecordWrite(row=row, text=_json(text))


def _verification_record(made: Verification, by: Actor, entry: UUID) -> RecordWrite:
    body: dict[str, Json] = {
        "method": made.method.value,
        "result": made.result.value,
        "identity_version": made.identity_version,
    }
    row = values(RecordRow)(
        school=by.school,
        id=made.id,
        recipient_id=made.recipient_id,
        contact_id=made.contact_id,
        kind=RecordKind.VERIFICATION.value,
        verified_on=made.verified_on.isoformat(),
        at=made.recorded_at,
        by_id=made.by_id,
        by_role=made.by_role,
        body=_json(body),
        audit_id=entry,
    )
    return RecordWrite(row=row, text=None if made.note is None else _json({"note": made.note}))


def _json(value: Json) -> str:
    return canonical.encode(value).decode()
