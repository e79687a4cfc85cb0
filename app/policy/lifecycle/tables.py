"""The tables of policy versions, their approvals and withdrawals, adopted versions and impact
assessments.

Rows of the first four are never changed or removed; the status of a version follows from dates.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.rows import table_of
from app.platform.types import Instant


class VersionRow(SQLModel, table=True):
    """A version that a school drafted: the document as sent, and the digest of its meaning."""

    __tablename__ = "policy_version"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    digest: str
    version: str
    review_due: str
    document: str
    author: UUID = Field(sa_type=sa.Uuid)
    created_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class ApprovalRow(SQLModel, table=True):
    """The approval of a version.

    `approved_by` is the name and role that the client sent, `recorded_by` the account,
    `next_review_on` a month or a day.
    """

    __tablename__ = "policy_approval"

    school: str = Field(primary_key=True)
    version_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    digest: str
    approved_by: str
    recorded_by: UUID = Field(sa_type=sa.Uuid)
    approved_at: datetime = Field(sa_type=Instant)
    starts_on: str
    next_review_on: str | None = None
    audit_id: UUID = Field(sa_type=sa.Uuid)


class WithdrawalRow(SQLModel, table=True):
    """The withdrawal of a version before it started."""

    __tablename__ = "policy_withdrawal"

    school: str = Field(primary_key=True)
    version_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    digest: str
    withdrawn_by: UUID = Field(sa_type=sa.Uuid)
    withdrawn_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class AdoptionRow(SQLModel, table=True):
    """The shipped version that a school adopted, with the bytes it had then; the school follows it
    until a version of its own starts.
    """

    __tablename__ = "policy_adoption"

    school: str = Field(primary_key=True)
    digest: str
    version: str
    document: str
    adopted_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class ImpactRow(SQLModel, table=True):
    """An impact assessment with its progress and result (request ids, codes and counts)."""

    __tablename__ = "policy_impact"

    school: str = Field(primary_key=True)
    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    digest: str
    against: str
    asked_by: UUID = Field(sa_type=sa.Uuid)
    asked_at: datetime = Field(sa_type=Instant)
    status: str
    total: int
    done: int
    seen_at: datetime = Field(sa_type=Instant)
    result: str | None = None


VERSION: Final = table_of(VersionRow)
APPROVAL: Final = table_of(ApprovalRow)
WITHDRAWAL: Final = table_of(WithdrawalRow)
ADOPTION: Final = table_of(AdoptionRow)
IMPACT: Final = table_of(ImpactRow)
