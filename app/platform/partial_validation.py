"""Validates as much of an object as possible: invalid members are set aside.

Invariant: nothing that was sent is lost; each member set aside is returned with its value and its
fault.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from app.kernel.errors import Fault
from app.platform.strict_json import pointer
from app.platform.validation_faults import faults_in

M = TypeVar("M", bound=BaseModel)

Location: TypeAlias = tuple[str | int, ...]

TOO_LONG: Final = frozenset({"too-long", "string-too-long"})
"""Codes of members that were shortened to the permitted length."""

MOST_LISTED: Final = 50
"""Invalid members that are listed one by one; if there are more, the whole object is returned
too."""

_NOTHING: Final[Mapping[Location, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class InvalidMember:
    """An invalid member: its fault, and the value that was sent, which can be personal data."""

    fault: Fault
    sent: object

    def to_json(self) -> dict[str, Any]:
        """The fault as in a problem document, with the value that was sent."""
        return {
            "pointer": self.fault.pointer,
            "detail": self.fault.detail,
            "code": self.fault.code,
            "sent": self.sent,
        }


def validate_partially(
    read: Callable[[dict[str, Any]], M],
    sent: Mapping[str, Any],
    model: type[BaseModel],
    *,
    prefix: Location = (),
    required: Collection[Location] = (),
    substitutes: Mapping[Location, object] = _NOTHING,
) -> tuple[M, list[InvalidMember]]:
    """What `read`, which validates as `model`, returns for the valid members of `sent`; and the
    invalid members.

    Null members are ignored, and values that are too long are shortened. An invalid text at a
    location in `substitutes` is replaced. Raises ValidationError if a member at a location in
    `required` is invalid. `prefix` is the location of the object in the body.
    """
    valid: dict[str, Any] = _without_nulls(sent)
    removed: list[tuple[Mapping[str, Any], object]] = []
    while True:
        try:
            return read(valid), _described(removed, sent, model, prefix)
        except ValidationError as error:
            errors: dict[Location, Any] = {
                _existing(valid, found["loc"]): found
                for found in reversed(error.errors(include_url=False))
            }
            before = len(removed)
            for location in sorted(errors, reverse=True):
                found = errors[location]
                parent, value = _at(valid, location[:-1]), _at(valid, location)
                if found["type"].replace("_", "-") in TOO_LONG:
                    parent[location[-1]] = value[: found["ctx"]["max_length"]]
                elif location in substitutes and isinstance(value, str) and value.strip():
                    parent[location[-1]] = substitutes[location]
                elif location and location not in required:
                    del parent[location[-1]]
                else:
                    continue
                removed.append((found, value))
            if len(removed) == before:
                raise


def _described(
    removed: Sequence[tuple[Mapping[str, Any], object]],
    sent: Mapping[str, Any],
    model: type[BaseModel],
    prefix: Location,
) -> list[InvalidMember]:
    listed = removed[:MOST_LISTED]
    errors = [{**found, "loc": ("body", *prefix, *found["loc"])} for found, _ in listed]
    described = [
        InvalidMember(fault, value)
        for fault, (_, value) in zip(faults_in(errors, [model]), listed, strict=True)
    ]
    if len(removed) > MOST_LISTED:
        detail = (
            f"{len(removed)} members are not valid; the first {MOST_LISTED} are listed, and the"
            " whole object is kept"
        )
        fault = Fault(pointer(prefix), detail, "too-many-faults")
        described.append(InvalidMember(fault, dict(sent)))
    return described


def _without_nulls(value: Any) -> Any:
    """A copy without the members that are null."""
    if isinstance(value, Mapping):
        return {
            name: _without_nulls(member) for name, member in value.items() if member is not None
        }
    return [_without_nulls(member) for member in value] if isinstance(value, list) else value


def _existing(value: Any, location: Location) -> Location:
    """The part of a location that exists in a value; for a missing member, that of its parent."""
    for depth, part in enumerate(location):
        if not (
            part in value
            if isinstance(value, dict)
            else isinstance(value, list) and isinstance(part, int)
        ):
            return location[:depth]
        value = value[part]
    return location


def _at(value: Any, location: Location) -> Any:
    for part in location:
        value = value[part]
    return value
