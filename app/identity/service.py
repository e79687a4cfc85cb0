"""Sign-in, token refresh and sign-out.

Invariant: every attempt leaves an audit entry, in the transaction that opens the session or counts
the failure. Attempts that the throttle refuses leave none: they must cost less than a password
check.

No transaction is open while a password is hashed. A refused attempt returns `Declined` instead of
raising, so that its entry and its count are committed.
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
from app.identity.issuers import ExternalIssuers
from app.identity.keys import Keyring
from app.identity.model import Actor, Role, SignIn, SignInResult
from app.identity.passwords import Passwords, secret_hash
from app.identity.store import StoredRefreshToken, StoredSession
from app.identity.tables import AccountRow
from app.identity.tokens import LIFETIME_S, TokenIssuer, Verifier
from app.kernel import ids
from app.kernel.clock import Clock
from app.platform.db import Database, Session
from app.platform.settings import Settings

SESSION_LENGTH: Final = timedelta(hours=12)
"""How long a person stays signed in by refreshing: a working day, but not overnight."""
REFRESH_IDLE: Final = timedelta(hours=4)
"""How long a refresh token can be used."""
MOST_WAITING: Final = 128
"""How many password checks may wait for the hashing threads."""
DIRECT: Final = "direct"
"""The `client_id` of tokens that a person got without a registered client."""

RecordSignIn = Callable[[Session, SignIn], None]
"""Appends the audit entry of a sign-in event to the session."""


@dataclass(frozen=True, slots=True)
class Granted:
    """Tokens for a caller who has signed in."""

    access_token: str
    refresh_token: str | None
    expires_in: int = LIFETIME_S


@dataclass(frozen=True, slots=True)
class Declined:
    """Why no token is issued, by the error codes of RFC 6749, section 5.2."""

    error: Literal["invalid_grant", "invalid_client", "unauthorized_client"]


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """A machine client whose secret was right."""

    id: UUID
    school: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """The id and secret that a client sends."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class TokenCall:
    """What one call of a token endpoint works with. `address` is the network address of the
    caller.
    """

    identity: "Identity"
    database: Database
    address: str | None
    now: datetime
    record: RecordSignIn


class Identity:
    """Keys, issuers and hashing threads of the running service. `main` makes one and closes it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Read the keys, or create them at first start. Raises `InvalidSigningKeys` and
        `InvalidIssuer`.
        """
        self.keyring: Final = Keyring.load(settings.keys_dir, create=not settings.keys_required)
        self.issuer: Final = TokenIssuer(self.keyring, settings.public_url)
        self.external: Final = ExternalIssuers(
            settings.issuers, own=settings.public_url, clock=clock
        )
        self.verifier: Final = Verifier(self.issuer, clock=clock, external=self.external.trusted)
        self.passwords: Final = Passwords()
        self.waiting = 0
        self.locks: Final[WeakValueDictionary[bytes, asyncio.Lock]] = WeakValueDictionary()

    async def close(self) -> None:
        """End the threads and the requests to issuers."""
        self.passwords.close()
        await self.external.close()


async def sign_in(
    call: TokenCall, username: str, password: str, client: AuthenticatedClient | None
) -> Granted | Declined:
    """Open a session for a person. Raises `TooManyAttempts` before the password is checked."""
    identity = call.identity
    email = normal_email(username)
    names = throttle.names(identity.keyring, call.address, email or username)
    if identity.waiting >= MOST_WAITING:
        raise TooManyAttempts(1)
    identity.waiting += 1
    try:
        # One at a time for each account: otherwise a burst of guesses would all be checked before
        # the first is counted.
        async with identity.locks.setdefault(names.account or b"", asyncio.Lock()):
            async with call.database.reading() as session:
                throttled = await throttle.load(session, names, call.now)
                throttle.check(throttled)
                account = None
                if email is not None:
                    account = await store.load_account_by_email(session, email)
            matched = await identity.passwords.match(
                password, None if account is None else account.password_hash
            )
            return await _finish_sign_in(call, names, throttled, account, client, matched=matched)
    finally:
        identity.waiting -= 1


async def authenticate(
    call: TokenCall, credentials: Credentials, grant: str
) -> AuthenticatedClient | Declined:
    """Check a machine client's secret. A right secret is never throttled; raises `TooManyAttempts`
    for too many wrong ones.
    """
    client_id = _uuid(credentials.id)
    offered = secret_hash(credentials.secret)
    async with call.database.reading() as session:
        row = None if client_id is None else await store.load_client(session, client_id)
    if row is None:
        await _refuse(call, None, grant, "unknown-client")
        return Declined("invalid_client")
    accepted = {row.secret_hash}
    if row.previous_hash is not None and row.previous_until is not None:
        accepted |= {row.previous_hash} if call.now < row.previous_until else set()
    if offered in accepted and row.active:
        return AuthenticatedClient(row.id, row.school)
    actor = Actor(row.id, Role.INTEGRATION, row.school, str(row.id))
    await _refuse(call, actor, grant, "disabled" if offered in accepted else "wrong-secret")
    return Declined("invalid_client")


async def open_client_session(call: TokenCall, client: AuthenticatedClient) -> Granted:
    """Open a session for a machine client itself."""
    actor = Actor(client.id, Role.INTEGRATION, client.school, str(client.id))
    async with call.database.transaction() as session:
        return _open_session(call, session, actor, client, "client_credentials")


async def refresh(
    call: TokenCall, token: str, client: AuthenticatedClient | None
) -> Granted | Declined:
    """Exchange a refresh token for new tokens. The second use of a token ends its session, since
    either use may be a thief's.
    """
    async with call.database.transaction() as session:
        row = await store.load_refresh_token(session, token)
        reason = _fault(row, client, call.now)
        if row is not None and reason is None:
            # Of two calls at the same time, one finds the token used.
            if await store.use_refresh_token(session, row.school, token, call.now):
                actor = _actor_of(row)
                call.record(
                    session,
                    SignIn(result=SignInResult.REFRESHED, grant="refresh_token", actor=actor),
                )
                return _issue_tokens(call, session, actor, row.session_id, until=row.ends_at)
            reason = "reused"
        if row is not None and reason == "reused":
            call.record(
                session,
                SignIn(
                    result=SignInResult.REVOKED,
                    grant="refresh_token",
                    actor=_actor_of(row),
                    reason_code=reason,
                ),
            )
            await store.revoke_session(session, row.school, row.session_id, call.now)
            return Declined("invalid_grant")
    await _refuse(
        call, None if row is None else _actor_of(row), "refresh_token", reason or "unforeseen"
    )
    return Declined("invalid_grant")


async def revoke(
    call: TokenCall, token: str, client: AuthenticatedClient | None
) -> Declined | None:
    """End the session that a refresh or access token belongs to (RFC 7009). An invalid token is no
    error.
    """
    try:
        claims = call.identity.verifier.verify([f"Bearer {token}"])
    except Unauthenticated:
        claims = None
    async with call.database.transaction() as session:
        row: StoredSession | None
        if claims is None or claims.session is None:
            row = await store.load_refresh_token(session, token)
        else:
            row = await store.load_session(session, claims.school, claims.session)
        if row is None or row.revoked_at is not None:
            return None
        if row.client_id is not None and (client is None or client.id != row.client_id):
            return Declined("unauthorized_client" if client else "invalid_client")
        call.record(
            session, SignIn(result=SignInResult.CLOSED, grant="revocation", actor=_actor_of(row))
        )
        await store.revoke_session(session, row.school, row.session_id, call.now)
    return None


async def delete_expired(session: Session, now: datetime) -> int:
    """Delete sessions that ended more than a day ago with their tokens, and throttle counters that
    no longer matter; gives the number of rows.
    """
    sessions = await store.delete_ended_sessions(session, now)
    return sessions + await throttle.delete_expired(session, now)


def _fault(
    row: StoredRefreshToken | None, client: AuthenticatedClient | None, now: datetime
) -> str | None:
    """Why a refresh token cannot be exchanged, as a code for the audit log."""
    if row is None:
        return "unknown-token"
    faults = (
        ("another-client", row.client_id != (client.id if client else None)),
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


def _actor_of(row: StoredSession) -> Actor:
    client = DIRECT if row.client_id is None else str(row.client_id)
    holder = row.account_id or row.client_id
    assert holder is not None  # noqa: S101 - a constraint of the table
    role = Role.INTEGRATION if row.role is None else Role(row.role)
    return Actor(holder, role, row.school, client, row.session_id)


async def _finish_sign_in(
    call: TokenCall,
    names: throttle.Names,
    throttled: throttle.Throttled,
    checked: AccountRow | None,
    client: AuthenticatedClient | None,
    *,
    matched: bool,
) -> Granted | Declined:
    """Open a session, or record the refusal, after a password was compared with that of the account
    `checked`.
    """
    async with call.database.transaction() as session:
        account = None
        if checked is not None:
            account = await store.load_account(session, checked.school, checked.id)
        reason = _refusal(checked, account, client, matched=matched)
        actor = None
        if account is not None:
            via = DIRECT if client is None else str(client.id)
            actor = Actor(account.id, Role(account.role), account.school, via)
        if actor is None or reason is not None:
            refused = SignIn(
                result=SignInResult.REFUSED, grant="password", actor=actor, reason_code=reason
            )
            call.record(session, refused)
            await throttle.count_failure(session, throttled, call.now)
            return Declined("invalid_grant")
        granted = _open_session(call, session, actor, client, "password")
        await throttle.count_success(session, names, throttled, call.now)
        return granted


def _refusal(
    checked: AccountRow | None,
    account: AccountRow | None,
    client: AuthenticatedClient | None,
    *,
    matched: bool,
) -> str | None:
    """Why an account may not sign in; `account` is what is stored after the comparison."""
    if checked is None or account is None:
        return "unknown-account"
    faults = (
        ("wrong-password", not matched or checked.password_hash != account.password_hash),
        ("disabled", not account.active),
        ("another-school", client is not None and client.school != account.school),
    )
    return next((reason for reason, found in faults if found), None)


def _open_session(
    call: TokenCall,
    session: Session,
    actor: Actor,
    client: AuthenticatedClient | None,
    grant: str,
) -> Granted:
    session_id = ids.new_id(call.now)
    is_person = client is None or actor.id != client.id
    opened = Actor(actor.id, actor.role, actor.school, actor.client, session_id)
    call.record(session, SignIn(result=SignInResult.OPENED, grant=grant, actor=opened))
    ends_at = call.now + (SESSION_LENGTH if is_person else timedelta(seconds=LIFETIME_S))
    store.add_session(
        session,
        actor.school,
        session_id,
        account_id=actor.id if is_person else None,
        client_id=client.id if client else None,
        opened_at=call.now,
        ends_at=ends_at,
    )
    if is_person:
        return _issue_tokens(call, session, opened, session_id, until=ends_at)
    return Granted(_access_token(call, opened, session_id), None)


def _issue_tokens(
    call: TokenCall, session: Session, actor: Actor, session_id: UUID, *, until: datetime
) -> Granted:
    token = store.add_refresh_token(
        session,
        actor.school,
        session_id,
        issued_at=call.now,
        expires_at=min(call.now + REFRESH_IDLE, until),
    )
    return Granted(_access_token(call, actor, session_id), token)


def _access_token(call: TokenCall, actor: Actor, session_id: UUID) -> str:
    return call.identity.issuer.issue(
        subject=actor.id,
        role=actor.role,
        school=actor.school,
        client=actor.client,
        session=session_id,
        now=call.now,
    )


async def _refuse(call: TokenCall, actor: Actor | None, grant: str, reason: str) -> None:
    """Count and record a failure for which no password was checked."""
    names = throttle.names(call.identity.keyring, call.address)
    async with call.database.transaction() as session:
        throttled = await throttle.load(session, names, call.now)
        throttle.check(throttled)
        call.record(
            session,
            SignIn(result=SignInResult.REFUSED, grant=grant, actor=actor, reason_code=reason),
        )
        await throttle.count_failure(session, throttled, call.now)
