"""Body and reply of a disclosure."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.platform.instants import When
from app.policy.engine.vocabulary import SecureRoute
from app.sharing.schemas import Body, Out, RecipientCheckOut, RecordOut, Short, Text


class DisclosureRecipientIn(Body):
    """Who received it."""

    named_individual: Annotated[Personal[Short | None], Field(description="Who, by name.")] = None
    role_title: Annotated[Personal[Short | None], Field(description="Their role.")] = None
    organisation: Annotated[Personal[Short | None], Field(description="Where they work.")] = None


class ReceiptIn(Body):
    """The recipient's acknowledgement."""

    acknowledged_by: Annotated[Personal[Short], Field(description="Who acknowledged.")]
    at: Annotated[Structural[When], Field(description="When.")]


class DiscloseIn(Body):
    """What was in fact shared."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "decision_id": "01a2048c-538b-7f43-a0cf-42edea9dbc8d",
                    "recipient": {"named_individual": "A. Khan", "role_title": "Social worker"},
                    "route": "secure_email",
                    "sent_at": "2026-11-23T11:05:00Z",
                }
            ]
        },
    )

    decision_id: Annotated[Structural[UUID], Field(description="The decision that permits it.")]
    items: Annotated[
        Structural[list[UUID] | None],
        Field(max_length=200, description="Which items; empty: all that the decision permits."),
    ] = None
    recipient: Annotated[DisclosureRecipientIn, Field(description="Who received it.")]
    route: Annotated[Structural[SecureRoute], Field(description="How it went.")]
    sent_at: Annotated[Structural[When], Field(description="When it went.")]
    secure_exception: Annotated[
        Personal[Text | None],
        Field(description="Why no secure route was used; required with route `none`."),
    ] = None
    receipt: Annotated[
        ReceiptIn | None, Field(description="The recipient's acknowledgement, when there is one.")
    ] = None


class LeftOutOut(Out):
    """An item that did not go."""

    item: Annotated[UUID, Field(description="The item.")]
    why: Annotated[
        Literal["withheld", "not_permitted", "not_sent"],
        Field(
            description=(
                "It was withheld; the decision did not permit it; or it was simply not sent."
            )
        ),
    ]
    because: Annotated[
        str | None, Field(description="The reason in words; null in a de-identified view.")
    ]


class RedactedOut(Out):
    """An item that went with parts taken out."""

    item: Annotated[UUID, Field(description="The item.")]
    because: Annotated[str | None, Field(description="Why; null in a de-identified view.")]


class ReceiverOut(Out):
    """Who received a disclosure."""

    named_individual: Annotated[str | None, Field(description="Who, by name.")]
    role_title: Annotated[str | None, Field(description="Their role.")]
    organisation: Annotated[str | None, Field(description="Where they work.")]


class DisclosureOut(RecordOut):
    """What was shared."""

    decision_id: Annotated[
        UUID | None, Field(description="The decision that permitted it; null for an emergency.")
    ]
    evaluation_id: Annotated[UUID, Field(description="The evaluation that it was made on.")]
    items: Annotated[list[UUID], Field(description="What went.")]
    items_not_shared: Annotated[list[UUID], Field(description="What did not go.")]
    route: Annotated[SecureRoute, Field(description="How it went.")]
    sent_at: Annotated[datetime, Field(description="When it went.")]
    receipt_at: Annotated[datetime | None, Field(description="When receipt was acknowledged.")]
    recipient: Annotated[
        ReceiverOut | None, Field(description="Who received it; null in a de-identified view.")
    ]
    secure_exception: Annotated[
        str | None, Field(description="Why no secure route was used; null in a de-identified view.")
    ]
    acknowledged_by: Annotated[
        str | None, Field(description="Who acknowledged receipt; null in a de-identified view.")
    ]
    items_left_out: Annotated[list[LeftOutOut], Field(description="What did not go, and why not.")]
    items_redacted: Annotated[
        list[RedactedOut], Field(description="What went with parts taken out, and why.")
    ]
    recipient_check: Annotated[
        RecipientCheckOut | None,
        Field(
            description=(
                "How whoever received it agrees with the directory; null where no entry is cited."
            )
        ),
    ]
