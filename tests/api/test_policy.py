"""Reading the policy over HTTP, and evaluating facts without storing them."""

import copy
import itertools
from typing import Any

import pytest
import sqlalchemy as sa

from app.policy.engine.vocabulary import Answer
from app.policy.facts.examples import FACTS_EXAMPLE
from app.policy.lifecycle import in_force as policies
from tests.service import Caller, Service
from tests.unit.policy.engine.test_evaluate import oracle

pytestmark = pytest.mark.database_independent

ROLES = ("staff", "dsl", "ig_lead", "integration")


def facts(**changed: Any) -> dict[str, Any]:
    return {**copy.deepcopy(FACTS_EXAMPLE), **changed}


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_reads_the_policy_in_force_and_revalidates_it_by_etag(
    service: Service, role: str
):
    caller = await service.caller(role)
    reply = await caller.get("/v1/policy")
    assert reply.status_code == 200
    body = reply.json()
    assert reply.headers["etag"] == f'"{body["digest"]}"'
    assert body["digest"] == policies.shipped().digest
    assert "no-store" not in reply.headers["cache-control"]
    assert (body["version"], body["last_review"], body["review_due"]) == (
        "2025-11",
        "2025-11",
        "2026-11",
    )
    assert len(body["principles"]) == len(body["golden_rules"]) == 7
    assert len(body["lawful_reasons"]) == 10
    assert len(body["myths"]) == 5
    assert len(body["questions"]) == 7
    assert body["duties"]
    assert body["resources"]
    assert (
        await caller.get("/v1/policy", headers={"If-None-Match": reply.headers["etag"]})
    ).status_code == 304


async def test_versions_are_listed_and_one_is_read_with_its_document(staff: Caller):
    listed = (await staff.get("/v1/policies")).json()
    assert [item["status"] for item in listed["items"]] == ["in_force"]
    assert listed["next_cursor"] is None
    digest = listed["items"][0]["digest"]
    one = await staff.get(f"/v1/policies/{digest}")
    assert one.status_code == 200
    assert one.json()["document"]["policy"]["version"] == "2025-11"
    assert one.headers["etag"]


async def test_an_unknown_version_is_404_and_a_malformed_digest_is_422(staff: Caller):
    missing = await staff.get(f"/v1/policies/sha256:{'0' * 64}")
    assert missing.status_code == 404
    assert missing.json()["code"] == "policy-not-found"
    assert (await staff.get("/v1/policies/sha256:xyz")).status_code == 422


async def test_an_unauthenticated_client_gets_401(service: Service):
    anonymous = await service.anonymous()
    for path in ("/v1/policy", "/v1/policies", f"/v1/policies/sha256:{'0' * 64}"):
        assert (await anonymous.get(path)).status_code == 401
    assert (await anonymous.post("/v1/evaluations", json=FACTS_EXAMPLE)).status_code == 401


@pytest.mark.parametrize("role", ROLES)
async def test_the_example_of_the_api_document_is_shared_for_a_lawful_reason(
    service: Service, role: str
):
    caller = await service.caller(role)
    reply = await caller.post("/v1/evaluations", json=FACTS_EXAMPLE)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert (body["outcome"], body["decided_at"], body["release"], body["mais"]) == (
        "share",
        "lawful_reason",
        "ready",
        "PERMIT",
    )
    assert [step["step"] for step in body["path"]] == [
        "immediate_risk",
        "purpose",
        "consent",
        "identifiable",
        "lawful_reason",
    ]
    assert body["may_decide"] == ["dsl"]
    assert all(action["due"] is None or action["due"].endswith("Z") for action in body["actions"])
    assert body["policy"] == {
        "version": "2025-11",
        "digest": policies.shipped().digest,
        "review_overdue": False,
    }


async def test_the_81_answer_sets_give_the_outcome_of_the_prose(staff: Caller):
    for purpose, consent, identifiable, lawful in itertools.product(Answer, repeat=4):
        body = facts(
            purpose={"code": "section_47_enquiry", "answer": purpose},
            consent={"answer": consent},
            identifiable=identifiable,
            lawful_reason={"answer": lawful},
        )
        reply = (await staff.post("/v1/evaluations", json=body)).json()
        assert (reply["outcome"], reply["decided_at"]) == oracle(
            purpose, consent, identifiable, lawful
        )


async def test_few_members_are_required_and_omitted_answers_are_unsure(staff: Caller):
    body = {
        "direction": "received",
        "recipient": {"organisation_type": "police"},
        "purpose": {"code": "other"},
        "items": [{}],
        "consent": {"answer": "unsure"},
        "identifiable": "unsure",
        "lawful_reason": {"answer": "unsure"},
    }
    reply = await staff.post("/v1/evaluations", json=body)
    assert reply.status_code == 200, reply.text
    found = reply.json()
    assert (found["outcome"], found["decided_at"]) == ("seek_advice", "purpose")
    assert "escalate_to_dsl_now" in {action["code"] for action in found["actions"]}
    assert {check["met"] for check in found["how"]} == {"unsure"}


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("purpsoe",), {}, "/purpsoe"),
        (("purpose", "anwser"), "yes", "/purpose/anwser"),
        (("consent", "answer"), "maybe", "/consent/answer"),
        (("recipient", "organisation_type"), "plice", "/recipient/organisation_type"),
        (("items",), [], "/items"),
        (("items", 0, "historical"), "yes", "/items/0/historical"),
        (("items", 0, "as_at"), 20260101, "/items/0/as_at"),
        (("identifiable",), None, "/identifiable"),
        (("needed_by",), "tomorrow", "/needed_by"),
        (("purpose", "statement"), "x" * 4001, "/purpose/statement"),
    ],
)
async def test_a_fault_is_reported_at_its_pointer_without_the_value(
    staff: Caller, path: tuple[str | int, ...], value: object, pointer: str
):
    body = facts()
    place: Any = body
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    reply = await staff.post("/v1/evaluations", json=body)
    assert reply.status_code == 422, reply.text
    assert [fault["pointer"] for fault in reply.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "name",
    ["direction", "recipient", "purpose", "items", "consent", "identifiable", "lawful_reason"],
)
async def test_a_missing_required_member_is_refused(staff: Caller, name: str):
    body = facts()
    del body[name]
    reply = await staff.post("/v1/evaluations", json=body)
    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == [f"/{name}"]


async def test_deidentified_advice_needs_no_items(staff: Caller):
    body = facts(purpose={"code": "advice_deidentified", "answer": "unsure"}, subjects=[], items=[])
    assert (await staff.post("/v1/evaluations", json=body)).status_code == 200


async def test_text_in_another_unicode_form_is_accepted(staff: Caller):
    body = facts(purpose={"code": "other", "answer": "yes", "statement": "cafe\u0301"})
    assert (await staff.post("/v1/evaluations", json=body)).status_code == 200


async def test_an_evaluation_leaves_an_audit_entry_and_nothing_of_the_case(
    service: Service, staff: Caller
):
    body = facts(purpose={"code": "other", "answer": "yes", "statement": "canary-statement"})
    reply = await staff.post("/v1/evaluations", json=body)
    async with service.database.reading() as session:
        rows = await session.all(sa.text("SELECT action, body FROM audit_entry"))
    tried = [row.body for row in rows if row.action == "policy.evaluation.tried"]
    assert len(tried) == 1
    assert reply.json()["id"] in tried[0]
    assert not any(word in row.body for row in rows for word in ("canary", "mis:7781", "Khan"))
    async with service.database.reading() as session:
        assert (await session.first(sa.text("SELECT count(*) FROM sharing_request")))[0] == 0  # type: ignore[index]
