"""Reads a JSON body so strictly that no two readers could disagree about it: no duplicates, no NaN, no lone surrogates, bounded depth."""

import json
import math
from collections.abc import Sequence
from typing import Final, NoReturn

from app.kernel.errors import Fault, Kind, ServiceError

MAX_DEPTH: Final = 32


class BodyRefused(ServiceError):
    """The body is not JSON that the service reads; the fault names the place."""

    kind = Kind.INVALID
    code = "invalid-json"
    title = "The body is not JSON that can be read safely"


class _Duplicate(Exception):
    """A member name stands twice in one object."""


class _Pairs(list[tuple[str, object]]):
    """An object's members with duplicates kept, for finding where the duplicate stands."""


def parse(body: bytes) -> object:
    """The value of a JSON text (RFC 8259) in UTF-8; raises `BodyRefused` with the pointer of the first fault."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse("", f"the body is not UTF-8 (byte {error.start})", "not-utf-8")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int)
    except _Duplicate:
        _refuse_duplicate(text)
    except json.JSONDecodeError as error:
        _refuse("", f"not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}", "not-json")
    except RecursionError:
        _refuse("", f"nested deeper than {MAX_DEPTH} levels", "too-deep")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH or b"\\u" in body:
        _check(value)
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Duplicate
    return value


def _constant(name: str) -> NoReturn:
    _refuse("", f"{name} is not a JSON number; leave the member out or send null", "not-a-number")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse("", "a number is too large to be read", "not-a-number")
    return value


def _int(text: str) -> int:
    if len(text) > 20:  # longer than any 64-bit integer
        _refuse("", "a number is too large to be read", "not-a-number")
    return int(text)


def _check(value: object) -> None:
    pending: list[tuple[object, tuple[str, ...]]] = [(value, ())]
    while pending:
        member, path = pending.pop()
        if len(path) > MAX_DEPTH:
            _refuse("", f"nested deeper than {MAX_DEPTH} levels", "too-deep")
        if isinstance(member, str):
            _check_text(member, path)
        elif isinstance(member, dict):
            for name, inner in member.items():
                _check_text(name, path)
                pending.append((inner, (*path, name)))
        elif isinstance(member, list):
            pending.extend((inner, (*path, str(position))) for position, inner in enumerate(member))


def _check_text(text: str, path: Sequence[str]) -> None:
    if "\x00" in text:
        _refuse(pointer(path), "holds a NUL character; remove it", "nul-character")
    if any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(pointer(path), "holds half of a surrogate pair; send the whole character", "lone-surrogate")


def _refuse_duplicate(text: str) -> NoReturn:
    pending: list[tuple[object, tuple[str, ...]]] = [(json.loads(text, object_pairs_hook=_Pairs), ())]
    while pending:
        member, path = pending.pop()
        if isinstance(member, _Pairs):
            seen: set[str] = set()
            for name, inner in member:
                if name in seen:
                    _refuse(pointer((*path, name)), "this member stands twice in one object; send it once", "duplicate-member")
                seen.add(name)
                pending.append((inner, (*path, name)))
        elif isinstance(member, list):
            pending.extend((inner, (*path, str(position))) for position, inner in enumerate(member))
    _refuse("", "a member stands twice in one object; send it once", "duplicate-member")


def pointer(path: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path. Anything that cannot be printed in a header or log is replaced."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1").encode("ascii", "replace").decode() for part in path)


def _refuse(where: str, detail: str, code: str) -> NoReturn:
    raise BodyRefused(detail, faults=(Fault(where, detail, code),))
