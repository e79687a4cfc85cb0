"""Body for writing a letter to a refused requester."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal
from app.sharing.schemas import Body, RecordOut, Text


class LetterIn(Body):
    """What a written answer to the requester of a refused request may say."""

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
        Personal[Text], Field(description="Why, in words that may leave the school.")
    ]
    contact: Annotated[Personal[Text], Field(description="Whom the requester can turn to.")]
    asked: Annotated[
        Personal[Text | None],
        Field(description="What they asked for, as it may be repeated to them."),
    ] = None


class LetterOut(RecordOut):
    """Words released for a written answer to a refused request."""

    decision_id: Annotated[UUID | None, Field(description="The refusal that it answers.")]
    reasons: Annotated[str | None, Field(description="The reasons released.")]
    contact: Annotated[str | None, Field(description="Whom the requester can turn to.")]
    asked: Annotated[str | None, Field(description="What was asked for, as repeated.")]
