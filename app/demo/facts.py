"""The facts of the invented requests, in four variants of each kind."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

Facts = dict[str, Any]

WORKERS: Final = ("N. Adeyemi", "P. Lindholm", "S. Marchetti", "T. Okonjo")
NEEDS: Final = (
    "Attendance this term",
    "Attendance since September",
    "Who collects her from school",
    "How he has been in class",
)
CATEGORIES: Final = ("attendance", "attendance", "family_circumstances", "behaviour")

HOW: Final[Mapping[str, Any]] = {
    "amount": "yes",
    "fact_from_opinion": "yes",
    "right_recipient": "yes",
    "secure": "yes",
    "transparency": {"decision": "informed_before"},
}
CONSENTED: Final[Mapping[str, Any]] = {
    "status": "given",
    "explicit": True,
    "freely_given": "yes",
    "unambiguous": "yes",
    "form": "written",
    "authority": "parental_responsibility",
}


def child(story: int, variant: int) -> str:
    """The reference of an invented child; some children occur in several stories."""
    return f"demo:{1000 + (story * 7 + variant * 3) % 40}"


def with_days_of_birth(facts: Mapping[str, Any], today: date) -> Facts:
    """Add the dates of birth of the subjects; a few are missing, as in a school's register."""
    subjects = [{**subject, **_born(subject, today)} for subject in facts.get("subjects", [])]
    return {**facts, "subjects": subjects} if subjects else dict(facts)


def _born(subject: Mapping[str, Any], today: date) -> Facts:
    number = subject["person_ref"].removeprefix("demo:")
    if not number.isdigit() or int(number) % 10 == 0:
        return {}
    return {
        "born_on": (
            today - timedelta(days=365 * (3 + int(number) % 15) + 7 * int(number) % 360)
        ).isoformat()
    }


def hub(story: int, variant: int, cites: tuple[UUID, UUID] | None = None, **changed: Any) -> Facts:
    """A referral hub asks within an enquiry, under the safeguarding condition."""
    name = WORKERS[variant]
    cited = (
        {"directory_id": str(cites[0]), "contact_id": str(cites[1])}
        if cites
        else {"identity_verified": "yes"}
    )
    return {
        "direction": "received",
        "external_id": {"system": "mis.example", "value": f"SR-{story:02}{variant}"},
        "requester": {"name": name, "role_title": "Social worker", "organisation": "Anytown MASH"},
        "recipient": {
            "organisation": "Anytown MASH",
            "organisation_type": "mash",
            "named_individual": "N. Adeyemi" if cites else name,
            "secure_route": "secure_email",
            **cited,
        },
        "purpose": {
            "code": "section_47_enquiry",
            "statement": "An enquiry was opened this week.",
            "answer": "yes",
        },
        "subjects": [{"person_ref": child(story, variant), "role": "child"}],
        "items": [
            {"description": NEEDS[variant], "category": CATEGORIES[variant], "nature": "fact"}
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
            "necessity": "The enquiry needs it to judge the risk.",
        },
        "risk": {"immediate_risk": "no", "crime_suspected": "no"},
        "how": {
            **HOW,
            "transparency": {"decision": "not_informed", "reason": "would_increase_risk"},
        },
        "urgency": "urgent",
        **changed,
    }


def early_help(story: int, variant: int) -> Facts:
    """A specialist offers help, and the family agrees."""
    kind = ("educational_psychologist", "health_provider", "educational_psychologist", "charity")[
        variant
    ]
    purpose = ("sen_support", "health_support", "sen_support", "early_help")[variant]
    return hub(
        story,
        variant,
        recipient={
            "organisation_type": kind,
            "named_individual": WORKERS[-variant],
            "identity_verified": "yes",
            "secure_route": "secure_email",
        },
        purpose={
            "code": purpose,
            "statement": "Support that the family asked for.",
            "answer": "yes",
        },
        consent={"answer": "yes", **CONSENTED},
        lawful_reason={"answer": "unsure"},
        how=HOW,
        urgency="routine",
    )


def no_purpose(story: int, variant: int) -> Facts:
    """A requester has no purpose that concerns the child."""
    kind = ("landlord", "vendor", "parent", "solicitor")[variant]
    purpose = (
        "commercial_reference",
        "commercial_reference",
        "parental_interest",
        "private_litigation",
    )[variant]
    asked = (
        "Are they good tenants?",
        "A list of families with new babies.",
        "How the neighbour's boy behaves.",
        "The file, for a claim.",
    )
    return hub(
        story,
        variant,
        recipient={
            "organisation_type": kind,
            "named_individual": WORKERS[variant],
            "identity_verified": "yes",
        },
        purpose={"code": purpose, "statement": asked[variant], "answer": "no"},
        lawful_reason={"answer": "no"},
        urgency="routine",
    )


def unsure(story: int, variant: int) -> Facts:
    """The submitter is unsure of the lawful reason."""
    purpose = (
        "child_in_need_update",
        "domestic_abuse_risk_management",
        "prevent_referral",
        "allegation_against_adult",
    )[variant]
    kind = ("childrens_social_care", "marac", "prevent_team", "lado")[variant]
    return hub(
        story,
        variant,
        recipient={
            "organisation_type": kind,
            "named_individual": WORKERS[variant],
            "identity_verified": "yes",
            "secure_route": "phone_verified",
        },
        purpose={
            "code": purpose,
            "statement": "They telephoned and asked what we know.",
            "answer": "yes",
        },
        lawful_reason={"answer": "unsure"},
        urgency="routine",
    )


def legal_duty(story: int, variant: int) -> Facts:
    """A partner or a court has a legal power; half of them explain why."""
    code = ("statutory_request", "court_order", "statutory_request", "court_order")[variant]
    power = ("section_16h", "court_order", "section_14b", "court_order")[variant]
    return hub(
        story,
        variant,
        recipient={
            "organisation_type": "court" if code == "court_order" else "safeguarding_partners",
            "named_individual": WORKERS[variant],
            "identity_verified": "yes",
            "secure_route": "encrypted_portal",
        },
        purpose={
            "code": code,
            "statement": "Asked for in writing, with the power named.",
            "answer": "yes",
        },
        lawful_reason={"answer": "yes", "code": code},
        statutory={
            "power": power,
            "burden_explained": ("yes", "yes", "no", "unsure")[variant],
            "explanation": "Their letter says what it is needed for.",
            "compelled_reason": "A review of how she was protected.",
        },
        urgency="routine",
    )


def several_items(story: int, variant: int) -> Facts:
    """Several items, of which some are included, some redacted and some withheld."""
    return hub(
        story,
        variant,
        subjects=[
            {"person_ref": child(story, variant), "role": "child"},
            {
                "person_ref": f"demo:reporter-{variant}",
                "role": "reporter",
                "identity_to_protect": True,
            },
        ],
        items=[
            {"description": NEEDS[variant], "category": CATEGORIES[variant], "nature": "fact"},
            {
                "description": "What a neighbour told us",
                "category": "welfare_concern",
                "nature": "allegation",
                "include": "redact",
                "withheld_because": "It names the neighbour.",
                "identity_to_protect": True,
            },
            {
                "description": "Notes of her talks with the counsellor",
                "category": "disclosure_by_child",
                "nature": "mixed",
                "include": "withhold",
                "withheld_because": "Not needed for this enquiry, and she asked us not to.",
            },
            {"description": "Marks in all subjects", "category": "attainment", "nature": "fact"},
        ],
    )


def special_procedure(variant: int) -> Facts:
    """Requests with a special procedure, or not about one child."""
    code = (
        "subject_access_request",
        "bulk_or_pre_agreed",
        "research",
        "child_protection_file_transfer",
    )[variant]
    kind = ("parent", "local_authority_other", "researcher", "school")[variant]
    return hub(
        14,
        variant,
        recipient={
            "organisation_type": kind,
            "named_individual": WORKERS[variant],
            "identity_verified": "yes",
            "secure_route": "post_tracked",
        },
        purpose={"code": code, "statement": "As their letter says.", "answer": "yes"},
        identifiable="unsure" if code == "research" else "yes",
        lawful_reason={"answer": "unsure" if code == "research" else "yes"},
        urgency="routine",
    )


def emergency(story: int, variant: int) -> Facts:
    """The short record of an emergency."""
    kind = ("police", "ambulance_or_emergency_service", "police", "childrens_social_care")[variant]
    why = (
        "She ran out of school towards the river.",
        "He collapsed and does not wake.",
        "She did not come home.",
        "He is afraid to go home today.",
    )
    purpose = ("missing_child", "medical_emergency", "missing_child", "child_protection_referral")[
        variant
    ]
    body: Facts = {
        "recipient": {"organisation_type": kind, "identity_verified": "yes"},
        "what": "Name, address, and what happened",
        "why": why[variant],
        "subjects": [{"person_ref": child(story, variant)}],
        "purpose": {"code": purpose},
    }
    return (
        body
        if variant
        else {name: member for name, member in body.items() if name not in {"subjects", "purpose"}}
    )
