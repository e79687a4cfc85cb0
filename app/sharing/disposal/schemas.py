"""Reply schemas for retention reviews and disposals."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.sharing.case.model import Keep
from app.sharing.schemas import RecordOut, StandInOut


class RetentionReviewOut(StandInOut):
    """A recorded retention review."""

    keep: Annotated[Keep, Field(description="The decision of the review.")]
    until: Annotated[
        date | None, Field(description="The last day of retention; null if indefinite.")
    ]
    next_review_on: Annotated[date | None, Field(description="The day of the next review.")]
    legal_hold: Annotated[bool, Field(description="Whether a legal hold now prevents disposal.")]
    why: Annotated[str | None, Field(description="The reason; null after disposal.")]


class DisposalOut(RecordOut):
    """A recorded disposal. A disposal cannot be undone."""

    destroyed: Annotated[
        list[UUID],
        Field(description="The ids of the records whose personal data was destroyed."),
    ]
    kept_until: Annotated[
        date | None, Field(description="The day until which the request was retained.")
    ]
    retention_class: Annotated[str, Field(description="The policy's retention class.")]
    basis: Annotated[str | None, Field(description="The basis of the disposal.")]
    approved_by: Annotated[str | None, Field(description="The person who approved the disposal.")]
