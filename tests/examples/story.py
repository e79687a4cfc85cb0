"""A Monday in November at an invented school, in which every operation is called once.

To add an operation, call it where it fits: `await told.does(who, operation_id, body, **path)`.
Without a body, the documented example is sent. The first successful reply of each status and media
type becomes the example.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from app.platform.settings import Settings
from tests.api.policies import changed_policy, without_health_providers
from tests.examples.recorder import MONDAY, STEPS, Examples, Recorder

HTML: Final = "text/html"
SVG: Final = "image/svg+xml"

SECTIONS: Final = 12
"""A policy document has more sections than this; the reply around it has this number of members."""


async def record_story(settings: Settings) -> Examples:
    """The recorded replies of the service with these settings, on an empty migrated database."""
    async with Recorder.started(settings) as told:
        for scene in SCENES:
            await scene(told)
    return told.examples


def _hour(hour: int, minute: int) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute)


async def the_service_starts(told: Recorder) -> None:
    """Health checks and the signing keys."""
    await told.does("anonymous", "check_alive")
    await told.does("anonymous", "check_ready")
    await told.does("anonymous", "list_signing_keys")
    await told.does("dsl", "read_me")


async def the_directory_is_kept(told: Recorder) -> None:
    """List the hub with a contact, and record identity checks of both."""
    hub = (await told.does("dsl", "register_recipient"))["id"]
    worker = (await told.does("dsl", "add_contact", recipient_id=hub))["id"]
    await told.does("dsl", "change_recipient", recipient_id=hub)
    await told.does("dsl", "change_contact", recipient_id=hub, contact_id=worker)
    await told.does(
        "deputy",
        "verify_recipient",
        told.example_of("verify_recipient", contact_id=worker),
        recipient_id=hub,
    )
    rang = {
        "method": "call_back_published_number",
        "result": "yes",
        "note": "The number is on the council's website.",
    }
    await told.does("deputy", "verify_recipient", rang, recipient_id=hub)
    await told.does("teacher", "list_recipients", query={"organisation_type": "mash"})
    await told.does("teacher", "get_recipient", recipient_id=hub)
    await told.does("teacher", "list_contacts", recipient_id=hub)
    await told.does("teacher", "get_contact", recipient_id=hub, contact_id=worker)
    await told.does("teacher", "list_verifications", recipient_id=hub)
    await told.does("teacher", "list_recipient_types")


async def a_hub_asks(told: Recorder) -> None:
    """The ordinary steps: submit, decide, disclose, notify, close, read the record."""
    await told.does("teacher", "evaluate_facts", longest=STEPS)
    request = (await told.does("teacher", "submit_sharing_request"))["id"]
    decision = (await told.does("dsl", "decide_sharing_request", request_id=request))["id"]
    await told.does("teacher", "draw_flowchart", accept=SVG, request_id=request)
    await told.at(_hour(11, 10))
    await told.does(
        "teacher",
        "record_disclosure",
        told.example_of("record_disclosure", decision_id=decision),
        request_id=request,
    )
    await told.does("dsl", "record_notice", request_id=request)
    await told.does(
        "dsl", "close_sharing_request", {"why": "Nothing more is to come."}, request_id=request
    )
    await told.seals()
    await told.does("dsl", "read_sharing_request", request_id=request)
    await told.does("dsl", "read_decision_record", request_id=request)
    await told.does("dsl", "read_decision_record", accept=HTML, request_id=request)


def _unsure(told: Recorder) -> dict[str, Any]:
    return told.example_of(
        "submit_sharing_request", lawful_reason={"answer": "unsure"}, how={"amount": "yes"}
    )


async def somebody_is_unsure(told: Recorder) -> None:
    """Seek and give advice, and ask the requester for missing information."""
    request = (await told.does("teacher", "submit_sharing_request", _unsure(told)))["id"]
    advice = (await told.does("teacher", "seek_advice", request_id=request))["id"]
    await told.does("dsl", "answer_advice", request_id=request, advice_id=advice)
    await told.does("deputy", "ask_for_information", request_id=request)
    await told.does("teacher", "amend_sharing_request", request_id=request)


async def consent_is_given_and_taken_back(told: Recorder) -> None:
    """Record consent and its withdrawal."""
    helped = told.example_of(
        "submit_sharing_request",
        recipient={
            "organisation_type": "educational_psychologist",
            "identity_verified": "yes",
            "secure_route": "secure_email",
        },
        purpose={
            "code": "sen_support",
            "statement": "An assessment that the family asked for",
            "answer": "yes",
        },
        consent={
            "answer": "yes",
            "status": "given",
            "explicit": True,
            "freely_given": "yes",
            "unambiguous": "yes",
        },
        lawful_reason={"answer": "unsure"},
        urgency="routine",
    )
    request = (await told.does("teacher", "submit_sharing_request", helped))["id"]
    consent = (await told.does("teacher", "record_consent", request_id=request))["id"]
    again = (await told.does("teacher", "evaluate_sharing_request", request_id=request))["id"]
    await told.does("teacher", "read_evaluation", request_id=request, evaluation_id=again)
    decision = {
        "outcome": "share",
        "reasons": "The family asked for this help and agreed in writing.",
    }
    decided = (await told.does("teacher", "decide_sharing_request", decision, request_id=request))[
        "id"
    ]
    sent = told.example_of("record_disclosure", decision_id=decided)
    await told.does("teacher", "record_disclosure", sent, request_id=request)
    await told.does("teacher", "withdraw_consent", request_id=request, consent_id=consent)


def _landlord(told: Recorder) -> dict[str, Any]:
    return told.example_of(
        "submit_sharing_request",
        recipient={"organisation_type": "landlord", "identity_verified": "yes"},
        purpose={
            "code": "commercial_reference",
            "statement": "Are they good tenants?",
            "answer": "no",
        },
        lawful_reason={"answer": "no"},
        urgency="routine",
    )


async def a_landlord_is_refused(told: Recorder) -> None:
    """Refuse a request, write the letter, and reconsider."""
    request = (await told.does("teacher", "submit_sharing_request", _landlord(told)))["id"]
    refusal = {
        "outcome": "do_not_share",
        "reasons": "No purpose that concerns the child.",
        "refusal": {"discussed_with_requester": "yes", "how": "By telephone the same day."},
    }
    await told.does("ig_lead", "decide_sharing_request", refusal, request_id=request)
    letter = (await told.does("teacher", "release_letter", request_id=request))["id"]
    await told.does("teacher", "read_letter", accept=HTML, request_id=request, letter_id=letter)
    await told.does("teacher", "reconsider_sharing_request", request_id=request)


async def something_was_sent_twice(told: Recorder) -> None:
    """Withdraw a request, list it as due, dispose of it."""
    request = (await told.does("mis", "submit_sharing_request"))["id"]
    await told.does("mis", "withdraw_sharing_request", request_id=request)
    away = {"keep": "dispose", "why": "Sent in error; nothing of it is needed."}
    await told.does("ig_lead", "review_retention", away, request_id=request)
    await told.does("ig_lead", "list_retention_due")
    await told.does("ig_lead", "dispose_of_sharing_request", request_id=request)


async def two_children_are_in_danger(told: Recorder) -> None:
    """Record emergencies and complete their records."""
    await told.at(_hour(14, 55))
    await told.does("teacher", "record_emergency_disclosure")
    tablets = told.example_of(
        "record_emergency_disclosure",
        recipient={
            "organisation": "Anytown Hospital",
            "organisation_type": "health_provider",
            "identity_verified": "yes",
        },
        what="What he swallowed, and when",
        why="He has taken tablets and is drowsy",
        purpose={"code": "medical_emergency"},
    )
    await told.does("dsl", "record_emergency_disclosure", tablets)


async def the_leads_look_round(told: Recorder) -> None:
    """The work queue, the accounting for one child, and the report. More requests are submitted
    first, because the report suppresses small numbers.
    """
    for _ in range(5):
        for body in (None, _unsure(told), _landlord(told)):
            await told.does("mis", "submit_sharing_request", body)
    await told.does("dsl", "list_attention", query={"limit": 2})
    await told.does("teacher", "list_sharing_requests", query={"limit": 2})
    await told.does("dsl", "account_for_disclosures", person_ref="mis:7781", query={"limit": 2})
    await told.does("dsl", "read_report_summary")
    await told.does("dsl", "read_report_summary", accept=SVG)


async def the_policy_is_reviewed(told: Recorder) -> None:
    """Read, draft, compare, assess, approve and withdraw a policy version."""
    await told.at(_hour(15, 10))
    in_force = (await told.does("teacher", "get_policy"))["digest"]
    await told.does("teacher", "get_policy_version", widest=SECTIONS, digest=in_force)
    await told.does("teacher", "get_policy_document", accept=HTML, digest=in_force)
    await told.does("teacher", "get_policy_document", accept="application/yaml", digest=in_force)
    await told.does("teacher", "get_policy_flowchart", accept=SVG, digest=in_force)
    draft = (
        await told.does(
            "ig_lead",
            "draft_policy_version",
            changed_policy(without_health_providers, version="2026-12"),
        )
    )["digest"]
    await told.does("ig_lead", "compare_policy_versions", query={"from": in_force}, digest=draft)
    await told.does(
        "ig_lead", "compare_policy_versions", accept=HTML, query={"from": in_force}, digest=draft
    )
    job = (await told.does("ig_lead", "assess_policy_impact", digest=draft))["id"]
    await told.does("ig_lead", "read_policy_impact", digest=draft, job=job)
    await told.does("ig_lead", "read_policy_impact", accept=HTML, digest=draft, job=job)
    await told.does("governance", "approve_policy_version", digest=draft)
    await told.does("teacher", "list_policies")
    await told.does("governance", "withdraw_policy_version", digest=draft)


async def the_trail_is_read(told: Recorder) -> None:
    """Search, read, prove and export the audit log."""
    await told.seals()
    decisions = {"action": "sharing.decision.recorded", "limit": 2}
    entry = (await told.does("ig_lead", "list_audit_entries", query=decisions))["items"][-1]
    await told.does("ig_lead", "get_audit_entry", entry_id=entry["id"])
    await told.does("ig_lead", "get_audit_proof", entry_id=entry["id"])
    await told.does("ig_lead", "get_audit_proof", accept="text/plain", entry_id=entry["id"])
    await told.does("ig_lead", "get_audit_checkpoint", accept="text/plain")
    await told.does("ig_lead", "get_audit_consistency", query={"from": entry["index"] + 1})
    await told.does(
        "ig_lead",
        "export_audit_entries",
        accept="application/x-ndjson",
        query={"action": "sharing.decision.recorded"},
    )
    await told.does(
        "ig_lead",
        "export_audit_entries",
        accept="text/csv",
        query={"action": "sharing.decision.recorded"},
    )


async def something_goes_on_in_the_background(told: Recorder) -> None:
    """Operations that go on in the background come last, because they have no fixed end."""
    draft = (
        await told.does(
            "ig_lead",
            "draft_policy_version",
            changed_policy(without_health_providers, version="2027-01"),
        )
    )["digest"]
    await told.does(
        "ig_lead", "assess_policy_impact", headers={"Prefer": "respond-async"}, digest=draft
    )


SCENES: Final[tuple[Callable[[Recorder], Awaitable[None]], ...]] = (
    the_service_starts,
    the_directory_is_kept,
    a_hub_asks,
    somebody_is_unsure,
    consent_is_given_and_taken_back,
    a_landlord_is_refused,
    something_was_sent_twice,
    two_children_are_in_danger,
    the_leads_look_round,
    the_policy_is_reviewed,
    the_trail_is_read,
    something_goes_on_in_the_background,
)
