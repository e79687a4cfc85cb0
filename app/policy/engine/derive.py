"""Derives the facts that the tables read from the facts as stated. Pure.

Versioned functions check each answer against its details. Invariant: a detail can only turn an
answer that permits sharing into `unsure`, with a doubt that gives the reason; it never turns one
into a refusal, and never into a permission.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, TypeAlias

from app.policy.engine.codes import Doubt
from app.policy.engine.inputs import Stated
from app.policy.engine.model import Facts
from app.policy.engine.vocabulary import (
    Answer,
    ConsentStatus,
    Direction,
    ItemNature,
    LawfulReasonCode,
    PurposeCode,
    VerificationMethod,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a policy gives the functions on a day.

    `routed` holds the purposes that have a procedure of their own, `functions` the versioned
    function that checks the answer to each question.
    """

    smallest_group: int
    routed: frozenset[str]
    functions: Mapping[str, str]
    review_overdue: bool


CheckedAnswer: TypeAlias = tuple[Answer, tuple[Doubt, ...]]
"""The effective answer, and the doubts that changed it."""

AnswerCheck: TypeAlias = Callable[[Stated, Rules, date], CheckedAnswer]


def _unless(doubts: tuple[Doubt, ...], given: Answer) -> CheckedAnswer:
    return (Answer.UNSURE, doubts) if doubts else (given, ())


def purpose_compatible_1(stated: Stated, rules: Rules, _today: date) -> CheckedAnswer:
    """Accept a yes if the purpose has a code or a statement, is compatible with the purpose the
    data was collected for, and has no procedure of its own.
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


def consent_in_force_1(stated: Stated, _rules: Rules, today: date) -> CheckedAnswer:
    """Accept a yes unless a stated detail contradicts it: not given, withdrawn, out of date, not
    explicit, not freely given, ambiguous, or for another purpose, recipient or category of item.
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


def identifiable_small_group_1(stated: Stated, rules: Rules, _today: date) -> CheckedAnswer:
    """Accept a no unless a group is small enough to identify people, or the school can reverse the
    pseudonyms.
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


def lawful_reason_supported_1(stated: Stated, _rules: Rules, _today: date) -> CheckedAnswer:
    """Accept a yes for the safeguarding condition unless one of its four tests was answered no or
    unsure.
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


def recipient_verified_1(stated: Stated, _rules: Rules, _today: date) -> CheckedAnswer:
    """Take the answer about the recipient or, if there is none, the answer about the requester.

    A yes without any check is not accepted. When the school shares on its own initiative, calling
    back a published number turns an unsure into a yes. A no always stands.
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


FUNCTIONS: Final[Mapping[str, Mapping[str, AnswerCheck]]] = MappingProxyType(
    {
        "purpose": {"purpose_compatible@1": purpose_compatible_1},
        "consent": {"consent_in_force@1": consent_in_force_1},
        "identifiable": {"identifiable_small_group@1": identifiable_small_group_1},
        "lawful_reason": {"lawful_reason_supported@1": lawful_reason_supported_1},
        "recipient_verified": {"recipient_verified@1": recipient_verified_1},
    }
)
"""The functions that a policy may name for each question whose answer is checked. A published
version is never changed or removed."""


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
"""The doubts that each function can raise; a policy that names a function has a text for each."""

NEEDED_PARAMETERS: Final = frozenset({"smallest_group"})
NEEDED_SETS: Final = frozenset({"routed", "protective"})


def _answer(of: bool) -> Answer:  # noqa: FBT001 - it converts a bool
    return Answer.YES if of else Answer.NO


def derive(stated: Stated, rules: Rules, today: date) -> Facts:
    """The facts of a case on a day under the policy's rules."""
    checked = {
        question: FUNCTIONS[question][name](stated, rules, today)
        for question, name in rules.functions.items()
    }
    items = stated.shared()
    return Facts(
        direction=stated.direction,
        urgency=stated.urgency,
        recipient_type=stated.recipient.organisation_type,
        recipient_verified=checked["recipient_verified"][0],
        purpose_code=stated.purpose.code,
        purpose=checked["purpose"][0],
        consent=checked["consent"][0],
        consent_status=stated.consent.status,
        not_sought_reason=stated.consent.not_sought_reason,
        identifiable=checked["identifiable"][0],
        lawful_reason=checked["lawful_reason"][0],
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
        special_category=_answer(any(item.special_category for item in items)),
        criminal_offence=_answer(any(item.criminal_offence for item in items)),
        unexplained_history=_answer(any(item.historical and not item.explained for item in items)),
        opinion=_answer(any(item.nature not in (None, ItemNature.FACT) for item in items)),
        third_party=_answer(any(item.third_party for item in items)),
        review_overdue=_answer(rules.review_overdue),
        doubts=tuple(doubt for question in sorted(checked) for doubt in checked[question][1]),
    )


def last_day(due: str) -> date:
    """The last day that is not after a due month `YYYY-MM` or due day `YYYY-MM-DD`."""
    if len(due) == len("YYYY-MM-DD"):
        return date.fromisoformat(due)
    year, number = int(due[:4]), int(due[5:7])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
