"""Data classification: which fields of a body or a record are personal, and how they are split off.

Invariant: a field without a mark is personal. Storage, disposal and de-identified views read the
marks of the schemas and records; there is no other list of personal fields. Pure.
"""

import dataclasses
from collections.abc import Hashable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Annotated, Any, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

from app.kernel.canonical import Json

T = TypeVar("T")


class Mark(StrEnum):
    """The class of a field."""

    STRUCTURAL = "structural"
    """A code, date, number or truth value. It survives disposal and every view shows it."""
    PERSONAL = "personal"
    """A name, a reference, a day of birth, a text. A de-identified view never shows it."""
    RELEASABLE = "releasable"
    """A personal text that a de-identified view shows once its author has released it."""
    ANONYMOUS = "anonymous"
    """A personal text whose author was asked to name no person, which every view shows."""

    @property
    def personal(self) -> bool:
        """Whether disposal destroys the field."""
        return self is not Mark.STRUCTURAL

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        """Publish the class of the field in the OpenAPI document."""
        kind = Mark.PERSONAL if self.personal else Mark.STRUCTURAL
        return {**handler(core_schema), "x-data-classification": kind.value}


Structural: TypeAlias = Annotated[T, Mark.STRUCTURAL]
Personal: TypeAlias = Annotated[T, Mark.PERSONAL]
Releasable: TypeAlias = Annotated[T, Mark.RELEASABLE]
Anonymous: TypeAlias = Annotated[T, Mark.ANONYMOUS]

Marks: TypeAlias = Mapping[str, "Mark | Marks"]
"""The mark of each member of an object, or the marks of the object (or of each object of the list)
that stands there."""


def marks_of(schema: type) -> Marks:
    """The marks of a dataclass or of a pydantic model."""
    return _marks_of(cast("Hashable", schema))


@cache
def _marks_of(schema: Any) -> Marks:
    return {
        name: _mark(metadata) or _nested(hint) or Mark.PERSONAL
        for name, hint, metadata in _fields(schema)
    }


def _fields(schema: type) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    if dataclasses.is_dataclass(schema):
        hints = get_type_hints(schema, include_extras=True)
        for field in dataclasses.fields(schema):
            hint = hints[field.name]
            yield field.name, hint, getattr(hint, "__metadata__", ())
        return
    for name, info in getattr(schema, "model_fields", {}).items():
        yield info.serialization_alias or name, info.annotation, tuple(info.metadata)


def _mark(metadata: tuple[Any, ...]) -> Mark | None:
    return next((one for one in reversed(metadata) if isinstance(one, Mark)), None)


def _nested(hint: Any) -> Marks | None:
    """The marks of the object that a hint names, be it optional or in a list.

    Raises TypeError for a hint whose values cannot be split by one set of marks: an object or
    something else, one of several objects, or a mapping with objects as values.
    """
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or hasattr(hint, "model_fields")):
        return marks_of(hint)
    if get_origin(hint) is Annotated:
        return _nested(get_args(hint)[0])
    found = [_nested(one) for one in get_args(hint) if one is not NoneType and one is not ...]
    objects = [one for one in found if one is not None]
    if not objects:
        return None
    if len(found) > 1:
        raise TypeError(f"mark the field itself: {hint} mixes objects with other values")
    return objects[0]


def split(whole: Mapping[str, Json], marks: Marks) -> tuple[dict[str, Json], dict[str, Json]]:
    """The structural and the personal half of an object. Members without a mark are personal."""
    structural: dict[str, Json] = {}
    personal: dict[str, Json] = {}
    for name, member in whole.items():
        mark = marks.get(name, Mark.PERSONAL)
        if not isinstance(mark, Mark):
            structural[name], apart = _split_member(member, mark)
            if apart is not None:
                personal[name] = apart
        elif mark.personal:
            personal[name] = member
        else:
            structural[name] = member
    return structural, personal


def _split_member(member: Json, marks: Marks) -> tuple[Json, Json]:
    if isinstance(member, Mapping):
        structural, personal = split(member, marks)
        return structural, personal or None
    if isinstance(member, list | tuple):
        halves = [split(one, marks) if isinstance(one, Mapping) else ({}, {}) for one in member]
        personal_halves = [half for _, half in halves]
        return [half for half, _ in halves], personal_halves if any(personal_halves) else None
    return member, None


def join(structural: Mapping[str, Json], personal: Mapping[str, Json]) -> dict[str, Json]:
    """The object that `split` took apart; raises ValueError for halves of different objects."""
    joined = {
        name: _join_member(member, personal[name]) if name in personal else member
        for name, member in structural.items()
    }
    return joined | {name: member for name, member in personal.items() if name not in structural}


def _join_member(structural: Json, personal: Json) -> Json:
    if isinstance(structural, Mapping) and isinstance(personal, Mapping):
        return join(structural, personal)
    if isinstance(structural, list) and isinstance(personal, list):
        return [
            _join_member(ours, theirs) for ours, theirs in zip(structural, personal, strict=True)
        ]
    return personal


def visible(whole: Mapping[str, Json], marks: Marks, shown: frozenset[Mark]) -> dict[str, Json]:
    """The object without the members whose marks are not among those `shown`."""
    found: dict[str, Json] = {}
    for name, member in whole.items():
        mark = marks.get(name, Mark.PERSONAL)
        if isinstance(mark, Mark):
            if mark in shown:
                found[name] = member
        elif isinstance(member, Mapping):
            found[name] = visible(member, mark, shown)
        elif isinstance(member, list | tuple):
            found[name] = [visible(one, mark, shown) for one in member if isinstance(one, Mapping)]
        else:
            found[name] = member
    return found
