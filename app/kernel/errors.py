"""What can go wrong, named by kind. Rooms raise these; only `platform.problems` turns a kind into
an HTTP status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar


class Kind(StrEnum):
    """The kinds of failure a caller can tell apart."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA = "unsupported_media"
    INVALID = "invalid"
    PRECONDITION_REQUIRED = "precondition_required"
    TOO_MANY = "too_many"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in what was sent: a JSON pointer (RFC 6901), what was wrong in words safe to show,
    and a kebab-case code.
    """

    pointer: str
    detail: str
    code: str


class ServiceError(Exception):
    """A failure that may be shown to the caller.

    `code` is kebab-case and stable, `title` says what happened in general, `detail` what happened
    this time. `detail` never holds a value that the caller sent about a person. `conceals` says
    that the failure must not tell what is absent from what the caller may not see.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"
    conceals: ClassVar[bool] = False

    def __init__(
        self,
        detail: str = "",
        *,
        faults: tuple[Fault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.faults = faults
        self.headers: Mapping[str, str] = MappingProxyType(dict(headers or {}))
