"""Shared path parameters and reply builders of the sharing routes."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.web import reply
from app.sharing.case import version as case_version
from app.sharing.case.case import Case, Record
from app.sharing.case.records import Content
from app.sharing.presentation import views

READ: Final = (P.REQUEST_READ_OWN, P.REQUEST_READ_ALL, P.REQUEST_READ_DEIDENTIFIED)
"""Permissions to read requests; `Head.view_for` determines which requests each permits."""

RequestId = Annotated[UUID, Path(description="The id of the sharing request.")]


def location(case: Case, child: str = "") -> dict[str, str]:
    """Return the `Location` header with the path of the request, or of its child resource
    (`letters/{id}`).
    """
    path = f"/v1/sharing-requests/{case.head.id}"
    return {"Location": f"{path}/{child}" if child else path}


def created(case: Case, record: Record[Content], actor: Actor, child: str = "") -> Response:
    """Return a 201 reply with the record in the caller's view and the new entity tag of the
    request. `child` is the record's path below the request, if it has one.
    """
    view = case.head.view_for(actor)
    return reply(
        views.show_record(case, record, view),
        201,
        {**location(case, child), "ETag": case_version.etag(case.head, view)},
    )
