"""The facts of a case as the submitter stated them, without names and narrative. Pure.

They are the input of `derive`.
"""

from dataclasses import dataclass, field
from datetime import date

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The requester: whether their identity was checked, and how."""

    identity_verified: Answer | None = None
    verification_method: VerificationMethod | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The intended recipient of the information."""

    organisation_type: OrganisationType
    identity_verified: Answer | None = None
    verification_method: VerificationMethod | None = None
    secure_route: SecureRoute | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """The purpose of sharing. `stated` says whether a statement of the purpose was given;
    `compatible` whether the purpose is compatible with the one the data was collected for.
    """

    code: PurposeCode = PurposeCode.UNKNOWN
    answer: Answer = Answer.UNSURE
    stated: bool = False
    compatible: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person the information is about."""

    role: SubjectRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of information. `smallest_group` is the smallest count in a table of figures;
    `key_held` says that the school can reverse the pseudonyms in it.
    """

    category: ItemCategory = ItemCategory.OTHER
    nature: ItemNature | None = None
    historical: bool = False
    explained: bool = False
    special_category: tuple[SpecialCategory, ...] = ()
    criminal_offence: bool = False
    third_party: bool = False
    include: Include = Include.SHARE
    smallest_group: int | None = None
    key_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The scope of a consent; None means unlimited."""

    purposes: tuple[PurposeCode, ...] | None = None
    recipients: tuple[OrganisationType, ...] | None = None
    items: tuple[ItemCategory, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent and its details. A detail that is None was not stated and raises no doubt."""

    answer: Answer = Answer.UNSURE
    status: ConsentStatus | None = None
    not_sought_reason: NotSoughtReason | None = None
    explicit: bool | None = None
    freely_given: Answer | None = None
    unambiguous: Answer | None = None
    form: ConsentForm | None = None
    authority: Authority | None = None
    scope: Scope = field(default_factory=Scope)
    given_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTests:
    """The four tests of the Data Protection Act 2018, Schedule 1, paragraph 18; None is a test
    without an answer.
    """

    protects: Answer | None = None
    at_risk: Answer | None = None
    without_consent: Answer | None = None
    substantial_public_interest: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LawfulReason:
    """The lawful reason for sharing without consent."""

    answer: Answer = Answer.UNSURE
    code: LawfulReasonCode | None = None
    tests: ConditionTests = field(default_factory=ConditionTests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Risk of harm, and suspected crime."""

    immediate_risk: Answer = Answer.UNSURE
    crime_suspected: Answer = Answer.UNSURE
    emergency_kind: EmergencyKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparency:
    """The decision on whether to inform the person or family, if one was made."""

    decision: TransparencyDecision | None = None
    reason: TransparencyReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The checks on how to share, made before release."""

    amount: Answer = Answer.UNSURE
    fact_from_opinion: Answer = Answer.UNSURE
    right_recipient: Answer = Answer.UNSURE
    secure: Answer = Answer.UNSURE
    transparency: Transparency = field(default_factory=Transparency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The facts as the submitter stated them, without names and narrative."""

    direction: Direction
    recipient: Recipient
    purpose: Purpose
    consent: Consent
    identifiable: Answer
    lawful_reason: LawfulReason
    items: tuple[Item, ...] = ()
    subjects: tuple[Subject, ...] = ()
    requester: Requester = field(default_factory=Requester)
    risk: Risk = field(default_factory=Risk)
    how: How = field(default_factory=How)
    urgency: Urgency = Urgency.ROUTINE

    def shared(self) -> tuple[Item, ...]:
        """The items that are not withheld."""
        return tuple(item for item in self.items if item.include is not Include.WITHHOLD)
