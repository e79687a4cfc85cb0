"""How the directory is stored: heads that change, records that never do, and the personal data
apart, where it can be destroyed.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.types import Instant


class RecipientRow(SQLModel, table=True):
    """The head of an organisation: nothing personal. `audit_id` cites the entry that changed it
    last.
    """

    __tablename__ = "recipients_recipient"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    version: int
    identity_version: int
    organisation: str
    sort_key: str
    organisation_type: str
    call_back_number: str | None
    call_back_source: str | None
    secure_routes: str
    active: bool
    recorded_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class ContactRow(SQLModel, table=True):
    """The head of a contact: codes and instants only. `details_id` names the record whose narrative
    says who it is.
    """

    __tablename__ = "recipients_contact"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    recipient_id: UUID = Field(sa_type=sa.Uuid)
    version: int
    identity_version: int
    active: bool
    details_id: UUID = Field(sa_type=sa.Uuid)
    recorded_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class RecordRow(SQLModel, table=True):
    """A contact's details as given once, or a check of an identity, as canonical JSON of codes and
    field names. Never changes.
    """

    __tablename__ = "recipients_record"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    recipient_id: UUID = Field(sa_type=sa.Uuid)
    contact_id: UUID | None = Field(sa_type=sa.Uuid)
    kind: str
    verified_on: str | None
    at: datetime = Field(sa_type=Instant)
    by_id: UUID = Field(sa_type=sa.Uuid)
    by_role: str
    body: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


class NarrativeRow(SQLModel, table=True):
    """The personal part of a record (names, addresses, notes) with the salt of its digest. Leaves
    only when destroyed.
    """

    __tablename__ = "recipients_narrative"

    record_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    salt: bytes = Field(sa_type=sa.LargeBinary)
    body: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


RECIPIENT: Final[sa.Table] = RecipientRow.__table__  # type: ignore[attr-defined]
CONTACT: Final[sa.Table] = ContactRow.__table__  # type: ignore[attr-defined]
RECORD: Final[sa.Table] = RecordRow.__table__  # type: ignore[attr-defined]
NARRATIVE: Final[sa.Table] = NarrativeRow.__table__  # type: ignore[attr-defined]
