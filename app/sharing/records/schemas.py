"""Body for writing a letter to a refused requester."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.sharing.schemas import Body, Text


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

    reasons: Annotated[Text, Field(description="Why, in words that may leave the school.")]
    contact: Annotated[Text, Field(description="Whom the requester can turn to.")]
    asked: Annotated[
        Text | None, Field(description="What they asked for, as it may be repeated to them.")
    ] = None
