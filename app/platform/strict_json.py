"""Parses a JSON body so strictly that no two parsers could read it differently.

Duplicate members, NaN, infinities, integers beyond 64 bits, lone surrogates, NUL characters and
deep nesting are refused.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Final, NoReturn

from app.kernel.errors import Fault, Kind, ServiceError

MAX_DEPTH: Final = 32

_LONGEST_INTEGER: Final = 20
"""Digits and sign of the longest 64-bit integer."""

_LONGEST_NAME: Final = 100

_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH} levels"
_TOO_LARGE: Final = "the number is too large to be read"


class InvalidJson(ServiceError):
    """The body is not JSON that the service accepts; the fault gives the JSON pointer."""

    kind = Kind.INVALID
    code = "invalid-json"
    title = "Invalid JSON"


class _Refused:
    """Takes the place of a value that is not accepted, until its JSON pointer is known."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        self.detail = detail


class _Hooks:
    """The hooks of one decoding; `refused` collects the values that are not accepted."""

    def __init__(self) -> None:
        self.refused: list[_Refused] = []

    def refuse(self, code: str, detail: str) -> _Refused:
        self.refused.append(_Refused(code, detail))
        return self.refused[-1]

    def members(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        value = dict(pairs)
        if len(value) != len(pairs):
            ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
            detail = "this member occurs twice; send it once"
            value[name] = self.refuse("duplicate-member", detail)
        return value

    def constant(self, name: str) -> _Refused:
        detail = f"{name} is not a JSON number; omit the member or send null"
        return self.refuse("not-a-number", detail)

    def fraction(self, digits: str) -> float | _Refused:
        value = float(digits)
        return value if math.isfinite(value) else self.refuse("not-a-number", _TOO_LARGE)

    def integer(self, digits: str) -> int | _Refused:
        short = len(digits) <= _LONGEST_INTEGER
        return int(digits) if short else self.refuse("not-a-number", _TOO_LARGE)


def parse(body: bytes) -> object:
    """The value of a JSON text (RFC 8259) in UTF-8; raises InvalidJson with one fault and its JSON
    pointer.
    """
    hooks = _Hooks()
    decoder = json.JSONDecoder(
        object_pairs_hook=hooks.members,
        parse_constant=hooks.constant,
        parse_float=hooks.fraction,
        parse_int=hooks.integer,
    )
    try:
        value = decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        _refuse((), "not-utf-8", f"the body is not UTF-8 (byte {error.start})")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        _refuse((), "not-json", f"not JSON at {where}: {error.msg.lower()}")
    except RecursionError:
        _refuse((), "too-deep", _TOO_DEEP)
    if hooks.refused or body.count(b"[") + body.count(b"{") > MAX_DEPTH or b"\\u" in body:
        _check(value)
    return value


def _check(value: object) -> None:
    pending: list[tuple[object, tuple[str, ...]]] = [(value, ())]
    while pending:
        member, path = pending.pop()
        if len(path) >= MAX_DEPTH and isinstance(member, (dict, list)):
            _refuse(path[:MAX_DEPTH], "too-deep", _TOO_DEEP)
        if isinstance(member, _Refused):
            _refuse(path, member.code, member.detail)
        elif isinstance(member, str):
            _check_text(member, path)
        elif isinstance(member, dict):
            for name, inner in member.items():
                _check_text(name, path)
                pending.append((inner, (*path, name)))
        elif isinstance(member, list):
            pending.extend((inner, (*path, str(position))) for position, inner in enumerate(member))


def _check_text(text: str, path: Sequence[str]) -> None:
    if "\x00" in text:
        _refuse(path, "nul-character", "contains a NUL character; remove it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(path, "lone-surrogate", "contains half a surrogate pair; send the whole character")


def pointer(path: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path, safe for headers and logs: characters that are not
    ASCII are replaced, long names are cut.
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


def _refuse(path: Sequence[str], code: str, detail: str) -> NoReturn:
    raise InvalidJson(detail, faults=(Fault(pointer(path), detail, code),))
