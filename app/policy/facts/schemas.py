"""The facts object of the wire. What is not known is refused, so that a misspelt field never goes
silently missing.
"""

from collections.abc import Mapping
from datetime import UTC, date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from app.policy.engine import derive
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.engine.model import Facts
from app.policy.engine.vocabulary import (
    Answer,
    Authority,
    ConsentForm,
    ConsentStatus,
    Direction,
    EmergencyKind,
    Include,
    ItemCategory,
    ItemNature,
    LawfulReasonCode,
    NotSoughtReason,
    OrganisationType,
    PurposeCode,
    SecureRoute,
    SpecialCategory,
    SubjectRole,
    TransparencyDecision,
    TransparencyReason,
    Urgency,
    VerificationMethod,
)
from app.policy.facts import personal_data
from app.policy.facts.examples import FACTS_EXAMPLE
from app.policy.facts.fields import Body, Day, Instant, PersonRef, Reference, Short, Text
from app.policy.facts.personal_data import merge
from app.policy.facts.statutory import StatutoryIn
from app.policy.lifecycle.schemas import EvaluationOut

__all__ = ["Body", "EvaluationOut", "FactsIn", "PurposeIn", "RecipientIn", "SubjectIn", "merge"]

MAX_ITEMS: Final = 200
MAX_SUBJECTS: Final = 50


class ExternalIdIn(Body):
    """The request's id in another system."""

    system: Annotated[Short, Field(description="Which system.", examples=["mis.example"])]
    value: Annotated[Reference, Field(description="Its id there.", examples=["SR-2231"])]


class RequesterIn(Body):
    """Who asks."""

    name: Annotated[Short | None, Field(description="Name.", examples=["A. Khan"])] = None
    role_title: Annotated[
        Short | None, Field(description="What they are there.", examples=["Social worker"])
    ] = None
    organisation: Annotated[
        Short | None, Field(description="For whom they ask.", examples=["Anytown MASH"])
    ] = None
    identity_verified: Annotated[
        Answer | None,
        Field(description="Whether you know that they are who they say; left out: unsure."),
    ] = None
    verification_method: Annotated[
        VerificationMethod | None, Field(description="How that was checked.")
    ] = None


class RecipientIn(Body):
    """Who would receive the information."""

    organisation: Annotated[
        Short | None, Field(description="Name of the organisation.", examples=["Anytown MASH"])
    ] = None
    organisation_type: Annotated[
        OrganisationType, Field(description="What kind of body it is.", examples=["mash"])
    ]
    named_individual: Annotated[
        Short | None, Field(description="The person there.", examples=["A. Khan"])
    ] = None
    role_title: Annotated[
        Short | None, Field(description="What they are there.", examples=["Social worker"])
    ] = None
    identity_verified: Annotated[
        Answer | None,
        Field(
            description=(
                "Whether you know that they are who they say; left out: as for the requester, else"
                " unsure."
            )
        ),
    ] = None
    verification_method: Annotated[
        VerificationMethod | None, Field(description="How that was checked.")
    ] = None
    secure_route: Annotated[
        SecureRoute | None, Field(description="How it would travel.", examples=["secure_email"])
    ] = None
    directory_id: Annotated[
        UUID | None, Field(description="The organisation in the school's directory of recipients.")
    ] = None
    contact_id: Annotated[
        UUID | None, Field(description="The person there, among the organisation's contacts.")
    ] = None


class PurposeIn(Body):
    """What it is for."""

    code: Annotated[
        PurposeCode, Field(description="The kind of purpose.", examples=["section_47_enquiry"])
    ] = PurposeCode.UNKNOWN
    statement: Annotated[
        Text | None,
        Field(description="The purpose in words.", examples=["Section 47 enquiry opened today"]),
    ] = None
    answer: Annotated[
        Answer, Field(description="Is it clear and legitimate?", examples=["yes"])
    ] = Answer.UNSURE
    compatible: Annotated[
        Answer | None, Field(description="Does it fit why the information was collected?")
    ] = None


class SubjectIn(Body):
    """Somebody the information is about."""

    person_ref: Annotated[
        PersonRef,
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
    role: Annotated[SubjectRole, Field(description="What they are in it.", examples=["child"])] = (
        SubjectRole.CHILD
    )
    born_on: Annotated[
        Day | None,
        Field(
            description="When they were born; a de-identified view shows the band of their age.",
            examples=["2014-05-09"],
        ),
    ] = None
    identity_to_protect: Annotated[
        StrictBool,
        Field(description="Whether it must not come out who they are, as with a reporter."),
    ] = False


class ItemIn(Body):
    """A piece of information."""

    description: Annotated[
        Text | None, Field(description="What it is.", examples=["Attendance this term"])
    ] = None
    category: Annotated[
        ItemCategory, Field(description="What it is about.", examples=["attendance"])
    ] = ItemCategory.OTHER
    nature: Annotated[
        ItemNature | None, Field(description="Whether it is known or believed.", examples=["fact"])
    ] = None
    as_at: Annotated[
        Day | None, Field(description="The day on which it was so.", examples=["2026-11-20"])
    ] = None
    historical: Annotated[StrictBool, Field(description="Whether it is about the past.")] = False
    explanation: Annotated[
        Text | None,
        Field(description="What makes history understood: how old it is, what has changed since."),
    ] = None
    special_category: Annotated[
        list[SpecialCategory],
        Field(
            default_factory=list,
            max_length=len(SpecialCategory),
            description="Special categories of data in it.",
        ),
    ]
    criminal_offence: Annotated[
        StrictBool, Field(description="Whether it tells of an offence.")
    ] = False
    third_party: Annotated[StrictBool, Field(description="Whether it tells of somebody else.")] = (
        False
    )
    include: Annotated[
        Include,
        Field(description="Whether it is to be shared, redacted or withheld.", examples=["share"]),
    ] = Include.SHARE
    withheld_because: Annotated[
        Text | None,
        Field(
            validate_default=True,
            description="Why it is withheld, or in part; required when it is withheld.",
        ),
    ] = None
    identity_to_protect: Annotated[
        StrictBool, Field(description="Whether it gives away somebody who must not be known.")
    ] = False
    smallest_group: Annotated[
        int | None,
        Field(ge=0, le=1_000_000, strict=True, description="In figures, the smallest count."),
    ] = None
    key_held: Annotated[
        StrictBool, Field(description="Whether the school can undo its pseudonyms.")
    ] = False

    @field_validator("withheld_because")
    @classmethod
    def _reason(cls, because: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("include") is Include.WITHHOLD and not (because and because.strip()):
            raise PydanticCustomError("missing", "a withheld item says why it is withheld")
        return because


class ScopeIn(Body):
    """What a consent covers; null is everything."""

    purposes: Annotated[
        list[PurposeCode] | None,
        Field(max_length=len(PurposeCode), description="For which purposes."),
    ] = None
    recipients: Annotated[
        list[OrganisationType] | None,
        Field(max_length=len(OrganisationType), description="To whom."),
    ] = None
    items: Annotated[
        list[ItemCategory] | None,
        Field(max_length=len(ItemCategory), description="Which categories of items."),
    ] = None


class ConsentIn(Body):
    """Whether there is consent, and what is known about it. A detail that is left out is no
    objection; one that contradicts is.
    """

    answer: Annotated[Answer, Field(description="Is there consent to share?", examples=["no"])]
    status: Annotated[
        ConsentStatus | None, Field(description="How far asking has got.", examples=["not_sought"])
    ] = None
    not_sought_reason: Annotated[
        NotSoughtReason | None,
        Field(description="Why none was sought.", examples=["would_increase_risk"]),
    ] = None
    person_ref: Annotated[Reference | None, Field(description="Whose consent it is.")] = None
    explicit: Annotated[StrictBool | None, Field(description="Whether it was explicit.")] = None
    freely_given: Annotated[Answer | None, Field(description="Whether it was freely given.")] = None
    unambiguous: Annotated[
        Answer | None, Field(description="Whether it can be read in one way only.")
    ] = None
    form: Annotated[ConsentForm | None, Field(description="How it was given.")] = None
    authority: Annotated[Authority | None, Field(description="By what right.")] = None
    scope: Annotated[ScopeIn | None, Field(description="What it covers.")] = None
    given_at: Annotated[Instant | None, Field(description="When it was given.")] = None
    expires_on: Annotated[Day | None, Field(description="The last day on which it holds.")] = None
    evidence: Annotated[Text | None, Field(description="Where it is on file.")] = None


class ConditionTestsIn(Body):
    """The four tests of the safeguarding condition (Data Protection Act 2018, Schedule 1, paragraph
    18).
    """

    protects: Annotated[
        Answer | None, Field(description="It protects from harm or protects well-being.")
    ] = None
    at_risk: Annotated[
        Answer | None, Field(description="The person is under 18, or an adult at risk.")
    ] = None
    without_consent: Annotated[
        Answer | None,
        Field(
            description=(
                "Consent cannot be given, cannot reasonably be had, or asking would prejudice the"
                " protection."
            )
        ),
    ] = None
    substantial_public_interest: Annotated[
        Answer | None, Field(description="It is necessary for a substantial public interest.")
    ] = None


class LawfulReasonIn(Body):
    """Whether there is a lawful reason to share without consent."""

    answer: Annotated[Answer, Field(description="Is there one?", examples=["yes"])]
    code: Annotated[
        LawfulReasonCode | None,
        Field(description="Which one.", examples=["safeguarding_condition"]),
    ] = None
    necessity: Annotated[
        Text | None, Field(description="Why this information is needed for it.")
    ] = None
    tests: Annotated[
        ConditionTestsIn | None, Field(description="The tests of the safeguarding condition.")
    ] = None


class RiskIn(Body):
    """Danger and crime."""

    immediate_risk: Annotated[
        Answer, Field(description="Is anybody at risk of harm now?", examples=["no"])
    ] = Answer.UNSURE
    crime_suspected: Annotated[
        Answer, Field(description="May a crime have been committed?", examples=["no"])
    ] = Answer.UNSURE
    emergency_kind: Annotated[EmergencyKind | None, Field(description="What sort of danger.")] = (
        None
    )


class TransparencyIn(Body):
    """Whether the person or family is told. To be decided; holds nothing up."""

    decision: Annotated[
        TransparencyDecision | None,
        Field(description="What was decided.", examples=["not_informed"]),
    ] = None
    reason: Annotated[
        TransparencyReason | None, Field(description="Why they are not told, or not yet.")
    ] = None
    revisit_on: Annotated[Day | None, Field(description="When somebody looks at it again.")] = None


class HowIn(Body):
    """The checks that hold the release of a share."""

    amount: Annotated[Answer, Field(description="Is it only what is needed?", examples=["yes"])] = (
        Answer.UNSURE
    )
    fact_from_opinion: Annotated[
        Answer, Field(description="Is fact told from opinion?", examples=["yes"])
    ] = Answer.UNSURE
    right_recipient: Annotated[
        Answer, Field(description="The right information to the right person?", examples=["yes"])
    ] = Answer.UNSURE
    secure: Annotated[Answer, Field(description="Does it travel securely?", examples=["yes"])] = (
        Answer.UNSURE
    )
    transparency: Annotated[
        TransparencyIn, Field(description="Whether the person or family is told.")
    ] = TransparencyIn()


class FactsIn(Body):
    """What is known about a case. What is left out counts as unsure where it is a question, never
    as yes.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [FACTS_EXAMPLE]})

    direction: Annotated[
        Direction,
        Field(description="Whether the school was asked, or wishes to share of its own accord."),
    ]
    external_id: Annotated[
        ExternalIdIn | None, Field(description="The request's id in another system.")
    ] = None
    requester: Annotated[RequesterIn | None, Field(description="Who asks.")] = None
    recipient: Annotated[RecipientIn, Field(description="Who would receive it.")]
    purpose: Annotated[PurposeIn, Field(description="What it is for.")]
    subjects: Annotated[
        list[SubjectIn],
        Field(default_factory=list, max_length=MAX_SUBJECTS, description="Whom it is about."),
    ]
    items: Annotated[
        list[ItemIn],
        Field(
            default_factory=list,
            max_length=MAX_ITEMS,
            validate_default=True,
            description="What would be shared; none only for de-identified advice.",
        ),
    ]
    consent: Annotated[ConsentIn, Field(description="Whether there is consent.")]
    identifiable: Annotated[Answer, Field(description="Could somebody be identified from it?")]
    lawful_reason: Annotated[
        LawfulReasonIn,
        Field(description="Whether there is a lawful reason to share without consent."),
    ]
    statutory: Annotated[
        StatutoryIn | None,
        Field(description="By what power the school is made to share, where it is."),
    ] = None
    risk: Annotated[RiskIn, Field(description="Danger and crime.")] = RiskIn()
    how: Annotated[HowIn, Field(description="The checks before anything leaves.")] = HowIn()
    urgency: Annotated[Urgency, Field(description="How soon an answer is needed.")] = (
        Urgency.ROUTINE
    )
    needed_by: Annotated[
        Day | None, Field(description="The day by which the requester needs it.")
    ] = None

    @field_validator("items")
    @classmethod
    def _something(cls, items: list[ItemIn], info: ValidationInfo) -> list[ItemIn]:
        purpose = info.data.get("purpose")
        if (
            not items
            and purpose is not None
            and purpose.code is not PurposeCode.ADVICE_DEIDENTIFIED
        ):
            raise PydanticCustomError(
                "no-items", "name at least one item; only de-identified advice goes without"
            )
        return items

    def stated(self) -> derive.Stated:
        """What is stated, without names and narrative, as the policy's functions read it."""
        requester, recipient, purpose = self.requester, self.recipient, self.purpose
        return derive.Stated(
            direction=self.direction,
            requester=derive.Requester(
                identity_verified=requester.identity_verified if requester else None,
                verification_method=requester.verification_method if requester else None,
            ),
            recipient=derive.Recipient(
                organisation_type=recipient.organisation_type,
                identity_verified=recipient.identity_verified,
                verification_method=recipient.verification_method,
                secure_route=recipient.secure_route,
            ),
            purpose=derive.Purpose(
                code=purpose.code,
                answer=purpose.answer,
                stated=bool(purpose.statement and purpose.statement.strip()),
                compatible=purpose.compatible,
            ),
            subjects=tuple([derive.Subject(role=subject.role) for subject in self.subjects]),
            items=tuple([_item(item) for item in self.items]),
            consent=_consent(self.consent),
            identifiable=self.identifiable,
            lawful_reason=_lawful(self.lawful_reason),
            risk=derive.Risk(
                immediate_risk=self.risk.immediate_risk,
                crime_suspected=self.risk.crime_suspected,
                emergency_kind=self.risk.emergency_kind,
            ),
            how=derive.How(
                amount=self.how.amount,
                fact_from_opinion=self.how.fact_from_opinion,
                right_recipient=self.how.right_recipient,
                secure=self.how.secure,
                transparency=derive.Transparency(
                    decision=self.how.transparency.decision, reason=self.how.transparency.reason
                ),
            ),
            urgency=self.urgency,
        )

    def to_facts(self, policy: Policy, today: date) -> Facts:
        """The enumerated facts under a policy on a day."""
        return derive.derive(self.stated(), policy.rules(today), today)

    def split(self) -> personal_data.Halves:
        """Structure (codes, dates, numbers) and narrative (names, references, texts), each JSON;
        `join` puts them together again.

        The structure always names the purpose's code, the subjects and the items, also when they
        were left out.
        """
        whole = self.model_dump(mode="json", exclude_unset=True)
        whole["purpose"].setdefault("code", PurposeCode.UNKNOWN.value)
        whole.setdefault("subjects", [])
        whole.setdefault("items", [])
        return personal_data.split(whole)

    @classmethod
    def join(cls, structure: Mapping[str, Any], narrative: Mapping[str, Any]) -> dict[str, Any]:
        """The facts object that `split` took apart; without its narrative where that was disposed
        of.
        """
        return personal_data.join(structure, narrative)


def _item(item: ItemIn) -> derive.Item:
    return derive.Item(
        category=item.category,
        nature=item.nature,
        historical=item.historical,
        explained=bool(item.explanation and item.explanation.strip()),
        special_category=tuple(item.special_category),
        criminal_offence=item.criminal_offence,
        third_party=item.third_party,
        include=item.include,
        smallest_group=item.smallest_group,
        key_held=item.key_held,
    )


def _consent(consent: ConsentIn) -> derive.Consent:
    scope = consent.scope or ScopeIn()
    return derive.Consent(
        answer=consent.answer,
        status=consent.status,
        not_sought_reason=consent.not_sought_reason,
        explicit=consent.explicit,
        freely_given=consent.freely_given,
        unambiguous=consent.unambiguous,
        form=consent.form,
        authority=consent.authority,
        scope=derive.Scope(
            purposes=None if scope.purposes is None else tuple(scope.purposes),
            recipients=None if scope.recipients is None else tuple(scope.recipients),
            items=None if scope.items is None else tuple(scope.items),
        ),
        given_on=(
            None if consent.given_at is None else today_in_school(consent.given_at.astimezone(UTC))
        ),
        expires_on=consent.expires_on,
    )


def _lawful(reason: LawfulReasonIn) -> derive.LawfulReason:
    tests = reason.tests or ConditionTestsIn()
    return derive.LawfulReason(
        answer=reason.answer,
        code=reason.code,
        tests=derive.ConditionTests(
            protects=tests.protects,
            at_risk=tests.at_risk,
            without_consent=tests.without_consent,
            substantial_public_interest=tests.substantial_public_interest,
        ),
    )
