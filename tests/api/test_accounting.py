"""The accounting of disclosures for one person: it covers all requests and flags what a reply to
the person must consider.
"""

from typing import Final

import httpx
import pytest

from tests.api.accounting import CHILD, disclose, read_account, share
from tests.api.sharing import SHARE, consented_facts, decide, etag_for, facts, submit
from tests.running import MovableClock
from tests.service import Service
from tests.unit.audit.trail import rows

PATH: Final = f"/v1/subjects/{CHILD}/disclosures"
SECRETS: Final = (
    "A. Khan",
    "Anytown",
    "Attendance this term",
    "Section 47 enquiry opened",
    "SR-2231",
)


async def test_the_account_shows_each_disclosure_with_its_details(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await share(dsl, clock)
    (one,) = await read_account(dsl)
    assert one["sharing_request_id"] == made["id"]
    assert [(item["category"], item["description"]) for item in one["items"]] == [
        ("attendance", "Attendance this term")
    ]
    assert one["recipient"] == {
        "organisation_type": "mash",
        "organisation": "Anytown MASH",
        "named_individual": "A. Khan",
        "role_title": "Team manager",
    }
    assert (one["route"], one["purpose_code"], one["role"], one["emergency"]) == (
        "secure_email",
        "section_47_enquiry",
        "child",
        False,
    )
    assert (one["decision"]["outcome"], one["decision"]["settled_by"]) == ("share", "lawful_reason")
    assert one["lawful_reason_code"] == "safeguarding_condition"
    assert (one["told"]["told"], one["told"]["decision"], one["told"]["planned"]) == (
        False,
        "not_informed",
        True,
    )
    assert one["flags"] == ["would_increase_risk"]


async def test_the_ig_leads_account_has_codes_and_days_only(
    service: Service, clock: MovableClock
) -> None:
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    await share(dsl, clock)
    reply = await ig_lead.get(PATH)
    (one,) = reply.json()["items"]
    assert not [secret for secret in (*SECRETS, CHILD, "Team manager") if secret in reply.text]
    assert (one["view"], one["items"][0]["category"], one["recipient"]["organisation_type"]) == (
        "deidentified",
        "attendance",
        "mash",
    )
    assert one["sent_at"].endswith("T00:00:00.000000Z")


@pytest.mark.parametrize("role", ["staff", "integration"])
async def test_only_the_dsl_and_the_ig_lead_read_an_account(service: Service, role: str) -> None:
    assert (await (await service.caller(role)).get(PATH)).status_code == 403


async def test_the_account_leaves_out_information_that_was_not_shared(service: Service) -> None:
    dsl = await service.caller("dsl")
    await submit(dsl)
    await decide(dsl, (await submit(dsl))["id"])
    assert await read_account(dsl) == []


async def test_each_person_and_each_school_has_a_separate_account(
    service: Service, clock: MovableClock
) -> None:
    dsl, far = await service.caller("dsl"), await service.caller("dsl", school="654321")
    await share(dsl, clock)
    assert (
        await read_account(dsl, "mis:778")
        == await read_account(dsl, "MIS:7781")
        == await read_account(far)
        == []
    )


async def test_a_person_removed_from_the_facts_is_not_in_the_account(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    other = {"subjects": [{"person_ref": "mis:1", "role": "child"}]}
    tag = {"If-Match": await etag_for(dsl, made["id"])}
    assert (
        await dsl.patch(f"/v1/sharing-requests/{made['id']}", json=other, headers=tag)
    ).status_code == httpx.codes.OK
    await disclose(dsl, clock, made["id"], (await decide(dsl, made["id"]))["id"])
    assert await read_account(dsl) == []
    assert len(await read_account(dsl, "mis:1")) == 1


async def test_the_account_covers_all_requests_in_pages(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = []
    for body in (
        None,
        consented_facts(),
        facts(subjects=[{"person_ref": CHILD}, {"person_ref": "mis:2", "role": "sibling"}]),
    ):
        clock.forward(seconds=1)
        made.append((await share(dsl, clock, body))["id"])
    seen = []
    path: str | None = PATH + "?limit=1"
    while path:
        reply = await dsl.get(path)
        seen += [item["sharing_request_id"] for item in reply.json()["items"]]
        link = reply.headers.get("Link")
        path = link[1 : link.index(">")] if link else None
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WyJ4Il0"])
async def test_a_changed_cursor_is_rejected(service: Service, cursor: str) -> None:
    reply = await (await service.caller("dsl")).get(PATH, params={"cursor": cursor})
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid-cursor")


async def test_a_cursor_belongs_to_its_person(service: Service, clock: MovableClock) -> None:
    dsl = await service.caller("dsl")
    for _ in range(2):
        await share(dsl, clock)
    cursor = (await dsl.get(PATH, params={"limit": "1"})).json()["next_cursor"]
    assert (
        await dsl.get("/v1/subjects/mis:2/disclosures", params={"cursor": cursor})
    ).status_code == 422


async def test_an_emergency_is_in_the_account_before_its_decision(
    service: Service,
) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    body = {
        "recipient": {"organisation_type": "police"},
        "what": "Her address",
        "why": "Danger now",
        "subjects": [{"person_ref": CHILD}],
    }
    made = (await staff.post("/v1/emergency-disclosures", json=body)).json()
    (one,) = await read_account(dsl)
    assert (one["emergency"], one["decision"], one["items"][0]["description"]) == (
        True,
        None,
        "Her address",
    )
    decision = await decide(
        dsl, made["sharing_request"]["id"], SHARE | {"outcome": "share_emergency"}
    )
    (one,) = await read_account(dsl)
    assert (one["emergency"], one["decision"]["id"]) == (True, decision["id"])


async def test_a_recorded_notice_replaces_the_planned_one_in_the_account(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await share(dsl, clock)
    notice = {
        "person_ref": CHILD,
        "decision": "deferred",
        "reason": "would_prejudice_enquiry",
        "revisit_on": "2026-04-01",
    }
    path = f"/v1/sharing-requests/{made['id']}/notices"
    assert (await dsl.post(path, json=notice)).status_code == httpx.codes.CREATED
    (one,) = await read_account(dsl)
    assert one["told"] == {
        "told": False,
        "decision": "deferred",
        "reason": "would_prejudice_enquiry",
        "revisit_on": "2026-04-01",
        "planned": False,
    }
    assert one["flags"] == ["would_prejudice_enquiry"]
    assert (
        await dsl.post(path, json={"person_ref": CHILD, "decision": "informed_after"})
    ).status_code == httpx.codes.CREATED
    (one,) = await read_account(dsl)
    assert (one["told"]["told"], one["flags"]) == (True, [])


async def test_the_account_flags_what_a_reply_to_the_person_must_consider(
    service: Service, clock: MovableClock
) -> None:
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    body = facts(
        subjects=[
            {"person_ref": CHILD, "role": "child"},
            {"person_ref": "mis:9", "role": "reporter"},
        ],
        items=[
            {
                "description": "What her brother did",
                "category": "welfare_concern",
                "third_party": True,
            }
        ],
    )
    made = await share(dsl, clock, body)
    hold = {
        "keep": "indefinitely",
        "next_review_on": "2026-09-01",
        "why": "Proceedings.",
        "legal_hold": True,
    }
    reply = await ig_lead.post(f"/v1/sharing-requests/{made['id']}/retention-reviews", json=hold)
    assert reply.status_code == httpx.codes.CREATED, reply.text
    (one,) = await read_account(dsl)
    assert one["flags"] == [
        "third_party_information",
        "reporter_to_protect",
        "would_increase_risk",
        "legal_hold",
    ]
    (one,) = await read_account(dsl, "mis:9")
    assert "reporter_to_protect" not in one["flags"]


async def test_the_audit_log_names_the_person_by_random_ids_only(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    await share(dsl, clock)
    await read_account(dsl)
    ((body, subject),) = await rows(
        service.database,
        "SELECT body, subject FROM audit_entry WHERE action = 'sharing.subject.accounted' ORDER BY"
        " id DESC LIMIT 1",
    )
    assert CHILD not in str(body)
    assert [(subject,)] == await rows(service.database, "SELECT id FROM sharing_subject")


async def test_a_disposed_request_is_in_no_account(service: Service, clock: MovableClock) -> None:
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    made = await share(dsl, clock)
    path = f"/v1/sharing-requests/{made['id']}"
    assert (
        await ig_lead.post(f"{path}/retention-reviews", json={"keep": "dispose", "why": "Over."})
    ).status_code == httpx.codes.CREATED
    assert (
        await ig_lead.post(f"{path}/disposal", json={"basis": "Over.", "approved_by": "Head"})
    ).status_code == httpx.codes.CREATED
    assert await read_account(dsl) == []
