"""Body for recording a notice."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.platform.instants import Day
from app.platform.references import Reference
from app.policy.engine.vocabulary import TransparencyDecision, TransparencyReason
from app.sharing.schemas import Body, RecordOut, Text


class NotifyIn(Body):
    """Whether a person or their family was told."""

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

    person_ref: Annotated[Personal[Reference], Field(description="One of the request's subjects.")]
    decision: Annotated[
        Structural[TransparencyDecision],
        Field(description="Told before, told after, not told, or put off."),
    ]
    reason: Annotated[
        Structural[TransparencyReason | None],
        Field(description="Why not; required when not told or put off."),
    ] = None
    revisit_on: Annotated[
        Structural[Day | None],
        Field(description="When it is looked at again; required when put off."),
    ] = None
    how: Annotated[Personal[Text | None], Field(description="How they were told.")] = None


class NoticeOut(RecordOut):
    """Whether a person or their family was told."""

    person_ref: Annotated[
        str | None,
        Field(description="Who; a pseudonym in a de-identified view, null after disposal."),
    ]
    decision: Annotated[
        TransparencyDecision, Field(description="Told before, told after, not told, or put off.")
    ]
    reason: Annotated[TransparencyReason | None, Field(description="Why not.")]
    revisit_on: Annotated[date | None, Field(description="When it is looked at again.")]
    how: Annotated[
        str | None, Field(description="How they were told; null in a de-identified view.")
    ]
