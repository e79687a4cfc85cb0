"""Forged and malformed access tokens by name, each the values of an Authorization header.
Everything here must be refused alike.
"""

import base64
import hmac
import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.identity.keys import Keyring
from app.identity.tokens import LIFETIME_S, LONGEST, TokenIssuer

ISSUER = "https://sharing.school.example"
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
SUBJECT = UUID("019cb2f0-0000-7000-8000-000000000001")
FAMILY = UUID("019cb2f0-0000-7000-8000-000000000002")
OTHER_ISSUER = "https://login.example"

MINE = ec.generate_private_key(ec.SECP256R1())
BEFORE = ec.generate_private_key(ec.SECP256R1())
STRANGERS = ec.generate_private_key(ec.SECP256R1())
THEIRS = rsa.generate_private_key(65537, 2048)
KEYRING = Keyring(MINE, BEFORE)
OURS = TokenIssuer(KEYRING, ISSUER)


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_json(value: object) -> bytes:
    return json.dumps(value).encode()


def es256(key: ec.EllipticCurvePrivateKey, signed: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def rs256(signed: bytes) -> bytes:
    return THEIRS.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def sealed(
    header: bytes,
    claims: bytes,
    sign: Callable[[bytes], bytes] = lambda signed: es256(MINE, signed),
) -> str:
    signed = f"{b64(header)}.{b64(claims)}".encode()
    return f"{signed.decode()}.{b64(sign(signed))}"


def header(**changes: object) -> dict[str, object]:
    return {"alg": "ES256", "kid": KEYRING.kid, "typ": "at+jwt"} | changes


def claims(**changes: object) -> dict[str, object]:
    at = int(NOW.timestamp())
    sound = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": str(SUBJECT),
        "iat": at,
        "exp": at + LIFETIME_S,
        "jti": "019cb2f0-0000-7000-8000-000000000003",
        "role": "dsl",
        "school": "123456",
        "client_id": "direct",
        "sid": str(FAMILY),
    }
    return {name: value for name, value in (sound | changes).items() if value is not ...}


def token(
    head: dict[str, object] | None = None, body: dict[str, object] | None = None, **how: Any
) -> str:
    return sealed(raw_json(head or header()), raw_json(body or claims()), **how)


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda signed: hmac.digest(secret, signed, "sha256")


def bearer(text: str) -> list[str]:
    return [f"Bearer {text}"]


AT = int(NOW.timestamp())
PEM = MINE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = MINE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
POINT = MINE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
SOUND = token()
HEAD, BODY, SIGNATURE = SOUND.split(".")


def stray(segment: str) -> str:
    """The same bytes in another spelling: the last character with a bit set that no byte uses."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) ^ 1]


def algorithms() -> Iterator[tuple[str, list[str]]]:
    """A token whose algorithm is none, another's, or ours keyed with a public value."""
    for alg in ("none", "None", "NONE", ""):
        yield f"alg {alg!r} without signature", bearer(f"{b64(raw_json(header(alg=alg)))}.{BODY}.")
        yield f"alg {alg!r} with the right signature", bearer(token(header(alg=alg)))
    for name, secret in {
        "PEM": PEM,
        "stripped PEM": PEM.strip(),
        "DER": DER,
        "point": POINT,
        "kid": KEYRING.kid.encode(),
        "empty": b"",
    }.items():
        yield f"HS256 keyed with {name}", bearer(token(header(alg="HS256"), sign=hs256(secret)))
        yield f"HS256 under the name of ES256, keyed with {name}", bearer(token(sign=hs256(secret)))
    for alg in (
        "HS384",
        "HS512",
        "RS256",
        "PS256",
        "ES384",
        "ES512",
        "EdDSA",
        "es256",
        "ES256K",
        "dir",
        "A256GCMKW",
        "RSA-OAEP",
    ):
        yield f"alg {alg}", bearer(token(header(alg=alg)))
    kinds: tuple[object, ...] = (None, 1, True, ["ES256"], {"alg": "ES256"})
    for kind in kinds:
        yield f"alg {kind!r}", bearer(token(header(alg=kind)))


def headers() -> Iterator[tuple[str, list[str]]]:
    """Header members that are absent, unwanted or of other kinds."""
    for member in ("alg", "kid", "typ"):
        yield (
            f"header without {member}",
            bearer(token({name: value for name, value in header().items() if name != member})),
        )
    members: dict[str, object] = {
        "crit": ["exp"],
        "b64": False,
        "jku": "https://evil.example/jwks.json",
        "jwk": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        "x5u": "https://evil.example/cert.pem",
        "x5c": ["MIIB"],
        "x5t": "AAAA",
        "cty": "JWT",
        "enc": "A256GCM",
        "zip": "DEF",
        "extra": 1,
    }
    for member, unwanted in members.items():
        yield f"header with {member}", bearer(token(header(**{member: unwanted})))
    for typ in (
        "JWT",
        "jwt",
        "dpop+jwt",
        "id+jwt",
        "at+jwt ",
        "at jwt",
        "",
        None,
        1,
        ["at+jwt"],
        "application/application/at+jwt",
    ):
        yield f"typ {typ!r}", bearer(token(header(typ=typ)))
    for kid in (
        "",
        "unknown",
        "../token-current.pem",
        "' OR 1=1 --",
        "\x00",
        "a" * 129,
        None,
        1,
        [KEYRING.kid],
        KEYRING.kid + "\n",
    ):
        yield f"kid {kid!r}", bearer(token(header(kid=kid)))


def header_bytes() -> Iterator[tuple[str, list[str]]]:
    """Headers that are not the JSON they seem."""
    head = raw_json(header())
    for name, raw in {
        "duplicate alg": head[:-1] + b', "alg": "none"}',
        "duplicate kid": b'{"kid": "x", ' + head[1:],
        "duplicate alg by escape": head[:-1] + b', "\\u0061lg": "none"}',
        "NaN": head[:-1] + b', "x": NaN}',
        "trailing text": head + b"{}",
        "trailing comma": head[:-1] + b",}",
        "a byte order mark": b"\xef\xbb\xbf" + head,
        "bad UTF-8": head[:-1] + b', "x": "\xff"}',
        "UTF-16": head.decode().encode("utf-16"),
        "an array": b"[" + head + b"]",
        "a string": b'"ES256"',
        "null": b"null",
        "nothing": b"",
        "deep nesting": b'{"alg":' * 500 + b"1" + b"}" * 500,
        "deep arrays": b'{"alg":' + b"[" * 1400 + b"]" * 1400 + b"}",
    }.items():
        yield f"header is {name}", bearer(sealed(raw, raw_json(claims())))


def claims_values() -> Iterator[tuple[str, list[str]]]:
    """Claims that are absent, of other kinds, or of other times and places; every one rightly
    signed.
    """
    for member in ("iss", "aud", "sub", "iat", "exp", "jti", "role", "school", "client_id", "sid"):
        yield f"claims without {member}", bearer(token(body=claims(**{member: ...})))
        others: tuple[object, ...] = (None, True, "", [], {}, 1.5, -1, "x" * 300, ["a", "b"])
        for value in others:
            yield f"{member} is {str(value)[:20]!r}", bearer(token(body=claims(**{member: value})))
    changed: dict[str, dict[str, object]] = {
        "expired": {"iat": AT - LIFETIME_S, "exp": AT},
        "expired long ago": {"iat": AT - 10 * LIFETIME_S, "exp": AT - 9 * LIFETIME_S},
        "issued in the future": {"iat": AT + 31, "exp": AT + 31 + 60},
        "lives too long": {"exp": AT + LIFETIME_S + 1},
        "lives for ever": {"exp": 2**62},
        "lives beyond any integer": {"exp": 10**400},
        "ends before it began": {"exp": AT, "iat": AT},
        "exp as text": {"exp": str(AT + 60)},
        "exp as a float": {"exp": AT + 60.0},
        "iat as a float": {"iat": float(AT)},
        "not yet": {"nbf": AT + 31},
        "nbf as text": {"nbf": "0"},
        "nbf true": {"nbf": True},
        "iss with a slash": {"iss": ISSUER + "/"},
        "iss in capitals": {"iss": ISSUER.upper()},
        "iss of an attacker": {"iss": "https://evil.example"},
        "iss of the other issuer": {"iss": OTHER_ISSUER, "aud": "sharing"},
        "aud as a list": {"aud": [ISSUER]},
        "aud with another": {"aud": [ISSUER, "https://other.example"]},
        "aud of another": {"aud": "https://other.example"},
        "aud of the other issuer": {"aud": "sharing"},
        "sub in capitals": {"sub": "019CB2F0-0000-7000-8000-00000000000A"},
        "sub in braces": {"sub": f"{{{SUBJECT}}}"},
        "sub with a line end": {"sub": f"{SUBJECT}\n"},
        "role unknown": {"role": "admin"},
        "role in capitals": {"role": "DSL"},
        "role with a line end": {"role": "dsl\n"},
        "school too short": {"school": "12345"},
        "school in Arabic digits": {"school": "١٢٣٤٥٦"},
        "school a number": {"school": 123456},
        "client with a NUL": {"client_id": "a\x00"},
    }
    for name, changes in changed.items():
        yield name, bearer(token(body=claims(**changes)))


def claims_bytes() -> Iterator[tuple[str, list[str]]]:
    """Rightly signed bytes that are not the JSON they seem."""
    body = raw_json(claims())
    for name, raw in {
        "duplicate role": body[:-1] + b', "role": "ig_lead"}',
        "duplicate exp": body[:-1] + f', "exp": {AT + 60}}}'.encode(),
        "duplicate inside": body[:-1] + b', "x": {"a": 1, "a": 2}}',
        "NaN": body[:-1] + b', "x": NaN}',
        "Infinity": body[:-1] + b', "exp": Infinity}',
        "an array": b"[" + body + b"]",
        "trailing text": body + b"x",
        "bad UTF-8": body[:-1] + b', "x": "\xc0\x80"}',
        "deep nesting": b'{"a":' * 500 + b"1" + b"}" * 500,
        "deep arrays": b'{"a":' + b"[" * 1300 + b"]" * 1300 + b"}",
        "compressed": struct.pack("<H", 0x9C78) + body,
    }.items():
        yield f"claims are {name}", bearer(sealed(raw_json(header()), raw))


def signatures() -> Iterator[tuple[str, list[str]]]:
    """Signatures by others, of other things, or bent."""
    yield "other key, same name", bearer(token(sign=lambda signed: es256(STRANGERS, signed)))
    yield (
        "other key, its own name",
        bearer(
            token(header(kid=Keyring(STRANGERS).kid), sign=lambda signed: es256(STRANGERS, signed))
        ),
    )
    yield "the other issuer's key for our tokens", bearer(token(header(alg="RS256"), sign=rs256))
    yield (
        "our key for the other issuer's tokens",
        bearer(token(header(typ="JWT"), claims(iss=OTHER_ISSUER, aud="sharing"))),
    )
    yield (
        "the other issuer with our algorithm",
        bearer(token(header(typ="JWT"), claims(iss=OTHER_ISSUER, aud="sharing"), sign=rs256)),
    )
    signature = base64.urlsafe_b64decode(SIGNATURE + "==")
    for name, changed in {
        "empty": b"",
        "zeros": bytes(64),
        "a byte short": signature[:-1],
        "a byte long": signature + b"\0",
        "of another message": es256(MINE, b"another"),
        "in DER": MINE.sign(f"{HEAD}.{BODY}".encode(), ec.ECDSA(hashes.SHA256())),
        "one bit off": signature[:-1] + bytes([signature[-1] ^ 1]),
        "halves swapped": signature[32:] + signature[:32],
    }.items():
        yield f"signature {name}", bearer(f"{HEAD}.{BODY}.{b64(changed)}")
    yield (
        "claims of another token",
        bearer(f"{HEAD}.{b64(raw_json(claims(role='ig_lead')))}.{SIGNATURE}"),
    )


def spellings() -> Iterator[tuple[str, list[str]]]:
    """Texts that are nearly a token."""
    for name, text in {
        "no segments": "abc",
        "two segments": f"{HEAD}.{BODY}",
        "four segments": f"{SOUND}.x",
        "five segments, encrypted": f"{HEAD}.{BODY}.{SIGNATURE}.{SIGNATURE}.{SIGNATURE}",
        "empty header": f".{BODY}.{SIGNATURE}",
        "empty claims": f"{HEAD}..{SIGNATURE}",
        "only dots": "..",
        "padding": f"{HEAD}=.{BODY}.{SIGNATURE}",
        "plain base64 alphabet": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}+",
        "stray bits in the signature": f"{HEAD}.{BODY}.{stray(SIGNATURE)}",
        "a length that nothing has": f"{HEAD}.{BODY}.{SIGNATURE}AAA",
        "a space inside": f"{HEAD}.{BODY}. {SIGNATURE}",
        "a line end inside": f"{HEAD}.\n{BODY}.{SIGNATURE}",
        "a line end after": f"{SOUND}\n",
        "a space after": f"{SOUND} ",
        "a tab after": f"{SOUND}\t",
        "a NUL after": f"{SOUND}\0",
        "letters that are not ASCII": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}é",
        "full-width letters": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}Ａ",
        "half a surrogate": f"{HEAD}.{BODY}.{SIGNATURE[:-1]}\ud800",
        "nothing": "",
        "two tokens": f"{SOUND} {SOUND}",
        "two tokens with a comma": f"{SOUND}, Bearer {SOUND}",
        "quotes": f'"{SOUND}"',
        "too long by claims": token(body=claims(padding="x" * LONGEST)),
        "too long by dots": "." * (LONGEST + 100),
        "enormous": "A" * 1_000_000,
    }.items():
        yield name, bearer(text)


def header_values() -> Iterator[tuple[str, list[str]]]:
    """Authorization headers that are nearly one with a token."""
    yield from {
        "no header": [],
        "an empty header": [""],
        "two headers": [f"Bearer {SOUND}", f"Bearer {SOUND}"],
        "a good header and an empty one": [f"Bearer {SOUND}", ""],
        "no scheme": [SOUND],
        "Basic": [f"Basic {SOUND}"],
        "DPoP": [f"DPoP {SOUND}"],
        "the scheme alone": ["Bearer"],
        "two spaces": [f"Bearer  {SOUND}"],
        "a tab": [f"Bearer\t{SOUND}"],
        "a space before": [f" Bearer {SOUND}"],
        "a scheme with a look-alike": [f"Βearer {SOUND}"],
        "a long s before": [f"ſBearer {SOUND}"],
    }.items()


GROUPS = (
    algorithms,
    headers,
    header_bytes,
    claims_values,
    claims_bytes,
    signatures,
    spellings,
    header_values,
)
# The key is another in every process, and a test's name must not be.
ATTACKS = {
    name.replace(KEYRING.kid, "ours"): values for group in GROUPS for name, values in group()
}
