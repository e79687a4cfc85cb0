"""The only way a value becomes bytes that are hashed or signed: canonical JSON (RFC 8785), profiled
so that no two readers can differ.
"""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

MAX_INTEGER: Final = 2**53 - 1
"""Integers beyond this are not exact in every JSON reader (RFC 8785, section 3.2.2.3)."""


class NotCanonical(ValueError):
    """The value has no canonical form here: a float, a huge integer, a key that is not ASCII, or
    text that is not NFC.
    """


def encode(value: Json) -> bytes:
    """UTF-8 bytes of the canonical JSON of `value`.

    Refuses floats, integers beyond ±2^53, keys that are not ASCII strings, lone surrogates and text
    that is not NFC with `NotCanonical`.
    """
    _check(value)
    try:
        # For this profile (ASCII keys, no floats) the standard library's sorted, compact form is
        # RFC 8785's, byte for byte.
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_plain
        )
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("text holds half of a surrogate pair") from error


def kept(value: object) -> str:
    """The text in which a JSON value is kept in a column: sorted, compact and ASCII.

    Unlike `encode` it takes text in any normalisation form, so that what a person typed survives
    every database to the character.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_as_plain)


def digest(value: Json) -> str:
    """`sha256:` and the lower-case hexadecimal SHA-256 of the canonical JSON of `value`."""
    return "sha256:" + hashlib.sha256(encode(value)).hexdigest()


def _check(value: Json) -> None:
    # By exact type first: this walk is on the path of every request.
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
