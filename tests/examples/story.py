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
    async with Recorder.started(settings) as recorder:
        for scene in SCENES:
            await scene(recorder)
    return recorder.examples


def _hour(hour: int, minute: int) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute)


async def the_service_starts(recorder: Recorder) -> None:
    """Health checks and the signing keys."""
    await recorder.does("anonymous", "check_alive")
    await recorder.does("anonymous", "check_ready")
    await recorder.does("anonymous", "list_signing_keys")
    await recorder.does("dsl", "read_me")


async def the_directory_is_kept(recorder: Recorder) -> None:
    """List the hub with a contact, and record identity checks of both."""
    hub = (await recorder.does("dsl", "register_recipient"))["id"]
    worker = (await recorder.does("dsl", "add_contact", recipient_id=hub))["id"]
    await recorder.does("dsl", "change_recipient", recipient_id=hub)
    await recorder.does("dsl", "change_contact", recipient_id=hub, contact_id=worker)
    await recorder.does(
        "deputy",
        "verify_recipient",
        recorder.example_of("verify_recipient", contact_id=worker),
        recipient_id=hub,
    )
    rang = {
        "method": "call_back_published_number",
        "result": "yes",
        "note": "The number is on the council's website.",
    }
    await recorder.does("deputy", "verify_recipient", rang, recipient_id=hub)
    await recorder.does("teacher", "list_recipients", query={"organisation_type": "mash"})
    await recorder.does("teacher", "get_recipient", recipient_id=hub)
    await recorder.does("teacher", "list_contacts", recipient_id=hub)
    await recorder.does("teacher", "get_contact", recipient_id=hub, contact_id=worker)
    await recorder.does("teacher", "list_verifications", recipient_id=hub)
    await recorder.does("teacher", "list_recipient_types")


async def a_hub_asks(recorder: Recorder) -> None:
    """The ordinary steps: submit, decide, disclose, notify, close, read the record."""
    await recorder.does("teacher", "evaluate_facts", longest=STEPS)
    request = (await recorder.does("teacher", "submit_sharing_request"))["id"]
    decision = (await recorder.does("dsl", "decide_sharing_request", request_id=request))["id"]
    await recorder.does("teacher", "draw_flowchart", accept=SVG, request_id=request)
    await recorder.at(_hour(11, 10))
    await recorder.does(
        "teacher",
        "record_disclosure",
        recorder.example_of("record_disclosure", decision_id=decision),
        request_id=request,
    )
    await recorder.does("dsl", "record_notice", request_id=request)
    await recorder.does(
        "dsl", "close_sharing_request", {"why": "Nothing more is to come."}, request_id=request
    )
    await recorder.seals()
    await recorder.does("dsl", "read_sharing_request", request_id=request)
    await recorder.does("dsl", "read_decision_record", request_id=request)
    await recorder.does("dsl", "read_decision_record", accept=HTML, request_id=request)


def _unsure(recorder: Recorder) -> dict[str, Any]:
    return recorder.example_of(
        "submit_sharing_request", lawful_reason={"answer": "unsure"}, how={"amount": "yes"}
    )


async def staff_are_unsure(recorder: Recorder) -> None:
    """Seek and give advice, and ask the requester for missing information."""
    request = (await recorder.does("teacher", "submit_sharing_request", _unsure(recorder)))["id"]
    advice = (await recorder.does("teacher", "seek_advice", request_id=request))["id"]
    await recorder.does("dsl", "answer_advice", request_id=request, advice_id=advice)
    await recorder.does("deputy", "ask_for_information", request_id=request)
    await recorder.does("teacher", "amend_sharing_request", request_id=request)


async def consent_is_given_and_taken_back(recorder: Recorder) -> None:
    """Record consent and its withdrawal."""
    helped = recorder.example_of(
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
    request = (await recorder.does("teacher", "submit_sharing_request", helped))["id"]
    consent = (await recorder.does("teacher", "record_consent", request_id=request))["id"]
    again = (await recorder.does("teacher", "evaluate_sharing_request", request_id=request))["id"]
    await recorder.does("teacher", "read_evaluation", request_id=request, evaluation_id=again)
    decision = {
        "outcome": "share",
        "reasons": "The family asked for this help and agreed in writing.",
    }
    decided = (
        await recorder.does("teacher", "decide_sharing_request", decision, request_id=request)
    )["id"]
    sent = recorder.example_of("record_disclosure", decision_id=decided)
    await recorder.does("teacher", "record_disclosure", sent, request_id=request)
    await recorder.does("teacher", "withdraw_consent", request_id=request, consent_id=consent)


def _landlord(recorder: Recorder) -> dict[str, Any]:
    return recorder.example_of(
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


async def a_landlord_is_refused(recorder: Recorder) -> None:
    """Refuse a request, write the letter, and reconsider."""
    request = (await recorder.does("teacher", "submit_sharing_request", _landlord(recorder)))["id"]
    refusal = {
        "outcome": "do_not_share",
        "reasons": "No purpose that concerns the child.",
        "refusal": {"discussed_with_requester": "yes", "how": "By telephone the same day."},
    }
    await recorder.does("ig_lead", "decide_sharing_request", refusal, request_id=request)
    letter = (await recorder.does("teacher", "release_letter", request_id=request))["id"]
    await recorder.does("teacher", "read_letter", accept=HTML, request_id=request, letter_id=letter)
    await recorder.does("teacher", "reconsider_sharing_request", request_id=request)


async def something_was_sent_twice(recorder: Recorder) -> None:
    """Withdraw a request, list it as due, dispose of it."""
    request = (await recorder.does("mis", "submit_sharing_request"))["id"]
    await recorder.does("mis", "withdraw_sharing_request", request_id=request)
    away = {"keep": "dispose", "why": "Sent in error; nothing of it is needed."}
    await recorder.does("ig_lead", "review_retention", away, request_id=request)
    await recorder.does("ig_lead", "list_retention_due")
    await recorder.does("ig_lead", "dispose_of_sharing_request", request_id=request)


async def two_children_are_in_danger(recorder: Recorder) -> None:
    """Record emergencies and complete their records."""
    await recorder.at(_hour(14, 55))
    await recorder.does("teacher", "record_emergency_disclosure")
    tablets = recorder.example_of(
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
    await recorder.does("dsl", "record_emergency_disclosure", tablets)


async def the_leads_look_round(recorder: Recorder) -> None:
    """The work queue, the accounting for one child, and the report. More requests are submitted
    first, because the report suppresses small numbers.
    """
    for _ in range(5):
        for body in (None, _unsure(recorder), _landlord(recorder)):
            await recorder.does("mis", "submit_sharing_request", body)
    await recorder.does("dsl", "list_attention", query={"limit": 2})
    await recorder.does("teacher", "list_sharing_requests", query={"limit": 2})
    await recorder.does("dsl", "account_for_disclosures", person_ref="mis:7781", query={"limit": 2})
    await recorder.does("dsl", "read_report_summary")
    await recorder.does("dsl", "read_report_summary", accept=SVG)


async def the_policy_is_reviewed(recorder: Recorder) -> None:
    """Read, draft, compare, assess, approve and withdraw a policy version."""
    await recorder.at(_hour(15, 10))
    in_force = (await recorder.does("teacher", "get_policy"))["digest"]
    await recorder.does("teacher", "get_policy_version", widest=SECTIONS, digest=in_force)
    await recorder.does("teacher", "get_policy_document", accept=HTML, digest=in_force)
    await recorder.does(
        "teacher", "get_policy_document", accept="application/yaml", digest=in_force
    )
    await recorder.does("teacher", "get_policy_flowchart", accept=SVG, digest=in_force)
    draft = (
        await recorder.does(
            "ig_lead",
            "draft_policy_version",
            changed_policy(without_health_providers, version="2026-12"),
        )
    )["digest"]
    await recorder.does(
        "ig_lead", "compare_policy_versions", query={"from": in_force}, digest=draft
    )
    await recorder.does(
        "ig_lead", "compare_policy_versions", accept=HTML, query={"from": in_force}, digest=draft
    )
    job = (await recorder.does("ig_lead", "assess_policy_impact", digest=draft))["id"]
    await recorder.does("ig_lead", "read_policy_impact", digest=draft, job=job)
    await recorder.does("ig_lead", "read_policy_impact", accept=HTML, digest=draft, job=job)
    await recorder.does("governance", "approve_policy_version", digest=draft)
    await recorder.does("teacher", "list_policies")
    await recorder.does("governance", "withdraw_policy_version", digest=draft)


async def the_trail_is_read(recorder: Recorder) -> None:
    """Search, read, prove and export the audit log."""
    await recorder.seals()
    decisions = {"action": "sharing.decision.recorded", "limit": 2}
    entry = (await recorder.does("ig_lead", "list_audit_entries", query=decisions))["items"][-1]
    await recorder.does("ig_lead", "get_audit_entry", entry_id=entry["id"])
    await recorder.does("ig_lead", "get_audit_proof", entry_id=entry["id"])
    await recorder.does("ig_lead", "get_audit_proof", accept="text/plain", entry_id=entry["id"])
    await recorder.does("ig_lead", "get_audit_checkpoint", accept="text/plain")
    await recorder.does("ig_lead", "get_audit_consistency", query={"from": entry["index"] + 1})
    await recorder.does(
        "ig_lead",
        "export_audit_entries",
        accept="application/x-ndjson",
        query={"action": "sharing.decision.recorded"},
    )
    await recorder.does(
        "ig_lead",
        "export_audit_entries",
        accept="text/csv",
        query={"action": "sharing.decision.recorded"},
    )


async def something_goes_on_in_the_background(recorder: Recorder) -> None:
    """Operations that go on in the background come last, because they have no fixed end."""
    draft = (
        await recorder.does(
            "ig_lead",
            "draft_policy_version",
            changed_policy(without_health_providers, version="2027-01"),
        )
    )["digest"]
    await recorder.does(
        "ig_lead", "assess_policy_impact", headers={"Prefer": "respond-async"}, digest=draft
    )


SCENES: Final[tuple[Callable[[Recorder], Awaitable[None]], ...]] = (
    the_service_starts,
    the_directory_is_kept,
    a_hub_asks,
    staff_are_unsure,
    consent_is_given_and_taken_back,
    a_landlord_is_refused,
    something_was_sent_twice,
    two_children_are_in_danger,
    the_leads_look_round,
    the_policy_is_reviewed,
    the_trail_is_read,
    something_goes_on_in_the_background,
)
