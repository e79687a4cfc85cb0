"""A request from submission to disclosure, over HTTP."""

import pytest

from tests.api.sharing import (
    MASH,
    SHARE,
    decide,
    etag_for,
    facts,
    landlord_facts,
    submit,
)
from tests.running import MovableClock
from tests.service import Service


async def test_a_request_is_evaluated_on_submission(service: Service) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/sharing-requests", json=MASH)
    made = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"/v1/sharing-requests/{made['id']}"
    assert (made["outcome"], made["evaluation"]["decided_at"], made["release"]) == (
        "share",
        "lawful_reason",
        "ready",
    )
    assert made["status"] == "submitted"
    assert made["facts"]["purpose"] == MASH["purpose"]
    assert made["facts"]["items"][0]["description"] == "Attendance this term"
    assert (await staff.get(reply.headers["Location"])).json() == made


async def test_the_outcome_do_not_share_is_not_an_error(service: Service) -> None:
    made = await submit(await service.caller("staff"), landlord_facts())
    assert made["outcome"] == "do_not_share"
    assert {"record_reasons_for_not_sharing", "discuss_reasons_with_requester"} <= {
        a["code"] for a in made["evaluation"]["actions"]
    }


async def test_a_disclosure_contains_the_decided_items(
    service: Service, clock: MovableClock
) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made = await submit(staff)
    decision = await decide(dsl, made["id"])
    assert decision["outcome"] == "share"
    assert decision["items"] == [made["facts"]["items"][0]["id"]]
    body = {
        "decision_id": decision["id"],
        "recipient": {"named_individual": "A. Khan"},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    reply = await staff.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    assert reply.status_code == 201, reply.text
    whole = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert whole["status"] == "disclosed"
    assert whole["disclosures"][0]["items"] == decision["items"]
    assert whole["disclosures"][0]["recipient"] == {
        "named_individual": "A. Khan",
        "role_title": None,
        "organisation": None,
    }
    assert (await dsl.post(f"/v1/sharing-requests/{made['id']}/closure")).status_code == 201


async def test_a_disclosure_needs_a_decision(service: Service, clock: MovableClock) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    body = {
        "decision_id": made["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    reply = await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    assert (reply.status_code, reply.json()["code"]) == (409, "disclosure-not-permitted")


async def test_a_disclosure_waits_until_the_how_checks_are_met(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await submit(
        dsl,
        facts(
            how={
                "amount": "yes",
                "fact_from_opinion": "yes",
                "right_recipient": "yes",
                "secure": "no",
            }
        ),
    )
    assert made["release"] == "hold"
    decision = await decide(dsl, made["id"])
    body = {
        "decision_id": decision["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    held = await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    assert held.status_code == 409
    assert [fault["pointer"] for fault in held.json()["errors"]] == ["/facts/how/secure"]
    tag = {"If-Match": await etag_for(dsl, made["id"])}
    mended = await dsl.patch(
        f"/v1/sharing-requests/{made['id']}", json={"how": {"secure": "yes"}}, headers=tag
    )
    assert (mended.status_code, mended.json()["release"], mended.json()["status"]) == (
        200,
        "ready",
        "decided",
    )
    assert (
        await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    ).status_code == 201


async def test_only_the_how_checks_can_be_amended_after_a_decision(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    await decide(dsl, made["id"])
    tag = {"If-Match": await etag_for(dsl, made["id"])}
    reply = await dsl.patch(
        f"/v1/sharing-requests/{made['id']}", json={"urgency": "routine"}, headers=tag
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "facts-already-decided")


async def test_an_amendment_evaluates_again_and_keeps_the_earlier_evaluation(
    service: Service,
) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, facts(lawful_reason={"answer": "unsure"}))
    assert made["outcome"] == "seek_advice"
    path = f"/v1/sharing-requests/{made['id']}"
    reply = await staff.patch(
        path, json={"lawful_reason": {"answer": "yes"}}, headers={"If-Match": made["etag"]}
    )
    amended = reply.json()
    assert (reply.status_code, amended["outcome"], len(amended["evaluations"])) == (200, "share", 2)
    assert amended["facts"]["items"][0]["id"] == made["facts"]["items"][0]["id"]
    assert amended["facts"]["purpose"]["statement"] == "Section 47 enquiry opened today"


async def test_an_invalid_amendment_is_rejected_with_pointers(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff)
    body = {"purpose": {"code": "sectoin_47_enquiry"}, "urgncy": "routine"}
    reply = await staff.patch(
        f"/v1/sharing-requests/{made['id']}", json=body, headers={"If-Match": made["etag"]}
    )
    faults = {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]}
    assert reply.status_code == 422
    assert "section_47_enquiry" in faults["/purpose/code"]
    assert "urgency" in faults["/urgncy"]


async def test_a_submitter_can_withdraw_only_before_a_decision(service: Service) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made, other = await submit(staff), await submit(staff)
    assert (await dsl.post(f"/v1/sharing-requests/{made['id']}/withdrawal")).status_code == 403
    assert (
        await staff.post(
            f"/v1/sharing-requests/{made['id']}/withdrawal", json={"why": "Sent twice."}
        )
    ).status_code == 201
    await decide(dsl, other["id"])
    assert (await staff.post(f"/v1/sharing-requests/{other['id']}/withdrawal")).status_code == 409


async def test_the_pages_of_the_list_are_complete_without_repetition(
    service: Service, clock: MovableClock
) -> None:
    staff = await service.caller("staff")
    made = []
    for _ in range(5):
        clock.forward(seconds=1)
        made.append((await submit(staff))["id"])
    seen: list[str] = []
    path: str | None = "/v1/sharing-requests?limit=2"
    while path:
        reply = await staff.get(path)
        seen += [item["id"] for item in reply.json()["items"]]
        link = reply.headers.get("Link")
        path = link[1 : link.index(">")] if link else None
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "é", "WyJ4Il0"])
async def test_a_changed_cursor_is_rejected(service: Service, cursor: str) -> None:
    staff = await service.caller("staff")
    reply = await staff.get("/v1/sharing-requests", params={"cursor": cursor})
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid-cursor")


async def test_a_filter_with_several_values_finds_requests_with_any_of_them(
    service: Service,
) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    decided, submitted, withdrawn = [(await submit(staff))["id"] for _ in range(3)]
    await decide(dsl, decided, SHARE)
    assert (await staff.post(f"/v1/sharing-requests/{withdrawn}/withdrawal")).status_code == 201
    first = await staff.get("/v1/sharing-requests?status=submitted&status=decided&limit=1")
    following = first.json()["next_cursor"]
    rest = await staff.get(
        f"/v1/sharing-requests?status=decided&status=submitted&limit=1&cursor={following}"
    )
    found = [item["id"] for page in (first, rest) for item in page.json()["items"]]
    assert sorted(found) == sorted([submitted, decided])
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("outcome=share", 1),
        ("outcome=do_not_share", 1),
        ("outcome=share&outcome=do_not_share", 2),
        ("recipient_type=mash", 1),
        ("recipient_type=mash&recipient_type=police", 1),
        ("direction=proactive&direction=received", 2),
        ("direction=proactive", 0),
        ("status=submitted", 2),
        ("subject=mis:7781", 2),
        ("subject=mis:1", 0),
        ("overdue=true", 0),
        ("overdue=false", 2),
        ("submitted_from=2030-01-01T00:00:00Z", 0),
        ("submitted_to=2030-01-01T00:00:00Z", 2),
    ],
)
async def test_the_list_can_be_filtered(service: Service, query: str, count: int) -> None:
    staff = await service.caller("staff")
    await submit(staff)
    await submit(staff, landlord_facts())
    assert len((await staff.get(f"/v1/sharing-requests?{query}")).json()["items"]) == count


async def test_an_overdue_request_is_marked_and_not_blocked(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    made = await submit(await service.sign_in(account))
    clock.forward(days=5)
    dsl = await service.sign_in(account)
    listed = (await dsl.get("/v1/sharing-requests?overdue=true")).json()["items"]
    assert [(item["id"], item["overdue_clocks"]) for item in listed] == [(made["id"], ["decision"])]
    await decide(dsl, made["id"])


async def test_the_ig_lead_sees_no_names_references_or_free_text(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff)
    reply = await ig_lead.get(f"/v1/sharing-requests/{made['id']}")
    shown = reply.json()
    assert shown["view"] == "deidentified"
    for secret in (
        "mis:7781",
        "A. Khan",
        "Anytown",
        "SR-2231",
        "Section 47 enquiry opened",
        "Attendance this term",
        "Needed to decide",
    ):
        assert secret not in reply.text
    assert shown["facts"]["subjects"] == [
        {"role": "child", "person_ref": "child-1", "age_band": None}
    ]
    assert shown["submitted_at"].endswith("T00:00:00.000000Z")


@pytest.mark.parametrize(
    "born_on", ["2015-02-30", "2015-03-04T00:00:00Z", 1425427200, "1742-03-04"]
)
async def test_an_invalid_date_of_birth_is_rejected(service: Service, born_on: object) -> None:
    body = facts(subjects=[{"person_ref": "mis:7781", "born_on": born_on}])
    reply = await (await service.caller("staff")).post("/v1/sharing-requests", json=body)
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        ["/subjects/0/born_on"],
    )


async def test_a_request_of_another_person_looks_like_a_missing_one(service: Service) -> None:
    staff, other, far = (
        await service.caller("staff"),
        await service.caller("staff"),
        await service.caller("dsl", school="654321"),
    )
    made = await submit(staff)
    missing = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"
    for caller in (other, far):
        hidden = await caller.get(
            f"/v1/sharing-requests/{made['id']}", headers={"X-Request-Id": "r"}
        )
        absent = await caller.get(f"/v1/sharing-requests/{missing}", headers={"X-Request-Id": "r"})
        assert (hidden.status_code, hidden.content) == (404, absent.content)


async def test_an_unchanged_request_is_304(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff)
    reply = await staff.get(
        f"/v1/sharing-requests/{made['id']}", headers={"If-None-Match": made["etag"]}
    )
    assert (reply.status_code, reply.content) == (304, b"")
