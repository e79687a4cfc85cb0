"""Accounts of people and of machine clients, managed by the operator.

Every function that changes one takes `save`, which stores the `AccountChange` with its audit entry.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.identity import store
from app.identity.errors import AccountExists, AccountNotFound, InvalidAccount
from app.identity.model import AccountAct, Role
from app.identity.passwords import new_secret, secret_hash
from app.identity.tables import ACCOUNT, CLIENT, AccountRow, ClientRow
from app.kernel import ids
from app.platform.db import Session
from app.platform.rows import all_rows, changed_values, col, table_of, values

ROTATION: Final = timedelta(days=7)
"""How long a client's previous secret works after a rotation."""

TABLES: Final = (ACCOUNT, CLIENT)
"""The tables whose rows are compared with the audit log."""

_OF_ACCOUNTS: Final = frozenset({AccountAct.ACCOUNT_CHANGED, AccountAct.ACCOUNT_DISABLED})

_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,188}")
_URN: Final = re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """A change of an account or client that is about to be stored.

    `row` is the whole row after the change and cites the entry to be made in `audit_id`; `previous`
    is the entry that the stored row cites, None for a new one. The row holds personal data and
    hashes: the entry holds only its digest.
    """

    act: AccountAct
    table: sa.Table
    row: Mapping[str, object]
    previous: UUID | None
    id: UUID
    school: str
    role: Role
    changed: tuple[str, ...]
    entry: UUID


Save = Callable[[AccountChange], Awaitable[None]]


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
    """A machine client, for the operator's list."""

    id: UUID
    school: str
    name: str
    active: bool


def normal_email(text: str) -> str | None:
    """The one spelling of an email address, or None for a text that is not one."""
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
    save: Save,
) -> Account:
    """Create an account. Raises `InvalidAccount` for an invalid email address, role or school,
    `AccountExists` when the email address has an account already.
    """
    normal = normal_email(email)
    if normal is None:
        raise InvalidAccount("that is not an email address")
    _check_role(role)
    _check_school(school)
    name = store.email_hash(normal)
    if await store.find_school(session, name) is not None:
        raise AccountExists("an account with this email address exists")
    account_id, entry = ids.new_id(now), ids.new_id(now)
    row = values(AccountRow)(
        school=school,
        id=account_id,
        email=normal,
        role=role.value,
        password_hash=password_hash,
        active=True,
        created_at=now,
        changed_at=now,
        audit_id=entry,
    )
    await save(
        AccountChange(
            act=AccountAct.ACCOUNT_CREATED,
            table=ACCOUNT,
            row=row,
            previous=None,
            id=account_id,
            school=school,
            role=role,
            changed=("role", "school"),
            entry=entry,
        )
    )
    store.add_name(session, name, school, account_id)
    return Account(account_id, school, normal, role, active=True)


async def list_users(session: Session, school: str | None = None) -> list[Account]:
    """Accounts of one school, or of every school, by email address."""
    statement = sa.select(ACCOUNT).order_by(col(AccountRow.email))
    if school is not None:
        statement = statement.where(col(AccountRow.school) == school)
    return [
        Account(row.id, row.school, row.email, Role(row.role), row.active)
        for row in await all_rows(session, AccountRow, statement)
    ]


async def email_of(session: Session, school: str, account_id: UUID) -> str | None:
    """The email address of an account; None for an unknown one."""
    row = await store.load_account(session, school, account_id)
    return None if row is None else row.email


async def disable_user(session: Session, email: str, *, now: datetime, save: Save) -> None:
    """Disable an account and end its sessions. Raises `AccountNotFound`."""
    row = await _account(session, email)
    changes = {col(AccountRow.active): False}
    await _change(row, changes, AccountAct.ACCOUNT_DISABLED, Role(row.role), now, save)
    await store.revoke_sessions_of_account(session, row.school, row.id, now)


async def set_role(session: Session, email: str, role: Role, *, now: datetime, save: Save) -> None:
    """Give an account another role, from its next request on. Raises `AccountNotFound`,
    `InvalidAccount`.
    """
    _check_role(role)
    row = await _account(session, email)
    changes = {col(AccountRow.role): role.value}
    await _change(row, changes, AccountAct.ACCOUNT_CHANGED, role, now, save)


async def set_password(
    session: Session, email: str, password_hash: str, *, now: datetime, save: Save
) -> None:
    """Give an account another password and end its sessions. Raises `AccountNotFound`."""
    row = await _account(session, email)
    changes = {col(AccountRow.password_hash): password_hash}
    await _change(row, changes, AccountAct.ACCOUNT_CHANGED, Role(row.role), now, save)
    await store.revoke_sessions_of_account(session, row.school, row.id, now)


async def add_client(
    session: Session, *, name: str, school: str, now: datetime, save: Save
) -> tuple[Client, str]:
    """Create a machine client; gives it and its secret, which is stored only as a hash. Raises
    `InvalidAccount`, `AccountExists`.
    """
    name = unicodedata.normalize("NFC", name)
    if not (name.isprintable() and name.strip() == name and 1 <= len(name) <= 100):
        raise InvalidAccount("a client's name has 1 to 100 printable characters")
    _check_school(school)
    same = (col(ClientRow.school) == school, col(ClientRow.name) == name)
    if await session.first(sa.select(CLIENT).where(*same)):
        raise AccountExists("a client with this name exists")
    client_id, entry, secret = ids.new_id(now), ids.new_id(now), new_secret()
    row = values(ClientRow)(
        school=school,
        id=client_id,
        name=name,
        secret_hash=secret_hash(secret),
        previous_hash=None,
        previous_until=None,
        active=True,
        created_at=now,
        changed_at=now,
        audit_id=entry,
    )
    await save(
        AccountChange(
            act=AccountAct.CLIENT_CREATED,
            table=CLIENT,
            row=row,
            previous=None,
            id=client_id,
            school=school,
            role=Role.INTEGRATION,
            changed=("school",),
            entry=entry,
        )
    )
    store.add_name(session, store.client_hash(client_id), school, client_id)
    return Client(client_id, school, name, active=True), secret


async def list_clients(session: Session, school: str | None = None) -> list[Client]:
    """Machine clients of one school, or of every school, by name."""
    statement = sa.select(CLIENT).order_by(col(ClientRow.name), col(ClientRow.id))
    if school is not None:
        statement = statement.where(col(ClientRow.school) == school)
    return [
        Client(row.id, row.school, row.name, row.active)
        for row in await all_rows(session, ClientRow, statement)
    ]


async def rotate_client(session: Session, client_id: UUID, *, now: datetime, save: Save) -> str:
    """Give a client a new secret; the previous one works for `ROTATION` longer, older ones no
    longer. Raises `AccountNotFound`.
    """
    row = await _client(session, client_id)
    secret = new_secret()
    changes: dict[sa.Column[Any], object] = {
        col(ClientRow.secret_hash): secret_hash(secret),
        col(ClientRow.previous_hash): row.secret_hash,
        col(ClientRow.previous_until): now + ROTATION,
    }
    await _change(row, changes, AccountAct.CLIENT_ROTATED, Role.INTEGRATION, now, save)
    return secret


async def disable_client(session: Session, client_id: UUID, *, now: datetime, save: Save) -> None:
    """Disable a client and end its sessions. Raises `AccountNotFound`."""
    row = await _client(session, client_id)
    changes: dict[sa.Column[Any], object] = {
        col(ClientRow.active): False,
        col(ClientRow.previous_hash): None,
        col(ClientRow.previous_until): None,
    }
    await _change(row, changes, AccountAct.CLIENT_DISABLED, Role.INTEGRATION, now, save)
    await store.revoke_sessions_of_client(session, row.school, row.id, now)


def _check_school(school: str) -> None:
    if _URN.fullmatch(school) is None:
        raise InvalidAccount("a school is named by its URN: six digits")


def _check_role(role: Role) -> None:
    if role is Role.INTEGRATION:
        raise InvalidAccount("the role of a person is staff, dsl or ig_lead; machines are clients")


async def _account(session: Session, email: str) -> AccountRow:
    normal = normal_email(email)
    row = None
    if normal is not None:
        row = await store.load_account_by_email(session, normal, for_update=True)
    if row is None:
        raise AccountNotFound("no account has this email address")
    return row


async def _client(session: Session, client_id: UUID) -> ClientRow:
    row = await store.load_client(session, client_id, for_update=True)
    if row is None:
        raise AccountNotFound("no client has this id")
    return row


async def _change(
    row: AccountRow | ClientRow,
    changes: Mapping[sa.Column[Any], object],
    act: AccountAct,
    role: Role,
    now: datetime,
    save: Save,
) -> None:
    kind = AccountRow if act in _OF_ACCOUNTS else ClientRow
    entry = ids.new_id(now)
    stamps: dict[sa.Column[Any], object] = {col(kind.changed_at): now, col(kind.audit_id): entry}
    await save(
        AccountChange(
            act=act,
            table=table_of(kind),
            row=changed_values(row, {**changes, **stamps}),
            previous=row.audit_id,
            id=row.id,
            school=row.school,
            role=role,
            changed=tuple(column.key for column in changes),
            entry=entry,
        )
    )
