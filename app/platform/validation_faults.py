"""Describes validation errors of pydantic as faults: a JSON pointer, plain words and a code.

Invariant: the words never repeat a value that the client sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from app.kernel.errors import Fault
from app.kernel.suggestions import nearest
from app.platform.strict_json import pointer

_QUOTED: Final = re.compile(r"'([^']*)'")
_MOST_LISTED: Final = 12
"""Known values that are listed at most when none of them is near the one that was sent."""


class InvalidPart(RequestValidationError):
    """A part of the body, read by a model of its own, is not valid. The pointers of the faults
    start at the body.
    """

    def __init__(self, error: ValidationError, model: type[BaseModel]) -> None:
        super().__init__([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()])
        self.model = model


def models_of(error: RequestValidationError, request: Request) -> list[type[BaseModel]]:
    """The models by which the body of this request was validated."""
    if isinstance(error, InvalidPart):
        return [error.model]
    body_field = getattr(request.scope.get("route"), "body_field", None)
    return _models_in(body_field.field_info.annotation) if body_field is not None else []


def faults_in(
    errors: Iterable[Mapping[str, Any]], models: list[type[BaseModel]]
) -> Iterator[Fault]:
    """The faults for pydantic's errors. The location of an error in the body starts with `body`;
    field names near an unknown one are taken from the models.
    """
    for found in errors:
        location = tuple(found["loc"])
        if location and location[0] == "body":
            where = pointer([part for part in location[1:] if not _is_branch(part)])
        else:
            # A repeated parameter has one pointer: `/query/status`, whichever value is wrong.
            where = pointer([part for part in location if not isinstance(part, int)])
        yield Fault(where, *_words(found, location, models))


def _is_branch(part: object) -> bool:
    """Whether this part of a location names a member of a union, which is not part of the body."""
    return isinstance(part, str) and ("[" in part or "(" in part)


def _words(
    found: Mapping[str, Any], location: Sequence[object], models: list[type[BaseModel]]
) -> tuple[str, str]:
    kind = str(found["type"])
    if kind == "extra_forbidden":
        near = _nearest(str(location[-1]), _fields_at(models, location[1:-1]))
        return "unknown field" + near, "unknown-field"
    if found["msg"] == "Field required":
        return "required", "missing"
    if kind in {"enum", "literal_error"}:
        expected = str(found.get("ctx", {}).get("expected", ""))
        known = _QUOTED.findall(expected)
        near = _nearest(str(found.get("input")), known)
        listed = f"; expected one of {expected}" if len(known) <= _MOST_LISTED else ""
        return "unknown value" + (near or listed), "unknown-value"
    message = str(found["msg"])
    if kind in {"value_error", "assertion_error"}:
        message = message.partition(", ")[2] or message
    if kind in {"date_from_datetime_parsing", "date_parsing", "date_from_datetime_inexact"}:
        message = "not an ISO 8601 date; write it as 2026-11-23"
    if kind.startswith(("datetime_", "timezone_")):
        message = "not an RFC 3339 date-time; write it as 2026-11-23T14:52:00Z"
    if kind.startswith("uuid"):
        message = "not a UUID"
    return message[:1].lower() + message[1:], kind.replace("_", "-")


def _nearest(given: str, known: Sequence[str]) -> str:
    # `none` is never suggested: in the vocabularies it means that the client found nothing to say.
    close = nearest(given, [name for name in known if name != "none"])
    return f"; did you mean '{close}'?" if close else ""


def _fields_at(models: list[type[BaseModel]], path: Sequence[object]) -> list[str]:
    for part in path:
        if isinstance(part, int) or _is_branch(part):
            continue
        models = [
            inner
            for model in models
            if part in model.model_fields
            for inner in _models_in(model.model_fields[str(part)].annotation)
        ] or models
    return [name for model in models for name in model.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Union, UnionType, Annotated, list, tuple, dict}:
        return [model for inner in get_args(annotation) for model in _models_in(inner)]
    return []
