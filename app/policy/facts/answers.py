"""Request schemas for the answers to the policy's questions: consent, lawful reason, risk and the
checks before release.
"""

from typing import Annotated

from pydantic import Field, StrictBool

from app.kernel.classification import Personal, Releasable, Structural
from app.policy.engine.vocabulary import (
    Answer,
    Authority,
    ConsentForm,
    ConsentStatus,
    EmergencyKind,
    ItemCategory,
    LawfulReasonCode,
    NotSoughtReason,
    OrganisationType,
    PurposeCode,
    TransparencyDecision,
    TransparencyReason,
)
from app.policy.facts.fields import Body, Day, Instant, Reference, Text


class ScopeIn(Body):
    """The scope of a consent; null means unlimited."""

    purposes: Annotated[
        Structural[list[PurposeCode] | None],
        Field(max_length=len(PurposeCode), description="The purposes it covers."),
    ] = None
    recipients: Annotated[
        Structural[list[OrganisationType] | None],
        Field(max_length=len(OrganisationType), description="The types of recipient it covers."),
    ] = None
    items: Annotated[
        Structural[list[ItemCategory] | None],
        Field(max_length=len(ItemCategory), description="The categories of items it covers."),
    ] = None


class ConsentIn(Body):
    """The consent and its details. A detail that contradicts a yes makes it unsure."""

    answer: Annotated[
        Structural[Answer], Field(description="Is there consent to share?", examples=["no"])
    ]
    status: Annotated[
        Structural[ConsentStatus | None],
        Field(description="The status of the consent.", examples=["not_sought"]),
    ] = None
    not_sought_reason: Annotated[
        Structural[NotSoughtReason | None],
        Field(description="Why consent was not sought.", examples=["would_increase_risk"]),
    ] = None
    person_ref: Annotated[
        Personal[Reference | None],
        Field(description="The reference of the person who gives consent."),
    ] = None
    explicit: Annotated[
        Structural[StrictBool | None], Field(description="Whether it was explicit.")
    ] = None
    freely_given: Annotated[
        Structural[Answer | None], Field(description="Whether it was freely given.")
    ] = None
    unambiguous: Annotated[
        Structural[Answer | None], Field(description="Whether it was unambiguous.")
    ] = None
    form: Annotated[
        Structural[ConsentForm | None], Field(description="The form in which it was given.")
    ] = None
    authority: Annotated[
        Structural[Authority | None], Field(description="The authority of the person who gave it.")
    ] = None
    scope: Annotated[ScopeIn | None, Field(description="The scope of the consent.")] = None
    given_at: Annotated[
        Structural[Instant | None], Field(description="The instant at which it was given.")
    ] = None
    expires_on: Annotated[
        Structural[Day | None], Field(description="The last day on which it is valid.")
    ] = None
    evidence: Annotated[
        Releasable[Text | None], Field(description="Where the evidence is filed.")
    ] = None


class ConditionTestsIn(Body):
    """The four tests of the safeguarding condition (Data Protection Act 2018, Schedule 1, paragraph
    18).
    """

    protects: Annotated[
        Structural[Answer | None],
        Field(description="It protects a person from harm or protects their well-being."),
    ] = None
    at_risk: Annotated[
        Structural[Answer | None], Field(description="The person is under 18 or an adult at risk.")
    ] = None
    without_consent: Annotated[
        Structural[Answer | None],
        Field(
            description=(
                "Consent cannot be given, cannot reasonably be obtained, or seeking it would"
                " prejudice the protection."
            )
        ),
    ] = None
    substantial_public_interest: Annotated[
        Structural[Answer | None],
        Field(description="It is necessary for a substantial public interest."),
    ] = None


class LawfulReasonIn(Body):
    """The lawful reason to share without consent."""

    answer: Annotated[
        Structural[Answer], Field(description="Is there a lawful reason?", examples=["yes"])
    ]
    code: Annotated[
        Structural[LawfulReasonCode | None],
        Field(description="The lawful reason.", examples=["safeguarding_condition"]),
    ] = None
    necessity: Annotated[
        Releasable[Text | None], Field(description="Why this information is necessary for it.")
    ] = None
    tests: Annotated[
        ConditionTestsIn | None, Field(description="The tests of the safeguarding condition.")
    ] = None


class RiskIn(Body):
    """Risk of harm, and suspected crime."""

    immediate_risk: Annotated[
        Structural[Answer],
        Field(description="Is anyone at immediate risk of harm?", examples=["no"]),
    ] = Answer.UNSURE
    crime_suspected: Annotated[
        Structural[Answer], Field(description="Is a crime suspected?", examples=["no"])
    ] = Answer.UNSURE
    emergency_kind: Annotated[
        Structural[EmergencyKind | None], Field(description="The kind of emergency.")
    ] = None


class TransparencyIn(Body):
    """Whether the person or family is informed. The decision never delays sharing."""

    decision: Annotated[
        Structural[TransparencyDecision | None],
        Field(description="The decision.", examples=["not_informed"]),
    ] = None
    reason: Annotated[
        Structural[TransparencyReason | None],
        Field(description="Why they are not informed, or not yet."),
    ] = None
    revisit_on: Annotated[
        Structural[Day | None], Field(description="The day on which to review the decision.")
    ] = None


class HowIn(Body):
    """The checks on how to share, which must be met before release."""

    amount: Annotated[
        Structural[Answer],
        Field(description="Is it limited to what is necessary?", examples=["yes"]),
    ] = Answer.UNSURE
    fact_from_opinion: Annotated[
        Structural[Answer], Field(description="Is fact separated from opinion?", examples=["yes"])
    ] = Answer.UNSURE
    right_recipient: Annotated[
        Structural[Answer],
        Field(description="Does the right information go to the right person?", examples=["yes"]),
    ] = Answer.UNSURE
    secure: Annotated[
        Structural[Answer], Field(description="Is the route secure?", examples=["yes"])
    ] = Answer.UNSURE
    transparency: Annotated[
        TransparencyIn, Field(description="Whether the person or family is informed.")
    ] = TransparencyIn()
