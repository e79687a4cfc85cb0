"""Body for recording a notice."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.platform.instants import Day
from app.platform.references import Reference
from app.policy.engine.vocabulary import TransparencyDecision, TransparencyReason
from app.sharing.schemas import Body, Text


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

    person_ref: Annotated[Reference, Field(description="One of the request's subjects.")]
    decision: Annotated[
        TransparencyDecision, Field(description="Told before, told after, not told, or put off.")
    ]
    reason: Annotated[
        TransparencyReason | None, Field(description="Why not; required when not told or put off.")
    ] = None
    revisit_on: Annotated[
        Day | None, Field(description="When it is looked at again; required when put off.")
    ] = None
    how: Annotated[Text | None, Field(description="How they were told.")] = None
