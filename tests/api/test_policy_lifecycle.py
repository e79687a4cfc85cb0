"""The lifecycle of a policy version over HTTP: drafted, approved by another account, in force from
its first day, or withdrawn before it.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from app.audit import checkpoint, seal, verify
from app.kernel.canonical import encode
from app.main import LOG_KEY, RECORD_SOURCES, checkpoint_folder, log_host
from app.policy.lifecycle import in_force as policies
from tests.api.policies import (
    APPROVED,
    YAML,
    approve,
    changed_policy,
    create_draft,
    without_health_providers,
)
from tests.running import MovableClock
from tests.service import Caller, Service

SOURCE = policies.SHIPPED.read_text(encoding="utf-8")


@pytest.fixture
async def other(service: Service) -> Caller:
    """A second information governance lead."""
    return await service.caller("ig_lead")


async def count(service: Service, table: str) -> int:
    async with service.database.reading() as session:
        row = await session.first(sa.text(f"SELECT count(*) FROM {table}"))
        assert row is not None
        return int(row[0])


def renamed(version: str = "2026-03") -> str:
    return SOURCE.replace('version: "2025-11"', f'version: "{version}"  # drafted for the review')


async def test_a_draft_is_stored_as_sent_and_is_not_in_force(ig_lead: Caller):
    reply = await ig_lead.post("/v1/policies", content=renamed(), headers=YAML)
    assert reply.status_code == 201, reply.text
    body = reply.json()
    assert (body["status"], body["version"], body["author"]) == (
        "draft",
        "2026-03",
        str(ig_lead.account.id),
    )
    assert reply.headers["location"] == f"/v1/policies/{body['digest']}"
    assert reply.headers["etag"] == f'"{body["digest"]}.draft"'
    assert (await ig_lead.get("/v1/policy")).json()["digest"] == policies.shipped().digest
    assert [item["status"] for item in (await ig_lead.get("/v1/policies")).json()["items"]] == [
        "draft",
        "in_force",
    ]
    sent = await ig_lead.get(
        f"/v1/policies/{body['digest']}/document", headers={"Accept": "application/yaml"}
    )
    assert sent.text == renamed()


async def test_json_and_yaml_with_the_same_meaning_are_the_same_version(ig_lead: Caller):
    digest = await create_draft(ig_lead)
    again = await ig_lead.post("/v1/policies", content=renamed(), headers=YAML)
    assert (again.status_code, again.json()["code"]) == (409, "policy-version-exists")
    assert again.headers["location"] == f"/v1/policies/{digest}"


async def test_a_shipped_version_cannot_be_drafted_approved_or_withdrawn(ig_lead: Caller):
    assert (await ig_lead.post("/v1/policies", content=SOURCE, headers=YAML)).status_code == 409
    url = f"/v1/policies/{policies.shipped().digest}"
    assert (await ig_lead.post(f"{url}/approval", json=APPROVED)).status_code == 409
    assert (await ig_lead.post(f"{url}/withdrawal")).status_code == 409


async def test_every_fault_is_reported_with_its_line_and_nothing_is_stored(
    service: Service, ig_lead: Caller
):
    text = (
        renamed()
        .replace("when: {purpose: no}", "when: {purpos: no}")
        .replace("sound: consent_in_force@1", "sound: consent_in_froce@1")
    )
    before = await count(service, "audit_entry")
    reply = await ig_lead.post("/v1/policies", content=text, headers=YAML)
    assert reply.status_code == 422
    body = reply.json()
    assert body["code"] == "invalid-policy"
    assert {fault["code"] for fault in body["errors"]} == {"unknown-fact", "unknown-function"}
    line = text[: text.index("when: {purpos: no}")].count("\n") + 1
    unknown = next(fault for fault in body["errors"] if fault["code"] == "unknown-fact")
    assert unknown["detail"].startswith(f"line {line}, ")
    assert "did you mean purpose?" in unknown["detail"]
    assert "expected one of" in unknown["detail"]
    assert await count(service, "policy_version") == 0
    assert await count(service, "audit_entry") == before


async def test_a_breach_of_the_safety_floor_is_refused_with_a_counterexample(ig_lead: Caller):
    def share_without_purpose(document: Any) -> None:
        row = document["flow"]["nodes"]["purpose"]["rows"][1]
        row["outcome"] = "share"

    reply = await ig_lead.post(
        "/v1/policies",
        content=encode(changed_policy(share_without_purpose)),
        headers={"Content-Type": "application/json"},
    )
    assert reply.status_code == 422
    broken = [
        fault["detail"] for fault in reply.json()["errors"] if fault["code"] == "safety-floor"
    ]
    assert any(
        "nothing is shared without a legitimate purpose" in detail and "purpose is no" in detail
        for detail in broken
    )


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [
        (b"policy: {}", "text/plain", 415, "unsupported-media-type"),
        (b"policy: {}", "", 415, "unsupported-media-type"),
        (b'{"a": 1, "a": 2}', "application/json", 422, "invalid-json"),
        (b'{"a": NaN}', "application/json", 422, "invalid-json"),
        (b"policy: {}", "application/json", 422, "invalid-json"),
        (b"", "application/yaml", 422, "invalid-policy"),
        (b"\xff\xfe", "application/yaml", 422, "invalid-policy"),
        (b"a: &x 1\nb: *x", "text/yaml; charset=utf-8", 422, "invalid-policy"),
        (b"#" * (256 * 1024 + 1), "application/yaml", 413, "body-too-large"),
    ],
)
async def test_a_body_that_is_not_a_document_is_refused(
    ig_lead: Caller, content: bytes, media: str, status: int, code: str
):
    reply = await ig_lead.post(
        "/v1/policies", content=content, headers={"Content-Type": media} if media else {}
    )
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text


@pytest.mark.parametrize("role", ["staff", "dsl", "integration"])
async def test_only_information_governance_leads_change_the_policy(
    service: Service, ig_lead: Caller, role: str
):
    digest = await create_draft(ig_lead)
    caller = await service.caller(role)
    assert (
        await caller.post("/v1/policies", content=renamed("x"), headers=YAML)
    ).status_code == 403
    for act in ("approval", "withdrawal", "impact"):
        assert (
            await caller.post(
                f"/v1/policies/{digest}/{act}", json=APPROVED if act == "approval" else None
            )
        ).status_code == 403


async def test_the_author_cannot_approve_a_version(service: Service, ig_lead: Caller):
    digest = await create_draft(ig_lead)
    reply = await ig_lead.post(f"/v1/policies/{digest}/approval", json=APPROVED)
    assert (reply.status_code, reply.json()["code"]) == (403, "approver-is-author")
    assert await count(service, "policy_approval") == 0


async def test_an_approved_version_is_in_force_from_its_first_day_and_supersedes_the_other(
    service: Service, ig_lead: Caller, other: Caller, clock: MovableClock
):
    first, second = (
        await create_draft(ig_lead),
        await create_draft(ig_lead, without_health_providers, version="2026-04"),
    )
    assert (await approve(other, first))["status"] == "in_force"
    found = await approve(other, second, in_force_from="2026-04-01", next_review_on="2027-04-15")
    assert (found["status"], found["starts_on"], found["review_due"]) == (
        "approved",
        "2026-04-01",
        "2027-04-15",
    )
    assert found["approved_by"] == APPROVED["approved_by"]
    assert (await ig_lead.get("/v1/policy")).json()["digest"] == first
    clock.forward(days=29)
    assert (await (await service.sign_in(ig_lead.account)).get("/v1/policy")).json()[
        "digest"
    ] == second
    listed = (await (await service.sign_in(ig_lead.account)).get("/v1/policies")).json()["items"]
    assert {item["digest"]: item["status"] for item in listed} == {
        second: "in_force",
        first: "superseded",
        policies.shipped().digest: "superseded",
    }


async def test_a_version_is_approved_once_and_two_never_start_on_the_same_day(
    ig_lead: Caller, other: Caller
):
    first, second = await create_draft(ig_lead), await create_draft(ig_lead, version="2026-04")
    await approve(other, first)
    again = await other.post(
        f"/v1/policies/{first}/approval", json={**APPROVED, "in_force_from": "2026-05-01"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "already-approved")
    taken = await other.post(f"/v1/policies/{second}/approval", json=APPROVED)
    assert (taken.status_code, taken.json()["code"]) == (409, "start-date-taken")


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"in_force_from": "2026-03-02"}, "/in_force_from", "in-the-past"),
        ({"next_review_on": "2026-02"}, "/next_review_on", "before-start"),
        ({"next_review_on": "2026-03-03"}, "/next_review_on", "before-start"),
        ({"next_review_on": "2090-01"}, "/next_review_on", "too-late"),
        ({"next_review_on": "2027-13"}, "/next_review_on", "not-a-date"),
        ({"next_review_on": "2027-02-30"}, "/next_review_on", "not-a-date"),
        ({"next_review_on": "soon"}, "/next_review_on", "not-a-date"),
        ({"in_force_from": "tomorrow"}, "/in_force_from", None),
        ({"approved_by": "   "}, "/approved_by", None),
        ({"approved_by": "x" * 201}, "/approved_by", None),
    ],
)
async def test_invalid_dates_are_refused(
    ig_lead: Caller, other: Caller, changed: dict[str, str], pointer: str, code: str | None
):
    digest = await create_draft(ig_lead)
    reply = await other.post(f"/v1/policies/{digest}/approval", json={**APPROVED, **changed})
    assert reply.status_code == 422, reply.text
    assert [fault["pointer"] for fault in reply.json()["errors"]] == [pointer]
    assert code is None or reply.json()["errors"][0]["code"] == code


async def test_a_version_cannot_start_before_its_parameters_have_values(
    ig_lead: Caller, other: Caller
):
    def later(document: Any) -> None:
        document["policy"]["start"] = "2026-12-01"
        for parameter in document["parameters"].values():
            parameter["values"][0]["start"] = "2026-12-01"
        for case in document["cases"].values():
            case.pop("on", None)
        document["policy"]["next_review"] = "2026-11"

    digest = await create_draft(ig_lead, later)
    reply = await other.post(f"/v1/policies/{digest}/approval", json=APPROVED)
    assert reply.status_code == 422
    assert [fault["code"] for fault in reply.json()["errors"]] == ["no-value"]
    await approve(other, digest, in_force_from="2026-12-01", next_review_on="2027-12")


async def test_a_version_can_be_withdrawn_before_its_first_day_only(
    service: Service, ig_lead: Caller, other: Caller, clock: MovableClock
):
    first, second = await create_draft(ig_lead), await create_draft(ig_lead, version="2026-04")
    await approve(other, first, in_force_from="2026-03-05", next_review_on="2027-03")
    gone = await ig_lead.post(f"/v1/policies/{first}/withdrawal")
    assert (gone.status_code, gone.json()["status"]) == (201, "withdrawn")
    assert (await ig_lead.post(f"/v1/policies/{first}/withdrawal")).json()[
        "code"
    ] == "policy-version-withdrawn"
    assert (await other.post(f"/v1/policies/{first}/approval", json=APPROVED)).json()[
        "code"
    ] == "policy-version-withdrawn"
    await approve(other, second, in_force_from="2026-03-05", next_review_on="2027-03")
    clock.forward(days=2)
    lead = await service.sign_in(ig_lead.account)
    assert (await lead.get("/v1/policy")).json()["digest"] == second
    late = await lead.post(f"/v1/policies/{second}/withdrawal")
    assert (late.status_code, late.json()["code"]) == (409, "version-already-started")


async def test_an_approval_with_an_outdated_etag_is_refused(ig_lead: Caller, other: Caller):
    digest = await create_draft(ig_lead)
    tag = (await other.get(f"/v1/policies/{digest}")).headers["etag"]
    await ig_lead.post(f"/v1/policies/{digest}/withdrawal", headers={"If-Match": tag})
    stale = await other.post(
        f"/v1/policies/{digest}/approval", json=APPROVED, headers={"If-Match": tag}
    )
    assert stale.status_code == 412


async def test_a_repeated_idempotency_key_does_not_repeat_the_operation(
    service: Service, ig_lead: Caller, other: Caller
):
    key = {"Idempotency-Key": "once"}
    replies = [
        await ig_lead.post("/v1/policies", content=renamed(), headers={**YAML, **key})
        for _ in range(2)
    ]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[1].headers["idempotency-replayed"] == "true"
    digest = replies[0].json()["digest"]
    again = [
        await other.post(f"/v1/policies/{digest}/approval", json=APPROVED, headers=key)
        for _ in range(2)
    ]
    assert [reply.status_code for reply in again] == [201, 201]
    assert await count(service, "policy_approval") == 1


async def test_another_school_cannot_see_a_version(service: Service, ig_lead: Caller):
    digest = await create_draft(ig_lead)
    outsider = await service.caller("ig_lead", school="654321")
    assert (await outsider.get(f"/v1/policies/{digest}")).status_code == 404
    for act, body in (("approval", APPROVED), ("withdrawal", None), ("impact", None)):
        assert (await outsider.post(f"/v1/policies/{digest}/{act}", json=body)).status_code == 404


async def test_the_audit_log_seals_every_step_and_names_no_approver(
    service: Service, ig_lead: Caller, other: Caller
):
    first, second = await create_draft(ig_lead), await create_draft(ig_lead, version="2026-04")
    await approve(other, first)
    await approve(other, second, in_force_from="2026-04-01", next_review_on="2027-03")
    await ig_lead.post(f"/v1/policies/{second}/withdrawal")
    async with service.database.reading() as session:
        rows = await session.all(sa.text("SELECT action, body FROM audit_entry"))
    actions = [row.action for row in rows if row.action.startswith("policy.version")]
    assert sorted(actions) == [
        "policy.version.adopted",
        "policy.version.approved",
        "policy.version.approved",
        "policy.version.drafted",
        "policy.version.drafted",
        "policy.version.withdrawn",
    ]
    assert not any("Example" in row.body for row in rows)
    settings = service.settings
    key = checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False)
    await seal.seal(
        service.database, key, host=log_host(settings), folder=checkpoint_folder(settings)
    )
    report = await verify.verify(
        service.database, key.public_key(), RECORD_SOURCES, now=service.clock()
    )
    assert report.exit_code == 0, report.lines()
