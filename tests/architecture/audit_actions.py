"""The audit entries that each operation, sign-in and operator command appends when it succeeds, and
whom they name. A new operation, command or action needs a row here, or the tests fail.

An entry names the persons concerned (`SUBJECTS`) beside its actor, the account that acted (`ACTOR`)
alone, or no person (`NO_PERSON`): the operator, the service and a caller who failed to sign in have
no account.
"""

from typing import Final

from app.audit.model import Action as A

SUBJECTS: Final = "subjects"
ACTOR: Final = "actor"
NO_PERSON: Final = "no person"

Appended = tuple[tuple[A, str], ...]

NOTHING: Final[Appended] = ()

OPERATIONS: Final[dict[str, Appended]] = {
    "read_me": NOTHING,
    # --- policy: what concerns no person can be read without an entry
    "get_policy": NOTHING,
    "list_policies": NOTHING,
    "get_policy_version": NOTHING,
    "get_policy_document": NOTHING,
    "get_policy_flowchart": NOTHING,
    "compare_policy_versions": NOTHING,
    "draft_policy_version": ((A.POLICY_DRAFTED, ACTOR),),
    "approve_policy_version": ((A.POLICY_APPROVED, ACTOR),),
    "withdraw_policy_version": ((A.POLICY_WITHDRAWN, ACTOR),),
    "assess_policy_impact": ((A.POLICY_IMPACT_ASSESSED, ACTOR),),
    "read_policy_impact": ((A.POLICY_IMPACT_READ, ACTOR),),
    "evaluate_facts": ((A.EVALUATION_TRIED, ACTOR),),
    # --- sharing requests
    "submit_sharing_request": ((A.REQUEST_SUBMITTED, SUBJECTS),),
    "list_sharing_requests": ((A.REQUESTS_LISTED, ACTOR),),
    "list_attention": ((A.ATTENTION_LISTED, ACTOR),),
    "read_sharing_request": ((A.REQUEST_READ, SUBJECTS),),
    "read_evaluation": ((A.REQUEST_READ, SUBJECTS),),
    "amend_sharing_request": ((A.REQUEST_AMENDED, SUBJECTS),),
    "evaluate_sharing_request": ((A.REQUEST_EVALUATED, SUBJECTS),),
    "withdraw_sharing_request": ((A.REQUEST_WITHDRAWN, SUBJECTS),),
    "close_sharing_request": ((A.REQUEST_CLOSED, SUBJECTS),),
    "ask_for_information": ((A.INFORMATION_REQUESTED, SUBJECTS),),
    "decide_sharing_request": ((A.DECISION_RECORDED, SUBJECTS),),
    "record_disclosure": ((A.DISCLOSURE_RECORDED, SUBJECTS),),
    "record_emergency_disclosure": ((A.EMERGENCY_RECORDED, SUBJECTS),),
    "seek_advice": ((A.ADVICE_SOUGHT, SUBJECTS),),
    "answer_advice": ((A.ADVICE_ANSWERED, SUBJECTS),),
    "record_notice": ((A.NOTICE_RECORDED, SUBJECTS),),
    "record_consent": ((A.CONSENT_RECORDED, SUBJECTS),),
    "withdraw_consent": ((A.CONSENT_WITHDRAWN, SUBJECTS),),
    "reconsider_sharing_request": ((A.REQUEST_RECONSIDERED, SUBJECTS),),
    "read_decision_record": ((A.RECORD_READ, SUBJECTS),),
    "draw_flowchart": ((A.FLOWCHART_READ, SUBJECTS),),
    "release_letter": ((A.LETTER_RELEASED, SUBJECTS),),
    "read_letter": ((A.LETTER_READ, SUBJECTS),),
    "account_for_disclosures": ((A.SUBJECT_ACCOUNTED, SUBJECTS),),
    # --- recipients
    "list_recipient_types": NOTHING,
    "list_recipients": ((A.RECIPIENTS_LISTED, ACTOR),),
    "register_recipient": ((A.RECIPIENT_CREATED, ACTOR),),
    "get_recipient": ((A.RECIPIENT_READ, ACTOR),),
    "change_recipient": ((A.RECIPIENT_CHANGED, ACTOR),),
    "list_contacts": ((A.CONTACTS_READ, ACTOR),),
    "add_contact": ((A.CONTACT_CREATED, ACTOR),),
    "get_contact": ((A.CONTACTS_READ, ACTOR),),
    "change_contact": ((A.CONTACT_CHANGED, ACTOR),),
    "list_verifications": ((A.VERIFICATIONS_READ, ACTOR),),
    "verify_recipient": ((A.VERIFICATION_RECORDED, ACTOR),),
    # --- retention and reports
    "list_retention_due": ((A.RETENTION_LISTED, ACTOR),),
    "review_retention": ((A.RETENTION_REVIEWED, SUBJECTS),),
    "dispose_of_sharing_request": ((A.REQUEST_DISPOSED, SUBJECTS),),
    "read_report_summary": ((A.REPORT_READ, ACTOR),),
    # --- audit: checkpoints and consistency proofs show no entry
    "list_audit_entries": ((A.TRAIL_SEARCHED, ACTOR),),
    "get_audit_entry": ((A.ENTRY_READ, ACTOR),),
    "get_audit_proof": ((A.PROOF_READ, ACTOR),),
    "get_audit_checkpoint": NOTHING,
    "get_audit_consistency": NOTHING,
    "export_audit_entries": ((A.TRAIL_EXPORTED, ACTOR),),
    # --- without a token
    "issue_token": ((A.SESSION_OPENED, ACTOR),),
    "revoke_token": ((A.SESSION_CLOSED, ACTOR),),
    "list_signing_keys": NOTHING,
    "check_alive": NOTHING,
    "check_ready": NOTHING,
    "read_metrics": NOTHING,
}

OTHER_OUTCOMES: Final[dict[str, Appended]] = {
    "an operation is denied": ((A.ACCESS_DENIED, ACTOR),),
    "a refresh token is used": ((A.SESSION_REFRESHED, ACTOR),),
    "a refresh token is used twice": ((A.SESSION_REVOKED, ACTOR),),
    "a password is wrong": ((A.SESSION_REFUSED, ACTOR),),
    "an account is unknown": ((A.SESSION_REFUSED, NO_PERSON),),
    "requests become due for disposal": ((A.RETENTION_LISTED, NO_PERSON),),
}
"""Entries of refusals and of the service itself."""

COMMANDS: Final[dict[str, Appended]] = {
    "serve": NOTHING,
    "worker": NOTHING,
    "doctor": NOTHING,
    "openapi": NOTHING,
    "backup": NOTHING,
    "restore": NOTHING,
    "db upgrade": NOTHING,
    "users add": ((A.ACCOUNT_CREATED, NO_PERSON), (A.POLICY_ADOPTED, NO_PERSON)),
    "users list": ((A.ACCOUNTS_LISTED, NO_PERSON),),
    "users role": ((A.ACCOUNT_CHANGED, NO_PERSON),),
    "users password": ((A.ACCOUNT_CHANGED, NO_PERSON),),
    "users disable": ((A.ACCOUNT_DISABLED, NO_PERSON),),
    "clients add": ((A.CLIENT_CREATED, NO_PERSON),),
    "clients list": NOTHING,
    "clients rotate": ((A.CLIENT_ROTATED, NO_PERSON),),
    "clients disable": ((A.CLIENT_DISABLED, NO_PERSON),),
    "policy check": NOTHING,
    "policy replay": NOTHING,
    "audit key": NOTHING,
    "audit verify": NOTHING,
    "audit export": ((A.BUNDLE_EXPORTED, NO_PERSON),),
    "audit reopen": ((A.LOG_REOPENED, NO_PERSON),),
    "demo load": (
        (A.ACCOUNT_CREATED, NO_PERSON),
        (A.CLIENT_CREATED, NO_PERSON),
        (A.RECIPIENT_CREATED, ACTOR),
        (A.CONTACT_CREATED, ACTOR),
        (A.VERIFICATION_RECORDED, ACTOR),
        (A.EMERGENCY_RECORDED, ACTOR),
        (A.ADVICE_ANSWERED, SUBJECTS),
        (A.ADVICE_SOUGHT, SUBJECTS),
        (A.CONSENT_RECORDED, SUBJECTS),
        (A.CONSENT_WITHDRAWN, SUBJECTS),
        (A.DECISION_RECORDED, SUBJECTS),
        (A.DISCLOSURE_RECORDED, SUBJECTS),
        (A.EMERGENCY_RECORDED, SUBJECTS),
        (A.INFORMATION_REQUESTED, SUBJECTS),
        (A.LETTER_RELEASED, SUBJECTS),
        (A.NOTICE_RECORDED, SUBJECTS),
        (A.REQUEST_AMENDED, SUBJECTS),
        (A.REQUEST_CLOSED, SUBJECTS),
        (A.REQUEST_DISPOSED, SUBJECTS),
        (A.REQUEST_RECONSIDERED, SUBJECTS),
        (A.REQUEST_SUBMITTED, SUBJECTS),
        (A.REQUEST_WITHDRAWN, SUBJECTS),
        (A.RETENTION_REVIEWED, SUBJECTS),
    ),
}
"""By command of `python -m app`; a row lists different entries once."""
