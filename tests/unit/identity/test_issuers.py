"""Outside issuers: their keys are read carefully, kept for a while, and their claims mean only what
the operator said.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from app.identity import issuers
from app.identity.errors import InvalidIssuer
from app.identity.issuers import ExternalIssuers, subject_id
from app.identity.model import Role
from app.identity.tokens import Refused
from app.platform.settings import IssuerSettings
from tests.api.openid_provider import DISCOVERY, Provider, public_jwk, rsa_key, running_provider
from tests.running import MovableClock

KEY, NEXT = rsa_key(), rsa_key()
OURS = "https://sharing.school.example"
ROLES = {"teacher": Role.STAFF, "safeguarding": Role.DSL}


@pytest.fixture
def outside() -> Iterator[Provider]:
    with running_provider() as running:
        running.publish(public_jwk(KEY, "one"))
        yield running


def trusting(issuer: str, clock: MovableClock, **changes: Any) -> ExternalIssuers:
    sound: dict[str, Any] = {
        "issuer": issuer,
        "audience": "sharing",
        "role_map": ROLES,
        "school": "123456",
    }
    return ExternalIssuers([IssuerSettings(**(sound | changes))], own=OURS, clock=clock)


def key_of(trusted: ExternalIssuers, clock: MovableClock, kid: str = "one") -> object:
    return trusted.trusted[0].key(kid, clock().timestamp())


async def test_keys_are_read_when_a_token_needs_them(
    outside: Provider, clock: MovableClock
) -> None:
    trusted = trusting(outside.url, clock)
    assert key_of(trusted, clock) is None
    assert outside.asked == []
    assert await trusted.refresh(outside.url)
    assert key_of(trusted, clock) is not None
    assert outside.asked == [DISCOVERY, "/jwks"]


async def test_keys_are_read_at_most_once_a_minute(outside: Provider, clock: MovableClock) -> None:
    trusted = trusting(outside.url, clock)
    outside.answers.clear()
    assert [await trusted.refresh(outside.url) for _ in range(5)] == [False] * 5
    clock.forward(seconds=59)
    assert not await trusted.refresh(outside.url)
    assert outside.asked == [DISCOVERY]
    outside.publish(public_jwk(KEY, "one"))
    clock.forward(seconds=1)
    assert await trusted.refresh(outside.url)


async def test_concurrent_calls_share_one_read_of_the_keys(
    outside: Provider, clock: MovableClock
) -> None:
    trusted = trusting(outside.url, clock)
    assert await asyncio.gather(*(trusted.refresh(outside.url) for _ in range(20))) == [True] * 20
    assert outside.asked == [DISCOVERY, "/jwks"]


async def test_a_new_key_replaces_the_old_ones(outside: Provider, clock: MovableClock) -> None:
    trusted = trusting(outside.url, clock)
    await trusted.refresh(outside.url)
    outside.publish(public_jwk(NEXT, "two"))
    clock.forward(seconds=60)
    assert await trusted.refresh(outside.url)
    assert key_of(trusted, clock, "two") is not None
    assert key_of(trusted, clock, "one") is None


@pytest.mark.parametrize(
    ("header", "fresh_s"),
    [
        ("max-age=1", 300),
        ("public, max-age=3600", 3600),
        ("max-age=999999999", 86_400),
        ("no-store", 300),
    ],
)
async def test_expired_keys_are_accepted_for_a_day(
    outside: Provider, clock: MovableClock, header: str, fresh_s: int
) -> None:
    outside.publish(public_jwk(KEY, "one"), Cache_Control=header)
    trusted = trusting(outside.url, clock)
    await trusted.refresh(outside.url)
    outside.answers.clear()
    clock.forward(seconds=fresh_s - 1)
    assert not trusted.trusted[0].is_due(clock().timestamp())
    clock.forward(seconds=1)
    assert trusted.trusted[0].is_due(clock().timestamp())
    assert not await trusted.refresh(outside.url)
    clock.forward(seconds=24 * 3600 - 1)
    assert key_of(trusted, clock) is not None
    clock.forward(seconds=1)
    assert key_of(trusted, clock) is None


async def test_expired_keys_are_read_again_in_the_background(
    outside: Provider, clock: MovableClock
) -> None:
    trusted = trusting(outside.url, clock)
    await trusted.refresh(outside.url)
    trusted.renew(outside.url)
    assert len(outside.asked) == 2
    outside.publish(public_jwk(NEXT, "two"))
    clock.forward(days=1)
    for _ in range(5):
        trusted.renew(outside.url)
    await asyncio.gather(*trusted._renewals)
    assert len(outside.asked) == 4
    assert key_of(trusted, clock, "two") is not None
    trusted.renew("https://unknown.example")
    await trusted.close()


async def test_closing_cancels_a_read_of_keys(outside: Provider, clock: MovableClock) -> None:
    outside.is_slow = True
    trusted = trusting(outside.url, clock)
    trusted.renew(outside.url)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(2):
        await trusted.close()


def raw(document: object) -> bytes:
    return json.dumps(document).encode()


BAD: dict[str, Callable[[Provider], None]] = {
    "redirect": lambda p: p.answer(DISCOVERY, b"", 302, Location=f"{p.url}/elsewhere"),
    "redirected keys": lambda p: p.answer("/jwks", b"", 307, Location=f"{p.url}/elsewhere"),
    "not found": lambda p: p.answer(DISCOVERY, b"", 404),
    "another issuer": lambda p: p.answer(
        DISCOVERY, {"issuer": "https://login.example", "jwks_uri": f"{p.url}/jwks"}
    ),
    "an issuer with a slash": lambda p: p.answer(
        DISCOVERY, {"issuer": p.url + "/", "jwks_uri": f"{p.url}/jwks"}
    ),
    "no issuer": lambda p: p.answer(DISCOVERY, {"jwks_uri": f"{p.url}/jwks"}),
    "no keys": lambda p: p.answer(DISCOVERY, {"issuer": p.url}),
    "keys over http": lambda p: p.answer(
        DISCOVERY, {"issuer": p.url, "jwks_uri": "http://login.example/jwks"}
    ),
    "keys from a file": lambda p: p.answer(
        DISCOVERY, {"issuer": p.url, "jwks_uri": "file:///etc/passwd"}
    ),
    "keys with a user": lambda p: p.answer(
        DISCOVERY, {"issuer": p.url, "jwks_uri": p.url.replace("//", "//a:b@") + "/jwks"}
    ),
    "keys at a number": lambda p: p.answer(DISCOVERY, {"issuer": p.url, "jwks_uri": 1}),
    "not JSON": lambda p: p.answer(DISCOVERY, b"<html>"),
    "duplicate members": lambda p: p.answer(
        DISCOVERY, f'{{"issuer": "x", "issuer": "{p.url}", "jwks_uri": "{p.url}/jwks"}}'.encode()
    ),
    "a list": lambda p: p.answer(DISCOVERY, []),
    "too much": lambda p: p.answer(DISCOVERY, b" " * (issuers.MAX_BYTES + 1)),
    "too many keys": lambda p: p.answer(
        "/jwks", {"keys": [public_jwk(KEY, str(number)) for number in range(65)]}
    ),
    "keys that are none": lambda p: p.answer("/jwks", {"keys": "one"}),
    "an empty set": lambda p: p.answer("/jwks", {"keys": []}),
    "only keys for encryption": lambda p: p.answer(
        "/jwks", {"keys": [public_jwk(KEY, "one") | {"use": "enc"}]}
    ),
    "only private keys": lambda p: p.answer(
        "/jwks", {"keys": [public_jwk(KEY, "one") | {"d": "AQAB"}]}
    ),
    "only weak keys": lambda p: p.answer(
        "/jwks", {"keys": [public_jwk(KEY, "one") | {"n": "AQAB"}, 1, None, {}]}
    ),
    "compressed": lambda p: p.answer(
        "/jwks",
        gzip.compress(json.dumps({"keys": [public_jwk(KEY, "one")]}).encode()),
        Content_Encoding="gzip",
    ),
}


@pytest.mark.parametrize("fault", BAD)
async def test_invalid_published_keys_are_not_accepted(
    outside: Provider, clock: MovableClock, fault: str
) -> None:
    outside.answer(
        "/elsewhere",
        {
            "issuer": outside.url,
            "jwks_uri": f"{outside.url}/jwks",
            "keys": [public_jwk(KEY, "one")],
        },
    )
    BAD[fault](outside)
    trusted = trusting(outside.url, clock)
    assert not await trusted.refresh(outside.url)
    assert key_of(trusted, clock) is None
    assert "/elsewhere" not in outside.asked


async def test_a_slow_issuer_times_out(
    outside: Provider, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "DEADLINE_S", 0.2)
    outside.is_slow = True
    async with asyncio.timeout(3):
        assert not await trusting(outside.url, clock).refresh(outside.url)


async def test_proxies_from_the_environment_are_not_used(
    outside: Provider, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert await trusting(outside.url, clock).refresh(outside.url)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example",
        "http://192.0.2.1",
        "http://localhost.login.example",
        "ftp://login.example",
        "https://user@login.example",
        "https://login.example/?tenant=1",
        "https://login.example/#x",
        "https://",
        "login.example",
        "",
        OURS,
    ],
)
def test_an_issuer_without_https_stops_the_start(issuer: str, clock: MovableClock) -> None:
    with pytest.raises(InvalidIssuer):
        trusting(issuer, clock)


def test_an_issuer_named_twice_is_refused(clock: MovableClock) -> None:
    one = IssuerSettings(
        issuer="https://login.example",
        audience="sharing",
        role_map={"teacher": "staff"},
        school="123456",
    )
    with pytest.raises(InvalidIssuer):
        ExternalIssuers([one, one], own=OURS, clock=clock)


def claims(**changes: object) -> dict[str, object]:
    return {"sub": "s-1", "exp": 2_000_000_000, "role": "teacher"} | changes


@pytest.mark.parametrize(
    ("settings", "members", "role", "school", "client"),
    [
        ({}, {}, Role.STAFF, "123456", "external"),
        ({}, {"role": ["unknown", "safeguarding"]}, Role.DSL, "123456", "external"),
        (
            {},
            {"role": ["teacher", "teacher"], "client_id": "front-end"},
            Role.STAFF,
            "123456",
            "front-end",
        ),
        ({"school": None}, {"school": "654321", "azp": "app"}, Role.STAFF, "654321", "app"),
        (
            {"school": None, "school_claim": "urn"},
            {"urn": "654321"},
            Role.STAFF,
            "654321",
            "external",
        ),
        (
            {"role_claim": "realm_access.roles"},
            {"realm_access": {"roles": ["safeguarding"]}},
            Role.DSL,
            "123456",
            "external",
        ),
        (
            {"role_claim": "https://x.example/role"},
            {"https://x.example/role": "teacher"},
            Role.STAFF,
            "123456",
            "external",
        ),
    ],
)
def test_claims_are_mapped_by_the_settings(
    clock: MovableClock,
    settings: dict[str, Any],
    members: dict[str, object],
    role: Role,
    school: str,
    client: str,
) -> None:
    read = trusting("https://login.example", clock, **settings).trusted[0].read(claims(**members))
    assert (read.role, read.school, read.client, read.session) == (role, school, client, None)


@pytest.mark.parametrize(
    ("settings", "members"),
    [
        ({}, {"role": "unknown"}),
        ({}, {"role": None}),
        ({}, {"role": []}),
        ({}, {"role": {"teacher": True}}),
        ({}, {"role": "Teacher"}),
        ({}, {"role": ["teacher", "safeguarding"]}),
        ({}, {"sub": ""}),
        ({}, {"sub": None}),
        ({}, {"sub": 1}),
        ({}, {"sub": "x" * 256}),
        ({}, {"at_hash": "x"}),
        ({}, {"client_id": "a b"}),
        ({}, {"azp": 1}),
        ({"school": None}, {}),
        ({"school": None}, {"school": 123456}),
        ({"school": None}, {"school": "12345"}),
        ({"school": None}, {"school": "١٢٣٤٥٦"}),
        ({"role_claim": "a.b.c"}, {"a": {"b": "teacher"}}),
    ],
)
def test_unmapped_claims_are_refused(
    clock: MovableClock, settings: dict[str, Any], members: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        trusting("https://login.example", clock, **settings).trusted[0].read(claims(**members))


def test_the_id_of_a_subject_never_changes() -> None:
    assert subject_id("https://login.example", "s-1") == UUID(
        "f574147d-5d2b-5fbd-98ae-df97fac09a96"
    )
    assert subject_id("https://login.example", "s-1") != subject_id("https://login.example", "s-2")
    assert subject_id("https://login.example", "s-1") != subject_id("https://other.example", "s-1")
