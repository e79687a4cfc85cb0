"""How policy versions are stored: the document as it was approved, and its approval. Both only grow; a status is computed from dates."""

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.platform.db import Instant


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
    """Somebody other than its author approved a version, from a day on. `approved_by` is a role or body, as the caller says."""

    __tablename__ = "policy_approval"

    version_id: UUID = Field(sa_type=sa.Uuid, primary_key=True)
    school: str
    digest: str
    approved_by: str
    recorded_by: UUID = Field(sa_type=sa.Uuid)
    approved_at: datetime = Field(sa_type=Instant)
    starts_on: str
    audit_id: UUID = Field(sa_type=sa.Uuid)


VERSION: Final[sa.Table] = VersionRow.__table__  # type: ignore[attr-defined]
APPROVAL: Final[sa.Table] = ApprovalRow.__table__  # type: ignore[attr-defined]
