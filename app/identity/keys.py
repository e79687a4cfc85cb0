"""Keys that sign and verify tokens: P-256 for ES256, or RSA of at least 2048 bits for RS256.

The service's own keys are files: `token-current.pem` signs, tokens signed by `token-previous.pem`
are still accepted. To rotate, rename current to previous and restart. The id of a key is its RFC
7638 thumbprint, so that it never means another key.
"""

import hashlib
import hmac
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.identity.errors import InvalidSigningKeys
from app.kernel import canonical
from app.platform import files

Algorithm = Literal["ES256", "RS256"]
PublicNumbers = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

CURRENT: Final = "token-current.pem"
PREVIOUS: Final = "token-previous.pem"
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
LEAST_RSA_EXPONENT: Final = 65537

KEY_ID: Final = re.compile(r"[A-Za-z0-9._~+/=:-]{1,128}", re.ASCII)
_SEGMENT: Final = re.compile(rb"[A-Za-z0-9_-]+")


class NotBase64Url(ValueError):
    """Not base64url in its one canonical form."""


class WeakKey(ValueError):
    """A key of a kind or size that is not accepted; the message is a code."""


def base64url(value: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def from_base64url(segment: bytes) -> bytes:
    """Decode canonical base64url: no padding, no other alphabet, no unused bits set. Raises
    `NotBase64Url`.
    """
    if _SEGMENT.fullmatch(segment) is None or len(segment) % 4 == 1:
        raise NotBase64Url
    value = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    if urlsafe_b64encode(value).rstrip(b"=") != segment:
        raise NotBase64Url
    return value


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies, its id, and the only algorithm it is used with."""

    kid: str
    alg: Algorithm
    key: PublicNumbers


def algorithm_of(key: object) -> Algorithm:
    """The algorithm for this public key; raises `WeakKey` when there is none."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise WeakKey("curve")
        return "ES256"
    if isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise WeakKey("rsa-size")
        numbers = key.public_numbers()
        if numbers.e < LEAST_RSA_EXPONENT or numbers.n % 2 == 0:
            raise WeakKey("rsa-numbers")
        return "RS256"
    raise WeakKey("kind")


def jwk_of(key: PublicKey) -> dict[str, str]:
    """The public JWK (RFC 7517) of a P-256 key."""
    if not isinstance(key.key, ec.EllipticCurvePublicKey):
        raise WeakKey("kind")
    return _members(key.key) | {"kid": key.kid, "alg": key.alg, "use": "sig"}


def key_from_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """The key of a published JWK. Raises ValueError when it is private, symmetric or weak, has no
    id, or is meant for another use or algorithm.
    """
    kid = jwk.get("kid")
    if not isinstance(kid, str) or KEY_ID.fullmatch(kid) is None:
        raise WeakKey("kid")
    if "d" in jwk or "k" in jwk:
        raise WeakKey("secret")
    operations = jwk.get("key_ops", ["verify"])
    if (
        jwk.get("use", "sig") != "sig"
        or not isinstance(operations, list)
        or "verify" not in operations
    ):
        raise WeakKey("use")
    key: PublicNumbers
    if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
        key = ec.EllipticCurvePublicNumbers(
            _number(jwk, "x", 32), _number(jwk, "y", 32), ec.SECP256R1()
        ).public_key()
    elif jwk.get("kty") == "RSA":
        key = rsa.RSAPublicNumbers(
            _number(jwk, "e", 8), _number(jwk, "n", MAX_RSA_BITS // 8)
        ).public_key()
    else:
        raise WeakKey("kind")
    alg = algorithm_of(key)
    if jwk.get("alg", alg) != alg:
        raise WeakKey("alg")
    return PublicKey(kid, alg, key)


class Keyring:
    """The service's signing key, and the keys that verify its tokens."""

    def __init__(
        self,
        current: ec.EllipticCurvePrivateKey,
        previous: ec.EllipticCurvePrivateKey | None = None,
    ) -> None:
        self.signing: Final = current
        self.public: Final = tuple(
            _named(key.public_key()) for key in (current, previous) if key is not None
        )
        self.kid: Final = self.public[0].kid
        secret = current.private_numbers().private_value.to_bytes(32, "big")
        self._pepper: Final = HKDF(
            hashes.SHA256(), 32, salt=None, info=b"identity throttle"
        ).derive(secret)

    @classmethod
    def load(cls, folder: Path, *, create: bool) -> "Keyring":
        """Read the keys in `folder`; with `create`, create the folder and the current key if they
        are missing. Raises `InvalidSigningKeys`.
        """
        current = folder / CURRENT
        if create and not current.exists():
            _create(current)
        previous = folder / PREVIOUS
        return cls(_read(current), _read(previous) if previous.exists() else None)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys, the signing one first, as a JWK set."""
        return {"keys": [jwk_of(key) for key in self.public]}

    def pseudonym(self, *parts: str) -> bytes:
        """32 bytes that stand for `parts` in the throttle's table, and do not reveal them without
        the key.
        """
        return hmac.digest(self._pepper, "\0".join(parts).encode(), "sha256")


def _named(key: ec.EllipticCurvePublicKey) -> PublicKey:
    return PublicKey(
        base64url(hashlib.sha256(canonical.encode(_members(key))).digest()), "ES256", key
    )


def _members(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    point = key.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": base64url(point.x.to_bytes(32, "big")),
        "y": base64url(point.y.to_bytes(32, "big")),
    }


def _number(jwk: Mapping[str, object], member: str, longest: int) -> int:
    text = jwk.get(member)
    if not isinstance(text, str) or not text.isascii():
        raise WeakKey(member)
    value = from_base64url(text.encode("ascii"))
    if len(value) > longest:
        raise WeakKey(member)
    return int.from_bytes(value, "big")


def _read(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        if os.name == "posix" and S_IMODE(file.stat().st_mode) & 0o077:
            raise InvalidSigningKeys(
                f"{file.name} can be read by others; run chmod 600 on it, and replace the key if"
                " another user may have read it"
            )
        key = load_pem_private_key(file.read_bytes(), password=None)
    except FileNotFoundError:
        raise InvalidSigningKeys(
            f"{file.name} is missing from the keys folder; create it with openssl genpkey"
            " -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
        ) from None
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidSigningKeys(
            f"{file.name} cannot be read as an unencrypted PEM private key"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InvalidSigningKeys(f"{file.name} is not a P-256 key")
    return key


def _create(file: Path) -> None:
    """Create a key, unless another process has created it first."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    try:
        files.create(file, pem)
    except OSError:
        raise InvalidSigningKeys(f"{file.name} cannot be written in the keys folder") from None
