"""The policy of November 2025 as typed Python, written by hand, for comparison with the tables.

Invariant: it gives the same codes as the tables; `benchmarks.p4` checks that before it measures.
"""

from dataclasses import dataclass
from typing import Final

from app.identity.model import Role
from app.policy.engine.codes import ActionCode as A
from app.policy.engine.codes import MythId
from app.policy.engine.model import Facts
from app.policy.engine.vocabulary import (
    Answer,
    ConsentStatus,
    Direction,
    EmergencyKind,
    Finding,
    LawfulReasonCode,
    Mais,
    OrganisationType,
    Outcome,
    PurposeCode,
    Release,
    SecureRoute,
    Step,
    TransparencyDecision,
)

YES, NO, UNSURE = Answer.YES, Answer.NO, Answer.UNSURE
MET, NOT_MET = Finding.MET, Finding.NOT_MET
DOUBTFUL, NOT_APPLICABLE = Finding.UNSURE, Finding.NOT_APPLICABLE
SHARE, EMERGENCY = Outcome.SHARE, Outcome.SHARE_EMERGENCY
REFUSE, ASK = Outcome.DO_NOT_SHARE, Outcome.SEEK_ADVICE

_O, _P = OrganisationType, PurposeCode
PROTECTIVE: Final = frozenset(
    {
        _O.POLICE,
        _O.AMBULANCE_OR_EMERGENCY_SERVICE,
        _O.CHILDRENS_SOCIAL_CARE,
        _O.MASH,
        _O.NSPCC,
        _O.HEALTH_PROVIDER,
    },
)
ROUTED: Final = frozenset({_P.SUBJECT_ACCESS_REQUEST, _P.BULK_OR_PRE_AGREED})
OUTSIDE: Final = ROUTED | {
    _P.RESEARCH,
    _P.SERVICE_PLANNING,
    _P.GOVERNANCE_OVERSIGHT,
    _P.PRIVATE_LITIGATION,
    _P.COURT_ORDER,
    _P.COMMERCIAL_REFERENCE,
    _P.STATUTORY_REQUEST,
}
SAFEGUARDING: Final = frozenset(
    {
        _P.CHILD_PROTECTION_REFERRAL,
        _P.SECTION_47_ENQUIRY,
        _P.CHILD_IN_NEED_UPDATE,
        _P.CHILD_PROTECTION_CONFERENCE,
        _P.CHILD_PROTECTION_FILE_TRANSFER,
        _P.MISSING_CHILD,
        _P.PROTECT_FROM_SELF_HARM,
        _P.MEDICAL_EMERGENCY,
        _P.DOMESTIC_ABUSE_RISK_MANAGEMENT,
        _P.CHILD_ON_CHILD_HARM,
        _P.ALLEGATION_AGAINST_ADULT,
        _P.PREVENT_REFERRAL,
        _P.MANDATORY_REPORT,
        _P.ADULT_AT_RISK_REFERRAL,
        _P.CRIME_INVESTIGATION,
        _P.INTERNAL_CONCERN,
    }
)
INFORMED: Final = frozenset(
    {TransparencyDecision.INFORMED_BEFORE, TransparencyDecision.INFORMED_AFTER}
)
ANYBODY, STAFF_OR_DSL, DSL, IG_LEAD = (
    (Role.STAFF, Role.DSL, Role.IG_LEAD),
    (Role.STAFF, Role.DSL),
    (Role.DSL,),
    (Role.IG_LEAD,),
)
MAIS: Final = {SHARE: Mais.PERMIT, EMERGENCY: Mais.PERMIT, REFUSE: Mais.DENY, ASK: Mais.REVIEW}


@dataclass(frozen=True, slots=True)
class Decided:
    """The codes of an evaluation."""

    outcome: Outcome
    decided_at: Step
    release: Release
    path: tuple[tuple[Step, Answer], ...]
    how: tuple[Answer, ...]
    principles: tuple[Finding, ...]
    golden_rules: tuple[Finding, ...]
    actions: tuple[A, ...]
    may_decide: tuple[Role, ...]
    myths: tuple[MythId, ...]
    mais: Mais


def outcome(facts: Facts) -> tuple[Outcome, Step]:  # noqa: PLR0911 - follows the text of the policy
    """When to share: the outcome and the question that decided it."""
    if (
        facts.immediate_risk is YES
        and facts.recipient_verified is YES
        and facts.recipient_type in PROTECTIVE
    ):
        return EMERGENCY, Step.IMMEDIATE_RISK
    if facts.purpose is not YES:
        return (REFUSE if facts.purpose is NO else ASK), Step.PURPOSE
    if facts.consent is YES:
        return SHARE, Step.CONSENT
    if facts.identifiable is NO:
        return SHARE, Step.IDENTIFIABLE
    if facts.lawful_reason is YES:
        return SHARE, Step.LAWFUL_REASON
    if facts.consent is UNSURE:
        return ASK, Step.CONSENT
    if facts.identifiable is UNSURE:
        return ASK, Step.IDENTIFIABLE
    return (ASK if facts.lawful_reason is UNSURE else REFUSE), Step.LAWFUL_REASON


def path(facts: Facts, of: Outcome, at: Step) -> tuple[tuple[Step, Answer], ...]:
    """The questions in their order."""
    asked = [(Step.IMMEDIATE_RISK, facts.immediate_risk)]
    if of is EMERGENCY:
        return tuple(asked)
    asked.append((Step.PURPOSE, facts.purpose))
    if at is Step.PURPOSE:
        return tuple(asked)
    asked.append((Step.CONSENT, facts.consent))
    if facts.consent is YES:
        return tuple(asked)
    asked.append((Step.IDENTIFIABLE, facts.identifiable))
    if facts.identifiable is not NO:
        asked.append((Step.LAWFUL_REASON, facts.lawful_reason))
    return tuple(asked)


def transparency(facts: Facts) -> Answer:
    """Whether it is decided that the person or family is told."""
    if facts.transparency is None:
        return UNSURE
    return (
        UNSURE
        if facts.transparency is TransparencyDecision.NOT_INFORMED
        and facts.transparency_reason is None
        else YES
    )


def needs(*answers: Answer) -> Finding:
    """Not met if any answer is no, unsure if any is unsure."""
    return NOT_MET if NO in answers else DOUBTFUL if UNSURE in answers else MET


def principles(facts: Facts, of: Outcome, release: Release) -> tuple[Finding, ...]:
    """The seven principles."""
    record = DOUBTFUL if of is EMERGENCY else MET
    if of is REFUSE:
        return (*(NOT_APPLICABLE,) * 6, record)
    necessary = (
        DOUBTFUL if facts.third_party is YES and facts.amount is YES else needs(facts.amount)
    )
    adequate = DOUBTFUL if facts.unexplained_history is YES else needs(facts.fact_from_opinion)
    accurate = needs(facts.fact_from_opinion)
    if accurate is MET and facts.unexplained_history is YES:
        accurate = DOUBTFUL
    timely = MET if of is EMERGENCY or (of is SHARE and release is Release.READY) else DOUBTFUL
    if of is EMERGENCY and facts.secure is not YES:
        secure = DOUBTFUL
    else:
        secure = (
            DOUBTFUL
            if facts.secure is YES and facts.secure_route is SecureRoute.NONE
            else needs(facts.secure)
        )
    return (
        necessary,
        needs(facts.purpose, facts.right_recipient),
        adequate,
        accurate,
        timely,
        secure,
        record,
    )


def openness(facts: Facts) -> Finding:
    """The second golden rule."""
    if facts.identifiable is NO:
        return NOT_APPLICABLE
    if facts.transparency is None:
        return DOUBTFUL
    return (
        NOT_MET
        if facts.transparency is TransparencyDecision.NOT_INFORMED
        and facts.transparency_reason is None
        else MET
    )


def golden_rules(facts: Facts, of: Outcome) -> tuple[Finding, ...]:
    """The seven golden rules."""
    framework = DOUBTFUL if of is ASK else MET
    advice = DOUBTFUL if of is ASK or facts.immediate_risk is UNSURE else MET
    consent = (
        NOT_APPLICABLE
        if facts.identifiable is NO
        else DOUBTFUL
        if of is ASK and facts.consent is not YES
        else MET
    )
    if of is EMERGENCY:
        safety = MET
    elif of is REFUSE and facts.immediate_risk is YES:
        safety = NOT_MET
    else:
        safety = MET if facts.immediate_risk is NO else DOUBTFUL
    quality = (
        NOT_APPLICABLE
        if of is REFUSE
        else needs(facts.amount, facts.fact_from_opinion, facts.right_recipient, facts.secure)
    )
    return (
        framework,
        openness(facts),
        advice,
        consent,
        safety,
        quality,
        (DOUBTFUL if of is EMERGENCY else MET),
    )


def danger(facts: Facts, of: Outcome) -> list[A]:
    """Urgent actions."""
    found = []
    danger_now, crime = facts.immediate_risk is YES, facts.crime_suspected is YES
    medical = facts.emergency_kind is EmergencyKind.MEDICAL
    unnamed = facts.emergency_kind is None and facts.purpose_code is _P.MEDICAL_EMERGENCY
    if (danger_now and (medical or unnamed)) or (crime and medical):
        found.append(A.CALL_999_AMBULANCE)
    if danger_now or crime:
        found.append(A.NOTIFY_POLICE_IMMEDIATELY)
    if facts.immediate_risk is UNSURE or (danger_now and of is not EMERGENCY):
        found.append(A.ESCALATE_TO_DSL_NOW)
    if of is EMERGENCY or crime or (of is not ASK and facts.purpose_code in SAFEGUARDING):
        found.append(A.TELL_DSL)
    return found


def before_release(facts: Facts, of: Outcome, at: Step) -> list[A]:
    """Actions before the release."""
    found = []
    sharing = of is SHARE or of is EMERGENCY
    if (of is SHARE or of is ASK) and (
        facts.recipient_verified is not YES or facts.right_recipient is not YES
    ):
        found.append(A.VERIFY_RECIPIENT)
    if facts.purpose_code in ROUTED:
        found.append(A.ROUTE_TO_IG_LEAD)
    if of is ASK:
        found += (A.SEEK_ADVICE, A.RECORD_OUTCOME_OF_DISCUSSION)
    if (of is SHARE and (facts.amount is not YES or facts.third_party is YES)) or (
        of is ASK and facts.amount is NO
    ):
        found.append(A.REDUCE_TO_WHAT_IS_NECESSARY)
    mixed = (of is SHARE and facts.fact_from_opinion is not YES) or (
        of is ASK and facts.fact_from_opinion is NO
    )
    if mixed or (sharing and facts.opinion is YES):
        found.append(A.SEPARATE_FACT_FROM_OPINION)
    if of is not REFUSE and facts.unexplained_history is YES:
        found.append(A.EXPLAIN_HISTORICAL_INFORMATION)
    unsafe = of is SHARE and (facts.secure is not YES or facts.secure_route is SecureRoute.NONE)
    if unsafe or ((of is EMERGENCY or of is ASK) and facts.secure is NO):
        found.append(A.USE_A_SECURE_ROUTE)
    if of is SHARE and at is Step.LAWFUL_REASON and facts.lawful_code is None:
        found.append(A.NAME_THE_LAWFUL_REASON)
    if (
        sharing
        and facts.consent is YES
        and facts.lawful_code is LawfulReasonCode.SAFEGUARDING_CONDITION
    ):
        found.append(A.RELY_ON_ONE_BASIS)
    return found


def informing(facts: Facts, of: Outcome) -> list[A]:
    """Informing the person or family."""
    if (of is not SHARE and of is not EMERGENCY) or facts.identifiable is NO:
        return []
    told = facts.transparency
    found = []
    if told is None or (
        told is TransparencyDecision.NOT_INFORMED and facts.transparency_reason is None
    ):
        found.append(A.DECIDE_WHETHER_TO_INFORM)
    unpractical = (
        told is TransparencyDecision.NOT_INFORMED and facts.transparency_reason == "not_practicable"
    )
    if told in INFORMED or told is TransparencyDecision.DEFERRED or unpractical:
        found.append(A.INFORM_INDIVIDUAL)
    if told is TransparencyDecision.DEFERRED or told is TransparencyDecision.NOT_INFORMED:
        found.append(A.LOOK_AGAIN_AT_INFORMING)
    return found


def recording(facts: Facts, of: Outcome) -> list[A]:
    """Actions for the record and afterwards."""
    found = []
    if of is SHARE and facts.purpose_code is _P.CHILD_PROTECTION_FILE_TRANSFER:
        found.append(A.TRANSFER_FILE_WITH_RECEIPT)
    if of is EMERGENCY:
        found.append(A.COMPLETE_RECORD_RETROSPECTIVELY)
    found.append(A.RECORD_DECISION_AND_REASONS)
    if (
        (of is SHARE or of is EMERGENCY)
        and facts.consent is not YES
        and facts.identifiable is not NO
    ):
        found.append(A.RECORD_WHAT_WAS_SHARED_WITHOUT_CONSENT)
    if of is REFUSE:
        found += (
            A.RECORD_REASONS_FOR_NOT_SHARING,
            A.DISCUSS_REASONS_WITH_REQUESTER,
            A.RECONSIDER_ON_NEW_INFORMATION,
        )
    if facts.review_overdue is YES:
        found.append(A.REVIEW_THE_POLICY)
    return found


def deciders(facts: Facts, of: Outcome) -> tuple[Role, ...]:
    """The roles that can decide the recommended outcome."""
    if of is EMERGENCY:
        return ANYBODY
    if facts.purpose_code in OUTSIDE:
        return IG_LEAD
    plain = facts.special_category is NO and facts.criminal_offence is NO
    if of is SHARE and plain and (facts.consent is YES or facts.identifiable is NO):
        return STAFF_OR_DSL
    return DSL


def myths(facts: Facts, of: Outcome, at: Step) -> tuple[MythId, ...]:
    """Myths about sharing that apply."""
    found = []
    if of is ASK or (of is REFUSE and at is Step.LAWFUL_REASON):
        found.append(MythId.GDPR_IS_A_BARRIER)
    if facts.consent is not YES and facts.identifiable is not NO and facts.purpose is not NO:
        found.append(MythId.CONSENT_IS_ALWAYS_NEEDED)
    if of is ASK and facts.direction is Direction.RECEIVED:
        found.append(MythId.NOT_TO_ANOTHER_ORGANISATION)
    if facts.consent_status in {
        ConsentStatus.REFUSED,
        ConsentStatus.WITHDRAWN,
        ConsentStatus.LIMITED,
    }:
        found.append(MythId.CONFIDENCE_AND_HUMAN_RIGHTS_PREVENT)
    if facts.secure_route is SecureRoute.API or facts.purpose_code is _P.BULK_OR_PRE_AGREED:
        found.append(MythId.IT_SYSTEMS_ARE_A_BARRIER)
    return tuple(found)


def evaluate(facts: Facts) -> Decided:
    """The complete recommendation."""
    of, at = outcome(facts)
    how = (facts.amount, facts.fact_from_opinion, facts.right_recipient, facts.secure)
    if of is SHARE:
        release = Release.READY if how.count(YES) == len(how) else Release.HOLD
    else:
        release = Release.READY if of is EMERGENCY else Release.NONE
    return Decided(
        outcome=of,
        decided_at=at,
        release=release,
        path=path(facts, of, at),
        how=(*how, transparency(facts)),
        principles=principles(facts, of, release),
        golden_rules=golden_rules(facts, of),
        actions=(
            *danger(facts, of),
            *before_release(facts, of, at),
            *informing(facts, of),
            *recording(facts, of),
        ),
        may_decide=deciders(facts, of),
        myths=myths(facts, of, at),
        mais=MAIS[of],
    )
