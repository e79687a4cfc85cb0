"""Define the errors that a client receives. Packages raise them; `platform.problems` alone maps
their kinds to HTTP statuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar


class Kind(StrEnum):
    """The kinds of failure that a client can distinguish."""

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
    """One fault in a request: a JSON pointer (RFC 6901), a detail that repeats no value, and a
    kebab-case code.
    """

    pointer: str
    detail: str
    code: str


class ServiceError(Exception):
    """A failure that is shown to the client.

    `code` is kebab-case and stable, `title` describes the kind of failure, `detail` this failure.
    `conceals` marks a failure that must not reveal whether an object exists.

    Invariant: `detail` holds no value that the client sent about a person.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
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
