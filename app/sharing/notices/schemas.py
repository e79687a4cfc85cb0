"""Request and reply schemas for notices."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.platform.instants import Day
from app.platform.references import Reference
from app.policy.engine.vocabulary import TransparencyDecision, TransparencyReason
from app.sharing.schemas import Body, RecordOut, Text


class NotifyIn(Body):
    """Whether a person or their family was informed about the sharing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "person_ref": "mis:7781",
                    "decision": "deferred",
                    "reason": "would_prejudice_enquiry",
                    "revisit_on": "2026-12-07",
                }
            ]
        },
    )

    person_ref: Annotated[
        Personal[Reference],
        Field(
            description="The school's reference of the person; must be a subject of the request."
        ),
    ]
    decision: Annotated[
        Structural[TransparencyDecision],
        Field(
            description=(
                "Whether the person was informed before or after the disclosure, was not"
                " informed, or the notice is deferred."
            )
        ),
    ]
    reason: Annotated[
        Structural[TransparencyReason | None],
        Field(
            description=(
                "Why the person was not informed; required for `not_informed` and `deferred`."
            )
        ),
    ] = None
    revisit_on: Annotated[
        Structural[Day | None],
        Field(
            description="The date on which to review a deferred notice; required for `deferred`."
        ),
    ] = None
    how: Annotated[Personal[Text | None], Field(description="How the person was informed.")] = None


class NoticeOut(RecordOut):
    """Whether a person or their family was informed about the sharing."""

    person_ref: Annotated[
        str | None,
        Field(
            description=(
                "The school's reference of the person; a pseudonym in a de-identified"
                " view, null after disposal."
            )
        ),
    ]
    decision: Annotated[
        TransparencyDecision,
        Field(
            description=(
                "Whether the person was informed before or after the disclosure, was not"
                " informed, or the notice is deferred."
            )
        ),
    ]
    reason: Annotated[
        TransparencyReason | None,
        Field(description="Why the person was not informed; null if they were."),
    ]
    revisit_on: Annotated[
        date | None, Field(description="The date on which to review a deferred notice.")
    ]
    how: Annotated[
        str | None, Field(description="How the person was informed; null in a de-identified view.")
    ]
