"""Reads as much of a value as can be understood. Law: nothing that was sent is lost, and whoever
sent it is told where and why.
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

Place: TypeAlias = tuple[str | int, ...]

CUT: Final = frozenset({"too-long", "string-too-long"})
"""Codes of what was taken as far as there is room for it."""

NAMED: Final = 50
"""How many things that do not fit are named one by one; where there are more, the object is kept
whole besides."""

_NOTHING: Final[Mapping[Place, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something that did not fit: where it stood and what was wrong with it, and the value itself,
    whole, which may be personal.
    """

    fault: Fault
    sent: object

    def to_json(self) -> dict[str, Any]:
        """The fault as a problem document shows it, with what was sent."""
        return {
            "pointer": self.fault.pointer,
            "detail": self.fault.detail,
            "code": self.fault.code,
            "sent": self.sent,
        }


def understood(
    read: Callable[[dict[str, Any]], M],
    sent: Mapping[str, Any],
    model: type[BaseModel],
    *,
    below: Place = (),
    needed: Collection[Place] = (),
    instead: Mapping[Place, object] = _NOTHING,
) -> tuple[M, list[NotUnderstood]]:
    """What `read`, which validates as `model`, makes of an object that was sent, without the
    members that do not fit; and these.

    Null says nothing. What is too long is cut. At a place of `instead` its value takes the place of
    a word that is not known. Nothing goes from a place that is `needed`: where that does not fit,
    the ValidationError is raised. The object stands `below` in the body.
    """
    left: dict[str, Any] = _stated(sent)
    apart: list[tuple[Mapping[str, Any], object]] = []
    while True:
        try:
            return read(left), _named(apart, sent, model, below)
        except ValidationError as error:
            wrong: dict[Place, Any] = {
                _reached(left, found["loc"]): found
                for found in reversed(error.errors(include_url=False))
            }
            before = len(apart)
            for place in sorted(wrong, reverse=True):
                found = wrong[place]
                holder, value = _at(left, place[:-1]), _at(left, place)
                if found["type"].replace("_", "-") in CUT:
                    holder[place[-1]] = value[: found["ctx"]["max_length"]]
                elif place in instead and isinstance(value, str) and value.strip():
                    holder[place[-1]] = instead[place]
                elif place and place not in needed:
                    del holder[place[-1]]
                else:
                    continue
                apart.append((found, value))
            if len(apart) == before:
                raise


def _named(
    apart: Sequence[tuple[Mapping[str, Any], object]],
    sent: Mapping[str, Any],
    model: type[BaseModel],
    below: Place,
) -> list[NotUnderstood]:
    errors = [{**found, "loc": ("body", *below, *found["loc"])} for found, _ in apart[:NAMED]]
    named = [
        NotUnderstood(fault, value)
        for fault, (_, value) in zip(faults_in(errors, [model]), apart, strict=False)
    ]
    if len(apart) > NAMED:
        what = f"{len(apart)} things do not fit; the first {NAMED} are named, and the whole is kept"
        named.append(NotUnderstood(Fault(pointer(below), what, "too-many-faults"), dict(sent)))
    return named


def _stated(value: Any) -> Any:
    """A copy without the members that are null."""
    if isinstance(value, Mapping):
        return {name: _stated(member) for name, member in value.items() if member is not None}
    return [_stated(member) for member in value] if isinstance(value, list) else value


def _reached(value: Any, place: Place) -> Place:
    """As much of a place as there is in a value: of a member that is missing, where it is
    missed.
    """
    for depth, part in enumerate(place):
        if not (
            part in value
            if isinstance(value, dict)
            else isinstance(value, list) and isinstance(part, int)
        ):
            return place[:depth]
        value = value[part]
    return place


def _at(value: Any, place: Place) -> Any:
    for part in place:
        value = value[part]
    return value
