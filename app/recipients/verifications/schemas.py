"""Bodies and replies of identity checks."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.kernel.vocabulary import Answer
from app.platform.instants import Day
from app.recipients.fields import DATE_TIME, Body, Note
from app.recipients.model import CheckMethod

_ID: Final = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"


class VerificationIn(Body):
    """How an identity was checked, and the result."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "method": "call_back_published_number",
                    "result": "yes",
                    "contact_id": _ID,
                    "note": "Switchboard put us through to her.",
                },
                {
                    "method": "secure_domain",
                    "result": "unsure",
                    "note": "The domain was registered last week.",
                },
            ]
        }
    )

    method: Annotated[Structural[CheckMethod], Field(description="How it was checked.")]
    result: Annotated[
        Structural[Answer],
        Field(
            description=(
                "Whether they are who they say they are. A later check replaces an earlier one."
            )
        ),
    ]
    contact_id: Annotated[
        Structural[UUID | None],
        Field(description="The contact who was checked; leave it out for the organisation."),
    ] = None
    note: Annotated[Personal[Note | None], Field(description="A note about the check.")] = None
    verified_on: Annotated[
        Structural[Day | None],
        Field(description="The day of the check; today when left out.", examples=["2026-11-23"]),
    ] = None


class RecorderOut(BaseModel):
    """The account that recorded a check."""

    subject: UUID = Field(description="The account's id.")
    role: str = Field(description="Its role at the time.")


class VerificationOut(BaseModel):
    """An identity check. It is never changed: a later one replaces it."""

    id: UUID = Field(description="The check's id.")
    contact_id: UUID | None = Field(
        description="The contact who was checked; null for the organisation."
    )
    method: CheckMethod = Field(description="How it was checked.")
    result: Answer = Field(description="Whether they are who they say they are.")
    verified_on: date = Field(description="The day of the check.")
    note: str | None = Field(description="A note about the check.")
    recorded_at: str = Field(description="When it was recorded.", json_schema_extra=DATE_TIME)
    recorded_by: RecorderOut = Field(description="The account that recorded it.")


class VerificationsOut(BaseModel):
    """A page of checks."""

    items: list[VerificationOut] = Field(description="Checks, in reverse order of recording.")
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
