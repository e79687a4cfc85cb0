"""Reply schemas for the accounting of disclosures about one person."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.policy.engine.vocabulary import (
    Direction,
    ItemCategory,
    ItemNature,
    LawfulReasonCode,
    OrganisationType,
    PurposeCode,
    SecureRoute,
    SpecialCategory,
    Step,
    SubjectRole,
    TransparencyDecision,
    TransparencyReason,
)
from app.sharing.case.model import Flag
from app.sharing.case.outcomes import DecisionOutcome


class AccountedItemOut(BaseModel):
    """An item of information that was disclosed."""

    id: Annotated[UUID, Field(description="The id of the item.")]
    category: Annotated[ItemCategory, Field(description="The category of the information.")]
    nature: Annotated[
        ItemNature | None,
        Field(description="Whether the item is fact, opinion, allegation or a mixture."),
    ]
    special_category: Annotated[
        list[SpecialCategory],
        Field(description="The special categories of personal data in the item."),
    ]
    criminal_offence: Annotated[
        bool, Field(description="Whether the item contains data about a criminal offence.")
    ]
    third_party: Annotated[
        bool, Field(description="Whether the item contains data about another person.")
    ]
    description: Annotated[
        str | None, Field(description="The description of the item; null in a de-identified view.")
    ]


class AccountedRecipientOut(BaseModel):
    """The recipient of a disclosure. Names are null in a de-identified view."""

    organisation_type: Annotated[OrganisationType, Field(description="The type of organisation.")]
    organisation: Annotated[str | None, Field(description="The name of the organisation.")]
    named_individual: Annotated[str | None, Field(description="The name of the recipient.")]
    role_title: Annotated[str | None, Field(description="The job title of the recipient.")]


class GroundOut(BaseModel):
    """The decision that permitted the disclosure; for an emergency, the decision that completed
    the record.
    """

    id: Annotated[UUID, Field(description="The id of the decision.")]
    outcome: Annotated[DecisionOutcome, Field(description="The outcome of the decision.")]
    departs_from_evaluation: Annotated[
        bool, Field(description="Whether the decision differed from the recommendation.")
    ]
    settled_by: Annotated[
        Step | None,
        Field(description="The policy question that decided the outcome of the evaluation."),
    ]
    recorded_at: Annotated[
        datetime, Field(description="The time of recording (UTC); a date in a de-identified view.")
    ]


class ToldOut(BaseModel):
    """Whether the person was informed about the disclosure."""

    told: Annotated[
        bool, Field(description="Whether a recorded notice states that the person was informed.")
    ]
    decision: Annotated[
        TransparencyDecision | None,
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
    planned: Annotated[
        bool,
        Field(
            description=(
                "True if there is no notice yet and these values are the plan from the facts."
            )
        ),
    ]


class AccountedDisclosureOut(BaseModel):
    """A disclosure about the person."""

    id: Annotated[UUID, Field(description="The id of the disclosure.")]
    sharing_request_id: Annotated[UUID, Field(description="The id of the sharing request.")]
    view: Annotated[
        Literal["full", "deidentified"],
        Field(description="The view that the caller has of the request."),
    ]
    sent_at: Annotated[
        datetime, Field(description="The time of sending (UTC); a date in a de-identified view.")
    ]
    recorded_at: Annotated[
        datetime, Field(description="The time of recording (UTC); a date in a de-identified view.")
    ]
    direction: Annotated[
        Direction,
        Field(description="Whether the school was asked or shared on its own initiative."),
    ]
    purpose_code: Annotated[PurposeCode, Field(description="The purpose of sharing.")]
    role: Annotated[SubjectRole, Field(description="The role of the person in the request.")]
    emergency: Annotated[
        bool, Field(description="Whether the disclosure was made in an emergency.")
    ]
    items: Annotated[list[AccountedItemOut], Field(description="The items that were disclosed.")]
    recipient: Annotated[
        AccountedRecipientOut, Field(description="The recipient of the disclosure.")
    ]
    route: Annotated[SecureRoute, Field(description="The route by which the information was sent.")]
    decision: Annotated[
        GroundOut | None,
        Field(
            description=(
                "The decision that permitted the disclosure; null for an emergency whose"
                " record is incomplete."
            )
        ),
    ]
    lawful_reason_code: Annotated[
        LawfulReasonCode | None,
        Field(description="The lawful reason that the decision or the facts state."),
    ]
    told: Annotated[
        ToldOut, Field(description="Whether the person was informed about the disclosure.")
    ]
    flags: Annotated[
        list[Flag],
        Field(
            description=(
                "Points to check before the disclosure is included in an answer to the person."
            )
        ),
    ]


class AccountOut(BaseModel):
    """A page of the disclosures about one person."""

    items: Annotated[
        list[AccountedDisclosureOut], Field(description="The disclosures, newest first.")
    ]
    next_cursor: Annotated[
        str | None,
        Field(
            description=(
                "The cursor of the next page; null on the last page. A page may contain"
                " fewer items than `limit`."
            )
        ),
    ]
