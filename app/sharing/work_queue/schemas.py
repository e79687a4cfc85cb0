"""What waits for somebody, over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.platform.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.policy.engine.vocabulary import OrganisationType, PurposeCode, Urgency
from app.sharing.case.model import Status, Waiting


class AttentionQuery(BaseModel):
    """Which of what waits, and which page of it."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[Waiting | None, Field(description="Only what waits for this reason.")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many items at most.")] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[
        str | None, Field(max_length=1024, description="`next_cursor` of the page before.")
    ] = None


class WaitingOut(BaseModel):
    """One thing that waits. Codes and instants, nothing personal."""

    kind: Annotated[Waiting, Field(description="Why it wants attention.")]
    sharing_request_id: Annotated[
        UUID | None, Field(description="The request; null for the policy itself.")
    ]
    status: Annotated[Status | None, Field(description="Where the request stands.")]
    purpose_code: Annotated[PurposeCode | None, Field(description="What for.")]
    recipient_type: Annotated[
        OrganisationType | None, Field(description="With what kind of organisation.")
    ]
    urgency: Annotated[Urgency | None, Field(description="How soon.")]
    due: Annotated[datetime | None, Field(description="By when; null where nobody set a time.")]
    since: Annotated[datetime, Field(description="Since when it waits.")]
    overdue: Annotated[
        bool, Field(description="Whether its time has run out; never blocks anything.")
    ]
    advice_ids: Annotated[
        list[UUID], Field(description="The questions that nobody has answered yet.")
    ]
    missing: Annotated[
        list[str],
        Field(
            description="What an emergency's record still lacks.", examples=[["no_subject_named"]]
        ),
    ]
    policy_digest: Annotated[
        str, Field(description="The policy that it was judged under, or that is to be reviewed.")
    ]


class AttentionOut(BaseModel):
    """A page of what waits."""

    items: Annotated[list[WaitingOut], Field(description="The most pressing first.")]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]
