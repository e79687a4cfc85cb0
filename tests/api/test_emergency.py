"""Recording an emergency: it is never rejected for anything but what, with whom and why."""

from typing import Any

import pytest

from tests.api.sharing import EMERGENCY, SHARE, decide, facts, submit
from tests.running import MovableClock
from tests.service import Service


@pytest.mark.parametrize("role", ["staff", "dsl", "ig_lead"])
async def test_an_emergency_needs_only_what_with_whom_and_why(service: Service, role: str) -> None:
    caller = await service.caller(role)
    reply = await caller.post("/v1/emergency-disclosures", json=EMERGENCY)
    made = reply.json()
    assert reply.status_code == 201, reply.text
    assert made["sharing_request"]["status"] == "emergency_recorded"
    assert made["task"]["due"].startswith("2026-03-04T")
    assert made["disclosure"]["items"] == [
        item["id"] for item in made["sharing_request"]["facts"]["items"]
    ]
    assert "notify_police_immediately" in {
        action["code"] for action in made["sharing_request"]["evaluation"]["actions"]
    }


@pytest.mark.parametrize(
    ("more", "flag"),
    [
        ({"facts": {"nonsense": 1, "direction": 7}}, "facts_not_understood"),
        ({"facts": {"risk": "yes"}}, "facts_not_understood"),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, "recorded_late"),
        ({"occurred_at": "2036-01-01T00:00:00Z"}, "occurs_in_the_future"),
        ({}, "no_subject_named"),
    ],
)
async def test_a_late_incomplete_or_odd_emergency_is_flagged_and_not_rejected(
    service: Service, more: dict[str, Any], flag: str
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/emergency-disclosures", json=EMERGENCY | more)
    assert reply.status_code == 201, reply.text
    assert flag in reply.json()["flags"]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"what": " \n"}, "/what"),
        ({"why": ""}, "/why"),
        ({"why": None}, "/why"),
        ({"what": 7}, "/what"),
        ({"recipient": None}, "/recipient"),
        ({"recipient": "the police"}, "/recipient"),
        ({"recipient": {"organisation": "Police"}}, "/recipient/organisation_type"),
        ({"recipient": {"organisation_type": " "}}, "/recipient/organisation_type"),
        ({"recipient": {"organisation_type": 7}}, "/recipient/organisation_type"),
    ],
)
async def test_each_missing_required_member_is_listed(
    service: Service, said: dict[str, Any], pointer: str
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post(
        "/v1/emergency-disclosures", json=EMERGENCY | {"occurred_at": "soon", "foo": 1} | said
    )
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        [pointer],
    ), reply.text
    assert (await staff.get("/v1/sharing-requests")).json()["items"] == []


async def test_a_withheld_item_was_not_shared_in_an_emergency(service: Service) -> None:
    staff = await service.caller("staff")
    held = {
        "description": "Her father's address",
        "include": "withhold",
        "withheld_because": "He is a risk to her.",
    }
    made = (
        await staff.post(
            "/v1/emergency-disclosures",
            json=EMERGENCY | {"facts": {"items": [{"description": "Her name"}, held]}},
        )
    ).json()
    name, address = (item["id"] for item in made["sharing_request"]["facts"]["items"])
    assert (made["disclosure"]["items"], made["disclosure"]["items_not_shared"]) == (
        [name],
        [address],
    )
    made = (
        await staff.post("/v1/emergency-disclosures", json=EMERGENCY | {"facts": {"items": [held]}})
    ).json()
    said, address = made["sharing_request"]["facts"]["items"]
    assert (said["description"], made["disclosure"]["items"], address["include"]) == (
        EMERGENCY["what"],
        [said["id"]],
        "withhold",
    )


@pytest.mark.parametrize("missing", sorted(EMERGENCY))
async def test_an_emergency_without_a_required_member_names_it(
    service: Service, missing: str
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post(
        "/v1/emergency-disclosures",
        json={name: value for name, value in EMERGENCY.items() if name != missing},
    )
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, f"/{missing}")


async def test_a_verified_protective_body_gives_share_emergency(service: Service) -> None:
    staff = await service.caller("staff")
    recipient = {"organisation_type": "police", "identity_verified": "yes"}
    made = (
        await staff.post("/v1/emergency-disclosures", json=EMERGENCY | {"recipient": recipient})
    ).json()
    assert (
        made["sharing_request"]["evaluation"]["outcome"],
        made["sharing_request"]["evaluation"]["release"],
    ) == (
        "share_emergency",
        "ready",
    )


async def test_an_overdue_emergency_record_can_be_completed(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    dsl = await service.sign_in(account)
    made = (await dsl.post("/v1/emergency-disclosures", json=EMERGENCY)).json()["sharing_request"]
    clock.forward(days=7)
    dsl = await service.sign_in(account)
    late = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert late["overdue_clocks"] == ["record"]
    await decide(dsl, made["id"], SHARE | {"outcome": "share_emergency"})
    whole = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert (whole["status"], whole["overdue"]) == ("decided", False)
    assert whole["tasks"][0]["done_at"] is not None


async def test_an_integration_cannot_record_an_emergency(service: Service) -> None:
    machine = await service.caller("integration")
    assert (await machine.post("/v1/emergency-disclosures", json=EMERGENCY)).status_code == 403


async def test_an_unverified_recipient_does_not_take_the_emergency_branch(service: Service) -> None:
    body = facts(
        recipient={"organisation_type": "health_provider", "identity_verified": "unsure"},
        requester={"identity_verified": "unsure"},
        purpose={"code": "unknown", "answer": "unsure"},
        lawful_reason={"answer": "unsure"},
        risk={"immediate_risk": "yes", "crime_suspected": "no", "emergency_kind": "medical"},
    )
    made = await submit(await service.caller("staff"), body)
    assert made["outcome"] == "seek_advice"
    assert "call_999_ambulance" in {action["code"] for action in made["evaluation"]["actions"]}
