"""An emergency is recorded even if the policy is broken; the record says that it was."""

from collections import OrderedDict
from time import perf_counter
from typing import Any

import pytest

from app.kernel.canonical import digest, encode
from app.policy.document import loader as document_loader
from app.policy.engine import deadlines, derive, evaluate
from app.policy.lifecycle import in_force as policies
from app.policy.lifecycle import store as lifecycle_store
from app.policy.lifecycle.store import VersionRef
from app.sharing.evaluation import assessment
from tests.api.policies import approve, changed_policy, create_draft
from tests.api.sharing import MASH, SHARE
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent

BARE: dict[str, Any] = {
    "recipient": {"organisation_type": "police"},
    "what": "Name and address",
    "why": "Child in danger now",
}
VERIFIED: dict[str, Any] = BARE | {
    "recipient": {"organisation_type": "police", "identity_verified": "yes"}
}

BROKEN = [
    (evaluate, "evaluate"),
    (evaluate, "retention_class"),
    (deadlines, "due_at"),
    (deadlines, "years_after"),
    (deadlines, "working_days"),
    (derive, "derive"),
    (evaluate, "last_day"),
    (assessment, "judge"),
    (assessment, "retention_end"),
]
FAILURES = (
    ValueError("year 11026 is out of range"),
    OverflowError(),
    KeyError("emergency_record"),
    AttributeError(),
    RecursionError(),
)


def breaks(error: Exception) -> Any:
    def broken(*_: object, **__: object) -> None:
        raise error

    return broken


@pytest.fixture
async def second_lead(service: Service) -> Caller:
    """A second IG lead, who can approve the draft of the first."""
    return await service.caller("ig_lead")


async def recorded(caller: Caller, body: dict[str, Any] = VERIFIED) -> dict[str, Any]:
    reply = await caller.post("/v1/emergency-disclosures", json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    assert made["task"]["due"].startswith("2026-03-04T")
    assert {"record_decision_and_reasons", "complete_record_retrospectively"} <= {
        act["code"] for act in made["sharing_request"]["evaluation"]["actions"]
    }
    return made


@pytest.mark.parametrize(
    "number",
    range(len(BROKEN)),
    ids=[f"{module.__name__.rpartition('.')[2]}.{name}" for module, name in BROKEN],
)
async def test_an_emergency_is_recorded_when_the_policy_fails(
    staff: Caller, dsl: Caller, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    module, name = BROKEN[number]
    with monkeypatch.context() as patched:
        patched.setattr(module, name, breaks(FAILURES[number % len(FAILURES)]))
        found, unsure = await recorded(staff), await recorded(staff, BARE)
    assert "policy_failed" in found["flags"]
    assert found["sharing_request"]["emergency"]["flags"] == found["flags"]
    assert (
        found["sharing_request"]["evaluation"]["outcome"],
        found["sharing_request"]["evaluation"]["release"],
    ) == (
        "share_emergency",
        "ready",
    )
    assert (
        unsure["sharing_request"]["evaluation"]["outcome"],
        unsure["sharing_request"]["evaluation"]["may_decide"],
    ) == (
        "seek_advice",
        ["staff", "dsl", "ig_lead"],
    )
    await can_be_read_and_completed(dsl, found["sharing_request"]["id"])


async def can_be_read_and_completed(dsl: Caller, request: str) -> None:
    for path, accept in (
        ("", "application/json"),
        ("/record", "text/html"),
        ("/flowchart.svg", "image/svg+xml"),
    ):
        shown = await dsl.get(f"/v1/sharing-requests/{request}{path}", headers={"Accept": accept})
        assert shown.status_code == 200, shown.text
    tag = (await dsl.get(f"/v1/sharing-requests/{request}")).headers["ETag"]
    done = await dsl.post(
        f"/v1/sharing-requests/{request}/decisions",
        json=SHARE | {"outcome": "share_emergency"},
        headers={"If-Match": tag},
    )
    assert done.status_code == 201, done.text


async def test_an_emergency_is_recorded_when_the_policy_cannot_be_read(
    staff: Caller,
    dsl: Caller,
    ig_lead: Caller,
    second_lead: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await approve(second_lead, await create_draft(ig_lead))
    with monkeypatch.context() as patched:
        patched.setattr(policies, "_POLICIES", OrderedDict())
        patched.setattr(document_loader, "load_accepted", breaks(TypeError()))
        unread = await recorded(staff)
    with monkeypatch.context() as patched:
        patched.setattr(lifecycle_store, "in_force", in_force(f"sha256:{'0' * 64}"))
        lost = await recorded(staff)
    for found in (unread, lost):
        assert "policy_failed" in found["flags"]
        assert found["sharing_request"]["evaluation"]["outcome"] == "share_emergency"
        assert (
            found["sharing_request"]["evaluation"]["policy"]["digest"] == policies.shipped().digest
        )
        await can_be_read_and_completed(dsl, found["sharing_request"]["id"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("keep_safeguarding", 9000), ("emergency_record_days", 10**9), ("routine_days", 10**15)],
)
async def test_a_policy_with_a_mistake_is_rejected_and_blocks_no_emergency(
    staff: Caller,
    dsl: Caller,
    ig_lead: Caller,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: int,
) -> None:
    def slip(document: Any) -> None:
        document["parameters"][name]["values"][0]["value"] = value

    reply = await ig_lead.post(
        "/v1/policies",
        content=encode(changed_policy(slip)),
        headers={"Content-Type": "application/json"},
    )
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        [f"/parameters/{name}/values/0/value"],
    )
    stored = document_loader.load_accepted(
        encode(changed_policy(slip)), digest(changed_policy(slip))
    )
    policies.remember(stored)
    with monkeypatch.context() as patched:
        patched.setattr(lifecycle_store, "in_force", in_force(stored.digest))
        began = perf_counter()
        emergency = (await staff.post("/v1/emergency-disclosures", json=VERIFIED)).json()
        request = (await staff.post("/v1/sharing-requests", json=MASH)).json()
        assert perf_counter() - began < 2
    assert emergency["flags"] == ["no_subject_named"]
    assert (
        emergency["sharing_request"]["evaluation"]["policy"]["digest"]
        == request["evaluation"]["policy"]["digest"]
        == stored.digest
    )


def in_force(of: str) -> Any:
    async def found(*_: object, **__: object) -> VersionRef:
        return VersionRef(of, None)

    return found
