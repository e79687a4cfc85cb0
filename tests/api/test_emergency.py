"""An emergency is never held up."""

from typing import Any

import pytest

from tests.api.sharing import SHARE, decided, facts, submitted
from tests.running import MovableClock
from tests.service import Service

BARE: dict[str, Any] = {"recipient": {"organisation_type": "police"}, "what": "Name, address, what she said", "why": "Child in danger now"}


@pytest.mark.parametrize("role", ["staff", "dsl", "ig_lead"])
async def test_what_with_whom_and_why_are_enough(service: Service, role: str) -> None:
    caller = await service.caller(role)
    reply = await caller.post("/v1/emergency-disclosures", json=BARE)
    made = reply.json()
    assert reply.status_code == 201, reply.text
    assert made["sharing_request"]["status"] == "emergency_recorded"
    assert made["task"]["due"].startswith("2026-03-04T")
    assert made["disclosure"]["items"] == [item["id"] for item in made["sharing_request"]["facts"]["items"]]
    assert "notify_police_immediately" in {action["code"] for action in made["evaluation"]["actions"]}


@pytest.mark.parametrize(
    ("more", "flag"),
    [
        ({"facts": {"nonsense": 1, "direction": 7}}, "facts_not_understood"),
        ({"facts": {"risk": "yes"}}, "facts_not_understood"),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, "recorded_late"),
        ({"occurred_at": "2036-01-01T00:00:00Z"}, "occurs_in_the_future"),
        ({}, "nobody_named"),
    ],
)
async def test_what_is_late_incomplete_or_odd_is_flagged_and_not_refused(service: Service, more: dict[str, Any], flag: str) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/emergency-disclosures", json=BARE | more)
    assert reply.status_code == 201, reply.text
    assert flag in reply.json()["flags"]


@pytest.mark.parametrize("missing", sorted(BARE))
async def test_without_one_of_the_three_it_says_which(service: Service, missing: str) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/emergency-disclosures", json={name: value for name, value in BARE.items() if name != missing})
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, f"/{missing}")


async def test_a_verified_protective_body_makes_it_share_emergency(service: Service) -> None:
    staff = await service.caller("staff")
    recipient = {"organisation_type": "police", "identity_verified": "yes"}
    made = (await staff.post("/v1/emergency-disclosures", json=BARE | {"recipient": recipient})).json()
    assert (made["evaluation"]["outcome"], made["evaluation"]["release"]) == ("share_emergency", "ready")


async def test_the_record_is_completed_afterwards_even_when_overdue(service: Service, clock: MovableClock) -> None:
    account = await service.add("dsl")
    dsl = await service.sign_in(account)
    made = (await dsl.post("/v1/emergency-disclosures", json=BARE)).json()["sharing_request"]
    clock.forward(days=7)
    dsl = await service.sign_in(account)
    late = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert late["overdue_clocks"] == ["record"]
    await decided(dsl, made["id"], SHARE | {"outcome": "share_emergency"})
    whole = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert (whole["status"], whole["overdue"]) == ("decided", False)
    assert whole["tasks"][0]["done_at"] is not None


async def test_a_machine_records_no_emergency(service: Service) -> None:
    machine = await service.caller("integration")
    assert (await machine.post("/v1/emergency-disclosures", json=BARE)).status_code == 403


async def test_an_unverified_caller_is_no_emergency_branch(service: Service) -> None:
    body = facts(
        recipient={"organisation_type": "health_provider", "identity_verified": "unsure"},
        requester={"identity_verified": "unsure"},
        purpose={"code": "unknown", "answer": "unsure"},
        lawful_reason={"answer": "unsure"},
        risk={"immediate_risk": "yes", "crime_suspected": "no", "emergency_kind": "medical"},
    )
    made = await submitted(await service.caller("staff"), body)
    assert made["outcome"] == "seek_advice"
    assert "call_999_ambulance" in {action["code"] for action in made["evaluation"]["actions"]}
