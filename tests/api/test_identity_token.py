"""The token endpoint speaks OAuth 2.0, lets in who may come in, and tells the others nothing but
that.
"""

import base64
import json
import unicodedata
from collections import Counter
from uuid import UUID

import pytest

from app.audit_hooks import save_account
from app.identity import accounts
from app.identity.model import GRANTS, Role
from tests.api.signing_in import (
    EMAIL,
    add_machine,
    add_person,
    ask,
    at,
    claims_of,
    me,
    seen,
    sign_in,
    tokens,
    trail,
)
from tests.running import MovableClock
from tests.service import PASSWORD, Service

NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


async def test_a_password_gives_tokens(service: Service) -> None:
    subject = await add_person(service)
    reply = await sign_in(await service.anonymous())
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert NO_STORE.items() <= dict(reply.headers).items()
    assert reply.json().keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (reply.json()["token_type"], reply.json()["expires_in"]) == ("Bearer", 900)

    header, claims = claims_of(reply.json()["access_token"])
    assert header.keys() == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("ES256", "at+jwt")
    assert claims.keys() == {
        "iss",
        "aud",
        "sub",
        "iat",
        "exp",
        "jti",
        "role",
        "school",
        "client_id",
        "sid",
    }
    assert claims["iss"] == claims["aud"] == service.settings.public_url
    assert (claims["sub"], claims["role"], claims["school"]) == (str(subject), "dsl", "123456")
    assert claims["exp"] - claims["iat"] == 900
    assert EMAIL not in json.dumps(claims)


@pytest.mark.parametrize("role", [Role.STAFF, Role.DSL, Role.IG_LEAD])
async def test_me_shows_the_account_of_the_caller(service: Service, role: Role) -> None:
    subject = await add_person(service, role=role)
    client = await service.anonymous()
    reply = await me(client, (await tokens(client))["access_token"])
    assert reply.status_code == 200
    assert reply.json() == {
        "subject": str(subject),
        "role": role,
        "school": "123456",
        "permissions": sorted(GRANTS[role]),
    }


async def test_an_email_is_compared_without_case_and_a_password_in_any_unicode_form(
    service: Service,
) -> None:
    composed = unicodedata.normalize("NFC", "Ångström façade")
    await add_person(service, password=composed)
    reply = await sign_in(
        await service.anonymous(), " DSL@School.Example ", unicodedata.normalize("NFD", composed)
    )
    assert reply.status_code == 200


async def test_a_refused_sign_in_reveals_nothing_about_the_account(service: Service) -> None:
    await add_person(service)
    await add_person(service, "gone@school.example")
    async with service.database.transaction() as session:
        now = service.clock()
        await accounts.disable_user(
            session, "gone@school.example", now=now, save=save_account(session, now)
        )
    client = await service.anonymous()
    replies = [
        await sign_in(client, EMAIL, "wrong"),
        await sign_in(client, "gone@school.example", PASSWORD),
        await sign_in(client, "gone@school.example", "wrong"),
        await sign_in(client, "unknown@school.example", PASSWORD),
        await sign_in(client, "no email at all", PASSWORD),
        await sign_in(client, EMAIL, "x" * 2000),
    ]
    assert {(reply.status_code, reply.content) for reply in replies} == {(400, replies[0].content)}
    assert replies[0].json()["error"] == "invalid_grant"
    assert len({tuple(name for name, _ in reply.headers.items()) for reply in replies}) == 1
    assert seen(await trail(service)) == {
        "refused denied wrong-password": 3,
        "refused denied disabled": 1,
        "refused denied unknown-account": 2,
    }


async def test_sign_ins_are_in_the_audit_log_without_personal_data(service: Service) -> None:
    subject = await add_person(service)
    client = await at(service, "198.51.100.77")
    given = await tokens(client)
    await sign_in(client, EMAIL, "a-wrong-password")
    await sign_in(client, "stranger@elsewhere.example", "x")
    entries = await trail(service)
    assert seen(entries) == {
        "opened success None": 1,
        "refused denied wrong-password": 1,
        "refused denied unknown-account": 1,
    }
    actors = Counter(
        entry["actor"] and UUID(str(entry["actor"]))
        for entry in entries
        if "session" in entry["action"]
    )
    assert actors == {subject: 2, None: 1}
    everything = json.dumps([entry["body"] for entry in entries])
    for secret in (
        EMAIL,
        "stranger@",
        PASSWORD,
        "a-wrong-password",
        "198.51.100.77",
        given["access_token"],
        given["refresh_token"],
    ):
        assert secret not in everything


FAULTS = [
    ("", "invalid_request"),
    ("grant_type=", "invalid_request"),
    ("grant_type=password", "invalid_request"),
    ("grant_type=password&username=a%40b.example", "invalid_request"),
    ("grant_type=password&username=&password=", "invalid_request"),
    ("grant_type=refresh_token", "invalid_request"),
    ("grant_type=password&grant_type=password&username=a&password=b", "invalid_request"),
    ("grant_type=password&username=a&password=b&client_id=x&client_id=y", "invalid_request"),
    ("grant_type=password&username=%ff&password=b", "invalid_request"),
    ("grant_type=password&username=%00&password=b", "invalid_request"),
    ("grant_type=password&username=a&password=" + "b" * 20_000, "invalid_request"),
    ("&".join(f"f{number}=1" for number in range(40)), "invalid_request"),
    ("grant_type=password&username=é&password=b", "invalid_request"),
    ("grant_type=authorization_code&code=1", "unsupported_grant_type"),
    ("grant_type=Password&username=a&password=b", "unsupported_grant_type"),
    ("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer", "unsupported_grant_type"),
    ("grant_type=refresh_token&refresh_token=unknown", "invalid_grant"),
]


@pytest.mark.parametrize(("form", "error"), FAULTS, ids=[form[:60] for form, _ in FAULTS])
async def test_an_invalid_form_gets_the_error_of_oauth(
    service: Service, form: str, error: str
) -> None:
    client = await service.anonymous()
    reply = await client.post(
        "/v1/token",
        content=form.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (reply.status_code, reply.json()["error"]) == (400, error)
    assert reply.json().keys() == {"error", "error_description"}
    assert NO_STORE.items() <= dict(reply.headers).items()


@pytest.mark.parametrize(
    "media_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
async def test_a_body_that_is_no_form_is_an_unsupported_media_type(
    service: Service, media_type: str
) -> None:
    client = await service.anonymous()
    for path in ("/v1/token", "/v1/token/revocation"):
        reply = await client.post(path, content=b"{}", headers={"Content-Type": media_type})
        assert reply.status_code == 415
        assert reply.headers["content-type"] == "application/problem+json"


async def test_a_client_signs_in_with_its_secret(service: Service) -> None:
    made, secret = await add_machine(service)
    client = await service.anonymous()
    by_header = await ask(client, auth=(str(made.id), secret), grant_type="client_credentials")
    by_form = await ask(
        client, grant_type="client_credentials", client_id=str(made.id), client_secret=secret
    )
    for reply in (by_header, by_form):
        assert reply.status_code == 200
        assert reply.json().keys() == {"access_token", "token_type", "expires_in"}
        who = (await me(client, reply.json()["access_token"])).json()
        assert (who["subject"], who["role"], who["school"]) == (
            str(made.id),
            "integration",
            "123456",
        )
        assert claims_of(reply.json()["access_token"])[1]["client_id"] == str(made.id)
    assert seen(await trail(service)) == {"opened success None": 2}


async def test_a_client_that_fails_to_authenticate_gets_a_challenge(service: Service) -> None:
    made, secret = await add_machine(service)
    client = await service.anonymous()
    known = str(made.id)
    replies = [
        await ask(client, auth=(known, "wrong"), grant_type="client_credentials"),
        await ask(client, auth=(known.upper(), secret), grant_type="client_credentials"),
        await ask(
            client,
            auth=("019cb2f0-0000-7000-8000-000000000009", secret),
            grant_type="client_credentials",
        ),
        await ask(client, auth=("not-an-id", secret), grant_type="client_credentials"),
        await ask(client, grant_type="client_credentials", client_id=known),
        await ask(client, grant_type="client_credentials", client_secret=secret),
        await ask(client, grant_type="client_credentials"),
        await ask(
            client, grant_type="password", username=EMAIL, password=PASSWORD, client_id="front-end"
        ),
    ]
    assert {(reply.status_code, reply.content) for reply in replies} == {(401, replies[0].content)}
    assert replies[0].json()["error"] == "invalid_client"
    assert {reply.headers["www-authenticate"].split()[0] for reply in replies} == {"Basic"}


@pytest.mark.parametrize(
    "value", ["Basic !!!", "Basic", "Basic " + base64.b64encode(b"no colon").decode(), "Basic /w=="]
)
async def test_an_invalid_basic_header_is_refused(service: Service, value: str) -> None:
    client = await service.anonymous()
    form = {"grant_type": "client_credentials"}
    reply = await client.post("/v1/token", data=form, headers={"Authorization": value})
    assert (reply.status_code, reply.json()["error"]) in {
        (400, "invalid_request"),
        (401, "invalid_client"),
    }


async def test_a_client_authenticates_in_one_way(service: Service) -> None:
    made, secret = await add_machine(service)
    reply = await ask(
        await service.anonymous(),
        auth=(str(made.id), secret),
        grant_type="client_credentials",
        client_secret=secret,
    )
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


async def test_an_empty_client_id_and_secret_count_as_omitted(service: Service) -> None:
    await add_person(service)
    reply = await ask(
        await service.anonymous(),
        auth=("", ""),
        grant_type="password",
        username=EMAIL,
        password=PASSWORD,
    )
    assert reply.status_code == 200


async def test_after_a_rotation_the_previous_secret_works_for_a_week(
    service: Service, clock: MovableClock
) -> None:
    made, first = await add_machine(service)
    client = await service.anonymous()
    async with service.database.transaction() as session:
        second = await accounts.rotate_client(
            session, made.id, now=clock(), save=save_account(session, clock())
        )
    for secret in (first, second):
        assert (
            await ask(client, auth=(str(made.id), secret), grant_type="client_credentials")
        ).status_code == 200
    clock.forward(days=7)
    assert (
        await ask(client, auth=(str(made.id), first), grant_type="client_credentials")
    ).status_code == 401
    assert (
        await ask(client, auth=(str(made.id), second), grant_type="client_credentials")
    ).status_code == 200


async def test_a_disabled_client_loses_access_at_once(service: Service) -> None:
    made, secret = await add_machine(service)
    client = await service.anonymous()
    token = (
        await ask(client, auth=(str(made.id), secret), grant_type="client_credentials")
    ).json()["access_token"]
    assert (await me(client, token)).status_code == 200
    async with service.database.transaction() as session:
        now = service.clock()
        await accounts.disable_client(session, made.id, now=now, save=save_account(session, now))
    assert (await me(client, token)).status_code == 401
    assert (
        await ask(client, auth=(str(made.id), secret), grant_type="client_credentials")
    ).status_code == 401


async def test_the_published_keys_verify_issued_tokens(service: Service) -> None:
    await add_person(service)
    client = await service.anonymous()
    reply = await client.get("/.well-known/jwks.json")
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "public, max-age=300"
    (key,) = reply.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert claims_of((await tokens(client))["access_token"])[0]["kid"] == key["kid"]
