"""Tables of the directory: heads that change, records that never change, and the personal data in a
table of its own, where it can be destroyed.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.rows import table_of
from app.platform.types import Instant


class RecipientRow(SQLModel, table=True):
    """The head of an organisation: nothing personal. `audit_id` cites the entry that changed it
    last.
    """

    __tablename__ = "recipients_recipient"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
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
    holds the details.
    """

    __tablename__ = "recipients_contact"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    recipient_id: UUID = Field(sa_type=sa.Uuid)
    version: int
    identity_version: int
    active: bool
    details_id: UUID = Field(sa_type=sa.Uuid)
    recorded_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class RecordRow(SQLModel, table=True):
    """The details of a contact as recorded once, or an identity check, as canonical JSON of codes.
    Never changes.
    """

    __tablename__ = "recipients_record"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
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
    """The personal part of a record (names, addresses, notes) with the salt of its digest. Deleted
    only when it is destroyed.
    """

    __tablename__ = "recipients_narrative"

    school: str = Field(primary_key=True)
    record_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    salt: bytes = Field(sa_type=sa.LargeBinary)
    body: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


RECIPIENT: Final = table_of(RecipientRow)
CONTACT: Final = table_of(ContactRow)
RECORD: Final = table_of(RecordRow)
NARRATIVE: Final = table_of(NarrativeRow)
