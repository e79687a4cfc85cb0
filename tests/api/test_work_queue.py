"""The work queue lists open tasks, the most urgent first, without names."""

from typing import Any

import pytest

from tests.api.sharing import MASH, SHARE, decide, facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service

BARE: dict[str, Any] = {
    "recipient": {"organisation_type": "police"},
    "what": "Name, address",
    "why": "Child in danger now",
}
HELD = facts(
    how={"amount": "yes", "fact_from_opinion": "yes", "right_recipient": "yes", "secure": "no"}
)


async def queue(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    reply = await caller.get(f"/v1/attention{query}")
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def post(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await caller.post(path, json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def test_the_work_queue_is_empty_at_first(service: Service, dsl: Caller) -> None:
    await submit(dsl)
    assert await queue(dsl) == []


async def test_the_work_queue_lists_every_kind_of_open_task(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    staff, dsl = await service.caller("staff"), await service.sign_in(account)
    late = await submit(staff)
    advised = await submit(staff, facts(urgency="routine"))
    asked = await post(
        staff,
        f"/v1/sharing-requests/{advised['id']}/advice",
        {"ask": "dsl", "question": "Is there a reason?"},
    )
    told = await submit(staff, facts(urgency="routine"))
    deferred = {
        "person_ref": "mis:7781",
        "decision": "deferred",
        "reason": "would_prejudice_enquiry",
        "revisit_on": "2026-03-05",
    }
    await post(staff, f"/v1/sharing-requests/{told['id']}/notices", deferred)
    held = await submit(staff, HELD)
    await decide(dsl, held["id"], SHARE)
    emergency = (await post(staff, "/v1/emergency-disclosures", BARE))["sharing_request"]
    clock.forward(days=3)

    waiting = {
        (one["kind"], one["sharing_request_id"]): one
        for one in await queue(await service.sign_in(account))
    }

    assert waiting.keys() == {
        ("decision_overdue", late["id"]),
        ("advice_waiting", advised["id"]),
        ("notice_due", told["id"]),
        ("release_held", held["id"]),
        ("emergency_open", emergency["id"]),
        ("emergency_incomplete", emergency["id"]),
    }
    assert waiting["advice_waiting", advised["id"]]["advice_ids"] == [asked["id"]]
    assert waiting["emergency_incomplete", emergency["id"]]["missing"] == [
        "no_subject_named",
        "purpose_unknown",
    ]
    assert waiting["release_held", held["id"]]["due"] is None
    assert waiting["notice_due", told["id"]]["due"] == "2026-03-05T00:00:00.000000Z"
    assert {one["overdue"] for one in waiting.values()} == {True, False}


async def test_a_finished_task_leaves_the_queue(service: Service, dsl: Caller) -> None:
    emergency = (await post(dsl, "/v1/emergency-disclosures", BARE))["sharing_request"]
    path = f"/v1/sharing-requests/{emergency['id']}"
    assert {one["kind"] for one in await queue(dsl)} == {"emergency_open", "emergency_incomplete"}
    tag = (await dsl.get(path)).headers["ETag"]
    known = {"subjects": [{"person_ref": "mis:7781"}], "purpose": {"code": "missing_child"}}
    assert (await dsl.patch(path, json=known, headers={"If-Match": tag})).status_code == 200
    assert {one["kind"] for one in await queue(dsl)} == {"emergency_open"}
    await decide(dsl, emergency["id"], SHARE | {"outcome": "share_emergency"})
    assert await queue(dsl) == []


async def test_the_most_urgent_task_comes_first_and_pages_are_complete(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    dsl = await service.sign_in(account)
    made = []
    for _ in range(5):
        clock.forward(minutes=1)
        made.append((await post(dsl, "/v1/emergency-disclosures", BARE))["sharing_request"]["id"])
    clock.forward(days=600)
    dsl = await service.sign_in(account)
    whole = await queue(dsl)
    assert len(whole) == 11
    assert [one["since"] for one in whole if one["kind"] == "emergency_open"] == sorted(
        one["since"] for one in whole if one["kind"] == "emergency_open"
    )
    paged: list[dict[str, Any]] = []
    path: str | None = "/v1/attention?limit=2"
    while path:
        reply = await dsl.get(path)
        paged += reply.json()["items"]
        link = reply.headers.get("Link")
        path = link[1 : link.index(">")] if link else None
    assert paged == whole
    assert {one["sharing_request_id"] for one in await queue(dsl, "?kind=emergency_open")} == set(
        made
    )


async def test_an_overdue_policy_review_is_an_open_task(
    service: Service, clock: MovableClock
) -> None:
    clock.forward(days=600)
    ig_lead = await service.caller("ig_lead")
    only = await queue(ig_lead, "?kind=policy_review_overdue")
    assert [(one["kind"], one["sharing_request_id"], one["overdue"]) for one in only] == [
        ("policy_review_overdue", None, True)
    ]
    cursor = (await ig_lead.get("/v1/attention", params={"limit": "1"})).json()["next_cursor"]
    assert cursor is None


async def test_the_ig_lead_sees_days_and_no_names(service: Service, clock: MovableClock) -> None:
    staff, account = await service.caller("staff"), await service.add("ig_lead")
    made = await submit(staff, MASH)
    clock.forward(days=5)
    reply = await (await service.sign_in(account)).get("/v1/attention")
    assert [one["sharing_request_id"] for one in reply.json()["items"]] == [made["id"]]
    assert reply.json()["items"][0]["due"].endswith("T00:00:00.000000Z")
    assert not [name for name in ("Khan", "mis:7781", "Anytown") if name in reply.text]


@pytest.mark.parametrize("role", ["staff", "integration"])
async def test_only_the_dsl_and_the_ig_lead_read_the_work_queue(
    service: Service, role: str
) -> None:
    assert (await (await service.caller(role)).get("/v1/attention")).status_code == 403


async def test_the_work_queue_shows_no_tasks_of_another_school(
    service: Service, clock: MovableClock
) -> None:
    await post(await service.caller("staff"), "/v1/emergency-disclosures", BARE)
    assert await queue(await service.caller("dsl", school="654321")) == []


@pytest.mark.parametrize("query", ["?cursor=AAAA", "?kind=nonsense", "?limit=0", "?knd=notice_due"])
async def test_an_invalid_query_of_the_work_queue_is_rejected(
    service: Service, dsl: Caller, query: str
) -> None:
    assert (await dsl.get(f"/v1/attention{query}")).status_code == 422


async def test_reading_the_work_queue_appends_an_audit_entry(
    service: Service, dsl: Caller, ig_lead: Caller
) -> None:
    await queue(dsl)
    found = (await ig_lead.get("/v1/audit/entries?action=sharing.attention.listed")).json()["items"]
    assert [entry["details"]["count"] for entry in found] == [0]
