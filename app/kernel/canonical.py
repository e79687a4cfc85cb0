"""Encode values that are hashed or signed as canonical JSON (RFC 8785). Pure.

Invariant: a value has one encoding in every reader. Floats, integers beyond ±2^53, keys that are
not ASCII and text that is not NFC are refused.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

MAX_INTEGER: Final = 2**53 - 1
"""Integers beyond this are not exact in every JSON reader (RFC 8785, section 3.2.2.3)."""


class NotCanonical(ValueError):
    """The value has no canonical form: it holds a float, an integer beyond 2^53, a key that is not
    ASCII, a lone surrogate, or text that is not NFC.
    """


def encode(value: Json) -> bytes:
    """Encode a value as canonical JSON in UTF-8; raises NotCanonical."""
    _check(value)
    try:
        return ENCODER.encode(value)
    except UnicodeEncodeError as error:
        raise NotCanonical("text holds half of a surrogate pair") from error


def to_sorted_json(value: object) -> str:
    """Encode a value as sorted, compact JSON in ASCII.

    Unlike `encode` it accepts floats and text in any normalisation form, and keeps every character.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_as_plain)


def digest(value: Json) -> str:
    """Hash the canonical JSON of a value: `sha256:` and lower-case hexadecimal digits."""
    return "sha256:" + hashlib.sha256(encode(value)).hexdigest()


def _check(value: Json) -> None:
    # By exact type first: every request is checked here.
    kind = type(value)
    if kind is str:
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):  # type: ignore[union-attr, arg-type]
            raise NotCanonical("text is not in Unicode normalisation form C")
    elif kind is dict:
        for key, member in value.items():  # type: ignore[union-attr]
            if type(key) is not str or not key.isascii():
                raise NotCanonical("object key is not an ASCII string")
            if member is not None:
                _check(member)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise NotCanonical("integer beyond 2^53")
    elif kind is list or kind is tuple:
        for member in value:  # type: ignore[union-attr]
            _check(member)
    elif value is not None and kind is not bool:
        _check(_as_plain(value))


def _as_plain(value: object) -> Json:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return list(value)
    raise NotCanonical(f"{type(value).__name__} has no canonical form")


ENCODER: Final = msgspec.json.Encoder(order="sorted", enc_hook=_as_plain)
"""Writes RFC 8785 for the values that `encode` accepts. `encode` is for writing; a reader of parsed
bytes encodes them with this to see whether they were canonical."""
