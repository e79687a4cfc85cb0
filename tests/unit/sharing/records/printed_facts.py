"""Facts and evaluations for the tests of printed records."""

from typing import Any


def steps(*answers: tuple[str, str]) -> list[dict[str, Any]]:
    """The way taken, as an evaluation tells it."""
    return [
        {
            "step": step,
            "answer": answer,
            "basis": f"The facts settle {step.replace('_', ' ')}.",
            "cites": [f"when.{step}"],
        }
        for step, answer in answers
    ]


def how(**met: str) -> list[dict[str, Any]]:
    """The checks, all met but for those given."""
    return [
        {
            "check": check,
            "met": met.get(check, "yes"),
            "basis": f"What was said about {check.replace('_', ' ')}.",
        }
        for check in CHECKS
    ]


def evaluation(outcome: str = "share") -> dict[str, Any]:
    """An evaluation with this outcome."""
    path, decided_at, release = WAYS[outcome]
    return {
        "id": "01a2048c-0000-7000-8000-00000000e001",
        "policy": {"version": "2025-11", "digest": DIGEST, "review_overdue": False},
        "outcome": outcome,
        "decided_at": decided_at,
        "release": release,
        "path": path,
        "how": how(secure="unsure"),
        "principles": [
            {
                "id": one,
                "finding": "met",
                "basis": "The facts bear it out.",
                "cites": [f"principles.{one}"],
            }
            for one in PRINCIPLES
        ],
        "golden_rules": [
            {"id": f"hmg2018.{n}", "finding": "met", "basis": "Followed.", "cites": [f"rules.{n}"]}
            for n in range(1, 8)
        ],
        "actions": [
            {
                "code": "record_decision_and_reasons",
                "text": "Record the decision and why.",
                "who": "staff",
                "due": "2026-11-23T17:00:00.000000Z",
                "ask": [],
                "cites": ["principles.record"],
            }
        ],
        "may_decide": ["dsl"],
        "myths": [
            {
                "id": "consent_is_always_needed",
                "text": "Consent is one way to share lawfully, not the only one.",
            }
        ],
        "mais": "PERMIT",
        "current": True,
        "trigger": "submitted",
        "recorded_at": "2026-11-23T10:02:00.000000Z",
    }


def facts() -> dict[str, Any]:
    """The facts of a request for attendance and concerns."""
    return {
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
        "subjects": [
            {"person_ref": "mis:7781", "role": "child", "born_on": "2014-05-09"},
            {"person_ref": "mis:7790", "role": "sibling"},
        ],
        "items": [
            {
                "id": ITEM,
                "description": "Attendance this term",
                "category": "attendance",
                "nature": "fact",
                "as_at": "2026-11-20",
                "historical": False,
                "special_category": [],
                "criminal_offence": False,
                "third_party": False,
                "include": "share",
            },
            {
                "id": OTHER_ITEM,
                "description": "Notes of a talk with the aunt",
                "category": "welfare_concern",
                "nature": "opinion",
                "as_at": "2024-02-01",
                "historical": True,
                "special_category": ["health"],
                "criminal_offence": False,
                "third_party": True,
                "include": "withhold",
                "withheld_because": "Not needed for the enquiry",
            },
        ],
        "consent": {
            "answer": "no",
            "status": "not_sought",
            "not_sought_reason": "would_increase_risk",
        },
        "identifiable": "yes",
        "lawful_reason": {
            "answer": "yes",
            "code": "safeguarding_condition",
            "necessity": "Needed to decide on the child's safety",
        },
        "risk": {"immediate_risk": "no", "crime_suspected": "no"},
        "how": {
            "amount": "yes",
            "fact_from_opinion": "yes",
            "right_recipient": "yes",
            "secure": "unsure",
            "transparency": {"decision": "not_informed", "reason": "would_increase_risk"},
        },
        "urgency": "urgent",
        "needed_by": "2026-11-23",
    }


DIGEST = "sha256:" + "5a" * 32


ITEM = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"


OTHER_ITEM = "01a2048c-538b-7f43-a0cf-42edea9dbc8e"


PRINCIPLES = (
    "necessary_and_proportionate",
    "relevant",
    "adequate",
    "accurate",
    "timely",
    "secure",
    "record",
)


CHECKS = ("amount", "fact_from_opinion", "right_recipient", "secure", "transparency")


WAYS: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "share": (
        steps(
            ("immediate_risk", "no"),
            ("purpose", "yes"),
            ("consent", "no"),
            ("identifiable", "yes"),
            ("lawful_reason", "yes"),
        ),
        "lawful_reason",
        "hold",
    ),
    "share_emergency": (steps(("immediate_risk", "yes")), "immediate_risk", "ready"),
    "do_not_share": (steps(("immediate_risk", "no"), ("purpose", "no")), "purpose", "none"),
    "seek_advice": (
        steps(
            ("immediate_risk", "unsure"),
            ("purpose", "yes"),
            ("consent", "unsure"),
            ("identifiable", "yes"),
            ("lawful_reason", "no"),
        ),
        "consent",
        "none",
    ),
}
