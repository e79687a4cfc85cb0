"""Request schemas for the subject matter of the facts: requester, recipient, purpose, subjects and
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

    system: Annotated[
        Personal[Short], Field(description="The other system.", examples=["mis.example"])
    ]
    value: Annotated[
        Personal[Reference], Field(description="The id in that system.", examples=["SR-2231"])
    ]


class RequesterIn(Body):
    """The person who requests the information."""

    name: Annotated[
        Personal[Short | None], Field(description="The requester's name.", examples=["A. Khan"])
    ] = None
    role_title: Annotated[
        Personal[Short | None],
        Field(description="Their role.", examples=["Social worker"]),
    ] = None
    organisation: Annotated[
        Personal[Short | None],
        Field(description="The requester's organisation.", examples=["Anytown MASH"]),
    ] = None
    identity_verified: Annotated[
        Structural[Answer | None],
        Field(description="Whether their identity is verified; unsure by default."),
    ] = None
    verification_method: Annotated[
        Structural[VerificationMethod | None], Field(description="How the identity was verified.")
    ] = None


class RecipientIn(Body):
    """The intended recipient of the information."""

    organisation: Annotated[
        Personal[Short | None],
        Field(description="The organisation's name.", examples=["Anytown MASH"]),
    ] = None
    organisation_type: Annotated[
        Structural[OrganisationType],
        Field(description="The type of organisation.", examples=["mash"]),
    ]
    named_individual: Annotated[
        Personal[Short | None],
        Field(description="The person who would receive it.", examples=["A. Khan"]),
    ] = None
    role_title: Annotated[
        Personal[Short | None],
        Field(description="The person's role.", examples=["Social worker"]),
    ] = None
    identity_verified: Annotated[
        Structural[Answer | None],
        Field(
            description=(
                "Whether their identity is verified; by default, the answer for the requester, and"
                " otherwise unsure."
            )
        ),
    ] = None
    verification_method: Annotated[
        Structural[VerificationMethod | None], Field(description="How the identity was verified.")
    ] = None
    secure_route: Annotated[
        Structural[SecureRoute | None],
        Field(
            description="The route by which the information would be sent.",
            examples=["secure_email"],
        ),
    ] = None
    directory_id: Annotated[
        Personal[UUID | None],
        Field(description="The organisation's id in the school's directory of recipients."),
    ] = None
    contact_id: Annotated[
        Personal[UUID | None],
        Field(description="The person's id among the organisation's contacts."),
    ] = None


class PurposeIn(Body):
    """The purpose of sharing."""

    code: Annotated[
        Structural[PurposeCode],
        Field(description="The kind of purpose.", examples=["section_47_enquiry"]),
    ] = PurposeCode.UNKNOWN
    statement: Annotated[
        Releasable[Text | None],
        Field(description="The purpose in words.", examples=["Section 47 enquiry opened today"]),
    ] = None
    answer: Annotated[
        Structural[Answer],
        Field(description="Is the purpose clear and legitimate?", examples=["yes"]),
    ] = Answer.UNSURE
    compatible: Annotated[
        Structural[Answer | None],
        Field(
            description="Is it compatible with the purpose for which the information was collected?"
        ),
    ] = None


class SubjectIn(Body):
    """A person the information is about."""

    person_ref: Annotated[
        Personal[PersonRef],
        Field(
            description=(
                "The school's reference for the person, with its scheme: `mis` (the school's own"
                " system), `upn` (with a valid check letter), `uln`, or another scheme that the"
                " school uses. For a member of staff, `staff` with the email address or `account`"
                " with the account's id, which prevents decisions on their own case."
            ),
            examples=["mis:7781"],
        ),
    ]
    role: Annotated[
        Structural[SubjectRole], Field(description="The person's role.", examples=["child"])
    ] = SubjectRole.CHILD
    born_on: Annotated[
        Personal[Day | None],
        Field(
            description="Date of birth; a de-identified view shows an age band instead.",
            examples=["2014-05-09"],
        ),
    ] = None
    identity_to_protect: Annotated[
        Structural[StrictBool],
        Field(description="Whether their identity must be protected, for example a reporter's."),
    ] = False


class ItemIn(Body):
    """An item of information."""

    description: Annotated[
        Releasable[Text | None],
        Field(description="What the item contains.", examples=["Attendance this term"]),
    ] = None
    category: Annotated[
        Structural[ItemCategory],
        Field(description="The category of the item.", examples=["attendance"]),
    ] = ItemCategory.OTHER
    nature: Annotated[
        Structural[ItemNature | None],
        Field(description="Whether it is fact, opinion or allegation.", examples=["fact"]),
    ] = None
    as_at: Annotated[
        Structural[Day | None],
        Field(description="The day to which it refers.", examples=["2026-11-20"]),
    ] = None
    historical: Annotated[
        Structural[StrictBool], Field(description="Whether it is historical.")
    ] = False
    explanation: Annotated[
        Releasable[Text | None],
        Field(description="For historical information: how old it is and what has changed since."),
    ] = None
    special_category: Annotated[
        Structural[list[SpecialCategory]],
        Field(
            default_factory=list,
            max_length=len(SpecialCategory),
            description="The special categories of data in it.",
        ),
    ]
    criminal_offence: Annotated[
        Structural[StrictBool], Field(description="Whether it contains criminal offence data.")
    ] = False
    third_party: Annotated[
        Structural[StrictBool],
        Field(description="Whether it contains information about a third party."),
    ] = False
    include: Annotated[
        Structural[Include],
        Field(description="Whether to share, redact or withhold it.", examples=["share"]),
    ] = Include.SHARE
    withheld_because: Annotated[
        Releasable[Text | None],
        Field(
            validate_default=True,
            description="Why it is redacted or withheld; required if it is withheld.",
        ),
    ] = None
    identity_to_protect: Annotated[
        Structural[StrictBool],
        Field(description="Whether it reveals an identity that must be protected."),
    ] = False
    smallest_group: Annotated[
        Structural[int | None],
        Field(ge=0, le=1_000_000, strict=True, description="For figures: the smallest count."),
    ] = None
    key_held: Annotated[
        Structural[StrictBool],
        Field(description="Whether the school can reverse the pseudonyms in it."),
    ] = False

    @field_validator("withheld_because")
    @classmethod
    def _reason(cls, because: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("include") is Include.WITHHOLD and not (because and because.strip()):
            raise PydanticCustomError(
                "missing", "a withheld item needs the reason for withholding it"
            )
        return because
