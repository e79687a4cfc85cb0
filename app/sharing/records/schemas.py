"""Schemas for letters to the requesters of refused requests."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal
from app.sharing.schemas import Body, RecordOut, Text


class LetterIn(Body):
    """The text for a letter to the requester of a refused request."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reasons": "You told us of no purpose that concerns the child's welfare.",
                    "contact": (
                        "The designated safeguarding lead, by telephone through the school office."
                    ),
                    "asked": "Whether the family lives at the address you gave.",
                }
            ]
        },
    )

    reasons: Annotated[
        Personal[Text], Field(description="The reasons, in words that may leave the school.")
    ]
    contact: Annotated[Personal[Text], Field(description="The contact for the requester.")]
    asked: Annotated[
        Personal[Text | None],
        Field(description="The requested information, as it may be repeated to the requester."),
    ] = None


class LetterOut(RecordOut):
    """The released text of a letter to the requester of a refused request."""

    decision_id: Annotated[UUID | None, Field(description="The refusal that the letter answers.")]
    reasons: Annotated[str | None, Field(description="The released reasons.")]
    contact: Annotated[str | None, Field(description="The contact for the requester.")]
    asked: Annotated[
        str | None, Field(description="The requested information, as repeated to the requester.")
    ]
