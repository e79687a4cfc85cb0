"""Accounts of people and of machines, kept by the operator. Law: no change without an audit entry,
which is made first and cited.

Every function that changes something takes `seal`, which is given the `AccountChange` and appends
its entry, and returns the entry's id.
"""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.identity.errors import AccountExists, AccountNotFound, InvalidAccount
from app.identity.keys import base64url
from app.identity.model import AccountAct, AccountChange, Role
from app.identity.passwords import new_secret, secret_hash
from app.identity.tables import ACCOUNT, CLIENT, SESSION
from app.kernel import clock, ids
from app.kernel.canonical import Json
from app.platform.db import Session

Seal = Callable[[AccountChange], UUID]

ROTATION: Final = timedelta(days=7)
"""How long a client's secret goes on working after a new one was made."""

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,188}")
_URN: Final = re.compile(r"[0-9]{6}", re.ASCII)

PRINCIPAL: Final = (
    sa.select(
        sa.func.coalesce(ACCOUNT.c.role, Role.INTEGRATION.value).label("role"),
        sa.func.coalesce(ACCOUNT.c.school, CLIENT.c.school).label("school"),
    )
    .select_from(
        SESSION.outerjoin(ACCOUNT, ACCOUNT.c.id == SESSION.c.account_id).outerjoin(
            CLIENT, CLIENT.c.id == SESSION.c.client_id
        )
    )
    .where(
        SESSION.c.id == sa.bindparam("principal_session", type_=sa.Uuid),
        sa.func.coalesce(SESSION.c.account_id, SESSION.c.client_id)
        == sa.bindparam("principal_subject", type_=sa.Uuid),
        SESSION.c.revoked_at.is_(None),
        sa.func.coalesce(ACCOUNT.c.active, sa.true()),
        sa.func.coalesce(CLIENT.c.active, sa.true()),
    )
)
"""Role and school of a live session's holder; no row when the session is revoked, or account or
client disabled. Binds `principal_*`."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account, for the operator's list."""

    id: UUID
    school: str
    email: str
    role: Role
    active: bool


@dataclass(frozen=True, slots=True)
class Client:
    """A machine's account, for the operator's list."""

    id: UUID
    school: str
    name: str
    active: bool


def normal_email(text: str) -> str | None:
    """The one spelling of an email address, or None for what is none."""
    email = unicodedata.normalize("NFC", text.strip()).lower()
    return email if _EMAIL.fullmatch(email) else None


async def add_user(
    session: Session,
    *,
    email: str,
    role: Role,
    school: str,
    password_hash: str,
    now: datetime,
    seal: Seal,
) -> Account:
    """Make an account. Raises `InvalidAccount` for an email, role or school that cannot be,
    `AccountExists` for a taken email.
    """
    normal = normal_email(email)
    if normal is None:
        raise InvalidAccount("that is not an email address")
    if role is Role.INTEGRATION:
        raise InvalidAccount("a person is staff, dsl or ig_lead; machines are clients")
    _check_school(school)
    if await session.first(sa.select(ACCOUNT.c.id).where(ACCOUNT.c.email == normal)):
        raise AccountExists("an account with this email address exists")
    made = ids.new_id(now)
    row: dict[str, Any] = {
        "id": made,
        "school": school,
        "email": normal,
        "role": role.value,
        "password_hash": password_hash,
        "active": True,
        "created_at": now,
        "changed_at": now,
    }
    session.add(
        ACCOUNT,
        row | {"audit_id": seal(_change(AccountAct.ACCOUNT_CREATED, row, ("role", "school")))},
    )
    return Account(made, school, normal, role, active=True)


async def list_users(session: Session, school: str | None = None) -> list[Account]:
    """Accounts, of one school or all, by email."""
    statement = sa.select(ACCOUNT).order_by(ACCOUNT.c.email)
    if school is not None:
        statement = statement.where(ACCOUNT.c.school == school)
    return [
        Account(row.id, row.school, row.email, Role(row.role), row.active)
        for row in await session.all(statement)
    ]


async def email_of(session: Session, account: UUID) -> str | None:
    """The email address of an account; None for what is no account here."""
    row = await session.first(sa.select(ACCOUNT.c.email).where(ACCOUNT.c.id == account))
    return None if row is None else str(row.email)


async def disable_user(session: Session, email: str, *, now: datetime, seal: Seal) -> None:
    """Shut an account at once, its sessions with it. Raises `AccountNotFound`."""
    row = await _account(session, email)
    await _write(session, ACCOUNT, row, {"active": False}, AccountAct.ACCOUNT_DISABLED, now, seal)
    await _revoke_sessions(session, SESSION.c.account_id, row["id"], now)


async def set_role(session: Session, email: str, role: Role, *, now: datetime, seal: Seal) -> None:
    """Give an account another role, from its next request on. Raises `AccountNotFound`,
    `InvalidAccount`.
    """
    if role is Role.INTEGRATION:
        raise InvalidAccount("a person is staff, dsl or ig_lead; machines are clients")
    row = await _account(session, email)
    await _write(session, ACCOUNT, row, {"role": role.value}, AccountAct.ACCOUNT_CHANGED, now, seal)


async def set_password(
    session: Session, email: str, password_hash: str, *, now: datetime, seal: Seal
) -> None:
    """Give an account another password and end its sessions. Raises `AccountNotFound`."""
    row = await _account(session, email)
    await _write(
        session,
        ACCOUNT,
        row,
        {"password_hash": password_hash},
        AccountAct.ACCOUNT_CHANGED,
        now,
        seal,
    )
    await _revoke_sessions(session, SESSION.c.account_id, row["id"], now)


async def add_client(
    session: Session, *, name: str, school: str, now: datetime, seal: Seal
) -> tuple[Client, str]:
    """Make a machine's account; gives it and its secret, which is stored nowhere. Raises
    `InvalidAccount`, `AccountExists`.
    """
    name = unicodedata.normalize("NFC", name)
    if not (name.isprintable() and name.strip() == name and 1 <= len(name) <= 100):
        raise InvalidAccount("a client's name has 1 to 100 printable characters")
    _check_school(school)
    if await session.first(
        sa.select(CLIENT.c.id).where(CLIENT.c.school == school, CLIENT.c.name == name)
    ):
        raise AccountExists("a client with this name exists")
    made, secret = ids.new_id(now), new_secret()
    row: dict[str, Any] = {
        "id": made,
        "school": school,
        "name": name,
        "secret_hash": secret_hash(secret),
        "previous_hash": None,
        "previous_until": None,
        "active": True,
        "created_at": now,
        "changed_at": now,
    }
    session.add(
        CLIENT, row | {"audit_id": seal(_change(AccountAct.CLIENT_CREATED, row, ("school",)))}
    )
    return Client(made, school, name, active=True), secret


async def list_clients(session: Session, school: str | None = None) -> list[Client]:
    """Machine clients, of one school or all, by name."""
    statement = sa.select(CLIENT).order_by(CLIENT.c.name, CLIENT.c.id)
    if school is not None:
        statement = statement.where(CLIENT.c.school == school)
    return [
        Client(row.id, row.school, row.name, row.active) for row in await session.all(statement)
    ]


async def rotate_client(session: Session, client: UUID, *, now: datetime, seal: Seal) -> str:
    """Make a new secret and give it; the one before works for `ROTATION` longer, older ones no
    more. Raises `AccountNotFound`.
    """
    row = await _client(session, client)
    secret = new_secret()
    values = {
        "secret_hash": secret_hash(secret),
        "previous_hash": row["secret_hash"],
        "previous_until": now + ROTATION,
    }
    await _write(session, CLIENT, row, values, AccountAct.CLIENT_ROTATED, now, seal)
    return secret


async def disable_client(session: Session, client: UUID, *, now: datetime, seal: Seal) -> None:
    """Shut a client at once, its sessions with it. Raises `AccountNotFound`."""
    row = await _client(session, client)
    values = {"active": False, "previous_hash": None, "previous_until": None}
    await _write(session, CLIENT, row, values, AccountAct.CLIENT_DISABLED, now, seal)
    await _revoke_sessions(session, SESSION.c.client_id, client, now)


async def heads(session: Session) -> AsyncIterator[tuple[UUID, UUID, Mapping[str, Json]]]:
    """Every account and client as stored now (id, cited entry, head), for verification against the
    trail.
    """
    for table in (ACCOUNT, CLIENT):
        async for row in session.stream(sa.select(table).order_by(table.c.id)):
            stored = dict(row._mapping)  # noqa: SLF001 - the documented way to a row as a mapping
            yield row.id, row.audit_id, _head(stored)


def _check_school(school: str) -> None:
    if _URN.fullmatch(school) is None:
        raise InvalidAccount("a school is named by its URN: six digits")


async def _account(session: Session, email: str) -> dict[str, Any]:
    normal = normal_email(email)
    row = (
        None
        if normal is None
        else await session.first(
            sa.select(ACCOUNT).where(ACCOUNT.c.email == normal).with_for_update()
        )
    )
    if row is None:
        raise AccountNotFound("no account has this email address")
    return dict(row._mapping)  # noqa: SLF001


async def _client(session: Session, client: UUID) -> dict[str, Any]:
    row = await session.first(sa.select(CLIENT).where(CLIENT.c.id == client).with_for_update())
    if row is None:
        raise AccountNotFound("no client has this id")
    return dict(row._mapping)  # noqa: SLF001


async def _write(
    session: Session,
    table: sa.Table,
    row: dict[str, Any],
    values: Mapping[str, object],
    act: AccountAct,
    now: datetime,
    seal: Seal,
) -> None:
    written = {**values, "changed_at": now}
    written["audit_id"] = seal(_change(act, row | written, tuple(sorted(values))))
    await session.execute(sa.update(table).where(table.c.id == row["id"]).values(written))


def _change(act: AccountAct, row: Mapping[str, Any], changed: tuple[str, ...]) -> AccountChange:
    role = Role(row.get("role", Role.INTEGRATION))
    return AccountChange(
        act=act, id=row["id"], school=row["school"], role=role, changed=changed, head=_head(row)
    )


def _head(row: Mapping[str, Any]) -> dict[str, Json]:
    return {name: _plain(value) for name, value in row.items() if name != "audit_id"}


def _plain(value: object) -> Json:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, bytes):
        return base64url(value)
    if isinstance(value, datetime):
        return clock.to_text(value)
    return str(value)


async def _revoke_sessions(
    session: Session, holder: sa.Column[Any], id: UUID, now: datetime
) -> None:
    await session.execute(
        sa.update(SESSION)
        .where(holder == id, SESSION.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
