"""Token refresh and sign-out: a right that is taken away is gone at the next call."""

import asyncio

import pytest
import sqlalchemy as sa

from app.audit_hooks import save_account
from app.identity import accounts
from app.identity import service as identity_service
from app.identity.model import Role
from app.identity.tables import REFRESH_TOKEN, SESSION
from tests.api.signing_in import (
    EMAIL,
    add_machine,
    add_person,
    ask,
    me,
    refresh,
    revoke,
    seen,
    sign_in,
    tokens,
    trail,
)
from tests.running import MovableClock
from tests.service import PASSWORD, Service


async def test_a_refresh_token_is_exchanged_for_another(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    first = await tokens(client)
    second = (await refresh(client, first["refresh_token"])).json()
    assert second.keys() == first.keys()
    assert second["refresh_token"] != first["refresh_token"]
    for given in (first, second):
        assert (await me(client, given["access_token"])).status_code == 200
    assert seen(await trail(service)) == {"opened success None": 1, "refreshed success None": 1}


async def test_a_second_use_of_a_refresh_token_ends_the_session(
    service: Service,
) -> None:
    await add_person(service)
    client = await service.anonymous()
    first = await tokens(client)
    second = (await refresh(client, first["refresh_token"])).json()
    reply = await refresh(client, first["refresh_token"])
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(client, second["refresh_token"])).json()["error"] == "invalid_grant"
    for given in (first, second):
        assert (await me(client, given["access_token"])).status_code == 401
    happened = seen(await trail(service))
    assert (happened["revoked denied reused"], happened["refused denied session-over"]) == (1, 1)


async def test_another_session_of_the_same_person_stays_open(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    one, other = await tokens(client), await tokens(client)
    await refresh(client, one["refresh_token"])
    await refresh(client, one["refresh_token"])
    assert (await me(client, one["access_token"])).status_code == 401
    assert (await me(client, other["access_token"])).status_code == 200


async def test_of_concurrent_exchanges_one_succeeds(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    given = await tokens(client)
    replies = await asyncio.gather(*(refresh(client, given["refresh_token"]) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7
    assert (await me(client, given["access_token"])).status_code == 401


async def test_a_refresh_token_is_valid_for_four_hours_and_a_session_for_twelve(
    service: Service, clock: MovableClock
) -> None:
    await add_person(service)
    client = await service.anonymous()
    given = await tokens(client)
    for _ in range(3):
        clock.forward(hours=3, minutes=59)
        given = (await refresh(client, given["refresh_token"])).json()
    clock.forward(minutes=3)
    assert (await refresh(client, given["refresh_token"])).status_code == 400
    late = await tokens(client)
    clock.forward(hours=4)
    assert (await refresh(client, late["refresh_token"])).status_code == 400


async def test_a_refresh_token_works_for_its_own_client_only(service: Service) -> None:
    await add_person(service)
    (mine, secret), (other, others) = (
        await add_machine(service, "front end"),
        await add_machine(service, "other"),
    )
    client = await service.anonymous()
    mine_auth, other_auth = (str(mine.id), secret), (str(other.id), others)
    given = (
        await ask(client, auth=mine_auth, grant_type="password", username=EMAIL, password=PASSWORD)
    ).json()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    assert (await ask(client, **form)).json()["error"] == "invalid_grant"
    assert (await ask(client, auth=other_auth, **form)).json()["error"] == "invalid_grant"
    assert (await revoke(client, given["refresh_token"])).status_code == 401
    assert (await revoke(client, given["refresh_token"], other_auth)).json()[
        "error"
    ] == "unauthorized_client"
    assert (await ask(client, auth=mine_auth, **form)).status_code == 200


async def test_a_client_of_another_school_cannot_sign_people_in(service: Service) -> None:
    await add_person(service)
    made, secret = await add_machine(service, "front end", school="654321")
    client = await service.anonymous()
    reply = await ask(
        client,
        auth=(str(made.id), secret),
        grant_type="password",
        username=EMAIL,
        password=PASSWORD,
    )
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")
    assert seen(await trail(service)) == {"refused denied another-school": 1}


async def test_a_refresh_token_under_another_school_is_unknown(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    given = (await tokens(client))["refresh_token"]
    assert given.startswith("123456")
    for altered in ("654321" + given[6:], given[6:]):
        reply = await refresh(client, altered)
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(client, given)).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_signing_out_ends_every_token_at_once(service: Service, kind: str) -> None:
    await add_person(service)
    client = await service.anonymous()
    first = await tokens(client)
    second = (await refresh(client, first["refresh_token"])).json()
    assert (await me(client, second["access_token"])).status_code == 200
    reply = await revoke(client, second[kind])
    assert (reply.status_code, reply.content) == (200, b"")
    for given in (first, second):
        assert (await me(client, given["access_token"])).status_code == 401
    assert (await refresh(client, second["refresh_token"])).status_code == 400
    assert seen(await trail(service))["closed success None"] == 1


@pytest.mark.parametrize("token", ["unknown", "a.b.c", "é" * 10, "x" * 5000])
async def test_signing_out_with_an_invalid_token_is_no_error(service: Service, token: str) -> None:
    client = await service.anonymous()
    assert (await revoke(client, token)).status_code == 200
    assert (await client.post("/v1/token/revocation", data={})).status_code in {400, 415}
    assert await trail(service) == []


async def test_a_client_can_revoke_its_own_token(service: Service) -> None:
    made, secret = await add_machine(service)
    client = await service.anonymous()
    token = (
        await ask(client, auth=(str(made.id), secret), grant_type="client_credentials")
    ).json()["access_token"]
    assert (await revoke(client, token)).status_code == 401
    assert (await me(client, token)).status_code == 200
    assert (await revoke(client, token, (str(made.id), secret))).status_code == 200
    assert (await me(client, token)).status_code == 401


async def test_a_new_role_applies_from_the_next_call(service: Service) -> None:
    await add_person(service, role=Role.STAFF)
    client = await service.anonymous()
    given = await tokens(client)
    assert (await me(client, given["access_token"])).json()["role"] == "staff"
    async with service.database.transaction() as session:
        now = service.clock()
        await accounts.set_role(
            session, EMAIL, Role.IG_LEAD, now=now, save=save_account(session, now)
        )
    who = (await me(client, given["access_token"])).json()
    assert (who["role"], "audit:export" in who["permissions"]) == ("ig_lead", True)
    renewed = (await refresh(client, given["refresh_token"])).json()
    assert (await me(client, renewed["access_token"])).json()["role"] == "ig_lead"


async def test_a_disabled_account_loses_access_at_once(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    given = await tokens(client)
    async with service.database.transaction() as session:
        now = service.clock()
        await accounts.disable_user(session, EMAIL, now=now, save=save_account(session, now))
    assert (await me(client, given["access_token"])).status_code == 401
    assert (await refresh(client, given["refresh_token"])).status_code == 400
    assert (await sign_in(client)).status_code == 400


async def test_a_new_password_ends_open_sessions(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    given = await tokens(client)
    changed = await service.app.state.identity.passwords.hash("another password")
    async with service.database.transaction() as session:
        now = service.clock()
        await accounts.set_password(
            session, EMAIL, changed, now=now, save=save_account(session, now)
        )
    assert (await me(client, given["access_token"])).status_code == 401
    assert (await refresh(client, given["refresh_token"])).status_code == 400
    assert (await sign_in(client)).status_code == 400
    assert (await sign_in(client, EMAIL, "another password")).status_code == 200


async def test_tokens_are_stored_only_as_hashes(service: Service) -> None:
    await add_person(service)
    given = await tokens(await service.anonymous())
    async with service.database.reading() as session:
        rows = [
            *await session.all(sa.select(REFRESH_TOKEN)),
            *await session.all(sa.select(SESSION)),
        ]
    assert len(rows) == 2
    assert not any(
        token in str(row)
        for row in rows
        for token in (given["refresh_token"], given["access_token"])
    )


async def test_ended_sessions_are_deleted_a_day_later(
    service: Service, clock: MovableClock
) -> None:
    await add_person(service)
    client = await service.anonymous()
    await tokens(client)
    clock.forward(hours=35)
    kept = await tokens(client)
    clock.forward(hours=1, seconds=1)
    async with service.database.transaction() as session:
        assert await identity_service.delete_expired(session, clock()) == 1
    assert (
        await me(client, (await refresh(client, kept["refresh_token"])).json()["access_token"])
    ).status_code == 200
