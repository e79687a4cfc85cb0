"""Request and reply schemas for disclosures."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.platform.instants import When
from app.policy.engine.vocabulary import SecureRoute
from app.sharing.schemas import Body, Out, RecipientCheckOut, RecordOut, Short, Text


class DisclosureRecipientIn(Body):
    """The recipient of the disclosure."""

    named_individual: Annotated[
        Personal[Short | None], Field(description="The name of the recipient.")
    ] = None
    role_title: Annotated[
        Personal[Short | None], Field(description="The job title of the recipient.")
    ] = None
    organisation: Annotated[
        Personal[Short | None], Field(description="The recipient's organisation.")
    ] = None


class ReceiptIn(Body):
    """The recipient's acknowledgement."""

    acknowledged_by: Annotated[
        Personal[Short], Field(description="The name of the person who acknowledged receipt.")
    ]
    at: Annotated[Structural[When], Field(description="The time of the acknowledgement.")]


class DiscloseIn(Body):
    """A disclosure that was made."""

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

    decision_id: Annotated[
        Structural[UUID], Field(description="The id of the decision that permits the disclosure.")
    ]
    items: Annotated[
        Structural[list[UUID] | None],
        Field(
            max_length=200,
            description=(
                "The ids of the shared items; if null, all items that the decision permits."
            ),
        ),
    ] = None
    recipient: Annotated[
        DisclosureRecipientIn, Field(description="The recipient of the disclosure.")
    ]
    route: Annotated[
        Structural[SecureRoute], Field(description="The route by which the information was sent.")
    ]
    sent_at: Annotated[Structural[When], Field(description="The time of sending.")]
    secure_exception: Annotated[
        Personal[Text | None],
        Field(description="Why no secure route was used; required if the route is `none`."),
    ] = None
    receipt: Annotated[
        ReceiptIn | None, Field(description="The recipient's acknowledgement, if there is one.")
    ] = None


class LeftOutOut(Out):
    """An item that was not shared."""

    item: Annotated[UUID, Field(description="The id of the item.")]
    why: Annotated[
        Literal["withheld", "not_permitted", "not_sent"],
        Field(
            description=(
                "The reason code: the item was withheld, the decision did not permit it,"
                " or the sender did not include it."
            )
        ),
    ]
    because: Annotated[
        str | None, Field(description="The stated reason; null in a de-identified view.")
    ]


class RedactedOut(Out):
    """An item that was shared with parts removed."""

    item: Annotated[UUID, Field(description="The id of the item.")]
    because: Annotated[
        str | None, Field(description="The reason for the redaction; null in a de-identified view.")
    ]


class ReceiverOut(Out):
    """The recipient of a disclosure."""

    named_individual: Annotated[str | None, Field(description="The name of the recipient.")]
    role_title: Annotated[str | None, Field(description="The job title of the recipient.")]
    organisation: Annotated[str | None, Field(description="The recipient's organisation.")]


class DisclosureOut(RecordOut):
    """A recorded disclosure."""

    decision_id: Annotated[
        UUID | None,
        Field(
            description=(
                "The id of the decision that permitted the disclosure; null for an emergency."
            )
        ),
    ]
    evaluation_id: Annotated[
        UUID, Field(description="The id of the evaluation that was current at the disclosure.")
    ]
    items: Annotated[list[UUID], Field(description="The ids of the shared items.")]
    items_not_shared: Annotated[
        list[UUID], Field(description="The ids of the items that were not shared.")
    ]
    route: Annotated[SecureRoute, Field(description="The route by which the information was sent.")]
    sent_at: Annotated[datetime, Field(description="The time of sending (UTC).")]
    receipt_at: Annotated[
        datetime | None,
        Field(description="The time when receipt was acknowledged (UTC); null if it was not."),
    ]
    recipient: Annotated[
        ReceiverOut | None, Field(description="The recipient; null in a de-identified view.")
    ]
    secure_exception: Annotated[
        str | None, Field(description="Why no secure route was used; null in a de-identified view.")
    ]
    acknowledged_by: Annotated[
        str | None,
        Field(
            description=(
                "The name of the person who acknowledged receipt; null in a de-identified view."
            )
        ),
    ]
    items_left_out: Annotated[
        list[LeftOutOut], Field(description="The items that were not shared, each with the reason.")
    ]
    items_redacted: Annotated[
        list[RedactedOut],
        Field(description="The items that were shared with parts removed, each with the reason."),
    ]
    recipient_check: Annotated[
        RecipientCheckOut | None,
        Field(
            description=(
                "The comparison of the recipient with the directory; null if the facts"
                " cite no directory entry."
            )
        ),
    ]
