"""Authentication and authorisation: 401 before 403 before 422, throttling, external issuers."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from app.audit_hooks import save_account
from app.identity import accounts, store
from app.identity.deps import Require, SignedIn
from app.identity.issuers import subject_id
from app.identity.keys import CURRENT
from app.identity.model import Actor, Permission, Role
from app.identity.throttle import FREE_BY_ACCOUNT
from app.platform.settings import IssuerSettings, Settings
from app.platform.web import StrictRoute
from tests.api.openid_provider import Provider, public_jwk, rsa_key, running_provider, sign_token
from tests.api.signing_in import (
    EMAIL,
    add_machine,
    add_person,
    ask,
    at,
    me,
    refresh,
    seen,
    sign_in,
    tokens,
    trail,
)
from tests.running import MovableClock
from tests.service import PASSWORD, Service
from tests.unit.identity import attacks


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


probe = APIRouter(route_class=StrictRoute)


@probe.post("/probe/{number}")
async def post_probe(
    actor: Annotated[Actor, Require(Permission.POLICY_DRAFT, Permission.AUDIT_EXPORT)],
    number: int,
    note: Note,
) -> str:
    return actor.role


@probe.post("/probe-anyone")
async def post_anyone(actor: SignedIn, note: Note) -> str:
    return actor.role


@pytest.fixture
async def probed(service: Service) -> Service:
    service.app.include_router(probe)
    return service


@pytest.fixture
async def attacked(settings: Settings, clock: MovableClock) -> AsyncIterator[Service]:
    """The service under the name, and with the key, that the forged tokens are made for."""
    settings.keys_dir.mkdir(mode=0o700)
    file = settings.keys_dir / CURRENT
    file.touch(0o600)
    file.write_bytes(attacks.MINE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    async with Service.started(
        settings.model_copy(update={"public_url": attacks.ISSUER}), clock
    ) as running:
        yield running


async def get(service: Service, *values: str) -> httpx.Response:
    client = await service.anonymous()
    headers = [("Authorization", value.encode("utf-8", "surrogatepass")) for value in values]
    return await client.get("/v1/me", headers=[(name.encode(), value) for name, value in headers])


async def test_every_forged_token_gets_the_same_reply(attacked: Service) -> None:
    subject = await add_person(attacked)
    async with attacked.database.transaction() as session:
        now = attacked.clock()
        store.add_session(
            session,
            "123456",
            attacks.FAMILY,
            account_id=subject,
            client_id=None,
            opened_at=now,
            ends_at=now,
        )
    sound = attacks.token(body=attacks.claims(sub=str(subject)))
    assert (await get(attacked, f"Bearer {sound}")).status_code == 200

    answers = set()
    for name, values in attacks.ATTACKS.items():
        reply = await get(attacked, *values)
        assert reply.status_code == 401, name
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.headers["content-type"] == "application/problem+json"
        answers.add(json.dumps(reply.json() | {"instance": ""}))
    assert len(answers) == 1
    assert (await get(attacked, f"Bearer {attacks.SOUND}")).status_code == 401, (
        "a session of another account"
    )


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "x"}',
        b"{",
        b'{"text": NaN}',
        b'{"other": 1}',
        b"",
        b'{"text": 1, "text": 2}',
        b"\xff",
    ],
)
async def test_without_a_token_the_body_is_not_validated(probed: Service, body: bytes) -> None:
    client = await probed.anonymous()
    for path in ("/probe/1", "/probe/x", "/probe-anyone"):
        for media_type in ("application/json", "text/plain"):
            reply = await client.post(path, content=body, headers={"Content-Type": media_type})
            assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize("body", [b'{"text": "x"}', b"{", b'{"text": NaN}', b'{"other": 1}', b""])
async def test_without_permission_the_body_is_not_validated(probed: Service, body: bytes) -> None:
    caller = await probed.caller(Role.STAFF)
    for path in ("/probe/1", "/probe/x"):
        reply = await caller.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")


async def test_with_permission_the_faults_of_the_body_are_listed(probed: Service) -> None:
    caller = await probed.caller(Role.IG_LEAD)
    for path in ("/probe/1", "/probe-anyone"):
        assert (await caller.post(path, json={"text": "x"})).json() == "ig_lead"
        assert (await caller.post(path, json={"other": "x"})).status_code == 422
        assert (
            await caller.post(path, content=b"{", headers={"Content-Type": "application/json"})
        ).json()["code"] == "invalid-json"
        assert (
            await caller.post(path, content=b"{}", headers={"Content-Type": "text/plain"})
        ).status_code == 415
    assert (await caller.post("/probe/x", json={"text": "x"})).status_code == 422


async def test_a_denial_is_in_the_audit_log(probed: Service) -> None:
    caller = await probed.caller(Role.STAFF)
    await caller.post("/probe/1", json={"text": "x"})
    denied = [entry for entry in await trail(probed) if entry["action"] == "access.denied"]
    assert [entry["outcome"] for entry in denied] == ["denied"]
    assert str(denied[0]["actor"]).replace("-", "") == caller.account.id.hex


def test_a_route_requires_something() -> None:
    with pytest.raises(ValueError, match="permission"):
        Require()


async def test_a_call_without_a_token_does_not_wait_for_the_database(service: Service) -> None:
    client = await service.anonymous()
    async with service.database.transaction(), asyncio.timeout(2):
        assert (await me(client, attacks.SOUND)).status_code == 401


async def test_guessing_is_slowed_down_until_the_wait_is_over(
    service: Service, clock: MovableClock
) -> None:
    await add_person(service)
    guesser, owner = await at(service, "203.0.113.9"), await at(service, "192.0.2.1")
    live = await tokens(owner)
    for _ in range(FREE_BY_ACCOUNT):
        assert (await sign_in(guesser, EMAIL, "guess")).status_code == 400
    slowed = await sign_in(guesser, EMAIL, PASSWORD)
    assert (slowed.status_code, slowed.headers["retry-after"]) == (429, "15")
    assert slowed.json()["code"] == "too-many-attempts"

    assert (await me(owner, live["access_token"])).status_code == 200
    assert (await refresh(owner, live["refresh_token"])).status_code == 200
    assert (await sign_in(owner)).status_code == 200

    clock.forward(seconds=15)
    assert (await sign_in(guesser, EMAIL, PASSWORD)).status_code == 200
    assert seen(await trail(service))["refused denied wrong-password"] == FREE_BY_ACCOUNT


async def test_guessing_at_an_unknown_account_is_slowed_down_too(service: Service) -> None:
    client = await service.anonymous()
    statuses = [
        (await sign_in(client, "unknown@school.example", "guess")).status_code
        for _ in range(FREE_BY_ACCOUNT + 1)
    ]
    assert statuses == [400] * FREE_BY_ACCOUNT + [429]


async def test_a_burst_of_guesses_is_counted_one_by_one(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    replies = await asyncio.gather(
        *(sign_in(client, EMAIL, f"guess {number}") for number in range(12))
    )
    statuses = [reply.status_code for reply in replies]
    assert (statuses.count(400), statuses.count(429)) == (FREE_BY_ACCOUNT, 12 - FREE_BY_ACCOUNT)


async def test_concurrent_sign_ins_all_succeed(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    replies = await asyncio.gather(*(sign_in(client) for _ in range(20)))
    assert [reply.status_code for reply in replies] == [200] * 20


async def test_a_client_with_the_right_secret_is_never_throttled(service: Service) -> None:
    made, secret = await add_machine(service)
    client = await service.anonymous()
    statuses = [
        (
            await ask(client, auth=(str(made.id), "wrong"), grant_type="client_credentials")
        ).status_code
        for _ in range(102)
    ]
    assert statuses == [401] * 100 + [429] * 2
    assert (
        await ask(client, auth=(str(made.id), secret), grant_type="client_credentials")
    ).status_code == 200
    assert sum(seen(await trail(service)).values()) == 101


async def test_the_role_comes_from_the_database_and_a_token_for_another_school_is_refused(
    service: Service,
) -> None:
    subject = await add_person(service, role=Role.STAFF)
    client = await service.anonymous()
    live = await tokens(client)
    family = service.app.state.identity.verifier.verify([f"Bearer {live['access_token']}"]).session
    claims: dict[str, Any] = {
        "subject": subject,
        "role": Role.IG_LEAD,
        "client": "direct",
        "session": family,
        "now": service.clock(),
    }
    issue = service.app.state.identity.issuer.issue
    who = (await me(client, issue(school="123456", **claims))).json()
    assert (who["role"], who["school"]) == ("staff", "123456")
    assert (await me(client, issue(school="654321", **claims))).status_code == 401


KEY, NEXT = rsa_key(), rsa_key()


def outside_claims(outside: Provider, clock: MovableClock, **changes: Any) -> dict[str, Any]:
    at = int(clock().timestamp())
    sound = {
        "iss": outside.url,
        "aud": "sharing",
        "sub": "teacher-1",
        "iat": at,
        "exp": at + 600,
        "groups": ["safeguarding"],
        "urn": "654321",
    }
    return sound | changes


async def test_tokens_of_an_external_issuer_are_accepted(
    settings: Settings, clock: MovableClock
) -> None:
    with running_provider() as outside:
        outside.publish(public_jwk(KEY, "one"))
        issuer = IssuerSettings(
            issuer=outside.url,
            audience="sharing",
            role_claim="groups",
            role_map={"safeguarding": "dsl"},
            school_claim="urn",
        )
        async with Service.started(
            settings.model_copy(update={"issuers": (issuer,)}), clock
        ) as service:
            client = await service.anonymous()
            who = await me(client, sign_token(KEY, "one", outside_claims(outside, clock)))
            assert who.status_code == 200
            assert (who.json()["role"], who.json()["school"]) == ("dsl", "654321")
            assert who.json()["subject"] == str(subject_id(outside.url, "teacher-1"))

            wrong: tuple[dict[str, Any], ...] = (
                {"aud": "other"},
                {"groups": []},
                {"urn": "1"},
                {"exp": 2**40},
                {"iss": service.settings.public_url},
            )
            for changes in wrong:
                assert (
                    await me(
                        client, sign_token(KEY, "one", outside_claims(outside, clock, **changes))
                    )
                ).status_code == 401
            assert (
                await me(client, sign_token(KEY, "one", outside_claims(outside, clock), typ="JWT"))
            ).status_code == 401
            assert (
                await me(client, sign_token(NEXT, "one", outside_claims(outside, clock)))
            ).status_code == 401

            outside.publish(public_jwk(NEXT, "two"))
            rotated = sign_token(NEXT, "two", outside_claims(outside, clock))
            assert (await me(client, rotated)).status_code == 401, "asked less than a minute ago"
            clock.forward(seconds=61)
            assert (await me(client, rotated)).status_code == 200
            assert len(outside.asked) == 4


async def test_an_issuer_that_is_down_affects_its_own_tokens_only(
    settings: Settings, clock: MovableClock
) -> None:
    with running_provider() as outside:
        issuer = IssuerSettings(
            issuer=outside.url, audience="sharing", role_map={"teacher": "staff"}, school="123456"
        )
        async with Service.started(
            settings.model_copy(update={"issuers": (issuer,)}), clock
        ) as service:
            client = await service.anonymous()
            token = sign_token(KEY, "one", outside_claims(outside, clock, role="teacher"))
            assert (await me(client, token)).status_code == 401
            assert (await (await service.caller(Role.STAFF)).get("/v1/me")).status_code == 200


async def test_an_account_changed_during_sign_in_is_judged_by_its_present_state(
    service: Service,
) -> None:
    await add_person(service, password="a password that is dear to hash")
    client = await service.anonymous()
    signing_in = asyncio.create_task(sign_in(client, EMAIL, "a password that is dear to hash"))
    await asyncio.sleep(0.03)
    async with service.database.transaction() as session:
        now = service.clock()
        await accounts.disable_user(session, EMAIL, now=now, save=save_account(session, now))
    reply = await signing_in
    assert (
        reply.status_code == 400
        or (await me(client, reply.json()["access_token"])).status_code == 401
    )
