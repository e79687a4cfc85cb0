"""What every route of the room says the same way: the path's id, and the reply to something that
was recorded.
"""

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
"""Permissions of which each lets its holder see some requests; which ones, `Head.view_for` says."""

RequestId = Annotated[UUID, Path(description="The sharing request's id.")]


def location(case: Case) -> dict[str, str]:
    """Where the request is read."""
    return {"Location": f"/v1/sharing-requests/{case.head.id}"}


def created(case: Case, record: Record[Content], actor: Actor) -> Response:
    """201 with the record as the caller sees it, and the request's new entity tag."""
    view = case.head.view_for(actor)
    return reply(
        views.one(case, record, view),
        201,
        {**location(case), "ETag": case_version.etag(case.head, view)},
    )
