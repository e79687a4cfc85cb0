"""Parameters and documented headers that the routes of the directory share."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path, Query

from app.identity.deps import Require
from app.identity.model import Actor, Permission

Reader = Annotated[Actor, Require(Permission.RECIPIENT_READ)]
Editor = Annotated[Actor, Require(Permission.RECIPIENT_WRITE)]
RecipientId = Annotated[UUID, Path(description="The organisation's id.")]
ContactId = Annotated[UUID, Path(description="The contact's id.")]
Active = Annotated[
    bool | None, Query(description="Only those in use (true), or only the retired ones (false).")
]

_ETAG: Final = {
    "ETag": {
        "description": "The version shown; send it as If-Match to change it.",
        "schema": {"type": "string"},
    }
}
LINK: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "Link": {
                "description": "The next page (RFC 8288), if there is one.",
                "schema": {"type": "string"},
            }
        }
    }
}
TAGGED: Final[dict[int | str, dict[str, Any]]] = {200: {"headers": _ETAG}}
CREATED: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "headers": _ETAG
        | {"Location": {"description": "Its address.", "schema": {"type": "string"}}}
    }
}
