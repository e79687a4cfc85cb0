"""The closed vocabularies of an evaluation's results. Pure.

Members are stored permanently: add new ones, never rename or reuse one.
"""

from app.policy.engine.vocabulary import Word


class MythId(Word):
    """The five myths about information sharing."""

    GDPR_IS_A_BARRIER = "gdpr_is_a_barrier"
    CONSENT_IS_ALWAYS_NEEDED = "consent_is_always_needed"
    NOT_TO_ANOTHER_ORGANISATION = "not_to_another_organisation"
    CONFIDENCE_AND_HUMAN_RIGHTS_PREVENT = "confidence_and_human_rights_prevent"
    IT_SYSTEMS_ARE_A_BARRIER = "it_systems_are_a_barrier"


class ActionCode(Word):
    """The actions that an evaluation can recommend."""

    CALL_999_AMBULANCE = "call_999_ambulance"
    NOTIFY_POLICE_IMMEDIATELY = "notify_police_immediately"
    ESCALATE_TO_DSL_NOW = "escalate_to_dsl_now"
    TELL_DSL = "tell_dsl"
    VERIFY_RECIPIENT = "verify_recipient"
    SEEK_ADVICE = "seek_advice"
    ROUTE_TO_IG_LEAD = "route_to_ig_lead"
    RECORD_OUTCOME_OF_DISCUSSION = "record_outcome_of_discussion"
    REDUCE_TO_WHAT_IS_NECESSARY = "reduce_to_what_is_necessary"
    SEPARATE_FACT_FROM_OPINION = "separate_fact_from_opinion"
    EXPLAIN_HISTORICAL_INFORMATION = "explain_historical_information"
    USE_A_SECURE_ROUTE = "use_a_secure_route"
    NAME_THE_LAWFUL_REASON = "name_the_lawful_reason"
    RELY_ON_ONE_BASIS = "rely_on_one_basis"
    DECIDE_WHETHER_TO_INFORM = "decide_whether_to_inform"
    INFORM_INDIVIDUAL = "inform_individual"
    LOOK_AGAIN_AT_INFORMING = "look_again_at_informing"
    TRANSFER_FILE_WITH_RECEIPT = "transfer_file_with_receipt"
    COMPLETE_RECORD_RETROSPECTIVELY = "complete_record_retrospectively"
    RECORD_DECISION_AND_REASONS = "record_decision_and_reasons"
    RECORD_WHAT_WAS_SHARED_WITHOUT_CONSENT = "record_what_was_shared_without_consent"
    RECORD_REASONS_FOR_NOT_SHARING = "record_reasons_for_not_sharing"
    DISCUSS_REASONS_WITH_REQUESTER = "discuss_reasons_with_requester"
    RECONSIDER_ON_NEW_INFORMATION = "reconsider_on_new_information"
    REVIEW_THE_POLICY = "review_the_policy"


class Doubt(Word):
    """The reasons for which an answer was changed to unsure: its details contradict it."""

    PURPOSE_NOT_STATED = "purpose_not_stated"
    PURPOSE_ROUTED = "purpose_routed"
    PURPOSE_INCOMPATIBLE = "purpose_incompatible"
    CONSENT_NOT_GIVEN = "consent_not_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_OUT_OF_DATE = "consent_out_of_date"
    CONSENT_NOT_EXPLICIT = "consent_not_explicit"
    CONSENT_NOT_FREELY_GIVEN = "consent_not_freely_given"
    CONSENT_AMBIGUOUS = "consent_ambiguous"
    CONSENT_OTHER_PURPOSE = "consent_other_purpose"
    CONSENT_OTHER_RECIPIENT = "consent_other_recipient"
    CONSENT_OTHER_ITEMS = "consent_other_items"
    SMALL_GROUP = "small_group"
    SCHOOL_HOLDS_THE_KEY = "school_holds_the_key"
    CONDITION_NOT_SHOWN = "condition_not_shown"
    IDENTITY_NOT_CHECKED = "identity_not_checked"
