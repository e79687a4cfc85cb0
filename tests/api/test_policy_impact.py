"""Impact assessments over HTTP: at once or in the background, as JSON or as a page, without
information about a child.
"""

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from app.policy.lifecycle import in_force as policies
from tests.api.policies import approve, create_draft, without_health_providers
from tests.api.sharing import SHARE, consented_facts, decide, facts, landlord_facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service

AT_THE_SURGERY = {"organisation_type": "health_provider", "identity_verified": "yes"}
CANARIES = ("Khan", "mis:7781", "Attendance", "Anytown", "SR-2231")


def emergency() -> dict[str, Any]:
    """Danger, with a health provider that is known to be who it says."""
    return facts(recipient=AT_THE_SURGERY, risk={"immediate_risk": "yes"})


async def assessed(caller: httpx.AsyncClient, digest: str, **headers: str) -> httpx.Response:
    reply = await caller.post(f"/v1/policies/{digest}/impact", headers=headers)
    assert reply.status_code in {201, 202}, reply.text
    return reply


async def finished(caller: httpx.AsyncClient, url: str) -> dict[str, Any]:
    for _ in range(500):
        found: dict[str, Any] = (await caller.get(url)).json()
        if found["status"] != "running":
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("the work does not end")


async def test_an_assessment_of_a_few_requests_finishes_at_once(
    staff: Caller, dsl: Caller, ig_lead: Caller
):
    urgent = await submit(staff, emergency())
    usual = [await submit(staff, body) for body in (facts(), consented_facts(), landlord_facts())]
    departed = {
        **SHARE,
        "outcome": "do_not_share",
        "departs_because": "No answer.",
        "refusal": {"discussed_with_requester": "yes", "how": "-"},
    }
    await decide(dsl, urgent["id"], departed)
    digest = await create_draft(ig_lead, without_health_providers)
    reply = await assessed(ig_lead, digest)
    assert reply.status_code == 201
    body = reply.json()
    assert reply.headers["location"] == f"/v1/policies/{digest}/impact/{body['id']}"
    assert (body["status"], body["done"], body["total"]) == ("finished", 4, 4)
    assert body["against"]["digest"] == policies.shipped().digest
    replay = body["replay"]
    assert (
        replay["requests"],
        replay["changed"],
        replay["not_known"],
        replay["leaves_emergency"],
    ) == (4, 1, 0, 1)
    assert replay["changes"] == [
        {
            "request": urgent["id"],
            "decision": "do_not_share",
            "departs": True,
            "before": {
                "outcome": "share_emergency",
                "decided_at": "immediate_risk",
                "release": "ready",
            },
            "after": {"outcome": "share", "decided_at": "lawful_reason", "release": "ready"},
            "parts_at": "immediate_risk",
            "grave": "leaves_emergency",
        }
    ]
    assert replay["matrix"]["share_emergency"]["share"] == 1
    assert sum(number for row in replay["matrix"].values() for number in row.values()) == 4
    flow = body["difference"]["tables"][0]
    assert (flow["table"], flow["combinations"], flow["changed"]) == ("/flow", 29 * 3**6, 81)
    assert {edit["pointer"] for edit in body["difference"]["edits"]} >= {
        "/policy/version",
        "/sets/protective/members/5",
    }
    assert all(
        one["id"] in {urgent["id"], *(each["id"] for each in usual)}
        for one in [{"id": row["request"]} for row in replay["changes"]]
    )
    assert not any(word in reply.text for word in CANARIES)
    assert (await ig_lead.get(reply.headers["location"])).json() == body


async def test_an_assessment_changes_nothing(service: Service, staff: Caller, ig_lead: Caller):
    made = await submit(staff, emergency())
    digest = await create_draft(ig_lead, without_health_providers)
    await assessed(ig_lead, digest)
    assert (await ig_lead.get("/v1/policy")).json()["digest"] == policies.shipped().digest
    found = await staff.get(f"/v1/sharing-requests/{made['id']}")
    assert found.headers["etag"] == made["etag"]


async def test_a_version_has_no_difference_from_itself(ig_lead: Caller):
    body = (await assessed(ig_lead, policies.shipped().digest)).json()
    assert body["difference"] == {"tables": [], "edits": []}
    assert body["replay"]["changed"] == 0


async def test_a_version_can_be_compared_with_any_other(
    service: Service, staff: Caller, ig_lead: Caller
):
    await submit(staff, emergency())
    first, second = (
        await create_draft(ig_lead),
        await create_draft(ig_lead, without_health_providers, version="2026-04"),
    )
    await approve(await service.caller("ig_lead"), second)
    against_in_force = (await assessed(ig_lead, first)).json()
    assert against_in_force["against"]["digest"] == second
    assert against_in_force["replay"]["matrix"]["share"]["share_emergency"] == 1
    reply = await ig_lead.post(
        f"/v1/policies/{first}/impact", json={"against": policies.shipped().digest}
    )
    assert reply.json()["replay"]["changed"] == 0
    missing = await ig_lead.post(
        f"/v1/policies/{first}/impact", json={"against": f"sha256:{'0' * 64}"}
    )
    assert (missing.status_code, missing.json()["code"]) == (404, "policy-not-found")


async def test_a_background_assessment_reports_its_progress(staff: Caller, ig_lead: Caller):
    for _ in range(3):
        await submit(staff, emergency())
    digest = await create_draft(ig_lead, without_health_providers)
    reply = await assessed(ig_lead, digest, Prefer="respond-async")
    assert reply.status_code == 202
    body = reply.json()
    assert (body["status"], body["done"], body["total"], body["replay"]) == ("running", 0, 3, None)
    found = await finished(ig_lead, reply.headers["location"])
    assert (found["status"], found["done"], found["total"]) == ("finished", 3, 3)
    assert found["replay"]["leaves_emergency"] == 3
    at_once = (await assessed(ig_lead, digest)).json()
    assert (at_once["replay"], at_once["difference"]) == (found["replay"], found["difference"])


async def test_a_repeated_idempotency_key_starts_one_assessment(service: Service, ig_lead: Caller):
    digest = await create_draft(ig_lead)
    headers = {"Idempotency-Key": "once", "Prefer": "respond-async"}
    replies = [await assessed(ig_lead, digest, **headers) for _ in range(2)]
    assert replies[0].json()["id"] == replies[1].json()["id"]
    await finished(ig_lead, replies[0].headers["location"])
    async with service.database.reading() as session:
        assert (await session.first(sa.text("SELECT count(*) FROM policy_impact")))[0] == 1  # type: ignore[index]


async def test_an_abandoned_assessment_counts_as_failed(
    service: Service, ig_lead: Caller, clock: MovableClock
):
    digest = await create_draft(ig_lead)
    reply = await assessed(ig_lead, digest, Prefer="respond-async")
    await finished(ig_lead, reply.headers["location"])
    async with service.database.transaction() as session:
        await session.execute(sa.text("UPDATE policy_impact SET status = 'running', result = NULL"))
    assert (await ig_lead.get(reply.headers["location"])).json()["status"] == "running"
    clock.forward(minutes=3)
    assert (await ig_lead.get(reply.headers["location"])).json()["status"] == "failed"
    page = await ig_lead.get(reply.headers["location"], headers={"Accept": "text/html"})
    assert "Ask for it again" in page.text


async def test_an_assessment_can_be_read_as_a_page(staff: Caller, dsl: Caller, ig_lead: Caller):
    made = await submit(staff, emergency())
    await submit(staff)

    def renamed(document: Any) -> None:
        without_health_providers(document)
        document["guidance"]["no_fear"]["text"] = "Fear is <b>no</b> reason."

    digest = await create_draft(ig_lead, renamed)
    url = (await assessed(ig_lead, digest)).headers["location"]
    page = await ig_lead.get(url, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.headers["content-security-policy"]
    for words in (
        "1 past request would stop being an emergency share.",
        "No past request that was to be shared would be refused.",
        "81 of 21141 combinations have a different result",
        made["id"],
        "&lt;b&gt;no&lt;/b&gt;",
        "Seek advice",
    ):
        assert words in page.text, words
    assert not any(word in page.text for word in CANARIES)


@pytest.mark.parametrize(
    "missing",
    [("consent",), ("recipient_verified",), ("third_party",), ("emergency_kind", "opinion")],
)
async def test_a_missing_fact_makes_the_result_unknown(
    service: Service, staff: Caller, ig_lead: Caller, missing: tuple[str, ...]
):
    """Facts of an earlier shape cannot be written through the service, so the assessment is given
    them as its reader would.
    """
    from app.policy.impact.replay import PastRequest, Replay  # noqa: PLC0415

    made = await submit(staff, consented_facts())
    async with service.database.reading() as session:
        past = [
            one
            async for one in service.app.state.assessor._past.read(session, service.settings.school)
        ]
    facts_then = {name: value for name, value in past[0].facts.items() if name not in missing}
    digest = await create_draft(ig_lead, without_health_providers)
    async with service.database.reading() as session:
        new = await policies.at(session, service.settings.school, digest)
    replay = Replay(policies.shipped(), new, service.clock().date())
    replay.add(PastRequest(request=past[0].request, facts=facts_then, decision=None, departs=False))
    found: Any = replay.result()
    assert str(past[0].request) == made["id"]
    assert found["not_known"] == (missing == ("consent",))


async def test_an_assessment_belongs_to_its_school_and_version(service: Service, ig_lead: Caller):
    digest, other = await create_draft(ig_lead), await create_draft(ig_lead, version="2026-04")
    job = (await assessed(ig_lead, digest)).json()["id"]
    outsider = await service.caller("ig_lead", school="654321")
    for caller, version in ((outsider, digest), (ig_lead, other)):
        reply = await caller.get(f"/v1/policies/{version}/impact/{job}")
        assert (reply.status_code, reply.json()["code"]) == (404, "impact-not-found")
    assert (
        await ig_lead.get(f"/v1/policies/{digest}/impact/{job}", headers={"Accept": "image/png"})
    ).status_code == 406


async def test_assessing_and_reading_leave_audit_entries_without_content(
    service: Service, staff: Caller, ig_lead: Caller
):
    await submit(staff)
    digest = await create_draft(ig_lead)
    await ig_lead.get((await assessed(ig_lead, digest)).headers["location"])
    async with service.database.reading() as session:
        rows = await session.all(
            sa.text("SELECT action, body FROM audit_entry WHERE action LIKE 'policy.impact%'")
        )
    assert sorted(row.action for row in rows) == ["policy.impact.assessed", "policy.impact.read"]
    assert all(digest in row.body for row in rows)
