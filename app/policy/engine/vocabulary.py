"""The closed vocabularies of information sharing, as used in the API. Pure.

Members are stored permanently: add new ones, never rename or reuse one.
"""

from app.kernel.vocabulary import Answer as Answer  # noqa: PLC0414 - re-exported
from app.kernel.vocabulary import OrganisationType as OrganisationType  # noqa: PLC0414
from app.kernel.vocabulary import SecureRoute as SecureRoute  # noqa: PLC0414
from app.kernel.vocabulary import Word as Word  # noqa: PLC0414


class Outcome(Word):
    """The outcomes that a policy can recommend."""

    SHARE = "share"
    SHARE_EMERGENCY = "share_emergency"
    DO_NOT_SHARE = "do_not_share"
    SEEK_ADVICE = "seek_advice"


class Step(Word):
    """The questions on when to share, in the order of the policy's prose."""

    IMMEDIATE_RISK = "immediate_risk"
    PURPOSE = "purpose"
    CONSENT = "consent"
    IDENTIFIABLE = "identifiable"
    LAWFUL_REASON = "lawful_reason"


class Release(Word):
    """Whether information that may be shared may be disclosed now."""

    READY = "ready"
    HOLD = "hold"
    NONE = "none"


class Finding(Word):
    """Whether the facts meet a principle or a golden rule."""

    MET = "met"
    NOT_MET = "not_met"
    UNSURE = "unsure"
    NOT_APPLICABLE = "not_applicable"


class Mais(Word):
    """The outcome as one of the three permissions of machine-to-machine exchange."""

    PERMIT = "PERMIT"
    DENY = "DENY"
    REVIEW = "REVIEW"


class Direction(Word):
    """Whether the school received a request or shares on its own initiative."""

    RECEIVED = "received"
    PROACTIVE = "proactive"


class Urgency(Word):
    """How soon an answer is needed."""

    IMMEDIATE = "immediate"
    URGENT = "urgent"
    ROUTINE = "routine"


class PurposeCode(Word):
    """The purpose of sharing."""

    CHILD_PROTECTION_REFERRAL = "child_protection_referral"
    SECTION_47_ENQUIRY = "section_47_enquiry"
    CHILD_IN_NEED_UPDATE = "child_in_need_update"
    EARLY_HELP = "early_help"
    CHILD_PROTECTION_CONFERENCE = "child_protection_conference"
    CHILD_PROTECTION_FILE_TRANSFER = "child_protection_file_transfer"
    MISSING_CHILD = "missing_child"
    PROTECT_FROM_SELF_HARM = "protect_from_self_harm"
    MEDICAL_EMERGENCY = "medical_emergency"
    HEALTH_SUPPORT = "health_support"
    SEN_SUPPORT = "sen_support"
    DOMESTIC_ABUSE_RISK_MANAGEMENT = "domestic_abuse_risk_management"
    CHILD_ON_CHILD_HARM = "child_on_child_harm"
    ALLEGATION_AGAINST_ADULT = "allegation_against_adult"
    PREVENT_REFERRAL = "prevent_referral"
    MANDATORY_REPORT = "mandatory_report"
    ADULT_AT_RISK_REFERRAL = "adult_at_risk_referral"
    CRIME_INVESTIGATION = "crime_investigation"
    STATUTORY_REQUEST = "statutory_request"
    COURT_ORDER = "court_order"
    PRIVATE_LITIGATION = "private_litigation"
    SUBJECT_ACCESS_REQUEST = "subject_access_request"
    ADMISSIONS_DECISION = "admissions_decision"
    INTERNAL_CONCERN = "internal_concern"
    INTERNAL_NEED_TO_KNOW = "internal_need_to_know"
    ADVICE_DEIDENTIFIED = "advice_deidentified"
    GOVERNANCE_OVERSIGHT = "governance_oversight"
    SERVICE_PLANNING = "service_planning"
    RESEARCH = "research"
    IMMIGRATION_ENFORCEMENT = "immigration_enforcement"
    BULK_OR_PRE_AGREED = "bulk_or_pre_agreed"
    PARENTAL_INTEREST = "parental_interest"
    COMMERCIAL_REFERENCE = "commercial_reference"
    LOCATE_FAMILY = "locate_family"
    GENERAL_AWARENESS = "general_awareness"
    OTHER = "other"
    UNKNOWN = "unknown"


class ItemCategory(Word):
    """The category of an item of information."""

    IDENTITY_CONTACT = "identity_contact"
    ATTENDANCE = "attendance"
    ATTAINMENT = "attainment"
    BEHAVIOUR = "behaviour"
    WELFARE_CONCERN = "welfare_concern"
    DISCLOSURE_BY_CHILD = "disclosure_by_child"
    HEALTH = "health"
    SEN = "sen"
    FAMILY_CIRCUMSTANCES = "family_circumstances"
    CHRONOLOGY = "chronology"
    IMAGE = "image"
    OTHER = "other"


class ItemNature(Word):
    """Whether an item is fact, opinion or allegation."""

    FACT = "fact"
    OPINION = "opinion"
    ALLEGATION = "allegation"
    MIXED = "mixed"


class SpecialCategory(Word):
    """The special categories of UK GDPR Article 9(1)."""

    RACIAL_OR_ETHNIC_ORIGIN = "racial_or_ethnic_origin"
    POLITICAL_OPINIONS = "political_opinions"
    RELIGIOUS_BELIEFS = "religious_beliefs"
    TRADE_UNION_MEMBERSHIP = "trade_union_membership"
    GENETIC = "genetic"
    BIOMETRIC = "biometric"
    HEALTH = "health"
    SEX_LIFE = "sex_life"
    SEXUAL_ORIENTATION = "sexual_orientation"


class Include(Word):
    """Whether an item is shared, redacted or withheld."""

    SHARE = "share"
    REDACT = "redact"
    WITHHOLD = "withhold"


class ConsentStatus(Word):
    """The status of consent."""

    NOT_SOUGHT = "not_sought"
    NOT_APPROPRIATE = "not_appropriate"
    SOUGHT_PENDING = "sought_pending"
    GIVEN = "given"
    LIMITED = "limited"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNABLE_TO_OBTAIN = "unable_to_obtain"
    UNKNOWN = "unknown"


class NotSoughtReason(Word):
    """The reason for not seeking consent."""

    WOULD_INCREASE_RISK = "would_increase_risk"
    WOULD_CAUSE_DELAY = "would_cause_delay"
    WOULD_PREJUDICE_ENQUIRY = "would_prejudice_enquiry"
    CANNOT_BE_GIVEN = "cannot_be_given"
    NOT_REASONABLE = "not_reasonable"
    WOULD_SHARE_ANYWAY = "would_share_anyway"


class Authority(Word):
    """The authority of the person who gave consent."""

    SELF = "self"
    COMPETENT_CHILD = "competent_child"
    PARENTAL_RESPONSIBILITY = "parental_responsibility"
    COURT_APPOINTED = "court_appointed"


class ConsentForm(Word):
    """The form in which consent was given."""

    WRITTEN = "written"
    VERBAL = "verbal"
    ELECTRONIC = "electronic"


class SubjectRole(Word):
    """The role of a person whom the information is about."""

    CHILD = "child"
    SIBLING = "sibling"
    PARENT_OR_CARER = "parent_or_carer"
    ALLEGED_SOURCE_OF_RISK = "alleged_source_of_risk"
    STAFF_MEMBER = "staff_member"
    REPORTER = "reporter"
    OTHER_ADULT = "other_adult"


class VerificationMethod(Word):
    """The method by which an identity was verified."""

    KNOWN_PERSONALLY = "known_personally"
    CALL_BACK_PUBLISHED_NUMBER = "call_back_published_number"
    SECURE_DOMAIN = "secure_domain"
    WARRANT_CARD = "warrant_card"
    COURT_SEAL = "court_seal"
    API_CREDENTIAL = "api_credential"
    NONE = "none"


class EmergencyKind(Word):
    """The kind of emergency."""

    PROTECTION = "protection"
    MEDICAL = "medical"
    MISSING = "missing"


class TransparencyDecision(Word):
    """Whether the person or family is informed."""

    INFORMED_BEFORE = "informed_before"
    INFORMED_AFTER = "informed_after"
    NOT_INFORMED = "not_informed"
    DEFERRED = "deferred"


class TransparencyReason(Word):
    """The reason for not informing them, or not yet."""

    WOULD_INCREASE_RISK = "would_increase_risk"
    WOULD_PREJUDICE_ENQUIRY = "would_prejudice_enquiry"
    NOT_PRACTICABLE = "not_practicable"
    REQUESTED_BY_AGENCY = "requested_by_agency"


class LawfulReasonCode(Word):
    """The lawful reasons for sharing without consent that the policy recognises."""

    SAFEGUARDING_CONDITION = "safeguarding_condition"
    PROTECTS_PERSON_AT_RISK = "protects_person_at_risk"
    STATUTORY_REQUEST = "statutory_request"
    STATUTORY_DUTY = "statutory_duty"
    OTHER_LEGAL_OBLIGATION = "other_legal_obligation"
    COURT_ORDER = "court_order"
    STATUTORY_EXEMPTION = "statutory_exemption"
    PUBLIC_INTEREST = "public_interest"
    OVERWHELMING_INTERESTS_OF_SUBJECT = "overwhelming_interests_of_subject"
    VITAL_INTERESTS = "vital_interests"


class StatutoryPower(Word):
    """What compels. Stored for ever: add members, never rename or reuse one."""

    SECTION_16H = "section_16h"
    SECTION_14B = "section_14b"
    COURT_ORDER = "court_order"
    OTHER_OBLIGATION = "other_obligation"


class HowCheck(Word):
    """The checks on how to share, in the order of the policy's prose."""

    AMOUNT = "amount"
    FACT_FROM_OPINION = "fact_from_opinion"
    RIGHT_RECIPIENT = "right_recipient"
    SECURE = "secure"
    TRANSPARENCY = "transparency"


class PrincipleId(Word):
    """The seven principles."""

    NECESSARY_AND_PROPORTIONATE = "necessary_and_proportionate"
    RELEVANT = "relevant"
    ADEQUATE = "adequate"
    ACCURATE = "accurate"
    TIMELY = "timely"
    SECURE = "secure"
    RECORD = "record"


class GoldenRuleId(Word):
    """The golden rules. Their numbers differ between editions of the advice, so the edition is part
    of the id; a policy follows one edition.
    """

    FRAMEWORK = "hmg2018.1"
    OPENNESS = "hmg2018.2"
    ADVICE = "hmg2018.3"
    CONSENT = "hmg2018.4"
    SAFETY = "hmg2018.5"
    QUALITY = "hmg2018.6"
    RECORD = "hmg2018.7"
    CHILD_BEFORE_PRIVACY = "hmg2024.1"
    EXPLAIN = "hmg2024.2"
    OBJECTION_WEIGHED = "hmg2024.3"
    ADVICE_PROMPTLY = "hmg2024.4"
    IDENTITIES_PROTECTED = "hmg2024.5"
    ONLY_WHAT_IS_NEEDED = "hmg2024.6"
    RECORD_AND_RECONSIDER = "hmg2024.7"

    @property
    def edition(self) -> str:
        """The edition of the advice."""
        return self.value.partition(".")[0]

    @property
    def number(self) -> str:
        """The number within the edition."""
        return self.value.partition(".")[2]
