"""Replies about retention reviews and disposal."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.sharing.case.model import Keep
from app.sharing.schemas import RecordOut, StandInOut


class RetentionReviewOut(StandInOut):
    """A retention review that was recorded."""

    keep: Annotated[Keep, Field(description="What was decided.")]
    until: Annotated[date | None, Field(description="Kept until; null: indefinitely.")]
    next_review_on: Annotated[date | None, Field(description="Looked at again on.")]
    legal_hold: Annotated[
        bool, Field(description="Whether it is held against disposal from now on.")
    ]
    why: Annotated[str | None, Field(description="Why; null after disposal.")]


class DisposalOut(RecordOut):
    """A disposal that was recorded. It cannot be undone."""

    destroyed: Annotated[
        list[UUID],
        Field(description="The records whose names, references and words were destroyed."),
    ]
    kept_until: Annotated[date | None, Field(description="Until when it was kept.")]
    retention_class: Annotated[str, Field(description="The policy's retention class.")]
    basis: Annotated[str | None, Field(description="On what basis.")]
    approved_by: Annotated[str | None, Field(description="Who approved it.")]
