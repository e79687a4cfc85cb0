"""Tables of identity: accounts, machine clients, sign-in names, sessions, refresh tokens and
throttle counters.

An email address is personal data and is stored in `identity_account` alone; every other table holds
random ids and digests. Secrets are stored as hashes only.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid
from sqlmodel import Field, SQLModel

from app.platform.rows import table_of
from app.platform.types import Instant


class AccountRow(SQLModel, table=True):
    """A person who signs in with a password."""

    __tablename__ = "identity_account"

    school: str = Field(primary_key=True, max_length=6)
    id: UUID = Field(primary_key=True, sa_type=Uuid)
    email: str = Field(max_length=254)
    role: str = Field(max_length=16)
    password_hash: str = Field(max_length=255)
    active: bool
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=Uuid)


class ClientRow(SQLModel, table=True):
    """A machine that signs in with a secret. After a rotation the previous secret works until
    `previous_until`.
    """

    __tablename__ = "identity_client"

    school: str = Field(primary_key=True, max_length=6)
    id: UUID = Field(primary_key=True, sa_type=Uuid)
    name: str = Field(max_length=100)
    secret_hash: bytes = Field(sa_type=LargeBinary)
    previous_hash: bytes | None = Field(sa_type=LargeBinary)
    previous_until: datetime | None = Field(sa_type=Instant)
    active: bool
    created_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    audit_id: UUID = Field(sa_type=Uuid)


class SignInNameRow(SQLModel, table=True):
    """Which account or client a name belongs to, and in which school: read before the school is
    known. `hash` is that of an email address or a client id (`store.email_hash`,
    `store.client_hash`).
    """

    __tablename__ = "identity_sign_in_name"

    hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    school: str = Field(max_length=6)
    id: UUID = Field(sa_type=Uuid)


class SessionRow(SQLModel, table=True):
    """One sign-in and all the tokens issued from it. It belongs to the account, or without one to
    the client.
    """

    __tablename__ = "identity_session"

    school: str = Field(primary_key=True, max_length=6)
    id: UUID = Field(primary_key=True, sa_type=Uuid)
    account_id: UUID | None = Field(sa_type=Uuid)
    client_id: UUID | None = Field(sa_type=Uuid)
    opened_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(sa_type=Instant)


class RefreshTokenRow(SQLModel, table=True):
    """One refresh token, by its SHA-256. A used one stays until its session is deleted, so that a
    second use is noticed.
    """

    __tablename__ = "identity_refresh_token"

    school: str = Field(primary_key=True, max_length=6)
    hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    session_id: UUID = Field(sa_type=Uuid)
    issued_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(sa_type=Instant)


class ThrottleRow(SQLModel, table=True):
    """Failed sign-ins under one keyed pseudonym: of an account name, of a network address, or of an
    address known to the account.
    """

    __tablename__ = "identity_throttle"

    name: bytes = Field(primary_key=True, sa_type=LargeBinary)
    failures: int
    changed_at: datetime = Field(sa_type=Instant)
    known_until: datetime | None = Field(sa_type=Instant)


ACCOUNT: Final = table_of(AccountRow)
CLIENT: Final = table_of(ClientRow)
SIGN_IN_NAME: Final = table_of(SignInNameRow)
SESSION: Final = table_of(SessionRow)
REFRESH_TOKEN: Final = table_of(RefreshTokenRow)
THROTTLE: Final = table_of(ThrottleRow)
