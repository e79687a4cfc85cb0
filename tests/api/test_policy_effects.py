"""The effects of a policy version: overdue reviews, and evaluations repeated under the version they
were made under.
"""

import json

import pytest
import sqlalchemy as sa

from app.policy.lifecycle import in_force as policies
from app.sharing.evaluation import replay as evaluation_replay
from tests.api.policies import approve, create_draft, without_health_providers
from tests.api.sharing import consented_facts, decide, facts, landlord_facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service

SOURCE = policies.SHIPPED.read_text(encoding="utf-8")


@pytest.fixture
async def other(service: Service) -> Caller:
    """A second information governance lead."""
    return await service.caller("ig_lead")


async def test_an_overdue_review_is_flagged_everywhere_and_blocks_nothing(
    service: Service, ig_lead: Caller, other: Caller, clock: MovableClock
):
    assert (await ig_lead.get("/readyz")).json()["checks"]["policy"] == "ok"
    digest = await create_draft(ig_lead)
    await approve(other, digest, next_review_on="2026-03-10")
    clock.forward(days=8)
    staff, lead = await service.caller("staff"), await service.sign_in(ig_lead.account)
    for caller in (lead, await service.caller("dsl")):
        (waiting,) = (await caller.get("/v1/attention?kind=policy_review_overdue")).json()["items"]
        assert (waiting["overdue"], waiting["due"]) == (True, "2026-03-10T23:59:59.999999Z")
    ready = await lead.get("/readyz")
    assert ready.status_code == 200
    assert "review overdue" in ready.json()["checks"]["policy"]
    assert (await lead.get("/v1/policy")).json()["review_overdue"] is True
    made = await submit(staff)
    assert made["evaluation"]["outcome"] == "share"
    assert made["evaluation"]["policy"] == {
        "version": "2026-03",
        "digest": digest,
        "review_overdue": True,
    }
    assert "review_the_policy" in {action["code"] for action in made["evaluation"]["actions"]}


async def test_past_evaluations_are_repeated_to_the_byte_after_the_policy_changed(
    service: Service, staff: Caller, dsl: Caller, ig_lead: Caller, other: Caller
):
    bodies = [
        facts(),
        consented_facts(),
        landlord_facts(),
        facts(risk={"immediate_risk": "yes"}, purpose={"code": "unknown", "answer": "yes"}),
    ]
    made = [await submit(staff, body) for body in bodies]
    await decide(dsl, made[0]["id"])
    emergency = {
        "recipient": {"organisation_type": "police"},
        "what": "Address",
        "why": "Danger now",
    }
    assert (await staff.post("/v1/emergency-disclosures", json=emergency)).status_code == 201
    digest = await create_draft(ig_lead, without_health_providers)
    await approve(other, digest)
    again = await staff.post(
        f"/v1/sharing-requests/{made[1]['id']}/evaluations",
        json={"policy_digest": policies.shipped().digest},
    )
    assert again.json()["policy"]["digest"] == policies.shipped().digest
    made += [await submit(staff, body) for body in bodies]
    async with service.database.reading() as session:
        found = [one async for one in evaluation_replay.replay(session)]
        few = [one async for one in evaluation_replay.replay(session, request=found[0].request)]
    assert len(found) == 2 * len(bodies) + 2
    assert {one.policy for one in found} == {digest, policies.shipped().digest}
    assert [one.differs for one in found] == [None] * len(found)
    assert 0 < len(few) < len(found)


async def test_an_altered_result_is_found(service: Service, staff: Caller):
    await submit(staff)
    async with service.database.reading() as session:
        row = await session.first(
            sa.text("SELECT body FROM sharing_record WHERE kind = 'evaluation'")
        )
    assert row is not None
    body = json.loads(row.body)
    assert evaluation_replay.differs(policies.shipped(), body, service.clock()) is None
    body["result"]["outcome"] = "do_not_share"
    assert evaluation_replay.differs(policies.shipped(), body, service.clock()) == "result differs"
    body["facts"].pop("consent")
    assert "not known when these facts were stored: consent" in str(
        evaluation_replay.differs(policies.shipped(), body, service.clock())
    )
