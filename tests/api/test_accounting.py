"""The accounting of disclosures for one person: it covers all requests and flags what a reply to
the person must consider.
"""

from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from tests.api.sharing import SHARE, consented_facts, decide, etag_for, facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service
from tests.unit.audit.trail import rows

CHILD: Final = "mis:7781"
PATH: Final = f"/v1/subjects/{CHILD}/disclosures"
SECRETS: Final = (
    "A. Khan",
    "Anytown",
    "Attendance this term",
    "Section 47 enquiry opened",
    "SR-2231",
)


async def shared(
    dsl: Caller, clock: MovableClock, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Create, decide and disclose a request."""
    made = await submit(dsl, body)
    decision = await decide(dsl, made["id"])
    await disclosed(dsl, clock, made["id"], decision["id"])
    return made


async def disclosed(dsl: Caller, clock: MovableClock, request_id: str, decision_id: str) -> None:
    sent = {
        "decision_id": decision_id,
        "recipient": {"role_title": "Team manager"},
        "route": "secure_email",
    }
    reply = await dsl.post(
        f"/v1/sharing-requests/{request_id}/disclosures",
        json=sent | {"sent_at": clock().isoformat()},
    )
    assert reply.status_code == httpx.codes.CREATED, reply.text


async def account(caller: Caller, ref: str = CHILD, **query: str) -> list[dict[str, Any]]:
    reply = await caller.get(f"/v1/subjects/{ref}/disclosures", params=query)
    assert reply.status_code == httpx.codes.OK, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_the_account_shows_each_disclosure_with_its_details(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await shared(dsl, clock)
    (one,) = await account(dsl)
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
    await shared(dsl, clock)
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
    assert await account(dsl) == []


async def test_each_person_and_each_school_has_a_separate_account(
    service: Service, clock: MovableClock
) -> None:
    dsl, far = await service.caller("dsl"), await service.caller("dsl", school="654321")
    await shared(dsl, clock)
    assert (
        await account(dsl, "mis:778") == await account(dsl, "MIS:7781") == await account(far) == []
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
    await disclosed(dsl, clock, made["id"], (await decide(dsl, made["id"]))["id"])
    assert await account(dsl) == []
    assert len(await account(dsl, "mis:1")) == 1


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
        made.append((await shared(dsl, clock, body))["id"])
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
        await shared(dsl, clock)
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
    (one,) = await account(dsl)
    assert (one["emergency"], one["decision"], one["items"][0]["description"]) == (
        True,
        None,
        "Her address",
    )
    decision = await decide(
        dsl, made["sharing_request"]["id"], SHARE | {"outcome": "share_emergency"}
    )
    (one,) = await account(dsl)
    assert (one["emergency"], one["decision"]["id"]) == (True, decision["id"])


async def test_a_recorded_notice_replaces_the_planned_one_in_the_account(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await shared(dsl, clock)
    notice = {
        "person_ref": CHILD,
        "decision": "deferred",
        "reason": "would_prejudice_enquiry",
        "revisit_on": "2026-04-01",
    }
    path = f"/v1/sharing-requests/{made['id']}/notices"
    assert (await dsl.post(path, json=notice)).status_code == httpx.codes.CREATED
    (one,) = await account(dsl)
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
    (one,) = await account(dsl)
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
    made = await shared(dsl, clock, body)
    hold = {
        "keep": "indefinitely",
        "next_review_on": "2026-09-01",
        "why": "Proceedings.",
        "legal_hold": True,
    }
    reply = await ig_lead.post(f"/v1/sharing-requests/{made['id']}/retention-reviews", json=hold)
    assert reply.status_code == httpx.codes.CREATED, reply.text
    (one,) = await account(dsl)
    assert one["flags"] == [
        "third_party_information",
        "reporter_to_protect",
        "would_increase_risk",
        "legal_hold",
    ]
    (one,) = await account(dsl, "mis:9")
    assert "reporter_to_protect" not in one["flags"]


async def test_the_audit_log_names_the_person_by_random_ids_only(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    await shared(dsl, clock)
    await account(dsl)
    ((body, subject),) = await rows(
        service.database,
        "SELECT body, subject FROM audit_entry WHERE action = 'sharing.subject.accounted' ORDER BY"
        " id DESC LIMIT 1",
    )
    assert CHILD not in str(body)
    assert [(subject,)] == await rows(service.database, "SELECT id FROM sharing_subject")


async def test_a_disposed_request_is_in_no_account(service: Service, clock: MovableClock) -> None:
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    made = await shared(dsl, clock)
    path = f"/v1/sharing-requests/{made['id']}"
    assert (
        await ig_lead.post(f"{path}/retention-reviews", json={"keep": "dispose", "why": "Over."})
    ).status_code == httpx.codes.CREATED
    assert (
        await ig_lead.post(f"{path}/disposal", json={"basis": "Over.", "approved_by": "Head"})
    ).status_code == httpx.codes.CREATED
    assert await account(dsl) == []


@pytest.mark.parametrize("written", [" mis:9001 ", "mis:9001\t", "\u00a0mis:9001"])
async def test_spaces_around_a_reference_are_ignored(
    service: Service, clock: MovableClock, written: str
) -> None:
    dsl, ref = await service.caller("dsl"), "mis:9001"
    made = await shared(
        dsl,
        clock,
        facts(subjects=[{"person_ref": written}], consent={"answer": "no", "person_ref": written}),
    )
    path = f"/v1/sharing-requests/{made['id']}"
    stated = (await dsl.get(path)).json()["facts"]
    assert (stated["subjects"][0]["person_ref"], stated["consent"]["person_ref"]) == (ref, ref)
    for asked in (ref, written):
        assert len(await account(dsl, quote(asked, safe=""))) == 1
        assert (
            len((await dsl.get("/v1/sharing-requests", params={"subject": asked})).json()["items"])
            == 1
        )
        assert (await dsl.get("/v1/audit/entries", params={"subject": asked})).json()["items"]
    consent = {"person_ref": written, "status": "refused"}
    assert (await dsl.post(f"{path}/consents", json=consent)).status_code == httpx.codes.CREATED
    told = {"person_ref": written, "decision": "informed_after"}
    assert (await dsl.post(f"{path}/notices", json=told)).status_code == httpx.codes.CREATED


@pytest.mark.parametrize("blank", ["", "  ", "\t", "\u2003", "mis:\u200b9001"])
async def test_a_blank_reference_is_rejected(service: Service, blank: str) -> None:
    dsl = await service.caller("dsl")
    path = f"/v1/sharing-requests/{(await submit(dsl))['id']}"
    for pointer, reply in (
        (
            "/subjects/0/person_ref",
            await dsl.post("/v1/sharing-requests", json=facts(subjects=[{"person_ref": blank}])),
        ),
        (
            "/external_id/value",
            await dsl.post(
                "/v1/evaluations", json=facts(external_id={"system": "mis", "value": blank})
            ),
        ),
        (
            "/consent/person_ref",
            await dsl.post(
                "/v1/evaluations", json=facts(consent={"answer": "no", "person_ref": blank})
            ),
        ),
        (
            "/person_ref",
            await dsl.post(f"{path}/consents", json={"person_ref": blank, "status": "refused"}),
        ),
        (
            "/person_ref",
            await dsl.post(
                f"{path}/notices", json={"person_ref": blank, "decision": "informed_after"}
            ),
        ),
        ("/query/subject", await dsl.get("/v1/sharing-requests", params={"subject": blank})),
        ("/query/subject", await dsl.get("/v1/audit/entries", params={"subject": blank})),
        ("/path/person_ref", await dsl.get(f"/v1/subjects/{quote(blank)}/disclosures")),
    ):
        if (blank, pointer) != ("", "/path/person_ref"):
            assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (
                422,
                pointer,
            ), reply.text


@pytest.mark.parametrize(
    "number", ["A801200005001", "B80120000500", "B801200050010", "I801200005001", ""]
)
async def test_a_pupil_number_with_a_wrong_check_letter_is_rejected(
    service: Service, number: str
) -> None:
    dsl = await service.caller("dsl")
    subjects = [{"person_ref": CHILD}, {"person_ref": f"upn:{number}"}]
    made = await submit(dsl)
    path, tag = f"/v1/sharing-requests/{made['id']}", {"If-Match": made["etag"]}
    for reply in (
        await dsl.post("/v1/sharing-requests", json=facts(subjects=subjects)),
        await dsl.post("/v1/evaluations", json=facts(subjects=subjects)),
        await dsl.patch(path, json={"subjects": subjects}, headers=tag),
    ):
        (fault,) = reply.json()["errors"]
        assert (reply.status_code, fault["pointer"], fault["code"]) == (
            422,
            "/subjects/1/person_ref",
            "invalid-upn",
        )
        assert not number or number not in reply.text


async def test_a_pupil_number_has_one_form(service: Service, clock: MovableClock) -> None:
    dsl = await service.caller("dsl")
    await shared(dsl, clock, facts(subjects=[{"person_ref": "UPN: b8012 0000 5001"}]))
    (one,) = await account(dsl, "upn:B801200005001")
    made = (await dsl.get(f"/v1/sharing-requests/{one['sharing_request_id']}")).json()
    assert made["facts"]["subjects"][0]["person_ref"] == "upn:B801200005001"
    assert len(await account(dsl, quote("Upn:b801200005001"))) == 1


@pytest.mark.parametrize("ref", ["a/b", "x y", "ü", "%2F"])
async def test_any_reference_finds_its_person(
    service: Service, clock: MovableClock, ref: str
) -> None:
    dsl = await service.caller("dsl")
    await shared(dsl, clock, facts(subjects=[{"person_ref": ref}]))
    assert len(await account(dsl, quote(ref, safe=""))) == 1
