"""From what somebody states to the facts the tables read: pure, versioned functions check each
answer against the details under it.

Law: a detail may turn an answer that permits into `unsure`, with a doubt that says why; it never
turns one into a refusal, and never helps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

from app.policy.engine.codes import Doubt
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asks, as far as it matters: whether it was checked that they are who they say."""

    identity_verified: Answer | None = None
    verification_method: VerificationMethod | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who would receive the information."""

    organisation_type: OrganisationType
    identity_verified: Answer | None = None
    verification_method: VerificationMethod | None = None
    secure_route: SecureRoute | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What it is for. `stated` says whether the reason was put in words; `compatible` whether it
    fits what the data was collected for.
    """

    code: PurposeCode = PurposeCode.UNKNOWN
    answer: Answer = Answer.UNSURE
    stated: bool = False
    compatible: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody the information is about."""

    role: SubjectRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A piece of information. `smallest_group` is the smallest count in a table; `key_held` says
    that a pseudonym can be undone here.
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
    """What a consent covers; None is everything."""

    purposes: tuple[PurposeCode, ...] | None = None
    recipients: tuple[OrganisationType, ...] | None = None
    items: tuple[ItemCategory, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent and its details; None is a detail that nobody stated, and is no objection."""

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
    """The four tests of Data Protection Act 2018, Schedule 1, paragraph 18; None is a test that
    nobody answered.
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
    """Danger and crime."""

    immediate_risk: Answer = Answer.UNSURE
    crime_suspected: Answer = Answer.UNSURE
    emergency_kind: EmergencyKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparency:
    """Whether the person or family is told, once somebody has decided it."""

    decision: TransparencyDecision | None = None
    reason: TransparencyReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The checks before anything leaves."""

    amount: Answer = Answer.UNSURE
    fact_from_opinion: Answer = Answer.UNSURE
    right_recipient: Answer = Answer.UNSURE
    secure: Answer = Answer.UNSURE
    transparency: Transparency = field(default_factory=Transparency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What somebody stated about a case, without names and narrative."""

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
        """The items that are not held back."""
        return tuple(item for item in self.items if item.include is not Include.WITHHOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the policy gives the functions: its numbers on the day, the purposes it routes
    elsewhere, and which version of each to use.
    """

    smallest_group: int
    routed: frozenset[str]
    functions: Mapping[str, str]
    review_overdue: bool


Sound: TypeAlias = tuple[Answer, tuple[Doubt, ...]]
"""An answer as it counts, and why it is not as it was given."""

Soundness: TypeAlias = Callable[[Stated, Rules, date], Sound]


def _unless(doubts: tuple[Doubt, ...], given: Answer) -> Sound:
    return (Answer.UNSURE, doubts) if doubts else (given, ())


def purpose_compatible_1(stated: Stated, rules: Rules, _today: date) -> Sound:
    """A yes counts if the purpose is named or put in words, fits what the data was collected for,
    and is decided here at all.
    """
    purpose = stated.purpose
    if purpose.answer is not Answer.YES:
        return purpose.answer, ()
    found = (
        (Doubt.PURPOSE_ROUTED, purpose.code in rules.routed),
        (Doubt.PURPOSE_NOT_STATED, purpose.code is PurposeCode.UNKNOWN and not purpose.stated),
        (Doubt.PURPOSE_INCOMPATIBLE, purpose.compatible in (Answer.NO, Answer.UNSURE)),
    )
    return _unless(tuple(doubt for doubt, holds in found if holds), Answer.YES)


_NOT_A_CONSENT: Final = frozenset(
    {
        ConsentStatus.NOT_SOUGHT,
        ConsentStatus.NOT_APPROPRIATE,
        ConsentStatus.SOUGHT_PENDING,
        ConsentStatus.REFUSED,
        ConsentStatus.UNABLE_TO_OBTAIN,
    }
)


def consent_in_force_1(stated: Stated, _rules: Rules, today: date) -> Sound:
    """A yes counts if no stated detail speaks against it: explicit, free, unambiguous, in date, not
    withdrawn, and wide enough.
    """
    consent = stated.consent
    if consent.answer is not Answer.YES:
        return consent.answer, ()
    scope = consent.scope
    expired = consent.status is ConsentStatus.EXPIRED or (
        consent.expires_on is not None and consent.expires_on < today
    )
    early = consent.given_on is not None and consent.given_on > today
    found = (
        (Doubt.CONSENT_NOT_GIVEN, consent.status in _NOT_A_CONSENT),
        (Doubt.CONSENT_WITHDRAWN, consent.status is ConsentStatus.WITHDRAWN),
        (Doubt.CONSENT_OUT_OF_DATE, expired or early),
        (Doubt.CONSENT_NOT_EXPLICIT, consent.explicit is False),
        (Doubt.CONSENT_NOT_FREELY_GIVEN, consent.freely_given in (Answer.NO, Answer.UNSURE)),
        (Doubt.CONSENT_AMBIGUOUS, consent.unambiguous in (Answer.NO, Answer.UNSURE)),
        (
            Doubt.CONSENT_OTHER_PURPOSE,
            scope.purposes is not None and stated.purpose.code not in scope.purposes,
        ),
        (
            Doubt.CONSENT_OTHER_RECIPIENT,
            scope.recipients is not None
            and stated.recipient.organisation_type not in scope.recipients,
        ),
        (
            Doubt.CONSENT_OTHER_ITEMS,
            scope.items is not None
            and any(item.category not in scope.items for item in stated.shared()),
        ),
    )
    return _unless(tuple(doubt for doubt, holds in found if holds), Answer.YES)


def identifiable_small_group_1(stated: Stated, rules: Rules, _today: date) -> Sound:
    """A no counts if no group is so small that it gives people away, and the school holds no key to
    the pseudonyms.
    """
    if stated.identifiable is not Answer.NO:
        return stated.identifiable, ()
    items = stated.shared()
    found = (
        (
            Doubt.SMALL_GROUP,
            any(
                item.smallest_group is not None and item.smallest_group < rules.smallest_group
                for item in items
            ),
        ),
        (Doubt.SCHOOL_HOLDS_THE_KEY, any(item.key_held for item in items)),
    )
    return _unless(tuple(doubt for doubt, holds in found if holds), Answer.NO)


def lawful_reason_supported_1(stated: Stated, _rules: Rules, _today: date) -> Sound:
    """A yes for the safeguarding condition counts unless one of its four tests was answered
    otherwise than yes.
    """
    reason = stated.lawful_reason
    if (
        reason.answer is not Answer.YES
        or reason.code is not LawfulReasonCode.SAFEGUARDING_CONDITION
    ):
        return reason.answer, ()
    tests = reason.tests
    answers = (
        tests.protects,
        tests.at_risk,
        tests.without_consent,
        tests.substantial_public_interest,
    )
    failed = any(answer in (Answer.NO, Answer.UNSURE) for answer in answers)
    return _unless((Doubt.CONDITION_NOT_SHOWN,) if failed else (), Answer.YES)


def recipient_verified_1(stated: Stated, _rules: Rules, _today: date) -> Sound:
    """The answer about the recipient, or where none is given about whoever asked; a call the school
    made to a published number verifies.

    A yes that rests on no check at all does not count; a no is never overruled by how the check was
    tried.
    """
    recipient, requester = stated.recipient, stated.requester
    method = recipient.verification_method or requester.verification_method
    given = recipient.identity_verified or requester.identity_verified or Answer.UNSURE
    if given is Answer.YES and method is VerificationMethod.NONE:
        return Answer.UNSURE, (Doubt.IDENTITY_NOT_CHECKED,)
    called = (
        stated.direction is Direction.PROACTIVE
        and method is VerificationMethod.CALL_BACK_PUBLISHED_NUMBER
    )
    return (Answer.YES, ()) if called and given is Answer.UNSURE else (given, ())


FUNCTIONS: Final[Mapping[str, Mapping[str, Soundness]]] = MappingProxyType(
    {
        "purpose": {"purpose_compatible@1": purpose_compatible_1},
        "consent": {"consent_in_force@1": consent_in_force_1},
        "identifiable": {"identifiable_small_group@1": identifiable_small_group_1},
        "lawful_reason": {"lawful_reason_supported@1": lawful_reason_supported_1},
        "recipient_verified": {"recipient_verified@1": recipient_verified_1},
    }
)
"""For each answer that details can speak against, the functions a policy may name. A version once
used is never changed or removed."""


DOUBTS: Final[Mapping[str, frozenset[Doubt]]] = MappingProxyType(
    {
        "purpose_compatible@1": frozenset(
            {Doubt.PURPOSE_ROUTED, Doubt.PURPOSE_NOT_STATED, Doubt.PURPOSE_INCOMPATIBLE}
        ),
        "consent_in_force@1": frozenset(
            {
                Doubt.CONSENT_NOT_GIVEN,
                Doubt.CONSENT_WITHDRAWN,
                Doubt.CONSENT_OUT_OF_DATE,
                Doubt.CONSENT_NOT_EXPLICIT,
                Doubt.CONSENT_NOT_FREELY_GIVEN,
                Doubt.CONSENT_AMBIGUOUS,
                Doubt.CONSENT_OTHER_PURPOSE,
                Doubt.CONSENT_OTHER_RECIPIENT,
                Doubt.CONSENT_OTHER_ITEMS,
            }
        ),
        "identifiable_small_group@1": frozenset({Doubt.SMALL_GROUP, Doubt.SCHOOL_HOLDS_THE_KEY}),
        "lawful_reason_supported@1": frozenset({Doubt.CONDITION_NOT_SHOWN}),
        "recipient_verified@1": frozenset({Doubt.IDENTITY_NOT_CHECKED}),
    }
)
"""The doubts each function can raise; a policy that names it has a text for every one."""

NEEDED_PARAMETERS: Final = frozenset({"smallest_group"})
NEEDED_SETS: Final = frozenset({"routed", "protective"})


def _any(of: bool) -> Answer:  # noqa: FBT001 - the whole point is to turn a truth into a word
    return Answer.YES if of else Answer.NO


def derive(stated: Stated, rules: Rules, today: date) -> Facts:
    """The enumerated facts of a case on a day under the policy's rules."""
    sound = {
        question: FUNCTIONS[question][name](stated, rules, today)
        for question, name in rules.functions.items()
    }
    items = stated.shared()
    return Facts(
        direction=stated.direction,
        urgency=stated.urgency,
        recipient_type=stated.recipient.organisation_type,
        recipient_verified=sound["recipient_verified"][0],
        purpose_code=stated.purpose.code,
        purpose=sound["purpose"][0],
        consent=sound["consent"][0],
        consent_status=stated.consent.status,
        not_sought_reason=stated.consent.not_sought_reason,
        identifiable=sound["identifiable"][0],
        lawful_reason=sound["lawful_reason"][0],
        lawful_code=stated.lawful_reason.code,
        immediate_risk=stated.risk.immediate_risk,
        crime_suspected=stated.risk.crime_suspected,
        emergency_kind=stated.risk.emergency_kind,
        amount=stated.how.amount,
        fact_from_opinion=stated.how.fact_from_opinion,
        right_recipient=stated.how.right_recipient,
        secure=stated.how.secure,
        secure_route=stated.recipient.secure_route,
        transparency=stated.how.transparency.decision,
        transparency_reason=stated.how.transparency.reason,
        special_category=_any(any(item.special_category for item in items)),
        criminal_offence=_any(any(item.criminal_offence for item in items)),
        unexplained_history=_any(any(item.historical and not item.explained for item in items)),
        opinion=_any(any(item.nature not in (None, ItemNature.FACT) for item in items)),
        third_party=_any(any(item.third_party for item in items)),
        review_overdue=_any(rules.review_overdue),
        doubts=tuple(doubt for question in sorted(sound) for doubt in sound[question][1]),
    )


def last_day(due: str) -> date:
    """The last day on which something due in a month `YYYY-MM`, or on a day `YYYY-MM-DD`, is in
    time.
    """
    if len(due) == len("YYYY-MM-DD"):
        return date.fromisoformat(due)
    year, number = int(due[:4]), int(due[5:7])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
