"""How policy versions are stored: the document as it was sent, its approval, its withdrawal; and of
those that ship, the one adopted.

All only grow; a status follows from dates.

What a draft would change is kept beside them as it was worked out: request ids, codes and counts,
which anybody can work out again.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.types import Instant


class VersionRow(SQLModel, table=True):
    """A version of a school's policy: the bytes that were sent, and the digest of their meaning."""

    __tablename__ = "policy_version"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    digest: str
    version: str
    review_due: str
    document: str
    author: UUID = Field(sa_type=sa.Uuid)
    created_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class ApprovalRow(SQLModel, table=True):
    """Somebody other than its author approved a version, from a day on.

    `approved_by` is name and role, as the caller says; `recorded_by` the account; `next_review_on`
    a month or a day.
    """

    __tablename__ = "policy_approval"

    version_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    digest: str
    approved_by: str
    recorded_by: UUID = Field(sa_type=sa.Uuid)
    approved_at: datetime = Field(sa_type=Instant)
    starts_on: str
    audit_id: UUID = Field(sa_type=sa.Uuid)
    next_review_on: str | None = None


class WithdrawalRow(SQLModel, table=True):
    """A version was taken back before it began."""

    __tablename__ = "policy_withdrawal"

    version_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    digest: str
    withdrawn_by: UUID = Field(sa_type=sa.Uuid)
    withdrawn_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class AdoptionRow(SQLModel, table=True):
    """The version, of those that ship, that a school follows until its own begins: the bytes as
    they were when it first did.
    """

    __tablename__ = "policy_adoption"

    school: str = Field(primary_key=True)
    digest: str
    version: str
    document: str
    adopted_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=sa.Uuid)


class ImpactRow(SQLModel, table=True):
    """What one version would change against another: how far the work has come, in the end its
    result. It can be redone at any time.
    """

    __tablename__ = "policy_impact"

    id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    digest: str
    against: str
    asked_by: UUID = Field(sa_type=sa.Uuid)
    asked_at: datetime = Field(sa_type=Instant)
    status: str
    total: int
    done: int
    seen_at: datetime = Field(sa_type=Instant)
    result: str | None = None


VERSION: Final[sa.Table] = VersionRow.__table__  # type: ignore[attr-defined]
APPROVAL: Final[sa.Table] = ApprovalRow.__table__  # type: ignore[attr-defined]
WITHDRAWAL: Final[sa.Table] = WithdrawalRow.__table__  # type: ignore[attr-defined]
ADOPTION: Final[sa.Table] = AdoptionRow.__table__  # type: ignore[attr-defined]
IMPACT: Final[sa.Table] = ImpactRow.__table__  # type: ignore[attr-defined]
