"""A caller's school is found by one query, and every other query names it."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.audit_hooks import save_account
from app.identity import accounts, store
from app.identity.errors import AccountExists
from app.identity.model import Role
from app.identity.tables import ACCOUNT, CLIENT, REFRESH_TOKEN, SIGN_IN_NAME
from app.kernel import ids
from app.platform.db import Database
from tests.running import TERM_TIME

EMAIL = "head@school.example"
HERE, ELSEWHERE = "123456", "654321"


async def person(database: Database, school: str = HERE, email: str = EMAIL) -> UUID:
    async with database.transaction() as session:
        made = await accounts.add_user(
            session,
            email=email,
            role=Role.DSL,
            school=school,
            password_hash="$argon2id$",
            now=TERM_TIME,
            save=save_account(session, TERM_TIME),
        )
    return made.id


async def machine(database: Database, school: str = HERE) -> UUID:
    async with database.transaction() as session:
        made, _ = await accounts.add_client(
            session, name="MIS", school=school, now=TERM_TIME, save=save_account(session, TERM_TIME)
        )
    return made.id


async def test_an_email_address_and_a_client_id_lead_to_their_school(database: Database):
    here, elsewhere = await person(database), await machine(database, ELSEWHERE)
    async with database.reading() as session:
        assert await store.find_school(session, store.email_hash(EMAIL)) == (HERE, here)
        assert await store.find_school(session, store.client_hash(elsewhere)) == (
            ELSEWHERE,
            elsewhere,
        )
        assert await store.find_school(session, store.email_hash("other@school.example")) is None
        assert await store.find_school(session, store.client_hash(here)) is None


async def test_an_email_address_has_one_account_in_all_schools(database: Database):
    await person(database)
    with pytest.raises(AccountExists):
        await person(database, ELSEWHERE)


async def test_every_account_and_client_has_one_sign_in_name(database: Database):
    for school, name in ((HERE, "a"), (HERE, "b"), (ELSEWHERE, "c")):
        await person(database, school, f"{name}@school.example")
    await machine(database)
    async with database.reading() as session:
        named = [(row.school, row.id) for row in await session.all(sa.select(SIGN_IN_NAME))]
        stored = [
            (row.school, row.id)
            for table in (ACCOUNT, CLIENT)
            for row in await session.all(sa.select(table.c.school, table.c.id))
        ]
    assert sorted(named) == sorted(stored)
    assert len(named) == 4


async def test_an_account_is_not_found_under_another_school(database: Database):
    account = await person(database)
    async with database.reading() as session:
        found = await store.load_account(session, HERE, account)
        assert found is not None
        assert found.email == EMAIL
        assert await store.load_account(session, ELSEWHERE, account) is None
        assert await accounts.email_of(session, ELSEWHERE, account) is None


async def test_refresh_tokens_are_deleted_with_their_session(database: Database):
    account, session_id = await person(database), ids.new_id(TERM_TIME)
    async with database.transaction() as session:
        store.add_session(
            session,
            HERE,
            session_id,
            account_id=account,
            client_id=None,
            opened_at=TERM_TIME,
            ends_at=TERM_TIME,
        )
        token = store.add_refresh_token(
            session, HERE, session_id, issued_at=TERM_TIME, expires_at=TERM_TIME
        )
    after = TERM_TIME + store.KEPT_AFTER
    async with database.transaction() as session:
        assert await store.delete_ended_sessions(session, after) == 0
        assert await store.load_refresh_token(session, token) is not None
        assert await store.delete_ended_sessions(session, after + timedelta(seconds=1)) == 1
        assert await session.all(sa.select(REFRESH_TOKEN)) == []


async def test_a_text_without_a_school_is_no_refresh_token(database: Database):
    async with database.reading() as session:
        for token in ("", "12345", "１２３４５６secret", "unknown-token"):
            assert await store.load_refresh_token(session, token) is None
