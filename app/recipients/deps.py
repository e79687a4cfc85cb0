"""Parameters that the routes of the directory share."""

from typing import Annotated
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
