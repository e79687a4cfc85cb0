"""Audit entries of sign-ins, denials and changes of accounts. Connects identity, which lies below
the audit package, to the log.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from starlette.requests import Request

from app.audit import log, sealed_storage
from app.audit.model import (
    Action,
    Author,
    EntryOutcome,
    Event,
    Sealed,
    anonymous,
    operator,
)
from app.audit.sealed_storage import HeadWrite
from app.identity import accounts
from app.identity.accounts import Account, AccountChange
from app.identity.model import AccountAct, Actor, SignIn, SignInResult
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.platform.problems import request_id_of

_SIGN_IN: Final[Mapping[SignInResult, tuple[Action, EntryOutcome]]] = MappingProxyType(
    {
        SignInResult.OPENED: (Action.SESSION_OPENED, EntryOutcome.SUCCESS),
        SignInResult.REFRESHED: (Action.SESSION_REFRESHED, EntryOutcome.SUCCESS),
        SignInResult.REFUSED: (Action.SESSION_REFUSED, EntryOutcome.DENIED),
        SignInResult.REVOKED: (Action.SESSION_REVOKED, EntryOutcome.DENIED),
        SignInResult.CLOSED: (Action.SESSION_CLOSED, EntryOutcome.SUCCESS),
    }
)

_ACCOUNT: Final[Mapping[AccountAct, Action]] = MappingProxyType(
    {
        AccountAct.ACCOUNT_CREATED: Action.ACCOUNT_CREATED,
        AccountAct.ACCOUNT_CHANGED: Action.ACCOUNT_CHANGED,
        AccountAct.ACCOUNT_DISABLED: Action.ACCOUNT_DISABLED,
        AccountAct.CLIENT_CREATED: Action.CLIENT_CREATED,
        AccountAct.CLIENT_ROTATED: Action.CLIENT_ROTATED,
        AccountAct.CLIENT_DISABLED: Action.CLIENT_DISABLED,
    }
)

RecordSignIn = Callable[[Session, SignIn, datetime, str], None]


def sign_in_recorder(school: str) -> RecordSignIn:
    """A function that appends the entry of a sign-in event; an event without an account goes to the
    log of `school`, the configured one.
    """

    def record(session: Session, event: SignIn, now: datetime, request_id: str) -> None:
        action, outcome = _SIGN_IN[event.result]
        by: Author = event.actor or anonymous(school)
        data = {"grant": event.grant}
        log.append(
            session,
            Event(action=action, outcome=outcome, reason_code=event.reason_code, data=data),
            by=by,
            at=now,
            request_id=request_id,
        )

    return record


def save_account(session: Session, now: datetime) -> Callable[[AccountChange], Awaitable[None]]:
    """Make a function that stores the operator's change of an account together with its entry."""

    async def save(change: AccountChange) -> None:
        event = Event(
            action=_ACCOUNT[change.act],
            target=str(change.id),
            data={"role": change.role.value, "changed": sorted(change.changed)},
        )
        replaces = None if change.previous is None else {"audit_id": change.previous}
        await sealed_storage.write(
            session,
            [event],
            entry=change.entry,
            by=operator(change.school),
            at=now,
            request_id="cli",
            heads=[HeadWrite(table=change.table, row=change.row, replaces=replaces)],
        )

    return save


def append_accounts_listed(session: Session, found: Iterable[Account], now: datetime) -> None:
    """Append that the operator listed accounts of people, to the log of each school among them."""
    for school, count in sorted(Counter(one.school for one in found).items()):
        event = Event(action=Action.ACCOUNTS_LISTED, data={"count": count})
        log.append(session, event, by=operator(school), at=now, request_id="cli")


def sealed_accounts(session: Session) -> AsyncIterator[Sealed]:
    """Every account and client as stored now, for the verification of the audit log."""
    return sealed_storage.sealed_heads(session, *accounts.TABLES)


async def record_denial(request: Request, error: ServiceError) -> None:
    """Append a denial in a transaction of its own: for a 403, and a 404 that conceals.

    The entry is the same whether or not the object exists, since the denied caller may read it.
    """
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None or not (error.kind is Kind.FORBIDDEN or error.conceals):
        return
    database: Database = request.app.state.database
    route = request.scope.get("route")
    operation = str(getattr(route, "operation_id", None) or getattr(route, "name", "unknown"))
    event = Event(
        action=Action.ACCESS_DENIED,
        request=_asked_for(request, "request_id"),
        target=str(entry) if (entry := _asked_for(request, "entry_id")) else None,
        outcome=EntryOutcome.DENIED,
        reason_code=error.code,
        data={"operation": operation},
    )
    async with database.transaction() as session:
        log.append(
            session,
            event,
            by=actor,
            at=request.app.state.clock(),
            request_id=request_id_of(request),
        )


def _asked_for(request: Request, name: str) -> UUID | None:
    try:
        return UUID(str(request.path_params.get(name)))
    except ValueError:
        return None
