"""Issues and verifies access tokens. The only importer of jose, which only checks signatures.

Invariant: every header parameter and claim is validated here, and every failure is the same error,
which tells the caller nothing about its cause.
"""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn, Protocol
from uuid import UUID

import structlog
from jose import backends, jwk, jws
from jose.backends.base import Key
from jose.backends.cryptography_backend import CryptographyECKey, CryptographyRSAKey
from jose.exceptions import JWSError

from app.identity.errors import KeyUnknown, Unauthenticated
from app.identity.keys import KEY_ID, Keyring, NotBase64Url, PublicKey, from_base64url
from app.identity.model import Role
from app.kernel import ids
from app.kernel.clock import Clock

LIFETIME_S: Final = 15 * 60
LEEWAY_S: Final = 30
"""How far the clock of an issuer may be ahead of this one, for `iat` and `nbf`; `exp` has no
leeway."""
LONGEST: Final = 4096
REMEMBER_S: Final = 60
REMEMBER_MOST: Final = 4096

_BEARER: Final = re.compile(
    r"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)", re.ASCII
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_URN: Final = re.compile(r"[0-9]{6}", re.ASCII)
_CLIENT: Final = re.compile(r"[A-Za-z0-9._:/@-]{1,200}", re.ASCII)
_ROLES: Final = {role.value: role for role in Role}
_ROLE: Final = re.compile("|".join(_ROLES))
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_MOST_BRACKETS: Final = 64

log = structlog.get_logger(__name__)

if backends.ECKey is not CryptographyECKey or backends.RSAKey is not CryptographyRSAKey:
    raise ImportError(
        "python-jose must use the cryptography package; install python-jose[cryptography]"
    )


class Refused(Exception):
    """Why a token is invalid, as a code for the application log. Caught in `Verifier.verify`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims of a verified token. For local accounts `role` is that of the time of issue: the
    role that counts is read from the database.
    """

    issuer: str
    subject: UUID
    role: Role
    school: str
    client: str
    expires_at: int
    session: UUID | None = None


class TrustedIssuer(Protocol):
    """An issuer whose tokens are accepted: its name, token type, keys and claims."""

    @property
    def issuer(self) -> str: ...
    @property
    def audience(self) -> str: ...
    @property
    def token_type(self) -> str: ...
    @property
    def longest_s(self) -> int: ...

    def key(self, kid: str, now: float) -> "VerifyingKey | None":
        """The key with this id at this time (POSIX seconds)."""

    def read(self, members: Mapping[str, object]) -> Claims:
        """The claims, from members whose issuer, audience and times have been validated. Raises
        `Refused`.
        """


class VerifyingKey:
    """A public key prepared once for its one algorithm."""

    __slots__ = ("alg", "kid", "ready")

    def __init__(self, key: PublicKey) -> None:
        self.kid: Final = key.kid
        self.alg: Final = key.alg
        self.ready: Final[Key] = jwk.construct(key.key, key.alg)


class TokenIssuer:
    """This service as an issuer of tokens."""

    token_type: Final = "at+jwt"  # noqa: S105 - a media type
    longest_s: Final = LIFETIME_S

    def __init__(self, keyring: Keyring, issuer: str) -> None:
        self.issuer: Final = issuer
        self.audience: Final = issuer
        self._kid: Final = keyring.kid
        self._signing: Final[Key] = jwk.construct(keyring.signing, "ES256")
        self._keys: Final = {key.kid: VerifyingKey(key) for key in keyring.public}

    def key(self, kid: str, now: float) -> VerifyingKey | None:
        return self._keys.get(kid)

    def issue(
        self, *, subject: UUID, role: Role, school: str, client: str, session: UUID, now: datetime
    ) -> str:
        """A signed access token (RFC 9068) for `LIFETIME_S` seconds from `now`."""
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(subject),
            "iat": issued_at,
            "exp": issued_at + LIFETIME_S,
            "jti": str(ids.new_id(now)),
            "role": role.value,
            "school": school,
            "client_id": client,
            "sid": str(session),
        }
        return str(
            jws.sign(claims, self._signing, {"typ": self.token_type, "kid": self._kid}, "ES256")
        )

    def read(self, members: Mapping[str, object]) -> Claims:
        if members["aud"] != self.audience:
            raise Refused("aud")
        _matching(members, "jti", _UUID)
        return Claims(
            issuer=self.issuer,
            subject=UUID(_matching(members, "sub", _UUID)),
            role=_ROLES[_matching(members, "role", _ROLE)],
            school=_matching(members, "school", _URN),
            client=_matching(members, "client_id", _CLIENT),
            expires_at=_instant(members, "exp"),
            session=UUID(_matching(members, "sid", _UUID)),
        )


class Verifier:
    """Verifies bearer tokens with keys in memory. It does no I/O: the caller loads the session."""

    def __init__(
        self, own: TokenIssuer, *, clock: Clock, external: Sequence[TrustedIssuer] = ()
    ) -> None:
        self._clock: Final = clock
        self._trusted: Final[dict[str, TrustedIssuer]] = {
            issuer.issuer: issuer for issuer in external
        } | {own.issuer: own}
        self._remembered: Final[OrderedDict[bytes, tuple[float, float, Claims]]] = OrderedDict()

    def verify(self, values: Sequence[str]) -> Claims:
        """The claims of the one bearer token in the values of the Authorization header.

        Raises `Unauthenticated` for every fault; its subclass `KeyUnknown` where reading the keys
        of an external issuer again may help.
        """
        if not values:
            raise Unauthenticated
        try:
            return self._verified(values)
        except KeyUnknown:
            log.info("token refused", reason="key-unknown")
            raise
        except Refused as refused:
            log.info("token refused", reason=str(refused))
        except Exception as error:  # noqa: BLE001 - any exception of a parser or of jose is a 401, not a 500
            log.warning("token refused", reason="unforeseen", error=type(error).__name__)
        raise Unauthenticated

    def _verified(self, values: Sequence[str]) -> Claims:
        if len(values) != 1:
            raise Refused("several-headers")
        if len(values[0]) > LONGEST + len("Bearer "):
            raise Refused("too-long")
        now = self._clock().timestamp()

        name = hashlib.sha256(values[0].encode("utf-8", "surrogatepass")).digest()
        remembered = self._remembered.get(name)
        if remembered is not None and remembered[0] <= now < remembered[1]:
            return remembered[2]

        found = _BEARER.fullmatch(values[0])
        if found is None:
            raise Refused("not-bearer")
        claims = self._checked(found[1], now)
        self._remembered[name] = (now, min(now + REMEMBER_S, claims.expires_at), claims)
        if len(self._remembered) > REMEMBER_MOST:
            self._remembered.popitem(last=False)
        return claims

    def _checked(self, token: str, now: float) -> Claims:
        try:
            header, payload, _ = (
                from_base64url(segment.encode("ascii")) for segment in token.split(".")
            )
        except NotBase64Url:
            raise Refused("base64url") from None
        kid, alg, typ = _header(header)
        members = _members(payload)

        # A key is accepted only for the tokens of its own issuer.
        issuer = members.get("iss")
        trusted = self._trusted.get(issuer) if isinstance(issuer, str) else None
        if trusted is None:
            raise Refused("issuer")
        if typ != trusted.token_type.lower():
            raise Refused("typ")
        key = trusted.key(kid, now)
        if key is None:
            if isinstance(trusted, TokenIssuer):
                raise Refused("kid")
            raise KeyUnknown(trusted.issuer)
        if alg != key.alg:
            raise Refused("alg")
        try:
            signed = jws.verify(token, key.ready, [key.alg])
        except JWSError:
            raise Refused("signature") from None
        if signed != payload:
            raise Refused("payload")

        _check_times(members, now, trusted.longest_s)
        audience = members.get("aud")
        if audience not in (trusted.audience, [trusted.audience]):
            raise Refused("aud")
        return trusted.read(members)


def _header(raw: bytes) -> tuple[str, str, str]:
    if raw.count(b"{") != 1 or b"[" in raw:
        raise Refused("header-shape")
    header = _parsed(raw)
    if not isinstance(header, dict) or header.keys() != _HEADER:
        raise Refused("header-members")
    kid, alg, typ = header["kid"], header["alg"], header["typ"]
    if (
        not isinstance(kid, str)
        or not isinstance(alg, str)
        or not isinstance(typ, str)
        or KEY_ID.fullmatch(kid) is None
    ):
        raise Refused("header-values")
    # RFC 7515, section 4.1.9: a media type, compared without case, whose "application/" may be left
    # out.
    return kid, alg, typ.lower().removeprefix("application/")


def _members(raw: bytes) -> dict[str, object]:
    # Counted before parsing: the parser recurses.
    if raw.count(b"{") + raw.count(b"[") > _MOST_BRACKETS:
        raise Refused("claims-shape")
    members = _parsed(raw)
    if not isinstance(members, dict):
        raise Refused("claims-shape")
    return members


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(
            raw.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_not_a_number
        )
    except (ValueError, RecursionError):
        raise Refused("json") from None


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("duplicate-members")
    return members


def _not_a_number(_: str) -> NoReturn:
    raise Refused("not-a-number")


def _check_times(members: Mapping[str, object], now: float, longest_s: int) -> None:
    issued_at, expires_at = _instant(members, "iat"), _instant(members, "exp")
    if not 0 < expires_at - issued_at <= longest_s:
        raise Refused("lifetime")
    if now >= expires_at:
        raise Refused("expired")
    if issued_at > now + LEEWAY_S:
        raise Refused("iat")
    if "nbf" in members and _instant(members, "nbf") > now + LEEWAY_S:
        raise Refused("nbf")


def _instant(members: Mapping[str, object], name: str) -> int:
    value = members.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(name)
    return value


def _matching(members: Mapping[str, object], name: str, pattern: re.Pattern[str]) -> str:
    value = members.get(name)
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise Refused(name)
    return value
