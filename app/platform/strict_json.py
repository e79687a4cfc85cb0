"""Reads a JSON body so strictly that no two readers could disagree about it: no duplicates, no NaN,
no lone surrogates, bounded depth.
"""

import json
import math
from collections.abc import Sequence
from typing import Final, NoReturn

from app.kernel.errors import Fault, Kind, ServiceError

MAX_DEPTH: Final = 32

_LONGEST_INTEGER: Final = 20
"""Digits and sign of the longest 64-bit integer."""

_LONGEST_NAME: Final = 100

_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH} levels"
_TOO_LARGE: Final = "a number is too large to be read"


class BodyRefused(ServiceError):
    """The body is not JSON that the service reads; the fault names the place."""

    kind = Kind.INVALID
    code = "invalid-json"
    title = "The body is not JSON that can be read safely"


class _Unsound(Exception):
    """Some member is unsound: the text is read again to find where it stands."""


class _Pairs(list[tuple[str, object]]):
    """An object's members with duplicates kept."""


class _Unreadable:
    """Stands where a number cannot be read, and says why."""

    def __init__(self, why: str) -> None:
        self.why = why


def parse(body: bytes) -> object:
    """The value of a JSON text (RFC 8259) in UTF-8; raises `BodyRefused` with the pointer of the
    first fault.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse("", f"the body is not UTF-8 (byte {error.start})", "not-utf-8")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except _Unsound:
        _refuse_where_it_stands(text)
    except json.JSONDecodeError as error:
        _refuse(
            "",
            f"not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}",
            "not-json",
        )
    except RecursionError:
        _refuse("", _TOO_DEEP, "too-deep")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH or b"\\u" in body:
        _check(value)
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Unsound
    return value


def _constant(_name: str) -> NoReturn:
    raise _Unsound


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _Unsound
    return value


def _int(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise _Unsound
    return int(text)


def _check(value: object) -> None:
    pending: list[tuple[object, tuple[str, ...]]] = [(value, ())]
    while pending:
        member, path = pending.pop()
        if len(path) >= MAX_DEPTH and isinstance(member, (dict, list)):
            _refuse(pointer(path[:MAX_DEPTH]), _TOO_DEEP, "too-deep")
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
        _refuse(
            pointer(path),
            "holds half of a surrogate pair; send the whole character",
            "lone-surrogate",
        )


def _refuse_where_it_stands(text: str) -> NoReturn:
    try:
        value = json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_constant=lambda name: _Unreadable(
                f"{name} is not a JSON number; leave the member out or send null"
            ),
            parse_float=lambda digits: (
                float(digits) if math.isfinite(float(digits)) else _Unreadable(_TOO_LARGE)
            ),
            parse_int=lambda digits: (
                0 if len(digits) <= _LONGEST_INTEGER else _Unreadable(_TOO_LARGE)
            ),
        )
    except json.JSONDecodeError as error:
        _refuse(
            "",
            f"not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}",
            "not-json",
        )
    except RecursionError:
        _refuse("", _TOO_DEEP, "too-deep")
    pending: list[tuple[object, tuple[str, ...]]] = [(value, ())]
    while pending:
        member, path = pending.pop()
        if isinstance(member, _Unreadable):
            _refuse(pointer(path), member.why, "not-a-number")
        if isinstance(member, _Pairs):
            seen: set[str] = set()
            for name, inner in member:
                if name in seen:
                    _refuse(
                        pointer((*path, name)),
                        "this member stands twice in one object; send it once",
                        "duplicate-member",
                    )
                seen.add(name)
                pending.append((inner, (*path, name)))
        elif isinstance(member, list):
            pending.extend((inner, (*path, str(position))) for position, inner in enumerate(member))
    raise AssertionError("the first reading found a fault that the second did not")


def pointer(path: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path. What cannot be printed in a header or log is replaced,
    and a name beyond reason is cut.
    """
    return "".join(
        "/"
        + str(part)[:_LONGEST_NAME]
        .replace("~", "~0")
        .replace("/", "~1")
        .encode("ascii", "replace")
        .decode()
        for part in path
    )


def _refuse(where: str, detail: str, code: str) -> NoReturn:
    raise BodyRefused(detail, faults=(Fault(where, detail, code),))
