"""Query and reply schemas of the work queue."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.platform.paging import DEFAULT_LIMIT, MAX_LIMIT
from app.policy.engine.vocabulary import OrganisationType, PurposeCode, Urgency
from app.sharing.case.model import Status, Waiting


class AttentionQuery(BaseModel):
    """Filters and paging parameters for the work queue."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[Waiting | None, Field(description="Only entries with this reason.")] = None
    limit: Annotated[
        int, Field(ge=1, le=MAX_LIMIT, description="The maximum number of items on the page.")
    ] = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(max_length=1024, description="The `next_cursor` of the previous page.")
    ] = None


class WaitingOut(BaseModel):
    """An entry in the work queue: codes and times only, no personal data."""

    kind: Annotated[Waiting, Field(description="The reason why the entry needs attention.")]
    sharing_request_id: Annotated[
        UUID | None,
        Field(description="The id of the request; null if the entry is about the policy."),
    ]
    status: Annotated[
        Status | None,
        Field(description="The status of the request; null if the entry is about the policy."),
    ]
    purpose_code: Annotated[
        PurposeCode | None,
        Field(description="The purpose of sharing; null if the entry is about the policy."),
    ]
    recipient_type: Annotated[
        OrganisationType | None,
        Field(
            description=(
                "The type of the recipient's organisation; null if the entry is about the policy."
            )
        ),
    ]
    urgency: Annotated[
        Urgency | None,
        Field(description="The urgency of the request; null if the entry is about the policy."),
    ]
    due: Annotated[datetime | None, Field(description="The deadline (UTC); null if there is none.")]
    since: Annotated[
        datetime, Field(description="The time since which the entry has needed attention (UTC).")
    ]
    overdue: Annotated[
        bool,
        Field(description="True if the deadline has passed. A passed deadline blocks no action."),
    ]
    advice_ids: Annotated[
        list[UUID], Field(description="The ids of the unanswered requests for advice.")
    ]
    missing: Annotated[
        list[str],
        Field(
            description="Codes of the information that an emergency record lacks.",
            examples=[["no_subject_named"]],
        ),
    ]
    policy_digest: Annotated[
        str,
        Field(
            description=(
                "The digest of the policy that evaluated the request, or whose review is due."
            )
        ),
    ]


class AttentionOut(BaseModel):
    """A page of the work queue."""

    items: Annotated[list[WaitingOut], Field(description="The entries, most urgent first.")]
    next_cursor: Annotated[
        str | None, Field(description="The cursor of the next page; null on the last page.")
    ]
