"""The examples of the OpenAPI document: one request from a hub, and what the policy says of it."""

from typing import Any, Final

DIGEST_EXAMPLE: Final = "sha256:acd6c838b641e924a04fd931796cec0bf79edaa1ad618d4d06718641e40e8bde"

FACTS_EXAMPLE: Final[dict[str, Any]] = {
    "direction": "received",
    "external_id": {"system": "mis.example", "value": "SR-2231"},
    "requester": {
        "name": "A. Khan",
        "role_title": "Social worker",
        "organisation": "Anytown MASH",
        "identity_verified": "yes",
        "verification_method": "call_back_published_number",
    },
    "recipient": {
        "organisation": "Anytown MASH",
        "organisation_type": "mash",
        "named_individual": "A. Khan",
        "role_title": "Social worker",
        "identity_verified": "yes",
        "secure_route": "secure_email",
    },
    "purpose": {
        "code": "section_47_enquiry",
        "statement": "Section 47 enquiry opened today",
        "answer": "yes",
    },
    "subjects": [{"person_ref": "mis:7781", "role": "child"}],
    "items": [
        {
            "description": "Attendance this term",
            "category": "attendance",
            "nature": "fact",
            "as_at": "2026-11-20",
            "historical": False,
            "special_category": [],
            "criminal_offence": False,
            "third_party": False,
            "include": "share",
        }
    ],
    "consent": {"answer": "no", "status": "not_sought", "not_sought_reason": "would_increase_risk"},
    "identifiable": "yes",
    "lawful_reason": {
        "answer": "yes",
        "code": "safeguarding_condition",
        "necessity": "Needed to decide on the child's safety",
    },
    "risk": {"immediate_risk": "no", "crime_suspected": "no", "emergency_kind": None},
    "how": {
        "amount": "yes",
        "fact_from_opinion": "yes",
        "right_recipient": "yes",
        "secure": "yes",
        "transparency": {"decision": "not_informed", "reason": "would_increase_risk"},
    },
    "urgency": "urgent",
    "needed_by": "2026-11-23",
}

EVALUATION_EXAMPLE: Final[dict[str, Any]] = {
    "id": "019b1c59-51b2-7e0a-b1f0-95cf5d4b7a10",
    "policy": {"version": "2025-11", "digest": DIGEST_EXAMPLE, "review_overdue": False},
    "outcome": "share",
    "decided_at": "lawful_reason",
    "release": "ready",
    "path": [
        {
            "step": "immediate_risk",
            "answer": "no",
            "basis": "No one is thought to be in danger now.",
            "cites": ["alert.police"],
        },
        {
            "step": "purpose",
            "answer": "yes",
            "basis": "The purpose is clear and legitimate.",
            "cites": ["when.purpose"],
        },
        {
            "step": "consent",
            "answer": "no",
            "basis": "You do not have consent. That alone does not decide the outcome.",
            "cites": ["when.consent"],
        },
        {
            "step": "identifiable",
            "answer": "yes",
            "basis": "Someone can be identified from this.",
            "cites": ["when.identifiable"],
        },
        {
            "step": "lawful_reason",
            "answer": "yes",
            "basis": "You have a lawful reason to share without consent, so you can share this once"
            " the checks on how to share are met.",
            "cites": ["when.lawful_reason"],
        },
    ],
    "how": [{"check": "amount", "met": "yes", "basis": "It is limited to what is needed."}],
    "principles": [
        {
            "id": "necessary_and_proportionate",
            "finding": "met",
            "basis": "It is limited to what the purpose needs.",
            "cites": ["principles.necessary"],
        }
    ],
    "golden_rules": [
        {
            "id": "hmg2018.1",
            "finding": "met",
            "basis": "The law was used as a framework, and it allows this.",
            "cites": ["rules.1"],
        }
    ],
    "actions": [
        {
            "code": "record_decision_and_reasons",
            "text": "Record the decision and the reasons, whether or not you share.",
            "who": "staff",
            "due": "2026-11-23T16:30:00.000000Z",
            "ask": [],
            "cites": ["how.record", "rules.7"],
        }
    ],
    "may_decide": ["dsl"],
    "myths": [],
    "mais": "PERMIT",
}
