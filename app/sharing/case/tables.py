"""The tables of sharing requests.

The head is updated, records are never changed, and personal data is in separate tables so that it
can be destroyed.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.types import Instant


class RequestRow(SQLModel, table=True):
    """The head: codes and instants only.

    Invariant: this is the only row of a request that is updated. `audit_id` cites the audit entry
    of the latest update.
    """

    __tablename__ = "sharing_request"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    version: int
    status: str
    direction: str
    urgency: str
    purpose: str
    recipient_type: str
    recipient_id: UUID | None = Field(sa_type=sa.Uuid)
    outcome: str
    release: str
    decision: str | None
    departs: bool
    policy_digest: str
    submitted_by: UUID = Field(sa_type=sa.Uuid)
    submitted_role: str
    submitted_at: datetime = Field(sa_type=Instant)
    decided_at: datetime | None = Field(sa_type=Instant)
    due_at: datetime | None = Field(sa_type=Instant)
    task_due_at: datetime | None = Field(sa_type=Instant)
    advice_due_at: datetime | None = Field(sa_type=Instant)
    notice_due_on: str | None
    retention_class: str
    retain_until: str | None
    review_on: str | None
    legal_hold: bool
    audit_id: UUID = Field(sa_type=sa.Uuid)


class RecordRow(SQLModel, table=True):
    """A record of a request, as canonical JSON of codes, ids and dates.

    Invariant: a record is never changed.
    """

    __tablename__ = "sharing_record"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    request_id: UUID = Field(sa_type=sa.Uuid)
    version: int
    kind: str
    at: datetime = Field(sa_type=Instant)
    by_id: UUID = Field(sa_type=sa.Uuid)
    by_role: str
    body: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


class NarrativeRow(SQLModel, table=True):
    """The personal part of a record (names, references, free text) with the salt of its digest.

    Invariant: only disposal deletes a row.
    """

    __tablename__ = "sharing_narrative"

    school: str = Field(primary_key=True)
    record_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    salt: bytes = Field(sa_type=sa.LargeBinary)
    body: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


class SubjectRow(SQLModel, table=True):
    """A data subject of a request: the random id in the audit log, and the school's reference.

    Invariant: only disposal deletes a row.
    """

    __tablename__ = "sharing_subject"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    request_id: UUID = Field(sa_type=sa.Uuid)
    record_id: UUID = Field(sa_type=sa.Uuid)
    ref: str
    role: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


REQUEST: Final[sa.Table] = RequestRow.__table__  # type: ignore[attr-defined]
RECORD: Final[sa.Table] = RecordRow.__table__  # type: ignore[attr-defined]
NARRATIVE: Final[sa.Table] = NarrativeRow.__table__  # type: ignore[attr-defined]
SUBJECT: Final[sa.Table] = SubjectRow.__table__  # type: ignore[attr-defined]
