"""Write dataclasses as plain JSON values, and read them back by their type hints. Pure.

Enumerations, UUIDs, days and instants become texts, tuples lists; None is left out. A class with
`to_json` and `from_json` writes and reads itself. Members that are missing become their default,
else None.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from app.kernel import clock
from app.kernel.canonical import Json

T = TypeVar("T")
Read = Callable[[Any], Any]


def write(value: object) -> Json:  # noqa: PLR0911 - one return for each kind of value
    """A value as plain JSON."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return cast("Json", value)
    if isinstance(value, list | tuple):
        return [write(one) for one in value]
    if hasattr(value, "to_json"):
        return cast("Json", value.to_json())
    if dataclasses.is_dataclass(value):
        return write_members(value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def write_members(value: object) -> dict[str, Json]:
    """A dataclass as a JSON object."""
    names = [field.name for field in dataclasses.fields(cast("Any", value))]
    members = {name: getattr(value, name) for name in names}
    return {name: write(member) for name, member in members.items() if member is not None}


def read(kind: type[T], value: Mapping[str, Any]) -> T:
    """The dataclass that `write_members` wrote. Raises ValueError for a code that is not known."""
    return cast("T", _object_reader(cast("Any", kind))(value))


@cache
def _reader(hint: Any) -> Read:  # noqa: PLR0911 - one return for each kind of hint
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _reader(args[0])
    if origin in {Union, types.UnionType}:
        (inner,) = [one for one in args if one is not types.NoneType] or [None]
        return _optional(_reader(inner))
    if origin is tuple:
        one = _reader(args[0])
        return lambda values: tuple([one(value) for value in values])
    if isinstance(hint, type):
        if hasattr(hint, "from_json"):
            return cast("Read", hint.from_json)
        if dataclasses.is_dataclass(hint):
            return _object_reader(hint)
        if issubclass(hint, StrEnum | UUID):
            return hint
        if issubclass(hint, datetime):
            return clock.from_text
        if issubclass(hint, date):
            return date.fromisoformat
    return _same


def _same(value: Any) -> Any:
    return value


def _optional(inner: Read) -> Read:
    return lambda value: None if value is None else inner(value)


@cache
def _object_reader(kind: type) -> Read:
    hints = get_type_hints(kind, include_extras=True)
    readers = {field.name: _reader(hints[field.name]) for field in dataclasses.fields(kind)}
    absent = {
        field.name: None
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }

    def read_object(value: Mapping[str, Any]) -> Any:
        known = {name: read(value[name]) for name, read in readers.items() if name in value}
        return kind(**{**absent, **known})

    return read_object
