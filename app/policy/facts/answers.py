"""Wire schemas for the answers to the policy's questions: consent, lawful reason, risk and the
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
    """What a consent covers; null is everything."""

    purposes: Annotated[
        Structural[list[PurposeCode] | None],
        Field(max_length=len(PurposeCode), description="For which purposes."),
    ] = None
    recipients: Annotated[
        Structural[list[OrganisationType] | None],
        Field(max_length=len(OrganisationType), description="To whom."),
    ] = None
    items: Annotated[
        Structural[list[ItemCategory] | None],
        Field(max_length=len(ItemCategory), description="Which categories of items."),
    ] = None


class ConsentIn(Body):
    """Whether there is consent, and what is known about it. A detail that is left out is no
    objection; one that contradicts is.
    """

    answer: Annotated[
        Structural[Answer], Field(description="Is there consent to share?", examples=["no"])
    ]
    status: Annotated[
        Structural[ConsentStatus | None],
        Field(description="How far asking has got.", examples=["not_sought"]),
    ] = None
    not_sought_reason: Annotated[
        Structural[NotSoughtReason | None],
        Field(description="Why none was sought.", examples=["would_increase_risk"]),
    ] = None
    person_ref: Annotated[Personal[Reference | None], Field(description="Whose consent it is.")] = (
        None
    )
    explicit: Annotated[
        Structural[StrictBool | None], Field(description="Whether it was explicit.")
    ] = None
    freely_given: Annotated[
        Structural[Answer | None], Field(description="Whether it was freely given.")
    ] = None
    unambiguous: Annotated[
        Structural[Answer | None], Field(description="Whether it can be read in one way only.")
    ] = None
    form: Annotated[Structural[ConsentForm | None], Field(description="How it was given.")] = None
    authority: Annotated[Structural[Authority | None], Field(description="By what right.")] = None
    scope: Annotated[ScopeIn | None, Field(description="What it covers.")] = None
    given_at: Annotated[Structural[Instant | None], Field(description="When it was given.")] = None
    expires_on: Annotated[
        Structural[Day | None], Field(description="The last day on which it holds.")
    ] = None
    evidence: Annotated[Releasable[Text | None], Field(description="Where it is on file.")] = None


class ConditionTestsIn(Body):
    """The four tests of the safeguarding condition (Data Protection Act 2018, Schedule 1, paragraph
    18).
    """

    protects: Annotated[
        Structural[Answer | None],
        Field(description="It protects from harm or protects well-being."),
    ] = None
    at_risk: Annotated[
        Structural[Answer | None], Field(description="The person is under 18, or an adult at risk.")
    ] = None
    without_consent: Annotated[
        Structural[Answer | None],
        Field(
            description=(
                "Consent cannot be given, cannot reasonably be had, or asking would prejudice the"
                " protection."
            )
        ),
    ] = None
    substantial_public_interest: Annotated[
        Structural[Answer | None],
        Field(description="It is necessary for a substantial public interest."),
    ] = None


class LawfulReasonIn(Body):
    """Whether there is a lawful reason to share without consent."""

    answer: Annotated[Structural[Answer], Field(description="Is there one?", examples=["yes"])]
    code: Annotated[
        Structural[LawfulReasonCode | None],
        Field(description="Which one.", examples=["safeguarding_condition"]),
    ] = None
    necessity: Annotated[
        Releasable[Text | None], Field(description="Why this information is needed for it.")
    ] = None
    tests: Annotated[
        ConditionTestsIn | None, Field(description="The tests of the safeguarding condition.")
    ] = None


class RiskIn(Body):
    """Danger and crime."""

    immediate_risk: Annotated[
        Structural[Answer], Field(description="Is anybody at risk of harm now?", examples=["no"])
    ] = Answer.UNSURE
    crime_suspected: Annotated[
        Structural[Answer], Field(description="May a crime have been committed?", examples=["no"])
    ] = Answer.UNSURE
    emergency_kind: Annotated[
        Structural[EmergencyKind | None], Field(description="What sort of danger.")
    ] = None


class TransparencyIn(Body):
    """Whether the person or family is told. To be decided; holds nothing up."""

    decision: Annotated[
        Structural[TransparencyDecision | None],
        Field(description="What was decided.", examples=["not_informed"]),
    ] = None
    reason: Annotated[
        Structural[TransparencyReason | None],
        Field(description="Why they are not told, or not yet."),
    ] = None
    revisit_on: Annotated[
        Structural[Day | None], Field(description="When somebody looks at it again.")
    ] = None


class HowIn(Body):
    """The checks that hold the release of a share."""

    amount: Annotated[
        Structural[Answer], Field(description="Is it only what is needed?", examples=["yes"])
    ] = Answer.UNSURE
    fact_from_opinion: Annotated[
        Structural[Answer], Field(description="Is fact told from opinion?", examples=["yes"])
    ] = Answer.UNSURE
    right_recipient: Annotated[
        Structural[Answer],
        Field(description="The right information to the right person?", examples=["yes"]),
    ] = Answer.UNSURE
    secure: Annotated[
        Structural[Answer], Field(description="Does it travel securely?", examples=["yes"])
    ] = Answer.UNSURE
    transparency: Annotated[
        TransparencyIn, Field(description="Whether the person or family is told.")
    ] = TransparencyIn()
