"""Accounts and clients are managed by the operator; each change has an audit entry with the digest
of the row after it.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.audit.model import state, state_digest
from app.audit.sealed_storage import canonical_row
from app.audit_hooks import save_account, sealed_accounts
from app.identity import accounts
from app.identity.accounts import AccountChange, Save
from app.identity.errors import AccountExists, AccountNotFound, InvalidAccount
from app.identity.model import AccountAct, Role
from app.identity.passwords import secret_hash
from app.identity.tables import ACCOUNT, CLIENT
from app.kernel import ids
from app.platform.db import Database, Session
from tests.running import TERM_TIME, MovableClock

SCHOOL = "123456"
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"


class Changes:
    """Stores each change with its audit entry, and remembers it for the test."""

    def __init__(self) -> None:
        self.changes: list[AccountChange] = []

    def on(self, session: Session) -> Save:
        store = save_account(session, TERM_TIME)

        async def save(change: AccountChange) -> None:
            self.changes.append(change)
            await store(change)

        return save


@pytest.fixture
def saved() -> Changes:
    return Changes()


async def add(
    session: Session, saved: Changes, email: str = "Head@School.example", role: Role = Role.DSL
) -> accounts.Account:
    return await accounts.add_user(
        session,
        email=email,
        role=role,
        school=SCHOOL,
        password_hash=HASH,
        now=TERM_TIME,
        save=saved.on(session),
    )


async def test_an_account_is_listed_under_the_normal_spelling_of_its_email(
    database: Database, saved: Changes
) -> None:
    async with database.transaction() as session:
        made = await add(session, saved, "  Ange\u0301la@School.example ")
    async with database.reading() as session:
        assert await accounts.list_users(session) == [made]
        assert await accounts.list_users(session, "654321") == []
    assert made.email == "angéla@school.example"


async def test_a_second_account_with_the_same_email_is_refused(
    database: Database, saved: Changes
) -> None:
    async with database.transaction() as session:
        await add(session, saved)
    with pytest.raises(AccountExists):
        async with database.transaction() as session:
            await add(session, saved, "HEAD@school.example")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "head",
        "@school.example",
        "a b@school.example",
        "a@b@c",
        "a\0@school.example",
        "a" * 300 + "@b.example",
    ],
)
async def test_an_invalid_email_is_refused(database: Database, saved: Changes, email: str) -> None:
    with pytest.raises(InvalidAccount):
        async with database.transaction() as session:
            await add(session, saved, email)
    assert saved.changes == []


async def test_a_machine_role_and_an_invalid_urn_are_refused(
    database: Database, saved: Changes
) -> None:
    async with database.transaction() as session:
        with pytest.raises(InvalidAccount):
            await add(session, saved, role=Role.INTEGRATION)
        with pytest.raises(InvalidAccount):
            await accounts.add_client(
                session, name="mis", school="12345", now=TERM_TIME, save=saved.on(session)
            )
        with pytest.raises(InvalidAccount):
            await accounts.add_client(
                session, name=" ", school=SCHOOL, now=TERM_TIME, save=saved.on(session)
            )
    assert saved.changes == []


async def test_an_unknown_account_or_client_is_not_found(
    database: Database, saved: Changes
) -> None:
    async with database.transaction() as session:
        save = saved.on(session)
        with pytest.raises(AccountNotFound):
            await accounts.disable_user(session, "unknown@school.example", now=TERM_TIME, save=save)
        with pytest.raises(AccountNotFound):
            await accounts.set_role(session, "no email", Role.DSL, now=TERM_TIME, save=save)
        with pytest.raises(AccountNotFound):
            await accounts.rotate_client(session, ids.new_id(TERM_TIME), now=TERM_TIME, save=save)
    assert saved.changes == []


async def test_the_entry_of_each_change_has_the_digest_of_the_new_row(
    database: Database, saved: Changes, clock: MovableClock
) -> None:
    async with database.transaction() as session:
        person = await add(session, saved)
    async with database.transaction() as session:
        client, first = await accounts.add_client(
            session, name="MIS", school=SCHOOL, now=TERM_TIME, save=saved.on(session)
        )
    steps: list[tuple[AccountAct, Callable[[Session], object]]] = [
        (
            AccountAct.ACCOUNT_CHANGED,
            lambda s: accounts.set_role(s, person.email, Role.STAFF, now=clock(), save=saved.on(s)),
        ),
        (
            AccountAct.ACCOUNT_CHANGED,
            lambda s: accounts.set_password(
                s, person.email, HASH + "x", now=clock(), save=saved.on(s)
            ),
        ),
        (
            AccountAct.ACCOUNT_DISABLED,
            lambda s: accounts.disable_user(s, person.email, now=clock(), save=saved.on(s)),
        ),
        (
            AccountAct.CLIENT_ROTATED,
            lambda s: accounts.rotate_client(s, client.id, now=clock(), save=saved.on(s)),
        ),
        (
            AccountAct.CLIENT_DISABLED,
            lambda s: accounts.disable_client(s, client.id, now=clock(), save=saved.on(s)),
        ),
    ]
    for act, step in steps:
        clock.forward(minutes=1, microseconds=1)
        async with database.transaction() as session:
            await step(session)  # type: ignore[misc]
        change = saved.changes[-1]
        assert change.act is act
        async with database.reading() as session:
            stored = {one.id: one async for one in sealed_accounts(session)}
            bodies = await session.all(sa.text("SELECT id, body FROM audit_entry"))
        one = stored[str(change.id)]
        assert (one.audit_id, one.digest) == (
            change.entry,
            state_digest(canonical_row(change.row)),
        )
        (entry,) = [row for row in bodies if UUID(str(row.id)) == one.audit_id]
        assert json.loads(entry.body)["data"]["states"] == {
            str(change.id): state(canonical_row(change.row))
        }
    everything = " ".join(row.body for row in bodies)
    assert person.email not in everything
    assert HASH not in everything
    assert first not in everything


async def test_a_secret_is_stored_only_as_a_hash(database: Database, saved: Changes) -> None:
    async with database.transaction() as session:
        client, secret = await accounts.add_client(
            session, name="MIS", school=SCHOOL, now=TERM_TIME, save=saved.on(session)
        )
    async with database.reading() as session:
        (row,) = await session.all(sa.select(CLIENT))
        assert await accounts.list_clients(session, SCHOOL) == [client]
    assert row.secret_hash == secret_hash(secret)
    assert secret.encode() not in b"".join(value for value in row if isinstance(value, bytes))
    assert len(secret) == 43


async def test_a_second_rotation_ends_the_oldest_secret(database: Database, saved: Changes) -> None:
    async with database.transaction() as session:
        client, first = await accounts.add_client(
            session, name="MIS", school=SCHOOL, now=TERM_TIME, save=saved.on(session)
        )
    made = [first]
    for _ in range(2):
        async with database.transaction() as session:
            made.append(
                await accounts.rotate_client(
                    session, client.id, now=TERM_TIME, save=saved.on(session)
                )
            )
    async with database.reading() as session:
        (row,) = await session.all(sa.select(CLIENT))
    assert (row.previous_hash, row.secret_hash) == (secret_hash(made[1]), secret_hash(made[2]))
    assert row.previous_until == TERM_TIME + timedelta(days=7)


async def test_the_database_refuses_a_change_without_an_entry(
    database: Database, saved: Changes
) -> None:
    async with database.transaction() as session:
        await add(session, saved)
    async with database.transaction() as session:
        await session.execute(sa.text("DELETE FROM audit_pending"))  # as the sealer does
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(sa.update(ACCOUNT).values(role="ig_lead"))

    async def without_entry(session: Session, change: AccountChange) -> None:
        await session.execute(
            sa.update(change.table).values(
                {name: change.row[name] for name in ("role", "audit_id")}
            )
        )

    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await accounts.set_role(
                session,
                "head@school.example",
                Role.IG_LEAD,
                now=TERM_TIME,
                save=partial(without_entry, session),
            )
    async with database.reading() as session:
        assert [account.role for account in await accounts.list_users(session)] == [Role.DSL]


@pytest.mark.parametrize("role", ["integration", "admin", ""])
async def test_the_database_refuses_other_roles_for_people(
    database: Database, saved: Changes, role: str
) -> None:
    async with database.transaction() as session:
        await add(session, saved)
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(
                sa.text("UPDATE identity_account SET role = :role"), {"role": role}
            )
