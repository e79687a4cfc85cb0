"""Wire schemas for the subject matter of the facts: requester, recipient, purpose, subjects and
items.
"""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from app.kernel.classification import Personal, Releasable, Structural
from app.policy.engine.vocabulary import (
    Answer,
    Include,
    ItemCategory,
    ItemNature,
    OrganisationType,
    PurposeCode,
    SecureRoute,
    SpecialCategory,
    SubjectRole,
    VerificationMethod,
)
from app.policy.facts.fields import Body, Day, PersonRef, Reference, Short, Text


class ExternalIdIn(Body):
    """The request's id in another system."""

    system: Annotated[Personal[Short], Field(description="Which system.", examples=["mis.example"])]
    value: Annotated[Personal[Reference], Field(description="Its id there.", examples=["SR-2231"])]


class RequesterIn(Body):
    """Who asks."""

    name: Annotated[Personal[Short | None], Field(description="Name.", examples=["A. Khan"])] = None
    role_title: Annotated[
        Personal[Short | None],
        Field(description="What they are there.", examples=["Social worker"]),
    ] = None
    organisation: Annotated[
        Personal[Short | None], Field(description="For whom they ask.", examples=["Anytown MASH"])
    ] = None
    identity_verified: Annotated[
        Structural[Answer | None],
        Field(description="Whether you know that they are who they say; left out: unsure."),
    ] = None
    verification_method: Annotated[
        Structural[VerificationMethod | None], Field(description="How that was checked.")
    ] = None


class RecipientIn(Body):
    """Who would receive the information."""

    organisation: Annotated[
        Personal[Short | None],
        Field(description="Name of the organisation.", examples=["Anytown MASH"]),
    ] = None
    organisation_type: Annotated[
        Structural[OrganisationType],
        Field(description="What kind of body it is.", examples=["mash"]),
    ]
    named_individual: Annotated[
        Personal[Short | None], Field(description="The person there.", examples=["A. Khan"])
    ] = None
    role_title: Annotated[
        Personal[Short | None],
        Field(description="What they are there.", examples=["Social worker"]),
    ] = None
    identity_verified: Annotated[
        Structural[Answer | None],
        Field(
            description=(
                "Whether you know that they are who they say; left out: as for the requester, else"
                " unsure."
            )
        ),
    ] = None
    verification_method: Annotated[
        Structural[VerificationMethod | None], Field(description="How that was checked.")
    ] = None
    secure_route: Annotated[
        Structural[SecureRoute | None],
        Field(description="How it would travel.", examples=["secure_email"]),
    ] = None
    directory_id: Annotated[
        Personal[UUID | None],
        Field(description="The organisation in the school's directory of recipients."),
    ] = None
    contact_id: Annotated[
        Personal[UUID | None],
        Field(description="The person there, among the organisation's contacts."),
    ] = None


class PurposeIn(Body):
    """What it is for."""

    code: Annotated[
        Structural[PurposeCode],
        Field(description="The kind of purpose.", examples=["section_47_enquiry"]),
    ] = PurposeCode.UNKNOWN
    statement: Annotated[
        Releasable[Text | None],
        Field(description="The purpose in words.", examples=["Section 47 enquiry opened today"]),
    ] = None
    answer: Annotated[
        Structural[Answer], Field(description="Is it clear and legitimate?", examples=["yes"])
    ] = Answer.UNSURE
    compatible: Annotated[
        Structural[Answer | None],
        Field(description="Does it fit why the information was collected?"),
    ] = None


class SubjectIn(Body):
    """Somebody the information is about."""

    person_ref: Annotated[
        Personal[PersonRef],
        Field(
            description=(
                "The school's reference of the person, with its scheme: `mis` (the school's own"
                " system), `upn` (whose check letter is looked at), `uln`, or another that the"
                " school uses. A member of staff is `staff` with the e-mail address, or `account`"
                " with the account's id, so that nobody decides their own case."
            ),
            examples=["mis:7781"],
        ),
    ]
    role: Annotated[
        Structural[SubjectRole], Field(description="What they are in it.", examples=["child"])
    ] = SubjectRole.CHILD
    born_on: Annotated[
        Personal[Day | None],
        Field(
            description="When they were born; a de-identified view shows the band of their age.",
            examples=["2014-05-09"],
        ),
    ] = None
    identity_to_protect: Annotated[
        Structural[StrictBool],
        Field(description="Whether it must not come out who they are, as with a reporter."),
    ] = False


class ItemIn(Body):
    """A piece of information."""

    description: Annotated[
        Releasable[Text | None], Field(description="What it is.", examples=["Attendance this term"])
    ] = None
    category: Annotated[
        Structural[ItemCategory], Field(description="What it is about.", examples=["attendance"])
    ] = ItemCategory.OTHER
    nature: Annotated[
        Structural[ItemNature | None],
        Field(description="Whether it is known or believed.", examples=["fact"]),
    ] = None
    as_at: Annotated[
        Structural[Day | None],
        Field(description="The day on which it was so.", examples=["2026-11-20"]),
    ] = None
    historical: Annotated[
        Structural[StrictBool], Field(description="Whether it is about the past.")
    ] = False
    explanation: Annotated[
        Releasable[Text | None],
        Field(description="What makes history understood: how old it is, what has changed since."),
    ] = None
    special_category: Annotated[
        Structural[list[SpecialCategory]],
        Field(
            default_factory=list,
            max_length=len(SpecialCategory),
            description="Special categories of data in it.",
        ),
    ]
    criminal_offence: Annotated[
        Structural[StrictBool], Field(description="Whether it tells of an offence.")
    ] = False
    third_party: Annotated[
        Structural[StrictBool], Field(description="Whether it tells of somebody else.")
    ] = False
    include: Annotated[
        Structural[Include],
        Field(description="Whether it is to be shared, redacted or withheld.", examples=["share"]),
    ] = Include.SHARE
    withheld_because: Annotated[
        Releasable[Text | None],
        Field(
            validate_default=True,
            description="Why it is withheld, or in part; required when it is withheld.",
        ),
    ] = None
    identity_to_protect: Annotated[
        Structural[StrictBool],
        Field(description="Whether it gives away somebody who must not be known."),
    ] = False
    smallest_group: Annotated[
        Structural[int | None],
        Field(ge=0, le=1_000_000, strict=True, description="In figures, the smallest count."),
    ] = None
    key_held: Annotated[
        Structural[StrictBool], Field(description="Whether the school can undo its pseudonyms.")
    ] = False

    @field_validator("withheld_because")
    @classmethod
    def _reason(cls, because: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("include") is Include.WITHHOLD and not (because and because.strip()):
            raise PydanticCustomError(
                "missing", "a withheld item needs the reason for withholding it"
            )
        return because
