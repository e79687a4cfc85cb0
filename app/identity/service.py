"""Signing in, staying signed in and signing out. Law: every attempt leaves an audit entry, in the
transaction that lets it in or counts it.

No transaction is open while a password is hashed. An attempt is `Granted` or `Declined`; a declined
one is a result, so that what it leaves behind is committed. Throttled attempts leave nothing: they
must cost less than the ones that were tried.
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
"""How long a person stays signed in by refreshing: a working day, and never overnight into the
next."""
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


@dataclass(frozen=True, slots=True)
class Visit:
    """One call at the door: what answers it, from which network address, when, and who writes down
    what happened.
    """

    identity: "Identity"
    database: Database
    address: str | None
    now: datetime
    witness: Witness


class Identity:
    """What the door needs: keys, issuers, the pool that hashes, and who is waiting. `main` begins
    one and closes it.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Reads the keys, or makes them at first start. Raises `InvalidSigningKeys`,
        `InvalidIssuer`.
        """
        self.keyring: Final = Keyring.load(settings.keys_dir, create=not settings.keys_required)
        self.ours: Final = Ours(self.keyring, settings.public_url)
        self.outside: Final = OutsideIssuers(
            settings.issuers, ours=settings.public_url, clock=clock
        )
        self.verifier: Final = Verifier(self.ours, clock=clock, outside=self.outside.trusted)
        self.passwords: Final = Passwords()
        self.waiting = 0
        self.doors: Final[WeakValueDictionary[bytes, asyncio.Lock]] = WeakValueDictionary()

    async def close(self) -> None:
        """End the threads and stop asking issuers."""
        self.passwords.close()
        await self.outside.close()


async def sign_in(
    visit: Visit, username: str, password: str, application: Application | None
) -> Granted | Declined:
    """Open a session for a person. Raises `TooManyAttempts` before the password is looked at."""
    identity = visit.identity
    email = normal_email(username)
    names = throttle.names(identity.keyring, visit.address, email or username)
    if identity.waiting >= MOST_WAITING:
        raise TooManyAttempts(1)
    identity.waiting += 1
    try:
        # One at a time for each account: or a burst of guesses would all be tried before the first
        # is counted.
        async with identity.doors.setdefault(names.account or b"", asyncio.Lock()):
            async with visit.database.reading() as session:
                standing = await throttle.standing(session, names, visit.now)
                throttle.admit(standing)
                account = None if email is None else await session.first(_ACCOUNT, {"email": email})
            matched = await identity.passwords.match(
                password, None if account is None else account.password_hash
            )
            return await _tried(
                visit, names, standing, account if matched else None, email, application
            )
    finally:
        identity.waiting -= 1


async def authenticate(
    visit: Visit, credentials: Credentials, grant: str
) -> Application | Declined:
    """Whether a machine client is who it says. A right secret is never throttled; raises
    `TooManyAttempts` for too many wrong ones.
    """
    client = _uuid(credentials.id)
    offered = secret_hash(credentials.secret)
    async with visit.database.reading() as session:
        row = None if client is None else await session.first(_CLIENT, {"id": client})
    if row is None:
        await _refuse(visit, None, grant, "unknown-client")
        return Declined("invalid_client")
    live = [row.secret_hash]
    if row.previous_until is not None and visit.now < row.previous_until:
        live.append(row.previous_hash)
    if offered in live and row.active:
        return Application(row.id, row.school)
    actor = Actor(row.id, Role.INTEGRATION, row.school, str(row.id))
    await _refuse(visit, actor, grant, "disabled" if offered in live else "wrong-secret")
    return Declined("invalid_client")


async def admit(visit: Visit, application: Application) -> Granted:
    """Open a session for a machine client that has proved who it is."""
    actor = Actor(application.id, Role.INTEGRATION, application.school, str(application.id))
    async with visit.database.transaction() as session:
        return _opened(visit, session, actor, application, "client_credentials")


async def refresh(visit: Visit, token: str, application: Application | None) -> Granted | Declined:
    """Exchange a refresh token for new tokens. One that was used already ends the session: it was
    stolen, from whom is not known.
    """
    name = secret_hash(token)
    async with visit.database.transaction() as session:
        row = await session.first(_REFRESH, {"hash": name})
        reason = _fault(row, application, visit.now)
        if row is not None and reason is None:
            used = sa.update(REFRESH_TOKEN).where(
                REFRESH_TOKEN.c.hash == name, REFRESH_TOKEN.c.used_at.is_(None)
            )
            # Of two that come at once one finds the token used.
            if await session.execute(used.values(used_at=visit.now)) == 1:
                holder = _actor_of(row)
                visit.witness(
                    session,
                    SignIn(result=SignInResult.REFRESHED, grant="refresh_token", actor=holder),
                )
                return _tokens(visit, session, holder, row.session_id, until=row.ends_at)
            reason = "reused"
        if row is not None and reason == "reused":
            visit.witness(
                session,
                SignIn(
                    result=SignInResult.REVOKED,
                    grant="refresh_token",
                    actor=_actor_of(row),
                    reason_code=reason,
                ),
            )
            await _revoke(session, row.session_id, visit.now)
            return Declined("invalid_grant")
    await _refuse(
        visit, None if row is None else _actor_of(row), "refresh_token", reason or "unforeseen"
    )
    return Declined("invalid_grant")


async def revoke(visit: Visit, token: str, application: Application | None) -> Declined | None:
    """End the session that a refresh or access token belongs to (RFC 7009). A token that is nothing
    any more is no error.
    """
    try:
        ended = visit.identity.verifier.verify([f"Bearer {token}"]).session
    except Unauthenticated:
        ended = None
    async with visit.database.transaction() as session:
        if ended is None:
            row = await session.first(_REFRESH, {"hash": secret_hash(token)})
        else:
            row = await session.first(_SESSION, {"id": ended})
        if row is None or row.revoked_at is not None:
            return None
        if row.client_id is not None and (application is None or application.id != row.client_id):
            return Declined("unauthorized_client" if application else "invalid_client")
        visit.witness(
            session, SignIn(result=SignInResult.CLOSED, grant="revocation", actor=_actor_of(row))
        )
        await _revoke(session, row.session_id, visit.now)
    return None


async def forget(session: Session, now: datetime) -> int:
    """Delete sessions that ended more than a day ago with their tokens, and what the throttle need
    not remember. Gives how many.
    """
    ended = sa.select(SESSION.c.id).where(SESSION.c.ends_at < now - KEPT_AFTER)
    await session.execute(sa.delete(REFRESH_TOKEN).where(REFRESH_TOKEN.c.session_id.in_(ended)))
    sessions = await session.execute(sa.delete(SESSION).where(SESSION.c.ends_at < now - KEPT_AFTER))
    return sessions + await throttle.forget(session, now)


_ACCOUNT: Final = sa.select(ACCOUNT).where(
    ACCOUNT.c.email == sa.bindparam("email", type_=sa.String)
)
_CLIENT: Final = sa.select(CLIENT).where(CLIENT.c.id == sa.bindparam("id", type_=sa.Uuid))
_HELD: Final = (
    SESSION.c.id.label("session_id"),
    SESSION.c.account_id,
    SESSION.c.client_id,
    SESSION.c.revoked_at,
    SESSION.c.ends_at,
    ACCOUNT.c.role,
    sa.func.coalesce(ACCOUNT.c.school, CLIENT.c.school).label("school"),
    sa.and_(
        sa.func.coalesce(ACCOUNT.c.active, sa.true()), sa.func.coalesce(CLIENT.c.active, sa.true())
    ).label("active"),
)
_HOLDERS: Final = SESSION.outerjoin(ACCOUNT, ACCOUNT.c.id == SESSION.c.account_id).outerjoin(
    CLIENT, CLIENT.c.id == SESSION.c.client_id
)
_SESSION: Final = (
    sa.select(*_HELD).select_from(_HOLDERS).where(SESSION.c.id == sa.bindparam("id", type_=sa.Uuid))
)
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


async def _tried(
    visit: Visit,
    names: throttle.Names,
    standing: throttle.Standing,
    matched: sa.Row[Any] | None,
    email: str | None,
    application: Application | None,
) -> Granted | Declined:
    """What comes of a password that was tried; `matched` is the account as it was when the password
    matched it.
    """
    async with visit.database.transaction() as session:
        account = None if email is None else await session.first(_ACCOUNT, {"email": email})
        actor = (
            None
            if account is None
            else Actor(account.id, Role(account.role), account.school, _client_of(application))
        )
        if (
            account is None
            or matched is None
            or matched.password_hash != account.password_hash
            or not account.active
        ):
            wrong = "disabled" if matched is not None else "wrong-password"
            reason = "unknown-account" if account is None else wrong
            visit.witness(
                session,
                SignIn(
                    result=SignInResult.REFUSED, grant="password", actor=actor, reason_code=reason
                ),
            )
            await throttle.failed(session, standing, visit.now)
            return Declined("invalid_grant")
        assert actor is not None  # noqa: S101 - there is an account
        granted = _opened(visit, session, actor, application, "password")
        await throttle.succeeded(session, names, standing, visit.now)
        return granted


def _opened(
    visit: Visit, session: Session, actor: Actor, application: Application | None, grant: str
) -> Granted:
    opened_id = ids.new_id(visit.now)
    is_person = application is None or actor.id != application.id
    opened = Actor(actor.id, actor.role, actor.school, actor.client, opened_id)
    visit.witness(session, SignIn(result=SignInResult.OPENED, grant=grant, actor=opened))
    ends_at = visit.now + (SESSION_LENGTH if is_person else timedelta(seconds=LIFETIME_S))
    row = {
        "id": opened_id,
        "account_id": actor.id if is_person else None,
        "client_id": application.id if application else None,
        "opened_at": visit.now,
        "ends_at": ends_at,
        "revoked_at": None,
    }
    session.add(SESSION, row)
    if is_person:
        return _tokens(visit, session, opened, opened_id, until=ends_at)
    return Granted(_access_token(visit, opened, opened_id), None)


def _tokens(
    visit: Visit, session: Session, actor: Actor, family: UUID, *, until: datetime
) -> Granted:
    token = new_secret()
    row = {
        "hash": secret_hash(token),
        "session_id": family,
        "issued_at": visit.now,
        "expires_at": min(visit.now + REFRESH_IDLE, until),
        "used_at": None,
    }
    session.add(REFRESH_TOKEN, row)
    return Granted(_access_token(visit, actor, family), token)


def _access_token(visit: Visit, actor: Actor, family: UUID) -> str:
    return visit.identity.ours.issue(
        subject=actor.id,
        role=actor.role,
        school=actor.school,
        client=actor.client,
        session=family,
        now=visit.now,
    )


async def _revoke(session: Session, family: UUID, now: datetime) -> None:
    await session.execute(
        sa.update(SESSION)
        .where(SESSION.c.id == family, SESSION.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def _refuse(visit: Visit, actor: Actor | None, grant: str, reason: str) -> None:
    """Count and record a failure that no password was tried for."""
    names = throttle.names(visit.identity.keyring, visit.address)
    async with visit.database.transaction() as session:
        standing = await throttle.standing(session, names, visit.now)
        throttle.admit(standing)
        visit.witness(
            session,
            SignIn(result=SignInResult.REFUSED, grant=grant, actor=actor, reason_code=reason),
        )
        await throttle.failed(session, standing, visit.now)
