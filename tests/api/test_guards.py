"""Guards of the lifecycle of a request and of its replies; each test fails when its guard is
removed.
"""

from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa

from app.platform.idempotency import TABLE
from app.policy.facts.examples import FACTS_EXAMPLE
from tests.api.sharing import MASH, decide, submit
from tests.running import MovableClock
from tests.service import Caller, Service

MOST_BYTES: Final = 7_000


def disclosure(decision: dict[str, Any], sent_at: str) -> dict[str, Any]:
    return {
        "decision_id": decision["id"],
        "recipient": {"named_individual": "A. Khan"},
        "route": "secure_email",
        "sent_at": sent_at,
    }


async def test_the_reply_to_a_submission_stays_small(staff: Caller) -> None:
    reply = await staff.post("/v1/sharing-requests", json=FACTS_EXAMPLE)
    assert reply.status_code == 201
    assert len(reply.content) <= MOST_BYTES


async def test_a_request_contains_one_evaluation_and_each_has_its_own_address(
    staff: Caller, ig_lead: Caller
) -> None:
    made = await submit(staff)
    path = f"/v1/sharing-requests/{made['id']}"
    await staff.post(f"{path}/evaluations", json={})
    shown = (await staff.get(path)).json()
    first, second = shown["evaluations"]
    assert (first["trigger"], second["trigger"]) == ("submitted", "asked")
    assert shown["evaluation"]["id"] == second["id"]
    assert "path" not in second
    assert "cites" not in shown["evaluation"]["path"][0]
    for caller in (staff, ig_lead):
        reply = await caller.get(f"{path}/evaluations/{first['id']}")
        assert (reply.status_code, reply.json()["id"]) == (200, first["id"])
        assert reply.json()["path"][0]["cites"]
    missing = await staff.get(f"{path}/evaluations/{made['id']}")
    assert (missing.status_code, missing.json()["code"]) == (404, "evaluation-not-found")


@pytest.mark.parametrize(("minutes", "status"), [(5, 201), (6, 422)])
async def test_a_disclosure_can_be_at_most_five_minutes_ahead(
    dsl: Caller, clock: MovableClock, minutes: int, status: int
) -> None:
    made = await submit(dsl)
    decision = await decide(dsl, made["id"])
    sent_at = (clock() + timedelta(minutes=minutes)).isoformat()
    reply = await dsl.post(
        f"/v1/sharing-requests/{made['id']}/disclosures", json=disclosure(decision, sent_at)
    )
    assert reply.status_code == status
    if status == 422:
        assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/sent_at"]


async def test_nothing_is_disclosed_from_a_closed_request(dsl: Caller, clock: MovableClock) -> None:
    made = await submit(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    decision = await decide(dsl, made["id"])
    assert (await dsl.post(f"{path}/closure", json={})).status_code == 201
    reply = await dsl.post(f"{path}/disclosures", json=disclosure(decision, clock().isoformat()))
    assert (reply.status_code, reply.json()["code"]) == (409, "invalid-state")
    assert (await dsl.get(path)).json()["disclosures"] == []


async def test_each_view_of_a_request_has_its_own_etag(staff: Caller, ig_lead: Caller) -> None:
    made = await submit(staff)
    path = f"/v1/sharing-requests/{made['id']}"
    full, hidden = await staff.get(path), await ig_lead.get(path)
    assert full.headers["ETag"] != hidden.headers["ETag"]
    unchanged = {"If-None-Match": full.headers["ETag"]}
    assert (await staff.get(path, headers=unchanged)).status_code == 304
    assert (await ig_lead.get(path, headers=unchanged)).status_code == 200


async def test_an_idempotency_key_is_scoped_to_a_path_and_a_caller(
    staff: Caller, dsl: Caller
) -> None:
    first, second = await submit(staff), await submit(staff)
    key = {"Idempotency-Key": "the same"}

    async def asked(caller: Caller, request: str) -> tuple[str, bool]:
        path = f"/v1/sharing-requests/{request}/evaluations"
        reply = await caller.post(path, json={}, headers=key)
        assert reply.status_code == 201
        return reply.json()["id"], "Idempotency-Replayed" in reply.headers

    made = [
        await asked(staff, first["id"]),
        await asked(staff, second["id"]),
        await asked(dsl, first["id"]),
    ]
    assert [replayed for _, replayed in made] == [False, False, False]
    assert len({one for one, _ in made}) == 3
    assert await asked(staff, first["id"]) == (made[0][0], True)


async def test_disposal_deletes_every_stored_reply_about_the_request(
    service: Service, staff: Caller
) -> None:
    reply = await staff.post("/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": "1"})
    path = reply.headers["Location"]
    for key, of, body in (
        ("2", "/advice", {"ask": "dsl", "question": "Who?"}),
        ("3", "/evaluations", {}),
        ("4", "/withdrawal", {}),
    ):
        made = await staff.post(f"{path}{of}", json=body, headers={"Idempotency-Key": key})
        child = f"/evaluations/{made.json()['id']}" if of == "/evaluations" else ""
        assert made.headers["Location"] == path + child
    async with service.database.reading() as session:
        rows = await session.all(sa.select(TABLE.c.request))
    assert [str(row.request) for row in rows] == [reply.json()["id"]] * 4
