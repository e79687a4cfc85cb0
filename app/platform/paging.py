"""Keyset paging: an opaque cursor contains the position at which the last page ended.

Invariant: a cursor is accepted only unchanged, and only for its own list and filters.
"""

import base64
import binascii
import hashlib
import hmac
import json
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query, Request

from app.kernel import canonical
from app.kernel.errors import Fault, Kind, ServiceError

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
MOST_VALUES: Final = 200
"""How often a filter may be repeated in one query."""

NO_NUL: Final = r"^[^\x00]*$"
"""Pattern of a text to search for. PostgreSQL rejects NUL characters; SQLite would find nothing."""

_CHECK: Final = 9


class InvalidCursor(ServiceError):
    """The service did not issue this cursor for this list."""

    kind = Kind.INVALID
    code = "invalid-cursor"
    title = "Invalid cursor"

    def __init__(self) -> None:
        super().__init__(
            "start again without a cursor, or send next_cursor unchanged",
            faults=(Fault("/query/cursor", "not a cursor of this list", "invalid-cursor"),),
        )


LimitDep = Annotated[
    int,
    Query(alias="limit", ge=1, le=MAX_LIMIT, description="The largest number of items on a page."),
]
CursorDep = Annotated[
    str | None,
    Query(alias="cursor", max_length=1024, description="`next_cursor` of the previous page."),
]


def encode_cursor(parts: list[str], scope: str) -> str:
    """A cursor for the keyset position `parts`. `scope` is the name of the list and its filters."""
    payload = canonical.encode(parts)
    return base64.urlsafe_b64encode(_check(payload, scope) + payload).rstrip(b"=").decode()


def decode_cursor(text: str, scope: str) -> list[str]:
    """The keyset position in a cursor. Raises `InvalidCursor` unless it is exactly what
    `encode_cursor` returned for this scope.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        check, payload = raw[:_CHECK], raw[_CHECK:]
        if not hmac.compare_digest(check, _check(payload, scope)):
            raise InvalidCursor
        parts = json.loads(payload)
    except (binascii.Error, ValueError, UnicodeError) as error:
        raise InvalidCursor from error
    if (
        not isinstance(parts, list)
        or not all(isinstance(part, str) for part in parts)
        or encode_cursor(parts, scope) != text
    ):
        raise InvalidCursor
    return parts


def decode_id(text: str, scope: str) -> UUID:
    """The position in a cursor of a list ordered by id. Raises `InvalidCursor`."""
    try:
        (part,) = decode_cursor(text, scope)
        return UUID(part)
    except ValueError as error:
        raise InvalidCursor from error


def _check(payload: bytes, scope: str) -> bytes:
    return hashlib.sha256(scope.encode() + b"\x00" + payload).digest()[:_CHECK]


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The `Link` header (RFC 8288) with the next page; empty for the last page."""
    if cursor is None:
        return {}
    query = [
        (name, value) for name, value in request.query_params.multi_items() if name != "cursor"
    ]
    return {"Link": f'<{request.url.path}?{urlencode([*query, ("cursor", cursor)])}>; rel="next"'}
