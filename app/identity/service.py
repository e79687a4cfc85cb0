"""Signing in, staying signed in and signing out. Law: every attempt leaves an audit entry, in the transaction that lets it in or counts it.

No transaction is open while a password is hashed. An attempt is `Granted` or `Declined`; a declined one is a result, so that what it leaves
behind is committed. Throttled attempts leave nothing: they must cost less than the ones that were tried.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID
from weakref import WeakValueDictionary

import sqlalchemy as sa

from app.identity import throttle
from app.identity.accounts import normal_email
from app.identity.errors import TooManyAttempts, Unauthenticated
from app.identity.issuers import OutsideIssuers
from app.identity.keys import Keyring
from app.identity.model import Actor, Role, SignIn, SignInResult
from app.identity.passwords import Passwords, new_secret, secret_hash
from app.identity.tables import ACCOUNT, CLIENT, REFRESH_TOKEN, SESSION
from app.identity.tokens import LIFETIME_S, Ours, Verifier
from app.kernel import ids
from app.kernel.clock import Clock
from app.platform.db import Database, Session
from app.platform.settings import Settings

SESSION_LENGTH: Final = timedelta(hours=12)
"""How long a person stays signed in by refreshing: a working day, and never overnight into the next."""
REFRESH_IDLE: Final = timedelta(hours=4)
"""How long a refresh token waits to be used."""
KEPT_AFTER: Final = timedelta(days=1)
MOST_WAITING: Final = 128
DIRECT: Final = "direct"
"""The `client_id` of tokens that a person got without an application that is known here."""

Witness = Callable[[Session, SignIn], None]
"""Appends the audit entry of what happened at the door to the session."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Tokens for a caller who may come in."""

    access_token: str
    refresh_token: str | None
    expires_in: int = LIFETIME_S


@dataclass(frozen=True, slots=True)
class Declined:
    """Why not, as RFC 6749, section 5.2, puts it."""

    error: Literal["invalid_grant", "invalid_client", "unauthorized_client"]


@dataclass(frozen=True, slots=True)
class Application:
    """A machine client that has proved who it is."""

    id: UUID
    school: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client offers to prove who it is."""

    id: str
    secret: str


class Identity:
    """What the door needs: keys, issuers, the pool that hashes, and who is waiting. `main` begins one and closes it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Reads the keys, or makes them at first start. Raises `KeysUnusable`, `IssuerUnusable`."""
        self.keyring: Final = Keyring.load(settings.keys_dir, create=not settings.keys_required)
        self.ours: Final = Ours(self.keyring, settings.public_url)
        self.outside: Final = OutsideIssuers(settings.issuers, ours=settings.public_url, clock=clock)
        self.verifier: Final = Verifier(self.ours, clock=clock, outside=self.outside.trusted)
        self.passwords: Final = Passwords()
        self.waiting = 0
        self.doors: Final[WeakValueDictionary[bytes, asyncio.Lock]] = WeakValueDictionary()

    async def close(self) -> None:
        """End the threads and stop asking issuers."""
        self.passwords.close()
        await self.outside.close()


async def sign_in(
    identity: Identity,
    database: Database,
    *,
    username: str,
    password: str,
    application: Application | None,
    address: str | None,
    now: datetime,
    witness: Witness,
) -> Granted | Declined:
    """Open a session for a person. Raises `TooManyAttempts` before the password is looked at."""
    email = normal_email(username)
    named = throttle.names(identity.keyring, address, email or username)
    if identity.waiting >= MOST_WAITING:
        raise TooManyAttempts(1)
    identity.waiting += 1
    try:
        # One at a time for each account: or a burst of guesses would all be tried before the first is counted.
        door = identity.doors.setdefault(named.account or b"", asyncio.Lock())
        async with door:
            async with database.reading() as session:
                standing = await throttle.standing(session, named, now)
                throttle.admit(standing)
                account = None if email is None else await session.first(_ACCOUNT, {"email": email})

            matched = await identity.passwords.match(password, account.password_hash if account is not None else None)

            async with database.transaction() as session:
                known = None if account is None else await session.first(_ACCOUNT, {"email": email})
                reason: str | None = "unknown-account"
                actor = None
                if account is not None and known is not None:
                    right = matched and account.password_hash == known.password_hash
                    reason = "wrong-password" if not right else "disabled" if not known.active else None
                    actor = Actor(known.id, Role(known.role), known.school, _client_of(application))
                if reason is not None or actor is None:
                    await throttle.failed(session, standing, now)
                    witness(session, SignIn(result=SignInResult.REFUSED, grant="password", actor=actor, reason_code=reason))
                    return Declined("invalid_grant")
                await throttle.succeeded(session, named, standing, now)
                return _opened(identity, session, actor, application, "password", now, witness)
    finally:
        identity.waiting -= 1


async def authenticate(
    identity: Identity, database: Database, credentials: Credentials, *, grant: str, address: str | None, now: datetime, witness: Witness
) -> Application | Declined:
    """Whether a machine client is who it says. A right secret is never throttled; raises `TooManyAttempts` for too many wrong ones."""
    client = _uuid(credentials.id)
    offered = secret_hash(credentials.secret)
    async with database.reading() as session:
        row = None if client is None else await session.first(_CLIENT, {"id": client})
    if row is not None:
        right = offered == row.secret_hash or (
            row.previous_hash is not None and offered == row.previous_hash and row.previous_until is not None and now < row.previous_until
        )
        if right and row.active:
            return Application(row.id, row.school)
    actor = None if row is None else Actor(row.id, Role.INTEGRATION, row.school, str(row.id))
    reason = "unknown-client" if row is None else "disabled" if right else "wrong-secret"
    await _refuse(identity, database, actor, grant=grant, reason=reason, address=address, now=now, witness=witness)
    return Declined("invalid_client")


async def admit(identity: Identity, database: Database, application: Application, *, now: datetime, witness: Witness) -> Granted:
    """Open a session for a machine client that has proved who it is."""
    actor = Actor(application.id, Role.INTEGRATION, application.school, str(application.id))
    async with database.transaction() as session:
        return _opened(identity, session, actor, application, "client_credentials", now, witness)


async def refresh(
    identity: Identity,
    database: Database,
    token: str,
    *,
    application: Application | None,
    address: str | None,
    now: datetime,
    witness: Witness,
) -> Granted | Declined:
    """Exchange a refresh token for new tokens. One that was used already ends the session: it was stolen, from whom is not known."""
    name = secret_hash(token)
    async with database.transaction() as session:
        row = await session.first(_REFRESH, {"hash": name})
        reason = _fault(row, application, now)
        if row is not None and reason is None:
            used = sa.update(REFRESH_TOKEN).where(REFRESH_TOKEN.c.hash == name, REFRESH_TOKEN.c.used_at.is_(None))
            # Of two that come at once one finds the token used.
            if await session.execute(used.values(used_at=now)) == 1:
                holder = _actor_of(row)
                witness(session, SignIn(result=SignInResult.REFRESHED, grant="refresh_token", actor=holder))
                return _tokens(identity, session, holder, row.session_id, now, until=row.ends_at)
            reason = "reused"
        if row is not None and reason == "reused":
            await _revoke(session, row.session_id, now)
            witness(session, SignIn(result=SignInResult.REVOKED, grant="refresh_token", actor=_actor_of(row), reason_code=reason))
            return Declined("invalid_grant")
    actor = None if row is None else _actor_of(row)
    await _refuse(identity, database, actor, grant="refresh_token", reason=reason or "", address=address, now=now, witness=witness)
    return Declined("invalid_grant")


async def revoke(
    identity: Identity, database: Database, token: str, *, application: Application | None, now: datetime, witness: Witness
) -> Declined | None:
    """End the session that a refresh or access token belongs to (RFC 7009). A token that is nothing any more is no error."""
    try:
        ended = identity.verifier.verify([f"Bearer {token}"]).session
    except Unauthenticated:
        ended = None
    async with database.transaction() as session:
        if ended is None:
            row = await session.first(_REFRESH, {"hash": secret_hash(token)})
        else:
            row = await session.first(_SESSION, {"id": ended})
        if row is None or row.revoked_at is not None:
            return None
        if row.client_id is not None and (application is None or application.id != row.client_id):
            return Declined("unauthorized_client" if application else "invalid_client")
        await _revoke(session, row.session_id, now)
        witness(session, SignIn(result=SignInResult.CLOSED, grant="revocation", actor=_actor_of(row)))
    return None


async def forget(session: Session, now: datetime) -> int:
    """Delete sessions that ended more than a day ago with their tokens, and what the throttle need not remember. Gives how many."""
    ended = sa.select(SESSION.c.id).where(SESSION.c.ends_at < now - KEPT_AFTER)
    await session.execute(sa.delete(REFRESH_TOKEN).where(REFRESH_TOKEN.c.session_id.in_(ended)))
    sessions = await session.execute(sa.delete(SESSION).where(SESSION.c.ends_at < now - KEPT_AFTER))
    return sessions + await throttle.forget(session, now)


_ACCOUNT: Final = sa.select(ACCOUNT).where(ACCOUNT.c.email == sa.bindparam("email", type_=sa.String))
_CLIENT: Final = sa.select(CLIENT).where(CLIENT.c.id == sa.bindparam("id", type_=sa.Uuid))
_HELD: Final = (
    SESSION.c.id.label("session_id"),
    SESSION.c.account_id,
    SESSION.c.client_id,
    SESSION.c.revoked_at,
    SESSION.c.ends_at,
    ACCOUNT.c.role,
    sa.func.coalesce(ACCOUNT.c.school, CLIENT.c.school).label("school"),
    sa.and_(sa.func.coalesce(ACCOUNT.c.active, sa.true()), sa.func.coalesce(CLIENT.c.active, sa.true())).label("active"),
)
_HOLDERS: Final = SESSION.outerjoin(ACCOUNT, ACCOUNT.c.id == SESSION.c.account_id).outerjoin(CLIENT, CLIENT.c.id == SESSION.c.client_id)
_SESSION: Final = sa.select(*_HELD).select_from(_HOLDERS).where(SESSION.c.id == sa.bindparam("id", type_=sa.Uuid))
_REFRESH: Final = (
    sa.select(*_HELD, REFRESH_TOKEN.c.expires_at, REFRESH_TOKEN.c.used_at)
    .select_from(_HOLDERS.join(REFRESH_TOKEN, REFRESH_TOKEN.c.session_id == SESSION.c.id))
    .where(REFRESH_TOKEN.c.hash == sa.bindparam("hash", type_=sa.LargeBinary))
)


def _fault(row: sa.Row[Any] | None, application: Application | None, now: datetime) -> str | None:
    if row is None:
        return "unknown-token"
    faults = (
        ("another-client", row.client_id != (application.id if application else None)),
        ("session-over", row.revoked_at is not None),
        ("reused", row.used_at is not None),
        ("disabled", not row.active),
        ("expired", now >= row.expires_at or now >= row.ends_at),
    )
    return next((reason for reason, found in faults if found), None)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if str(UUID(text)) == text else None
    except ValueError:
        return None


def _client_of(application: Application | None) -> str:
    return DIRECT if application is None else str(application.id)


def _actor_of(row: sa.Row[Any]) -> Actor:
    client = DIRECT if row.client_id is None else str(row.client_id)
    if row.account_id is None:
        return Actor(row.client_id, Role.INTEGRATION, row.school, client, row.session_id)
    return Actor(row.account_id, Role(row.role), row.school, client, row.session_id)


def _opened(
    identity: Identity, session: Session, actor: Actor, application: Application | None, grant: str, now: datetime, witness: Witness
) -> Granted:
    opened_id = ids.new_id(now)
    is_person = application is None or actor.id != application.id
    opened = Actor(actor.id, actor.role, actor.school, actor.client, opened_id)
    witness(session, SignIn(result=SignInResult.OPENED, grant=grant, actor=opened))
    ends_at = now + (SESSION_LENGTH if is_person else timedelta(seconds=LIFETIME_S))
    row = {
        "id": opened_id,
        "account_id": actor.id if is_person else None,
        "client_id": application.id if application else None,
        "opened_at": now,
        "ends_at": ends_at,
        "revoked_at": None,
    }
    session.add(SESSION, row)
    if is_person:
        return _tokens(identity, session, opened, opened_id, now, until=ends_at)
    return Granted(_access_token(identity, opened, opened_id, now), None)


def _tokens(identity: Identity, session: Session, actor: Actor, id: UUID, now: datetime, *, until: datetime) -> Granted:
    token = new_secret()
    row = {
        "hash": secret_hash(token),
        "session_id": id,
        "issued_at": now,
        "expires_at": min(now + REFRESH_IDLE, until),
        "used_at": None,
    }
    session.add(REFRESH_TOKEN, row)
    return Granted(_access_token(identity, actor, id, now), token)


def _access_token(identity: Identity, actor: Actor, id: UUID, now: datetime) -> str:
    return identity.ours.issue(subject=actor.id, role=actor.role, school=actor.school, client=actor.client, session=id, now=now)


async def _revoke(session: Session, id: UUID, now: datetime) -> None:
    await session.execute(sa.update(SESSION).where(SESSION.c.id == id, SESSION.c.revoked_at.is_(None)).values(revoked_at=now))


async def _refuse(
    identity: Identity,
    database: Database,
    actor: Actor | None,
    *,
    grant: str,
    reason: str,
    address: str | None,
    now: datetime,
    witness: Witness,
) -> None:
    """Count and record a failure that no password was tried for."""
    named = throttle.names(identity.keyring, address)
    async with database.transaction() as session:
        standing = await throttle.standing(session, named, now)
        throttle.admit(standing)
        await throttle.failed(session, standing, now)
        witness(session, SignIn(result=SignInResult.REFUSED, grant=grant, actor=actor, reason_code=reason))
