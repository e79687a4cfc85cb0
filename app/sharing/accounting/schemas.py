"""The accounting of disclosures about one person, as it goes out over HTTP."""

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
    """A piece of information that went."""

    id: Annotated[UUID, Field(description="The item's id.")]
    category: Annotated[ItemCategory, Field(description="What it is about.")]
    nature: Annotated[
        ItemNature | None, Field(description="Fact, opinion, allegation or a mixture.")
    ]
    special_category: Annotated[
        list[SpecialCategory], Field(description="Special categories of personal data in it.")
    ]
    criminal_offence: Annotated[bool, Field(description="Whether it tells of a criminal offence.")]
    third_party: Annotated[bool, Field(description="Whether it tells of somebody else.")]
    description: Annotated[str | None, Field(description="In words; null in a de-identified view.")]


class AccountedRecipientOut(BaseModel):
    """With whom it was shared; names are null in a de-identified view."""

    organisation_type: Annotated[OrganisationType, Field(description="The kind of organisation.")]
    organisation: Annotated[str | None, Field(description="Which one.")]
    named_individual: Annotated[str | None, Field(description="Who received it.")]
    role_title: Annotated[str | None, Field(description="Their role.")]


class GroundOut(BaseModel):
    """The decision under which it left; of an emergency, the one that completed the record."""

    id: Annotated[UUID, Field(description="The decision's id.")]
    outcome: Annotated[DecisionOutcome, Field(description="What was decided.")]
    departs_from_evaluation: Annotated[
        bool, Field(description="Whether it differed from the evaluation.")
    ]
    settled_by: Annotated[
        Step | None,
        Field(description="The question that settled the evaluation it was decided on."),
    ]
    recorded_at: Annotated[datetime, Field(description="When it was recorded.")]


class ToldOut(BaseModel):
    """Whether the person was told."""

    told: Annotated[bool, Field(description="Whether a notice on record says so.")]
    decision: Annotated[
        TransparencyDecision | None,
        Field(description="Told before, after, not at all, or put off."),
    ]
    reason: Annotated[TransparencyReason | None, Field(description="Why not.")]
    revisit_on: Annotated[date | None, Field(description="When that is looked at again.")]
    planned: Annotated[
        bool,
        Field(
            description="True where no notice was recorded yet and the facts say what was meant."
        ),
    ]


class AccountedDisclosureOut(BaseModel):
    """One disclosure about the person."""

    id: Annotated[UUID, Field(description="The disclosure's id.")]
    sharing_request_id: Annotated[UUID, Field(description="The request it belongs to.")]
    view: Annotated[
        Literal["full", "deidentified"],
        Field(description="How much of the request the caller sees."),
    ]
    sent_at: Annotated[
        datetime, Field(description="When it went; to the day in a de-identified view.")
    ]
    recorded_at: Annotated[
        datetime, Field(description="When it was recorded; to the day in a de-identified view.")
    ]
    direction: Annotated[Direction, Field(description="Asked for, or the school's own initiative.")]
    purpose_code: Annotated[PurposeCode, Field(description="What for.")]
    role: Annotated[SubjectRole, Field(description="What the person is in the request.")]
    emergency: Annotated[bool, Field(description="Whether it was shared in an emergency.")]
    items: Annotated[list[AccountedItemOut], Field(description="What went.")]
    recipient: Annotated[AccountedRecipientOut, Field(description="With whom.")]
    route: Annotated[SecureRoute, Field(description="How.")]
    decision: Annotated[
        GroundOut | None,
        Field(
            description="Under which decision; null for an emergency whose record is not completed."
        ),
    ]
    lawful_reason_code: Annotated[
        LawfulReasonCode | None, Field(description="The lawful reason that was named.")
    ]
    told: Annotated[ToldOut, Field(description="Whether the person was told.")]
    flags: Annotated[
        list[Flag],
        Field(description="What to weigh before this goes into an answer to the person."),
    ]


class AccountOut(BaseModel):
    """A page of the disclosures about one person."""

    items: Annotated[list[AccountedDisclosureOut], Field(description="The newest first.")]
    next_cursor: Annotated[
        str | None, Field(description="For the next page; null on the last. A page may be short.")
    ]
