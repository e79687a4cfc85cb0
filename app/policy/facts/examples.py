"""Examples for the OpenAPI document: one request from a multi-agency safeguarding hub."""

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
