"""Signing keys: made once, kept from others, and never of a kind that is not trusted."""

import hashlib
import json
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from app.identity.errors import InvalidSigningKeys
from app.identity.keys import (
    CURRENT,
    PREVIOUS,
    Keyring,
    NotBase64Url,
    algorithm_of,
    base64url,
    from_base64url,
    jwk_of,
    key_from_jwk,
)

RSA = rsa.generate_private_key(65537, 2048)
SMALL_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - too small on purpose


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def put(folder: Path, name: str, content: bytes, mode: int = 0o600) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    (folder / name).chmod(mode)


def number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def rsa_jwk(key: rsa.RSAPrivateKey = RSA, **changes: object) -> dict[str, object]:
    public = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": "one", "n": number(public.n), "e": number(public.e)} | changes


def ec_jwk(**changes: object) -> dict[str, object]:
    return dict(jwk_of(Keyring(ec.generate_private_key(ec.SECP256R1())).public[0])) | changes


def test_the_first_start_creates_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    ring = Keyring.load(folder, create=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / CURRENT).stat().st_mode) == 0o600
    assert [file.name for file in folder.iterdir()] == [CURRENT]
    content = (folder / CURRENT).read_bytes()
    assert content.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert isinstance(load_pem_private_key(content, None), ec.EllipticCurvePrivateKey)
    assert Keyring.load(folder, create=True).kid == ring.kid


def test_two_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(
            threads.map(lambda _: Keyring.load(tmp_path / "keys", create=True).kid, range(16))
        )
    assert len(set(rings)) == 1


def test_required_keys_are_not_created(tmp_path: Path) -> None:
    with pytest.raises(InvalidSigningKeys, match="missing"):
        Keyring.load(tmp_path / "keys", create=False)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pem(RSA), "not a P-256 key"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "not a P-256 key"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "not a P-256 key"),
        (b"changeme", "cannot be read"),
        (b"", "cannot be read"),
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
            ),
            "cannot be read",
        ),
    ],
)
def test_a_key_of_another_kind_stops_the_start(tmp_path: Path, content: bytes, words: str) -> None:
    put(tmp_path / "keys", CURRENT, content)
    with pytest.raises(InvalidSigningKeys, match=words):
        Keyring.load(tmp_path / "keys", create=True)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_other_users_can_read_stops_the_start(tmp_path: Path, mode: int) -> None:
    put(tmp_path / "keys", CURRENT, pem(ec.generate_private_key(ec.SECP256R1())), mode)
    with pytest.raises(InvalidSigningKeys, match="chmod 600"):
        Keyring.load(tmp_path / "keys", create=True)


def test_the_previous_key_verifies_and_the_current_one_signs(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    old = Keyring.load(folder, create=True)
    (folder / CURRENT).rename(folder / PREVIOUS)
    new = Keyring.load(folder, create=True)
    assert [key["kid"] for key in new.jwks()["keys"]] == [new.kid, old.kid]
    assert new.kid != old.kid


def test_a_key_id_is_its_thumbprint_and_only_the_public_part_is_published(tmp_path: Path) -> None:
    (published,) = Keyring.load(tmp_path / "keys", create=True).jwks()["keys"]
    required = {name: published[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(required, sort_keys=True, separators=(",", ":")).encode()
    assert (
        published["kid"] == urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
    )
    assert published.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_a_published_key_is_read_back() -> None:
    ring = Keyring(ec.generate_private_key(ec.SECP256R1()))
    read = key_from_jwk(ring.jwks()["keys"][0])
    assert (read.kid, read.alg) == (ring.kid, "ES256")
    assert read.key == ring.public[0].key
    assert key_from_jwk(rsa_jwk()).alg == "RS256"


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "oct", "kid": "one", "k": "c2VjcmV0"},
        {"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": "AAAA"},
        ec_jwk(kid=None),
        ec_jwk(kid=""),
        ec_jwk(kid="a b"),
        ec_jwk(use="enc"),
        ec_jwk(key_ops=["sign"]),
        ec_jwk(key_ops="verify"),
        ec_jwk(alg="RS256"),
        ec_jwk(alg="HS256"),
        ec_jwk(alg="none"),
        ec_jwk(crv="P-384"),
        ec_jwk(d="AAAA"),
        ec_jwk(x="AAAA"),
        ec_jwk(x=1),
        ec_jwk(y="A" * 44),
        ec_jwk(y="é"),
        ec_jwk(kty="RSA"),
        rsa_jwk(SMALL_RSA),
        rsa_jwk(alg="PS256"),
        rsa_jwk(alg="RS512"),
        rsa_jwk(e=number(1)),
        rsa_jwk(e=number(3)),
        rsa_jwk(e=number(2)),
        rsa_jwk(n=number(2**2048)),
        rsa_jwk(n="A" * 100_000),
        rsa_jwk(use="enc"),
    ],
)
def test_a_weak_or_private_published_key_is_refused(jwk: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        key_from_jwk(jwk)


def test_a_key_of_an_unknown_kind_has_no_algorithm() -> None:
    with pytest.raises(ValueError, match="kind"):
        algorithm_of(ed25519.Ed25519PrivateKey.generate().public_key())


@given(st.binary(min_size=1))
def test_base64url_round_trip(value: bytes) -> None:
    assert from_base64url(base64url(value).encode()) == value


@given(st.binary() | st.text(alphabet="ABCab01-_=+/ \n", max_size=12).map(str.encode))
def test_base64url_in_another_form_is_refused(segment: bytes) -> None:
    try:
        value = from_base64url(segment)
    except NotBase64Url:
        return
    assert base64url(value).encode() == segment
    assert urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)) == value


def test_a_pseudonym_depends_on_the_key_and_on_where_the_parts_end() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    ring, other = Keyring(key), Keyring(ec.generate_private_key(ec.SECP256R1()))
    assert ring.pseudonym("account", "a@b.example") == Keyring(key).pseudonym(
        "account", "a@b.example"
    )
    assert ring.pseudonym("account", "a@b.example") != other.pseudonym("account", "a@b.example")
    assert ring.pseudonym("ab", "c") != ring.pseudonym("a", "bc")
