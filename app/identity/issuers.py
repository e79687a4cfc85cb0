"""External OpenID Connect issuers whose access tokens are accepted.

Only the keys of an issuer are read, over https, when a token needs them and at most once a minute.
While an issuer does not answer, its last published keys are accepted for a day. The operator's
settings map the issuer's claims to roles and schools; a token with other values is refused.
"""

import asyncio
import ipaddress
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog

from app.identity.errors import InvalidIssuer
from app.identity.keys import key_from_jwk
from app.identity.model import Role
from app.identity.tokens import Claims, Refused, VerifyingKey
from app.kernel.clock import Clock
from app.kernel.errors import ServiceError
from app.platform import strict_json
from app.platform.settings import IssuerSettings

DEADLINE_S: Final = 5
MAX_BYTES: Final = 256 * 1024
MAX_KEYS: Final = 64
LONGEST_S: Final = 2 * 60 * 60
"""The longest lifetime of an external access token, in seconds."""
ASK_AGAIN_S: Final = 60
FRESH_AT_LEAST_S: Final = 5 * 60
FRESH_AT_MOST_S: Final = 24 * 60 * 60
STALE_S: Final = 24 * 60 * 60

_MAX_AGE: Final = re.compile(
    r"(?:^|[\s,])max-age=([0-9]{1,9})(?:$|[\s,])", re.ASCII | re.IGNORECASE
)
_URN: Final = re.compile(r"[0-9]{6}", re.ASCII)
_CLIENT: Final = re.compile(r"[A-Za-z0-9._:/@-]{1,200}", re.ASCII)

log = structlog.get_logger(__name__)


class ExternalIssuer:
    """One issuer: its settings, its last published keys, and the mapping of its claims."""

    longest_s: Final = LONGEST_S

    def __init__(self, settings: IssuerSettings) -> None:
        check_url(settings.issuer)
        self.issuer: Final = settings.issuer
        self.audience: Final = settings.audience
        self.token_type: Final = settings.token_type.lower().removeprefix("application/")
        self._settings: Final = settings
        self._roles: Final = {value: Role(role) for value, role in settings.role_map.items()}
        self._keys: Mapping[str, VerifyingKey] = {}
        self._fresh_until = self._stale_until = self._asked_at = float("-inf")
        self._asking: Final = asyncio.Lock()

    def key(self, kid: str, now: float) -> VerifyingKey | None:
        return self._keys.get(kid) if now < self._stale_until else None

    def is_due(self, now: float) -> bool:
        """Whether the keys have expired and may be read again already."""
        return (
            now >= self._fresh_until
            and now - self._asked_at >= ASK_AGAIN_S
            and not self._asking.locked()
        )

    def read(self, members: Mapping[str, object]) -> Claims:
        # An ID token tells an application who signed in; it does not authorise API calls.
        if "at_hash" in members:
            raise Refused("id-token")
        subject, expires_at = members.get("sub"), members.get("exp")
        if (
            not isinstance(subject, str)
            or not 1 <= len(subject) <= 255
            or not isinstance(expires_at, int)
        ):
            raise Refused("sub")
        school = self._settings.school or members.get(self._settings.school_claim)
        if not isinstance(school, str) or _URN.fullmatch(school) is None:
            raise Refused("school")
        client = members.get("client_id", members.get("azp", "external"))
        if not isinstance(client, str) or _CLIENT.fullmatch(client) is None:
            raise Refused("client")
        return Claims(
            issuer=self.issuer,
            subject=subject_id(self.issuer, subject),
            role=self._role(_claim(members, self._settings.role_claim)),
            school=school,
            client=client,
            expires_at=expires_at,
        )

    def _role(self, value: object) -> Role:
        values: Iterable[object] = value if isinstance(value, list) else [value]
        roles = {
            self._roles[item] for item in values if isinstance(item, str) and item in self._roles
        }
        if len(roles) != 1:
            raise Refused("role-ambiguous" if roles else "role")
        return roles.pop()

    async def refresh(self, now: float) -> bool:
        """Read the keys again, unless another call just did or it is too soon. True when the keys
        may have changed, so that the caller looks for its key again.
        """
        seen = self._fresh_until
        async with self._asking:
            if self._fresh_until != seen:
                return True
            if now - self._asked_at < ASK_AGAIN_S:
                return False
            self._asked_at = now
            try:
                keys, fresh_s = await _published(self.issuer)
            except (
                ServiceError,
                httpx.HTTPError,
                httpx.InvalidURL,
                TimeoutError,
                OSError,
                ValueError,
            ) as error:
                log.warning(
                    "issuer not read",
                    issuer=self.issuer,
                    error=type(error).__name__,
                    detail=getattr(error, "detail", ""),
                )
                return False
            self._keys, self._fresh_until, self._stale_until = (
                keys,
                now + fresh_s,
                now + fresh_s + STALE_S,
            )
            return True


class ExternalIssuers:
    """All external issuers."""

    def __init__(self, settings: Sequence[IssuerSettings], *, own: str, clock: Clock) -> None:
        """Raises `InvalidIssuer` for an issuer named twice, an issuer with the name of this
        service, or an address without https.
        """
        self.trusted: Final = tuple(ExternalIssuer(issuer) for issuer in settings)
        self._by_name: Final = {issuer.issuer: issuer for issuer in self.trusted}
        if len(self._by_name) != len(self.trusted) or own in self._by_name:
            raise InvalidIssuer("SHARING_ISSUERS names an issuer twice, or this service itself")
        self._clock: Final = clock
        self._renewals: Final[set[asyncio.Task[bool]]] = set()

    async def refresh(self, issuer: str) -> bool:
        """Read an issuer's keys again; see `ExternalIssuer.refresh`."""
        return await self._by_name[issuer].refresh(self._clock().timestamp())

    def renew(self, issuer: str) -> None:
        """Read an issuer's keys again in the background if they have expired."""
        found = self._by_name.get(issuer)
        if found is None:
            return
        now = self._clock().timestamp()
        if found.is_due(now):
            task = asyncio.get_running_loop().create_task(found.refresh(now))
            self._renewals.add(task)
            task.add_done_callback(self._renewals.discard)

    async def close(self) -> None:
        """Cancel what is being read."""
        for task in self._renewals:
            task.cancel()
        await asyncio.gather(*self._renewals, return_exceptions=True)


def subject_id(issuer: str, subject: str) -> uuid.UUID:
    """The id of an external issuer's subject: UUIDv5 of both. It is stored in the audit log: never
    change how it is made.
    """
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{issuer}|{subject}")


def check_url(url: str) -> None:
    """Raises `InvalidIssuer` unless the URL is https, or http to this machine itself, without
    user, query and fragment.
    """
    parts = urlsplit(url)
    if parts.username is not None or parts.query or parts.fragment or not parts.hostname:
        raise InvalidIssuer("an issuer's addresses have a host, and no user, query or fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise InvalidIssuer("an issuer's addresses begin with https://")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _claim(members: Mapping[str, object], name: str) -> object:
    """A member by its name, or by its dotted path."""
    if name in members:
        return members[name]
    value: object = members
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


async def _published(issuer: str) -> tuple[dict[str, VerifyingKey], float]:
    async with httpx.AsyncClient(
        follow_redirects=False, trust_env=False, timeout=DEADLINE_S
    ) as client:
        discovery, _ = await _document(
            client, issuer.rstrip("/") + "/.well-known/openid-configuration"
        )
        if discovery.get("issuer") != issuer:
            raise InvalidIssuer("its discovery document names another issuer")
        address = discovery.get("jwks_uri")
        if not isinstance(address, str):
            raise InvalidIssuer("its discovery document names no keys")
        check_url(address)
        jwks, headers = await _document(client, address)
    published = jwks.get("keys")
    if not isinstance(published, list) or len(published) > MAX_KEYS:
        raise InvalidIssuer("its keys are not a JWK set of sensible size")
    keys: dict[str, VerifyingKey] = {}
    for jwk in published:
        # A set may also hold keys for encryption, or of kinds that are not used here.
        try:
            key = key_from_jwk(jwk) if isinstance(jwk, dict) else None
        except ValueError:
            continue
        if key is not None:
            keys.setdefault(key.kid, VerifyingKey(key))
    if not keys:
        raise InvalidIssuer("it publishes no key that can be trusted")
    return keys, _fresh_s(headers)


async def _document(client: httpx.AsyncClient, url: str) -> tuple[dict[str, object], httpx.Headers]:
    body = bytearray()
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    async with asyncio.timeout(DEADLINE_S), client.stream("GET", url, headers=headers) as response:
        if response.status_code != httpx.codes.OK:
            raise InvalidIssuer(f"it answered {response.status_code}")
        if "content-encoding" in response.headers:
            raise InvalidIssuer("it compressed its answer although asked not to")
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise InvalidIssuer(f"it answered with more than {MAX_BYTES} bytes")
    document = strict_json.parse(bytes(body))
    if not isinstance(document, dict):
        raise InvalidIssuer("it did not answer with an object")
    return document, response.headers


def _fresh_s(headers: httpx.Headers) -> float:
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    return min(max(int(found[1]) if found else 0, FRESH_AT_LEAST_S), FRESH_AT_MOST_S)
