"""A new release with another shipped policy changes no school's policy.

The adopted version stays in force, and the new one is offered.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from app.audit import checkpoint, seal, verify
from app.main import LOG_KEY, RECORD_SOURCES, checkpoint_folder, log_host
from app.policy.document import loader as document_loader
from app.policy.lifecycle import in_force as policies
from app.sharing.evaluation import replay as evaluation_replay
from tests.api.policies import YAML, approve, create_draft
from tests.api.sharing import REFUSE, SHARE, consented_facts, decide, submit
from tests.faults.operator import sign_in
from tests.faults.operator import verify_log as verified
from tests.running import LiveServer
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent

OLD = policies.SHIPPED.read_bytes()
NEW = OLD.replace(b"  bank_holidays:\n", b"  bank_holidays:\n    2029-01-01: New Year's Day\n")
OLD_DIGEST, NEW_DIGEST = (document_loader.load(source).digest for source in (OLD, NEW))
EMERGENCY = {"recipient": {"organisation_type": "police"}, "what": "Address", "why": "Danger now"}

Install = Callable[[], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a release that ships another policy; the one before is nowhere but in the
    database.
    """

    def forget() -> None:
        policies.shipped.cache_clear()
        policies.shipped_source.cache_clear()

    def new_release() -> None:
        file = tmp_path / "default.yaml"
        file.write_bytes(NEW)
        monkeypatch.setattr(policies, "SHIPPED", file)
        monkeypatch.setattr(policies, "_POLICIES", OrderedDict())
        forget()
        assert policies.shipped().digest == NEW_DIGEST != OLD_DIGEST

    yield new_release
    monkeypatch.undo()
    forget()


@pytest.fixture
async def other(service: Service) -> Caller:
    """A second information governance lead."""
    return await service.caller("ig_lead")


async def listed(caller: httpx.AsyncClient, query: str = "") -> list[tuple[str, str]]:
    items = (await caller.get(f"/v1/policies{query}")).json()["items"]
    return [(item["digest"], item["status"]) for item in items]


async def post(caller: Caller, request: str, act: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await caller.post(f"/v1/sharing-requests/{request}/{act}", json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def adoptions(of: Service) -> list[Any]:
    async with of.database.reading() as session:
        return list(
            await session.all(sa.text("SELECT school, digest FROM policy_adoption ORDER BY school"))
        )


async def is_intact(of: Service) -> None:
    key = checkpoint.checkpoint_key(of.settings.keys_dir / LOG_KEY, make=False)
    await seal.seal(
        of.database, key, host=log_host(of.settings), folder=checkpoint_folder(of.settings)
    )
    report = await verify.verify(of.database, key.public_key(), RECORD_SOURCES, now=of.clock())
    assert report.exit_code == 0, report.lines()


async def record_everything(
    made: list[dict[str, Any]], staff: Caller, dsl: Caller, ig_lead: Caller
) -> list[dict[str, Any]]:
    """Each act on a request that was judged before the release; gives what was recorded."""
    emergency, refused, withdrawn, shared = (one["id"] for one in made)
    done = [
        await decide(dsl, emergency, SHARE | {"outcome": "share_emergency"}),
        await decide(dsl, refused, REFUSE | {"departs_because": "The enquiry was closed."}),
        await decide(staff, shared),
        await post(
            ig_lead,
            shared,
            "retention-reviews",
            {"keep": "dispose", "why": "No reason is left to keep it."},
        ),
    ]
    await post(
        staff,
        refused,
        "letters",
        {"reasons": "No purpose that concerns the child.", "contact": "The school office."},
    )
    assert (
        await staff.post(f"/v1/sharing-requests/{withdrawn}/withdrawal", json={})
    ).status_code == 201
    assert (await dsl.post(f"/v1/sharing-requests/{refused}/closure", json={})).status_code == 201
    for request in (emergency, refused, withdrawn, shared):
        for path, accept in (
            ("record", "application/json"),
            ("record", "text/html"),
            ("flowchart.svg", "image/svg+xml"),
        ):
            read = await dsl.get(
                f"/v1/sharing-requests/{request}/{path}", headers={"Accept": accept}
            )
            assert read.status_code == 200, read.text
    assert (
        await staff.post(f"/v1/sharing-requests/{emergency}/evaluations", json={})
    ).status_code == 201
    await post(
        ig_lead,
        shared,
        "disposal",
        {"basis": "Retention ended.", "approved_by": "The head teacher"},
    )
    whole = [(await dsl.get(f"/v1/sharing-requests/{one}")).json() for one in (withdrawn, refused)]
    return [*done, whole[0]["withdrawal"], whole[1]["closure"]]


async def judged(staff: Caller) -> list[dict[str, Any]]:
    return [
        await submit(staff),
        await submit(staff),
        await submit(staff),
        await submit(staff, consented_facts()),
    ]


async def test_a_release_changes_nothing_for_a_school_with_an_adopted_policy(
    service: Service, staff: Caller, dsl: Caller, ig_lead: Caller, install: Install
):
    made = await judged(staff)
    install()
    assert (await staff.get("/v1/policy")).json()["digest"] == OLD_DIGEST
    assert await listed(ig_lead) == [(NEW_DIGEST, "draft"), (OLD_DIGEST, "in_force")]
    assert (await ig_lead.get(f"/v1/policies/{OLD_DIGEST}")).json()["status"] == "in_force"
    document = await ig_lead.get(
        f"/v1/policies/{OLD_DIGEST}/document", headers={"Accept": "application/yaml"}
    )
    assert document.content == OLD
    recorded = await record_everything(made, staff, dsl, ig_lead)
    assert not [one for one in recorded if one.get("flags")]
    assert (await submit(staff))["evaluation"]["policy"]["digest"] == OLD_DIGEST
    async with service.database.reading() as session:
        found = [one async for one in evaluation_replay.replay(session)]
    assert {(one.policy, one.differs) for one in found} == {(OLD_DIGEST, None)}
    assert await adoptions(service) == [("123456", OLD_DIGEST)]
    await is_intact(service)


async def test_a_school_that_starts_after_a_release_follows_its_shipped_policy(
    service: Service, staff: Caller, install: Install
):
    await submit(staff)
    install()
    outsider = await service.caller("staff", school="654321")
    assert await listed(outsider) == [(NEW_DIGEST, "in_force")]
    assert (await submit(outsider))["evaluation"]["policy"]["digest"] == NEW_DIGEST
    assert (await outsider.get(f"/v1/policies/{OLD_DIGEST}")).status_code == 404
    assert await adoptions(service) == [("123456", OLD_DIGEST), ("654321", NEW_DIGEST)]


async def test_an_offered_version_is_drafted_and_approved_like_any_other(
    staff: Caller, ig_lead: Caller, other: Caller, install: Install
):
    await submit(staff)
    install()
    url = f"/v1/policies/{NEW_DIGEST}"
    offered = (await ig_lead.get(url)).json()
    assert (offered["author"], offered["approved_by"], offered["starts_on"]) == (None, None, None)
    approval = {
        "approved_by": "A. Example, Chair of Governors",
        "in_force_from": "2026-03-03",
        "next_review_on": "2026-11",
    }
    early = await other.post(f"{url}/approval", json=approval)
    assert (early.status_code, early.json()["code"]) == (409, "shipped-version")
    sent = await ig_lead.get(f"{url}/document", headers={"Accept": "application/yaml"})
    drafted_as_it_is = await ig_lead.post("/v1/policies", content=sent.content, headers=YAML)
    assert (drafted_as_it_is.status_code, drafted_as_it_is.json()["author"]) == (
        201,
        str(ig_lead.account.id),
    )
    assert await listed(ig_lead) == [(NEW_DIGEST, "draft"), (OLD_DIGEST, "in_force")]
    assert (await approve(other, NEW_DIGEST))["status"] == "in_force"
    assert await listed(ig_lead) == [(NEW_DIGEST, "in_force"), (OLD_DIGEST, "superseded")]
    assert (await staff.get("/v1/policy")).json()["digest"] == NEW_DIGEST
    again = await ig_lead.post("/v1/policies", content=OLD, headers=YAML)
    assert (again.status_code, again.json()["code"]) == (409, "policy-version-exists")


async def test_the_first_approval_adopts_the_shipped_policy_until_the_version_starts(
    service: Service, ig_lead: Caller, other: Caller, install: Install
):
    own = await create_draft(ig_lead)
    assert await adoptions(service) == []
    await approve(other, own, in_force_from="2026-09-01", next_review_on="2027-09")
    install()
    assert (await ig_lead.get("/v1/policy")).json()["digest"] == OLD_DIGEST
    assert await listed(ig_lead) == [
        (own, "approved"),
        (NEW_DIGEST, "draft"),
        (OLD_DIGEST, "in_force"),
    ]
    pages, query = [], "?limit=1"
    while query:
        reply = await ig_lead.get(f"/v1/policies{query}")
        pages += [item["digest"] for item in reply.json()["items"]]
        query = reply.json()["next_cursor"] and f"?limit=1&cursor={reply.json()['next_cursor']}"
    assert pages == [own, NEW_DIGEST, OLD_DIGEST]


@pytest.mark.parametrize("first", ["request", "emergency"])
async def test_concurrent_first_acts_adopt_the_policy_once(service: Service, first: str):
    callers = [await service.caller("staff") for _ in range(8)]
    path, body = (
        ("/v1/emergency-disclosures", EMERGENCY)
        if first == "emergency"
        else ("/v1/sharing-requests", consented_facts())
    )
    replies = await asyncio.gather(
        *(
            one.post(path, json=body, headers={"Idempotency-Key": "same for each"})
            for one in callers
        )
    )
    assert [reply.status_code for reply in replies] == [201] * 8
    assert await adoptions(service) == [("123456", OLD_DIGEST)]
    async with service.database.reading() as session:
        rows = await session.all(
            sa.text("SELECT actor, body FROM audit_entry WHERE action = 'policy.version.adopted'")
        )
    assert [row.actor for row in rows] == [None]
    assert OLD_DIGEST in rows[0].body
    assert '"role":"service"' in rows[0].body
    await is_intact(service)


async def test_reading_and_trial_evaluations_adopt_nothing(
    service: Service, staff: Caller, dsl: Caller
):
    assert (await staff.post("/v1/evaluations", json=consented_facts())).status_code == 200
    assert (await staff.get("/v1/policy")).status_code == 200
    assert (await dsl.get("/v1/attention")).status_code == 200
    assert await adoptions(service) == []


@pytest.fixture
async def stranded(
    staff: Caller, install: Install, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    """Requests that were judged before policies were kept, under a policy that is gone."""

    async def kept_nowhere(*_: object, **__: object) -> str:
        return OLD_DIGEST

    with monkeypatch.context() as before:
        before.setattr(policies, "adopt", kept_nowhere)
        made = await judged(staff)
    install()
    return made


async def test_a_missing_policy_prevents_nothing_and_is_recorded(
    service: Service, stranded: list[dict[str, Any]], staff: Caller, dsl: Caller, ig_lead: Caller
):
    assert await adoptions(service) == []
    assert (await ig_lead.get(f"/v1/policies/{OLD_DIGEST}")).status_code == 404
    printed = await staff.get(
        f"/v1/sharing-requests/{stranded[0]['id']}/record", headers={"Accept": "application/json"}
    )
    assert printed.json()["flags"] == ["policy_not_found"]
    for recorded in await record_everything(stranded, staff, dsl, ig_lead):
        assert (recorded["flags"], recorded["under"]) == (["policy_not_found"], NEW_DIGEST)
    assert (await staff.post("/v1/emergency-disclosures", json=EMERGENCY)).status_code == 201
    page = await dsl.get(
        f"/v1/sharing-requests/{stranded[1]['id']}/record", headers={"Accept": "text/html"}
    )
    assert "policy_not_found" in page.text or "Policy not found" in page.text
    await is_intact(service)


async def test_a_version_of_an_earlier_release_is_found_by_its_digest(
    stranded: list[dict[str, Any]],
    staff: Caller,
    dsl: Caller,
    ig_lead: Caller,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    (tmp_path / f"{OLD_DIGEST.removeprefix('sha256:')}.yaml").write_bytes(OLD)
    monkeypatch.setattr(policies, "EARLIER", tmp_path)
    assert (await ig_lead.get(f"/v1/policies/{OLD_DIGEST}")).json()["status"] == "superseded"
    assert not [
        one for one in await record_everything(stranded, staff, dsl, ig_lead) if one.get("flags")
    ]


@pytest.mark.live
async def test_the_first_account_of_a_school_adopts_the_shipped_policy(live_server: LiveServer):
    for name in ("one", "two"):
        made = live_server.run(
            "users",
            "add",
            f"{name}@school.example",
            "--role",
            "ig_lead",
            "--password-stdin",
            stdin="correct horse battery staple\n",
        )
        assert made.returncode == 0, made.stderr
    async with sign_in(live_server, "one@school.example") as lead:
        found = (await lead.get("/v1/audit/entries?action=policy.version.adopted")).json()["items"]
        assert [entry["target"] for entry in found] == [OLD_DIGEST]
        assert await listed(lead) == [(OLD_DIGEST, "in_force")]
    assert verified(live_server)[0] == 0
