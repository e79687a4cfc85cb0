"""Reads of the directory. Every read names the school of the caller."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from app.kernel.vocabulary import Answer, OrganisationType, SecureRoute
from app.platform.db import Session
from app.platform.rows import all_rows, all_rows_with, col, first_row, first_row_with
from app.recipients.model import (
    CheckMethod,
    Contact,
    ContactDetails,
    ContactNotFound,
    OrganisationDetails,
    Recipient,
    RecipientNotFound,
    RecordKind,
)
from app.recipients.tables import (
    CONTACT,
    NARRATIVE,
    RECIPIENT,
    RECORD,
    ContactRow,
    NarrativeRow,
    RecipientRow,
    RecordRow,
)
from app.recipients.verification import Verification

Target = tuple[UUID, UUID | None]
"""Who was checked: the organisation, and the contact if it was one."""

_RECORDS: Final = RECORD.outerjoin(
    NARRATIVE,
    sa.and_(
        col(NarrativeRow.school) == col(RecordRow.school),
        col(NarrativeRow.record_id) == col(RecordRow.id),
    ),
)
_CONTACTS: Final = CONTACT.outerjoin(
    NARRATIVE,
    sa.and_(
        col(NarrativeRow.school) == col(ContactRow.school),
        col(NarrativeRow.record_id) == col(ContactRow.details_id),
    ),
)
_TEXT: Final = col(NarrativeRow.body).label("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which organisations to list; None does not filter. `prefix` is a `sort_key`."""

    organisation_type: OrganisationType | None = None
    prefix: str | None = None
    active: bool | None = None

    def named(self) -> list[str]:
        """The names of the filters in use, for the audit log."""
        return [name for name in self.__slots__ if getattr(self, name) is not None]


async def load(
    session: Session, school: str, recipient_id: UUID, *, for_update: bool = False
) -> Recipient:
    """One organisation; raises `RecipientNotFound`. `for_update` locks its row."""
    query = sa.select(RECIPIENT).where(
        col(RecipientRow.school) == school, col(RecipientRow.id) == recipient_id
    )
    if for_update:
        query = query.with_for_update()
    row = await first_row(session, RecipientRow, query)
    if row is None:
        raise RecipientNotFound
    return _recipient(row)


async def page(
    session: Session, school: str, filters: Filter, *, limit: int, after: tuple[str, UUID] | None
) -> list[Recipient]:
    """At most `limit` organisations by name, after the one with this sort key and id."""
    position = sa.tuple_(col(RecipientRow.sort_key), col(RecipientRow.id))
    query = (
        sa.select(RECIPIENT)
        .where(col(RecipientRow.school) == school)
        .order_by(col(RecipientRow.sort_key), col(RecipientRow.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(position > sa.tuple_(*after, types=[sa.String, sa.Uuid]))
    if filters.organisation_type is not None:
        query = query.where(col(RecipientRow.organisation_type) == filters.organisation_type.value)
    if filters.prefix is not None:
        query = query.where(col(RecipientRow.sort_key).startswith(filters.prefix, autoescape=True))
    if filters.active is not None:
        query = query.where(col(RecipientRow.active) == filters.active)
    return [_recipient(row) for row in await all_rows(session, RecipientRow, query)]


async def load_contact(
    session: Session,
    school: str,
    recipient_id: UUID,
    contact_id: UUID,
    *,
    for_update: bool = False,
) -> Contact:
    """One contact of an organisation; raises `ContactNotFound`. `for_update` locks its row."""
    query = (
        sa.select(CONTACT, _TEXT)
        .select_from(_CONTACTS)
        .where(
            col(ContactRow.school) == school,
            col(ContactRow.id) == contact_id,
            col(ContactRow.recipient_id) == recipient_id,
        )
    )
    if for_update:
        query = query.with_for_update(of=CONTACT)
    found = await first_row_with(session, ContactRow, str, query)
    if found is None:
        raise ContactNotFound
    return _contact(*found)


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
        sa.select(CONTACT, _TEXT)
        .select_from(_CONTACTS)
        .where(col(ContactRow.school) == school, col(ContactRow.recipient_id) == recipient_id)
        .order_by(col(ContactRow.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(ContactRow.id) > after)
    if active is not None:
        query = query.where(col(ContactRow.active) == active)
    return [_contact(*found) for found in await all_rows_with(session, ContactRow, str, query)]


async def newest_verifications(
    session: Session, school: str, recipient_ids: Collection[UUID]
) -> dict[Target, Verification]:
    """The newest check of each of these organisations and of each of their contacts: by the day on
    which it was made, then by the order of recording.
    """
    rank = sa.func.row_number().over(
        partition_by=(col(RecordRow.recipient_id), col(RecordRow.contact_id)),
        order_by=(col(RecordRow.verified_on).desc(), col(RecordRow.id).desc()),
    )
    ranked = (
        sa.select(RECORD, rank.label("rank"), _TEXT)
        .select_from(_RECORDS)
        .where(
            col(RecordRow.school) == school,
            col(RecordRow.recipient_id).in_(recipient_ids),
            col(RecordRow.kind) == RecordKind.VERIFICATION.value,
        )
        .subquery()
    )
    query = sa.select(ranked).where(ranked.c.rank == 1)
    found = await all_rows_with(session, RecordRow, str, query)
    return {(row.recipient_id, row.contact_id): _verification(row, text) for row, text in found}


async def verifications(
    session: Session,
    school: str,
    recipient_id: UUID,
    *,
    contact_id: UUID | None = None,
    limit: int,
    before: UUID | None = None,
) -> list[Verification]:
    """At most `limit` checks of an organisation and its contacts, or of one contact, in reverse
    order of recording, recorded before this one.
    """
    query = (
        sa.select(RECORD, _TEXT)
        .select_from(_RECORDS)
        .where(
            col(RecordRow.school) == school,
            col(RecordRow.recipient_id) == recipient_id,
            col(RecordRow.kind) == RecordKind.VERIFICATION.value,
        )
        .order_by(col(RecordRow.id).desc())
        .limit(limit)
    )
    if contact_id is not None:
        query = query.where(col(RecordRow.contact_id) == contact_id)
    if before is not None:
        query = query.where(col(RecordRow.id) < before)
    return [_verification(*found) for found in await all_rows_with(session, RecordRow, str, query)]


def _recipient(row: RecipientRow) -> Recipient:
    details = OrganisationDetails(
        organisation=row.organisation,
        organisation_type=OrganisationType(row.organisation_type),
        call_back_number=row.call_back_number,
        call_back_source=row.call_back_source,
        secure_routes=tuple(SecureRoute(route) for route in json.loads(row.secure_routes)),
    )
    return Recipient(
        id=row.id,
        school=row.school,
        version=row.version,
        identity_version=row.identity_version,
        details=details,
        active=row.active,
        recorded_at=row.recorded_at,
        changed_at=row.changed_at,
    )


def _contact(row: ContactRow, text: str | None) -> Contact:
    return Contact(
        id=row.id,
        school=row.school,
        recipient_id=row.recipient_id,
        version=row.version,
        identity_version=row.identity_version,
        active=row.active,
        details_id=row.details_id,
        details=None if text is None else ContactDetails(**json.loads(text)),
        recorded_at=row.recorded_at,
        changed_at=row.changed_at,
    )


def _verification(row: RecordRow, text: str | None) -> Verification:
    assert row.verified_on is not None  # noqa: S101 - every verification has a day
    body = json.loads(row.body)
    return Verification(
        id=row.id,
        recipient_id=row.recipient_id,
        contact_id=row.contact_id,
        method=CheckMethod(body["method"]),
        result=Answer(body["result"]),
        verified_on=date.fromisoformat(row.verified_on),
        identity_version=body["identity_version"],
        note=None if text is None else json.loads(text)["note"],
        recorded_at=row.at,
        by_id=row.by_id,
        by_role=row.by_role,
    )
