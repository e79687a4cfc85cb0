"""What identity stores: accounts, machine clients, sessions, refresh tokens and the throttle's
memory. Rows are storage only.

An email address is personal data and stays in `identity_account`; everything else speaks of random
ids. Secrets are stored as hashes only.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import LargeBinary, Table, Uuid
from sqlmodel import Field, SQLModel

from app.platform.types import Instant


class AccountRow(SQLModel, table=True):
    """A person who signs in with a password."""

    __tablename__ = "identity_account"

    id: UUID = Field(primary_key=True, sa_type=Uuid)
    school: str = Field(max_length=6, index=True)
    email: str = Field(max_length=254, unique=True)
    role: str = Field(max_length=16)
    password_hash: str = Field(max_length=255)
    active: bool
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=Uuid)


class ClientRow(SQLModel, table=True):
    """A machine that signs in with a secret; two are live while one replaces the other."""

    __tablename__ = "identity_client"

    id: UUID = Field(primary_key=True, sa_type=Uuid)
    school: str = Field(max_length=6, index=True)
    name: str = Field(max_length=100)
    secret_hash: bytes = Field(sa_type=LargeBinary)
    previous_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    previous_until: datetime | None = Field(default=None, sa_type=Instant)
    active: bool
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=Uuid)


class SessionRow(SQLModel, table=True):
    """One signing-in and all the tokens that came of it. Whose it is: the account's, or without one
    the client's.
    """

    __tablename__ = "identity_session"

    id: UUID = Field(primary_key=True, sa_type=Uuid)
    account_id: UUID | None = Field(
        default=None, sa_type=Uuid, foreign_key="identity_account.id", index=True
    )
    client_id: UUID | None = Field(
        default=None, sa_type=Uuid, foreign_key="identity_client.id", index=True
    )
    opened_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant, index=True)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class RefreshTokenRow(SQLModel, table=True):
    """One refresh token, by the SHA-256 of it. A used one is kept until its session ends, so that
    using it again is noticed.
    """

    __tablename__ = "identity_refresh_token"

    hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    session_id: UUID = Field(sa_type=Uuid, foreign_key="identity_session.id", index=True)
    issued_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class ThrottleRow(SQLModel, table=True):
    """Failed sign-ins under one keyed pseudonym: of an account, of an address, or of an address
    known to the account.
    """

    __tablename__ = "identity_throttle"

    name: bytes = Field(primary_key=True, sa_type=LargeBinary)
    failures: int
    changed_at: datetime = Field(sa_type=Instant, index=True)
    known_until: datetime | None = Field(default=None, sa_type=Instant)


def _table(row: type[SQLModel]) -> Table:
    table = row.__table__  # type: ignore[attr-defined]
    assert isinstance(table, Table)  # noqa: S101
    return table


ACCOUNT: Final = _table(AccountRow)
CLIENT: Final = _table(ClientRow)
SESSION: Final = _table(SessionRow)
REFRESH_TOKEN: Final = _table(RefreshTokenRow)
THROTTLE: Final = _table(ThrottleRow)
