"""Emergencies over HTTP."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.platform.instants import When
from app.policy.schemas import EvaluationOut, PurposeIn, RecipientIn, SubjectIn
from app.sharing.schemas.decisions import DisclosureOut
from app.sharing.schemas.parts import Body, TaskOut, Text
from app.sharing.schemas.requests import RequestOut


class EmergencyPurposeIn(PurposeIn):
    """What it was for, as far as there is time to say."""


class EmergencyIn(Body):
    """Sharing that was done or must be done now. Only what, with whom and why are needed; all else when there is time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "occurred_at": "2026-11-23T14:52:00Z",
                    "recipient": {"organisation": "Police", "organisation_type": "police", "named_individual": "PC on the 999 call"},
                    "what": "Name, address, what she said",
                    "why": "Child in danger now",
                    "subjects": [{"person_ref": "mis:7781"}],
                    "purpose": {"code": "missing_child"},
                }
            ]
        },
    )

    occurred_at: Annotated[When | None, Field(description="When it was shared; empty: now.")] = None
    recipient: Annotated[RecipientIn, Field(description="With whom; the type of organisation at least.")]
    what: Annotated[Text, Field(description="What was shared.")]
    why: Annotated[Text, Field(description="Why it could not wait.")]
    subjects: Annotated[list[SubjectIn], Field(default_factory=list, max_length=50, description="Whom it is about.")]
    purpose: Annotated[EmergencyPurposeIn | None, Field(description="What it was for.")] = None
    facts: Annotated[
        dict[str, Any],
        Field(
            default_factory=dict,
            description="Any parts of the facts object that are known. What cannot be read is kept, flagged and completed later.",
        ),
    ]


class EmergencyOut(BaseModel):
    """An emergency as it was recorded."""

    sharing_request: Annotated[RequestOut, Field(description="The request, with status `emergency_recorded`.")]
    evaluation: Annotated[EvaluationOut, Field(description="What the policy says of the facts known so far.")]
    disclosure: Annotated[DisclosureOut, Field(description="What was shared.")]
    task: Annotated[TaskOut, Field(description="Completing the record afterwards.")]
    flags: Annotated[list[str], Field(description="What is missing or unusual; nothing was refused for it.")]
