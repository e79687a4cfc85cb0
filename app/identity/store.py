"""Reads and writes of accounts, clients, sessions and refresh tokens.

Invariant: `find_school` is the only query made before the school is known; every other one names
the school.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa

from app.identity.model import Role
from app.identity.passwords import new_secret, secret_hash
from app.identity.tables import (
    ACCOUNT,
    CLIENT,
    REFRESH_TOKEN,
    SESSION,
    SIGN_IN_NAME,
    AccountRow,
    ClientRow,
    RefreshTokenRow,
    SessionRow,
    SignInNameRow,
)
from app.platform.dataloader import Lookup
from app.platform.db import DialectName, Session
from app.platform.rows import col, first_row, values

KEPT_AFTER: Final = timedelta(days=1)
"""How long a session is stored after its end."""

_URN: Final = re.compile(r"[0-9]{6}", re.ASCII)


class Place(NamedTuple):
    """Where an account or a client is stored."""

    school: str
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session with what its account or client is allowed now. `role` is None for a client's own
    session; `active` is false once the account or the client is disabled.
    """

    school: str
    session_id: UUID
    account_id: UUID | None
    client_id: UUID | None
    revoked_at: datetime | None
    ends_at: datetime
    role: str | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRefreshToken(StoredSession):
    """A refresh token with the session that it belongs to."""

    expires_at: datetime
    used_at: datetime | None


def email_hash(email: str) -> bytes:
    """The sign-in name of an account, from its email address in normal spelling."""
    return hashlib.sha256(f"email:{email}".encode()).digest()


def client_hash(client_id: UUID) -> bytes:
    """The sign-in name of a machine client."""
    return hashlib.sha256(f"client:{client_id}".encode()).digest()


async def find_school(session: Session, name: bytes) -> Place | None:
    """The school and the id that a sign-in name belongs to; None for an unknown one.

    On PostgreSQL through a function that runs with its owner's rights, since row-level security
    hides every row until a school is chosen.
    """
    return await first_row(session, Place, _PLACE[session.dialect], {"name": name})


def add_name(session: Session, name: bytes, school: str, id: UUID) -> None:
    """Let a new account or client be found by its sign-in name."""
    session.add(SIGN_IN_NAME, values(SignInNameRow)(hash=name, school=school, id=id))


async def load_account(
    session: Session, school: str, id: UUID, *, for_update: bool = False
) -> AccountRow | None:
    """An account; `for_update` locks its row."""
    query = sa.select(ACCOUNT).where(
        col(AccountRow.school) == sa.bindparam("school", type_=sa.String),
        col(AccountRow.id) == sa.bindparam("id", type_=sa.Uuid),
    )
    if for_update:
        query = query.with_for_update()
    return await first_row(session, AccountRow, query, {"school": school, "id": id})


async def load_account_by_email(
    session: Session, email: str, *, for_update: bool = False
) -> AccountRow | None:
    """The account with an email address in normal spelling; `for_update` locks its row."""
    place = await find_school(session, email_hash(email))
    return None if place is None else await load_account(session, *place, for_update=for_update)


async def load_client(
    session: Session, client_id: UUID, *, for_update: bool = False
) -> ClientRow | None:
    """A machine client by its id alone; `for_update` locks its row."""
    place = await find_school(session, client_hash(client_id))
    if place is None:
        return None
    query = sa.select(CLIENT).where(
        col(ClientRow.school) == place.school, col(ClientRow.id) == place.id
    )
    if for_update:
        query = query.with_for_update()
    return await first_row(session, ClientRow, query)


async def load_session(session: Session, school: str, session_id: UUID) -> StoredSession | None:
    """A session and its account or client."""
    return await first_row(session, StoredSession, _SESSION, {"school": school, "id": session_id})


async def role_of(session: Session, school: str, subject: UUID, session_id: UUID) -> Role | None:
    """The role that the holder of a session has now; None when the session is revoked or another's,
    or its account or client disabled. Asked by every call with an access token.
    """
    row = await session.look_up(
        _PRINCIPAL,
        principal_school=school,
        principal_subject=subject,
        principal_session=session_id,
    )
    return None if row is None else Role(row["role"])


async def load_refresh_token(session: Session, token: str) -> StoredRefreshToken | None:
    """A refresh token and its session; None for a token that was never issued."""
    school = school_of_token(token)
    if school is None:
        return None
    return await first_row(
        session, StoredRefreshToken, _REFRESH, {"school": school, "hash": secret_hash(token)}
    )


def school_of_token(token: str) -> str | None:
    """The school that a refresh token begins with; None for what cannot be one."""
    return token[:6] if _URN.fullmatch(token[:6]) else None


def add_session(
    session: Session,
    school: str,
    id: UUID,
    *,
    account_id: UUID | None,
    client_id: UUID | None,
    opened_at: datetime,
    ends_at: datetime,
) -> None:
    """Store a session that has been opened."""
    row = values(SessionRow)(
        school=school,
        id=id,
        account_id=account_id,
        client_id=client_id,
        opened_at=opened_at,
        ends_at=ends_at,
        revoked_at=None,
    )
    session.add(SESSION, row)


def add_refresh_token(
    session: Session, school: str, session_id: UUID, *, issued_at: datetime, expires_at: datetime
) -> str:
    """Make and store a refresh token; gives the token, of which only the hash is stored.

    It begins with the school, so that it is found without asking every school.
    """
    token = school + new_secret()
    row = values(RefreshTokenRow)(
        school=school,
        hash=secret_hash(token),
        session_id=session_id,
        issued_at=issued_at,
        expires_at=expires_at,
        used_at=None,
    )
    session.add(REFRESH_TOKEN, row)
    return token


async def use_refresh_token(session: Session, school: str, token: str, now: datetime) -> bool:
    """Mark a refresh token as used; False when another call was first."""
    unused = (
        col(RefreshTokenRow.school) == school,
        col(RefreshTokenRow.hash) == secret_hash(token),
        col(RefreshTokenRow.used_at).is_(None),
    )
    used = sa.update(REFRESH_TOKEN).where(*unused).values({col(RefreshTokenRow.used_at): now})
    return await session.execute(used) == 1


async def revoke_session(session: Session, school: str, session_id: UUID, now: datetime) -> None:
    """End a session."""
    await _revoke(session, school, col(SessionRow.id) == session_id, now)


async def revoke_sessions_of_account(
    session: Session, school: str, account_id: UUID, now: datetime
) -> None:
    """End every session of an account."""
    await _revoke(session, school, col(SessionRow.account_id) == account_id, now)


async def revoke_sessions_of_client(
    session: Session, school: str, client_id: UUID, now: datetime
) -> None:
    """End every session of a client, those in which it acts for a person among them."""
    await _revoke(session, school, col(SessionRow.client_id) == client_id, now)


async def _revoke(
    session: Session, school: str, which: sa.ColumnElement[bool], now: datetime
) -> None:
    await session.execute(
        sa.update(SESSION)
        .where(col(SessionRow.school) == school, which, col(SessionRow.revoked_at).is_(None))
        .values({col(SessionRow.revoked_at): now})
    )


async def delete_ended_sessions(session: Session, now: datetime) -> int:
    """Delete the sessions of every school that ended more than `KEPT_AFTER` ago, and with them
    their refresh tokens; gives the number of sessions.
    """
    return await session.execute(
        sa.delete(SESSION).where(col(SessionRow.ends_at) < now - KEPT_AFTER)
    )


_NAME: Final = sa.bindparam("name", type_=sa.LargeBinary)
_PLACE: Final[dict[DialectName, sa.Select[str, UUID]]] = {
    "sqlite": sa.select(col(SignInNameRow.school), col(SignInNameRow.id)).where(
        col(SignInNameRow.hash) == _NAME
    ),
    "postgresql": sa.select(sa.column("school", sa.String), sa.column("id", sa.Uuid)).select_from(
        sa.func.identity_find_school(_NAME).table_valued("school", "id")
    ),
}

_ACTIVE: Final = sa.and_(
    sa.func.coalesce(col(AccountRow.active), sa.true()),
    sa.func.coalesce(col(ClientRow.active), sa.true()),
)
_HOLDER: Final = (
    col(SessionRow.school),
    col(SessionRow.id).label("session_id"),
    col(SessionRow.account_id),
    col(SessionRow.client_id),
    col(SessionRow.revoked_at),
    col(SessionRow.ends_at),
    col(AccountRow.role),
    _ACTIVE.label("active"),
)
_HOLDERS: Final = SESSION.outerjoin(
    ACCOUNT,
    sa.and_(
        col(AccountRow.school) == col(SessionRow.school),
        col(AccountRow.id) == col(SessionRow.account_id),
    ),
).outerjoin(
    CLIENT,
    sa.and_(
        col(ClientRow.school) == col(SessionRow.school),
        col(ClientRow.id) == col(SessionRow.client_id),
    ),
)
_SESSION: Final = (
    sa.select(*_HOLDER)
    .select_from(_HOLDERS)
    .where(
        col(SessionRow.school) == sa.bindparam("school", type_=sa.String),
        col(SessionRow.id) == sa.bindparam("id", type_=sa.Uuid),
    )
)
_REFRESH: Final = (
    sa.select(*_HOLDER, col(RefreshTokenRow.expires_at), col(RefreshTokenRow.used_at))
    .select_from(
        _HOLDERS.join(
            REFRESH_TOKEN,
            sa.and_(
                col(RefreshTokenRow.school) == col(SessionRow.school),
                col(RefreshTokenRow.session_id) == col(SessionRow.id),
            ),
        )
    )
    .where(
        col(RefreshTokenRow.school) == sa.bindparam("school", type_=sa.String),
        col(RefreshTokenRow.hash) == sa.bindparam("hash", type_=sa.LargeBinary),
    )
)

_PRINCIPAL: Final = Lookup(
    cast(
        "sa.Select[Any]",
        sa.select(sa.func.coalesce(col(AccountRow.role), Role.INTEGRATION.value).label("role"))
        .select_from(_HOLDERS)
        .where(
            col(SessionRow.school) == sa.bindparam("principal_school", type_=sa.String),
            col(SessionRow.id) == sa.bindparam("principal_session", type_=sa.Uuid),
            sa.func.coalesce(col(SessionRow.account_id), col(SessionRow.client_id))
            == sa.bindparam("principal_subject", type_=sa.Uuid),
            col(SessionRow.revoked_at).is_(None),
            _ACTIVE,
        ),
    )
)
