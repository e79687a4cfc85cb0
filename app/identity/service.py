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
from typing import Final, Literal
from uuid import UUID
from weakref import WeakValueDictionary

from app.identity import store, throttle
from app.identity.accounts import normal_email
from app.identity.errors import TooManyAttempts, Unauthenticated
from app.identity.issuers import OutsideIssuers
from app.identity.keys import Keyring
from app.identity.model import Actor, Role, SignIn, SignInResult
from app.identity.passwords import Passwords, secret_hash
from app.identity.store import StoredRefreshToken, StoredSession
from app.identity.tables import AccountRow
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
                account = (
                    None if email is None else await store.load_account_by_email(session, email)
                )
            matched = await identity.passwords.match(
                password, None if account is None else account.password_hash
            )
            return await _tried(visit, names, standing, account, application, matched=matched)
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
        row = None if client is None else await store.load_client(session, client)
    if row is None:
        await _refuse(visit, None, grant, "unknown-client")
        return Declined("invalid_client")
    live = [row.secret_hash]
    if row.previous_hash is not None and row.previous_until is not None:
        live += [row.previous_hash] if visit.now < row.previous_until else []
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
    async with visit.database.transaction() as session:
        row = await store.load_refresh_token(session, token)
        reason = _fault(row, application, visit.now)
        if row is not None and reason is None:
            # Of two that come at once one finds the token used.
            if await store.use_refresh_token(session, row.school, token, visit.now):
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
            await store.revoke_session(session, row.school, row.session_id, visit.now)
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
        claims = visit.identity.verifier.verify([f"Bearer {token}"])
    except Unauthenticated:
        claims = None
    async with visit.database.transaction() as session:
        row: StoredSession | None
        if claims is None or claims.session is None:
            row = await store.load_refresh_token(session, token)
        else:
            row = await store.load_session(session, claims.school, claims.session)
        if row is None or row.revoked_at is not None:
            return None
        if row.client_id is not None and (application is None or application.id != row.client_id):
            return Declined("unauthorized_client" if application else "invalid_client")
        visit.witness(
            session, SignIn(result=SignInResult.CLOSED, grant="revocation", actor=_actor_of(row))
        )
        await store.revoke_session(session, row.school, row.session_id, visit.now)
    return None


async def forget(session: Session, now: datetime) -> int:
    """Delete sessions that ended more than a day ago with their tokens, and what the throttle need
    not remember. Gives how many.
    """
    sessions = await store.delete_ended_sessions(session, now)
    return sessions + await throttle.forget(session, now)


def _fault(
    row: StoredRefreshToken | None, application: Application | None, now: datetime
) -> str | None:
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


def _actor_of(row: StoredSession) -> Actor:
    client = DIRECT if row.client_id is None else str(row.client_id)
    holder = row.account_id or row.client_id
    assert holder is not None  # noqa: S101 - a constraint of the table
    role = Role.INTEGRATION if row.role is None else Role(row.role)
    return Actor(holder, role, row.school, client, row.session_id)


async def _tried(
    visit: Visit,
    names: throttle.Names,
    standing: throttle.Standing,
    tried: AccountRow | None,
    application: Application | None,
    *,
    matched: bool,
) -> Granted | Declined:
    """Open a session, or record why not, after a password was tried against the account `tried`."""
    async with visit.database.transaction() as session:
        account = (
            None if tried is None else await store.load_account(session, tried.school, tried.id)
        )
        reason = _refusal(tried, account, application, matched=matched)
        actor = (
            None
            if account is None
            else Actor(account.id, Role(account.role), account.school, _client_of(application))
        )
        if actor is None or reason is not None:
            refused = SignIn(
                result=SignInResult.REFUSED, grant="password", actor=actor, reason_code=reason
            )
            visit.witness(session, refused)
            await throttle.failed(session, standing, visit.now)
            return Declined("invalid_grant")
        granted = _opened(visit, session, actor, application, "password")
        await throttle.succeeded(session, names, standing, visit.now)
        return granted


def _refusal(
    tried: AccountRow | None,
    account: AccountRow | None,
    application: Application | None,
    *,
    matched: bool,
) -> str | None:
    """Why an account may not sign in; `account` is how `tried` is stored after the comparison."""
    if tried is None or account is None:
        return "unknown-account"
    faults = (
        ("wrong-password", not matched or tried.password_hash != account.password_hash),
        ("disabled", not account.active),
        (
            "another-school",
            application is not None and application.school != account.school,
        ),
    )
    return next((reason for reason, found in faults if found), None)


def _opened(
    visit: Visit, session: Session, actor: Actor, application: Application | None, grant: str
) -> Granted:
    opened_id = ids.new_id(visit.now)
    is_person = application is None or actor.id != application.id
    opened = Actor(actor.id, actor.role, actor.school, actor.client, opened_id)
    visit.witness(session, SignIn(result=SignInResult.OPENED, grant=grant, actor=opened))
    ends_at = visit.now + (SESSION_LENGTH if is_person else timedelta(seconds=LIFETIME_S))
    store.add_session(
        session,
        actor.school,
        opened_id,
        account_id=actor.id if is_person else None,
        client_id=application.id if application else None,
        opened_at=visit.now,
        ends_at=ends_at,
    )
    if is_person:
        return _tokens(visit, session, opened, opened_id, until=ends_at)
    return Granted(_access_token(visit, opened, opened_id), None)


def _tokens(
    visit: Visit, session: Session, actor: Actor, family: UUID, *, until: datetime
) -> Granted:
    token = store.add_refresh_token(
        session,
        actor.school,
        family,
        issued_at=visit.now,
        expires_at=min(visit.now + REFRESH_IDLE, until),
    )
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
