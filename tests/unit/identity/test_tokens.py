"""Access tokens: what is made is read again, and hundreds that are not quite tokens are all refused
alike.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from app.identity.errors import KeyUnknown, Unauthenticated
from app.identity.keys import Keyring, PublicKey
from app.identity.model import Role
from app.identity.tokens import (
    LIFETIME_S,
    REMEMBER_MOST,
    Claims,
    TokenIssuer,
    Verifier,
    VerifyingKey,
)
from tests.unit.identity.attacks import (
    AT,
    ATTACKS,
    BEFORE,
    BODY,
    FAMILY,
    HEAD,
    ISSUER,
    KEYRING,
    NOW,
    OTHER_ISSUER,
    OURS,
    SIGNATURE,
    SOUND,
    SUBJECT,
    THEIRS,
    bearer,
    claims,
    header,
    rs256,
    sealed,
    token,
)


class Clock:
    """Stands still until moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Outsider:
    """An outside issuer with an RSA key whose name is the same as our own key's."""

    issuer = OTHER_ISSUER
    audience = "sharing"
    token_type = "jwt"
    longest_s = 3600

    def key(self, kid: str, now: float) -> VerifyingKey | None:
        return (
            VerifyingKey(PublicKey(kid, "RS256", THEIRS.public_key()))
            if kid == KEYRING.kid
            else None
        )

    def read(self, members: Any) -> Claims:
        return Claims(
            issuer=self.issuer,
            subject=SUBJECT,
            role=Role.STAFF,
            school="123456",
            client="outside",
            expires_at=int(members["exp"]),
        )


def a_verifier(clock: Callable[[], datetime] = lambda: NOW) -> Verifier:
    return Verifier(OURS, clock=clock, external=[Outsider()])


def test_there_are_many_attacks_and_the_token_that_they_alter_is_valid() -> None:
    assert len(ATTACKS) >= 200
    assert a_verifier().verify(bearer(SOUND)).role is Role.DSL


@pytest.mark.parametrize("name", ATTACKS)
def test_every_invalid_token_gets_the_same_error(name: str) -> None:
    plain = Unauthenticated()
    with pytest.raises(Unauthenticated) as refused:
        a_verifier().verify(ATTACKS[name])
    assert refused.value.detail == plain.detail
    assert refused.value.headers == plain.headers == {"WWW-Authenticate": "Bearer"}
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("name", ATTACKS)
def test_the_application_log_has_the_reason_and_not_the_token(name: str) -> None:
    with structlog.testing.capture_logs() as lines, pytest.raises(Unauthenticated):
        a_verifier().verify(ATTACKS[name])
    if not ATTACKS[name]:
        assert lines == []
        return
    (line,) = lines
    assert line["event"] == "token refused"
    assert line["reason"] != "unforeseen"
    assert not any(segment in str(line) for segment in (HEAD, BODY, SIGNATURE))


def test_an_issued_token_is_verified() -> None:
    made = OURS.issue(
        subject=SUBJECT,
        role=Role.IG_LEAD,
        school="654321",
        client="direct",
        session=FAMILY,
        now=NOW,
    )
    assert a_verifier().verify(bearer(made)) == Claims(
        issuer=ISSUER,
        subject=SUBJECT,
        role=Role.IG_LEAD,
        school="654321",
        client="direct",
        expires_at=AT + LIFETIME_S,
        session=FAMILY,
    )


@given(
    subject=st.uuids(),
    role=st.sampled_from(Role),
    school=st.from_regex(r"[0-9]{6}", fullmatch=True),
    client=st.from_regex(r"[A-Za-z0-9._:/@-]{1,200}", fullmatch=True),
    session=st.uuids(),
    now=st.datetimes(
        min_value=datetime(2020, 1, 1),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)
def test_every_issued_token_is_verified(
    subject: UUID, role: Role, school: str, client: str, session: UUID, now: datetime
) -> None:
    made = OURS.issue(
        subject=subject, role=role, school=school, client=client, session=session, now=now
    )
    read = a_verifier(lambda: now).verify(bearer(made))
    assert (read.subject, read.role, read.school, read.client, read.session) == (
        subject,
        role,
        school,
        client,
        session,
    )


@given(st.text(max_size=300) | st.lists(st.text(max_size=80), min_size=3, max_size=3).map(".".join))
def test_any_text_is_refused_without_another_error(text: str) -> None:
    with pytest.raises(Unauthenticated):
        a_verifier().verify(bearer(text))


@given(st.binary(max_size=200), st.binary(max_size=400))
def test_any_signed_bytes_are_refused_without_another_error(head: bytes, body: bytes) -> None:
    with pytest.raises(Unauthenticated):
        a_verifier().verify(bearer(sealed(head, body)))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(
        ["iss", "aud", "sub", "iat", "exp", "jti", "role", "school", "client_id", "sid"]
    ),
    JSON_VALUES,
)
def test_a_claim_with_any_value_is_refused_or_read_unchanged(member: str, value: object) -> None:
    try:
        read = a_verifier().verify(bearer(token(body=claims(**{member: value}))))
    except Unauthenticated:
        return
    assert type(value) is (int if member in {"iat", "exp"} else str)
    assert read.role in Role


@given(st.integers(0, len(SOUND) - 1), st.characters(codec="ascii"))
def test_a_token_with_any_character_changed_is_refused(place: int, character: str) -> None:
    changed = SOUND[:place] + character + SOUND[place + 1 :]
    if changed == SOUND:
        return
    with pytest.raises(Unauthenticated):
        a_verifier().verify(bearer(changed))


def test_tokens_of_the_previous_key_are_accepted() -> None:
    old = TokenIssuer(Keyring(BEFORE), ISSUER).issue(
        subject=SUBJECT, role=Role.STAFF, school="123456", client="direct", session=FAMILY, now=NOW
    )
    assert a_verifier().verify(bearer(old)).role is Role.STAFF
    head = json.loads(base64.urlsafe_b64decode(SOUND.split(".")[0] + "=="))
    assert head == {"alg": "ES256", "kid": KEYRING.kid, "typ": "at+jwt"}


def test_the_scheme_is_compared_without_case_and_the_type_without_its_prefix() -> None:
    assert a_verifier().verify([f"bEARER {SOUND}"]).subject == SUBJECT
    assert a_verifier().verify(bearer(token(header(typ="application/AT+JWT")))).subject == SUBJECT


def test_an_external_token_is_read_by_the_rules_of_its_issuer() -> None:
    outside = token(
        header(alg="RS256", typ="JWT"),
        claims(iss=OTHER_ISSUER, aud=["sharing"], sid=..., exp=AT + 3600),
        sign=rs256,
    )
    read = a_verifier().verify(bearer(outside))
    assert (read.issuer, read.session) == (OTHER_ISSUER, None)


@pytest.mark.parametrize(
    "audience", ["other", ["other"], ["sharing", "other"], [], None, {"sharing": 1}]
)
def test_an_external_token_for_another_audience_is_refused(audience: object) -> None:
    outside = token(
        header(alg="RS256", typ="JWT"), claims(iss=OTHER_ISSUER, aud=audience), sign=rs256
    )
    with pytest.raises(Unauthenticated):
        a_verifier().verify(bearer(outside))


def test_an_unknown_key_of_an_external_issuer_is_reported() -> None:
    with pytest.raises(KeyUnknown) as unknown:
        a_verifier().verify(
            bearer(
                token(
                    header(alg="RS256", typ="JWT", kid="new"), claims(iss=OTHER_ISSUER), sign=rs256
                )
            )
        )
    assert unknown.value.issuer == OTHER_ISSUER
    assert unknown.value.detail == Unauthenticated().detail


def test_a_token_expires_at_its_exp() -> None:
    clock = Clock()
    verifier = a_verifier(clock)
    clock.now = NOW + timedelta(seconds=LIFETIME_S) - timedelta(microseconds=1)
    verifier.verify(bearer(SOUND))
    clock.now += timedelta(microseconds=1)
    with pytest.raises(Unauthenticated):
        verifier.verify(bearer(SOUND))


def test_a_remembered_token_is_forgotten_within_a_minute() -> None:
    clock = Clock()
    verifier = a_verifier(clock)
    first = verifier.verify(bearer(SOUND))
    clock.now += timedelta(seconds=59)
    assert verifier.verify(bearer(SOUND)) is first
    clock.now += timedelta(seconds=1)
    assert verifier.verify(bearer(SOUND)) is not first


def test_a_clock_set_back_makes_no_expired_token_valid() -> None:
    clock = Clock()
    verifier = a_verifier(clock)
    verifier.verify(bearer(SOUND))
    clock.now = NOW - timedelta(seconds=31)
    with pytest.raises(Unauthenticated):
        verifier.verify(bearer(SOUND))


def test_remembered_tokens_are_bounded_and_stored_as_digests() -> None:
    verifier = a_verifier()
    verifier.verify(bearer(SOUND))
    assert list(verifier._remembered) == [hashlib.sha256(f"Bearer {SOUND}".encode()).digest()]
    for number in range(REMEMBER_MOST + 10):
        verifier._remembered[number.to_bytes(32, "big")] = (
            0.0,
            0.0,
            verifier.verify(bearer(SOUND)),
        )
    fresh = OURS.issue(
        subject=SUBJECT, role=Role.DSL, school="123456", client="direct", session=FAMILY, now=NOW
    )
    before = len(verifier._remembered)
    verifier.verify(bearer(fresh))
    assert len(verifier._remembered) == before


def test_a_refused_token_is_not_remembered() -> None:
    verifier = a_verifier()
    for values in ATTACKS.values():
        with pytest.raises(Unauthenticated):
            verifier.verify(values)
    assert len(verifier._remembered) == 0


def test_a_keyring_from_files_verifies_what_it_signs(tmp_path: Path) -> None:
    ours = TokenIssuer(Keyring.load(tmp_path / "keys", create=True), ISSUER)
    again = TokenIssuer(Keyring.load(tmp_path / "keys", create=False), ISSUER)
    made = ours.issue(
        subject=SUBJECT, role=Role.DSL, school="123456", client="direct", session=FAMILY, now=NOW
    )
    assert Verifier(again, clock=lambda: NOW).verify(bearer(made)).subject == SUBJECT
