"""The audit operations over HTTP: searching, reading, exporting and proving entries."""

import asyncio
import csv
import hashlib
import io
import json
from base64 import b64decode
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.audit import checkpoint
from app.audit.model import Action
from app.audit.verify import verify
from app.identity.model import Role
from app.kernel import ids
from app.main import LOG_KEY, RECORD_SOURCES
from tests.api.sharing import submit
from tests.running import MovableClock
from tests.service import Service
from tests.unit.audit import rfc9162


async def sealed(caller: httpx.AsyncClient, entry: str) -> dict[str, Any]:
    """The entry's proof, once there is one."""
    for _ in range(100):
        reply = await caller.get(f"/v1/audit/entries/{entry}/proof")
        if reply.status_code == 200:
            found: dict[str, Any] = reply.json()
            return found
        assert (reply.status_code, reply.json()["code"], reply.headers["Retry-After"]) == (
            409,
            "entry-not-sealed",
            "1",
        )
        await asyncio.sleep(0.05)
    raise AssertionError("not sealed within five seconds")


async def entries(caller: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    reply = await caller.get("/v1/audit/entries", params=query)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_a_search_shows_entries_newest_first_and_appends_one(service: Service) -> None:
    lead = await service.caller(Role.IG_LEAD)
    await service.caller(Role.STAFF)
    first = await entries(lead)
    assert {"identity.session.opened", "identity.account.created"} <= {
        item["action"] for item in first
    }
    assert set(first[0]) == {
        *(
            "index",
            "id",
            "occurred_at",
            "actor",
            "action",
            "sharing_request_id",
            "target",
            "outcome",
            "reason_code",
            "policy_digest",
        ),
        *("request_id", "details", "leaf_hash"),
    }
    again = await entries(lead, action="audit.trail.searched", actor=str(lead.account.id))
    assert [(item["details"], item["outcome"]) for item in again] == [
        ({"filters": [], "shown": len(first)}, "success")
    ]
    assert again[0]["actor"]["subject"] == str(lead.account.id)
    assert again[0]["actor"]["role"] == "ig_lead"
    ids = [item["id"] for item in await entries(lead)]
    assert ids == sorted(ids, reverse=True)


async def test_cursors_lead_through_all_pages_and_altered_ones_are_refused(
    service: Service,
) -> None:
    lead = await service.caller(Role.IG_LEAD)
    for _ in range(4):
        await service.caller(Role.STAFF)
    query = {"action": "identity.session.opened"}
    whole = [item["id"] for item in await entries(lead, **query)]
    assert len(whole) == 5
    found: list[str] = []
    url = "/v1/audit/entries?action=identity.session.opened&limit=2"
    while url:
        reply = await lead.get(url)
        found += [item["id"] for item in reply.json()["items"]]
        cursor = reply.json()["next_cursor"]
        link = reply.headers.get("Link")
        assert (cursor is None) == (link is None)
        url = link.split(">")[0].lstrip("<") if link else ""
    assert found == whole
    for bad in ("x", "AAAA"):
        reply = await lead.get("/v1/audit/entries", params={"cursor": bad})
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid-cursor")
    reply = await lead.get("/v1/audit/entries", params=query | {"limit": "2"})
    elsewhere = await lead.get(
        "/v1/audit/entries", params={"limit": "2", "cursor": reply.json()["next_cursor"]}
    )
    assert elsewhere.status_code == 422


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("action=no.such.thing", "/query/action"),
        ("outcome=denied&outcome=maybe", "/query/outcome"),
        ("actor=x", "/query/actor"),
        ("from=yesterday", "/query/from"),
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
    ],
)
async def test_an_invalid_filter_is_refused(service: Service, query: str, pointer: str) -> None:
    lead = await service.caller(Role.IG_LEAD)
    reply = await lead.get(f"/v1/audit/entries?{query}")
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_a_person_is_found_by_random_id_and_an_unknown_person_is_not(
    service: Service,
) -> None:
    lead = await service.caller(Role.IG_LEAD)
    assert await entries(lead, subject="mis:unknown") == []
    assert await entries(lead, subject=str(UUID(int=7))) == []


async def test_every_account_sees_its_own_acts_and_the_ig_lead_sees_all(service: Service) -> None:
    lead, dsl, staff, machine = [
        await service.caller(role)
        for role in (Role.IG_LEAD, Role.DSL, Role.STAFF, Role.INTEGRATION)
    ]
    seen = await entries(lead, action="identity.session.opened")
    assert len(seen) == 4
    for caller in (dsl, staff, machine):
        own = await entries(caller)
        assert {item["actor"]["subject"] for item in own} == {str(caller.account.id)}
        hidden = next(
            item["id"] for item in seen if item["actor"]["subject"] == str(lead.account.id)
        )
        for path in ("", "/proof"):
            reply = await caller.get(f"/v1/audit/entries/{hidden}{path}")
            absent = await caller.get(f"/v1/audit/entries/{UUID(int=1)}{path}")
            assert reply.status_code == absent.status_code == 404
            assert {**reply.json(), "instance": ""} == {**absent.json(), "instance": ""}
    elsewhere = await service.caller(Role.IG_LEAD, school="654321")
    assert {item["actor"]["subject"] for item in await entries(elsewhere)} <= {
        str(elsewhere.account.id),
        None,
    }


async def test_a_request_without_a_token_is_refused(service: Service) -> None:
    anonymous = await service.anonymous()
    for path in (
        "entries",
        f"entries/{UUID(int=1)}",
        f"entries/{UUID(int=1)}/proof",
        "checkpoint",
        "consistency?from=x",
        "export?from=x",
    ):
        assert (await anonymous.get(f"/v1/audit/{path}")).status_code == 401


async def test_an_entry_carries_its_leaf_and_its_proof_verifies_against_the_checkpoint(
    service: Service,
) -> None:
    lead = await service.caller(Role.IG_LEAD)
    entry = (await entries(lead))[0]
    proof = await sealed(lead, entry["id"])
    reply = await lead.get(f"/v1/audit/entries/{entry['id']}")
    one = reply.json()
    leaf = b64decode(one["leaf"])
    assert (
        hashlib.sha256(b"\x00" + leaf).digest()
        == b64decode(one["leaf_hash"])
        == b64decode(proof["leaf_hash"])
    )
    assert one["index"] == proof["index"]
    assert json.loads(leaf)["id"] == one["id"] == entry["id"]
    key = checkpoint.checkpoint_key(service.settings.keys_dir / LOG_KEY, make=False).public_key()
    signed = checkpoint.verify(proof["checkpoint"], key, origin="127.0.0.1:8000/schools/123456")
    path = [b64decode(sibling) for sibling in proof["path"]]
    assert rfc9162.included(
        proof["index"], proof["size"], b64decode(proof["leaf_hash"]), path, signed.root
    )
    text = await lead.get(
        f"/v1/audit/entries/{entry['id']}/proof",
        params={"size": proof["size"]},
        headers={"Accept": "text/plain"},
    )
    assert text.headers["Content-Type"].startswith("text/plain")
    assert rfc9162.parse_proof(text.text) == (proof["index"], path, proof["checkpoint"])
    refused = await lead.get(
        f"/v1/audit/entries/{entry['id']}/proof", headers={"Accept": "image/png"}
    )
    assert refused.status_code == 406
    for size, code in ((0, "invalid-request"), (10**6, "invalid-tree-size")):
        reply = await lead.get(f"/v1/audit/entries/{entry['id']}/proof", params={"size": size})
        assert (reply.status_code, reply.json()["code"]) == (422, code)
    looks = {item["action"] for item in await entries(lead)}
    assert {Action.ENTRY_READ.value, Action.PROOF_READ.value} <= looks


async def test_a_sealed_entry_answers_if_none_match(service: Service) -> None:
    lead = await service.caller(Role.IG_LEAD)
    entry = (await entries(lead))[0]["id"]
    await sealed(lead, entry)
    reply = await lead.get(f"/v1/audit/entries/{entry}")
    again = await lead.get(
        f"/v1/audit/entries/{entry}", headers={"If-None-Match": reply.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_every_role_may_read_checkpoints_and_consistency_proofs(
    service: Service,
) -> None:
    staff = await service.caller(Role.STAFF)
    await sealed(staff, (await entries(staff))[0]["id"])
    first = await staff.get("/v1/audit/checkpoint")
    assert first.headers["Content-Type"].startswith("text/plain")
    for _ in range(100):
        await entries(staff)
        second = await staff.get(
            "/v1/audit/checkpoint", headers={"If-None-Match": first.headers["ETag"]}
        )
        if second.status_code == 200:
            break
        await asyncio.sleep(0.05)
    old, new = checkpoint.parse(first.text), checkpoint.parse(second.text)
    assert old.size < new.size
    reply = await staff.get("/v1/audit/consistency", params={"from": old.size, "to": new.size})
    proof = reply.json()
    assert proof["checkpoint"] == second.text
    path = [b64decode(sibling) for sibling in proof["path"]]
    assert rfc9162.consistent(old.size, new.size, old.root, new.root, path)
    for query in ({"from": 10**6}, {"from": 0}, {}, {"from": 1, "to": 10**6}, {"from": 2, "to": 1}):
        assert (await staff.get("/v1/audit/consistency", params=query)).status_code == 422


async def test_an_export_has_every_entry_and_begins_with_its_own(
    service: Service, clock: MovableClock
) -> None:
    lead = await service.caller(Role.IG_LEAD)
    for _ in range(3):
        await entries(lead)
    clock.forward(seconds=1)
    reply = await lead.get("/v1/audit/export")
    assert reply.headers["Content-Type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert lines[0]["action"] == "audit.trail.exported"
    assert lines[0]["details"] == {"filters": [], "media_type": "application/x-ndjson"}
    assert [line["id"] for line in lines] == sorted((line["id"] for line in lines), reverse=True)
    assert len(await entries(lead)) == len(lines)
    only = await lead.get("/v1/audit/export", params={"action": "identity.session.opened"})
    assert {json.loads(line)["action"] for line in only.text.splitlines()} == {
        "identity.session.opened"
    }
    for role in (Role.STAFF, Role.DSL, Role.INTEGRATION):
        other = await service.caller(role)
        assert (await other.get("/v1/audit/export")).status_code == 403
    denied = await entries(lead, action="access.denied", outcome="denied")
    assert len(denied) == 3


@pytest.mark.parametrize("role", [Role.STAFF, Role.INTEGRATION])
async def test_entries_of_denials_do_not_reveal_whether_an_object_exists(
    service: Service, clock: MovableClock, role: Role
) -> None:
    lead, dsl, owner, far = [
        await service.caller(one, school=school)
        for one, school in (
            (Role.IG_LEAD, None),
            (Role.DSL, None),
            (Role.STAFF, None),
            (Role.STAFF, "654321"),
        )
    ]
    hidden = (await submit(owner))["id"], (await submit(far))["id"], str(ids.new_id(clock()))
    concealed = (await entries(lead, sharing_request=hidden[0]))[0]["id"], str(ids.new_id(clock()))
    curious = await service.caller(role)

    seen: dict[str, list[object]] = {"request": [], "entry": []}
    for asked_for in hidden:
        path = f"/v1/sharing-requests/{asked_for}"
        replies = [await curious.get(path)]
        clock.forward(milliseconds=1)  # ids of one instant have no order
        replies.append(
            await curious.patch(path, json={"urgency": "routine"}, headers={"If-Match": '"1.full"'})
        )
        assert [reply.status_code for reply in replies] == [404, 404]
        seen["request"].append(await denials(curious, asked_for, sharing_request=asked_for))
    for asked_for in concealed:
        assert (await curious.get(f"/v1/audit/entries/{asked_for}")).status_code == 404
        seen["entry"].append(await denials(curious, asked_for, action="access.denied"))

    assert [len(one) for one in seen["request"]] == [2, 2, 2]  # type: ignore[arg-type]
    assert seen["request"] == seen["request"][:1] * 3
    assert seen["entry"] == seen["entry"][:1] * 2
    for overseer in (lead, dsl):
        denied = await entries(overseer, action="access.denied", actor=str(curious.account.id))
        assert {one["sharing_request_id"] for one in denied} >= set(hidden)
    key = checkpoint.checkpoint_key(service.settings.keys_dir / LOG_KEY, make=False).public_key()
    report = await verify(service.database, key, RECORD_SOURCES, now=clock())
    assert report.findings == []


async def denials(caller: httpx.AsyncClient, asked_for: str, **query: str) -> list[dict[str, Any]]:
    """The caller's own denials about this id, without the members that differ in every entry."""
    found = []
    for entry in await entries(caller, **query):
        if entry["action"] == "access.denied" and asked_for in {
            entry["sharing_request_id"],
            entry["target"],
        }:
            whole = (await caller.get(f"/v1/audit/entries/{entry['id']}")).json()
            text = json.dumps({name: whole[name] for name in entry if name not in OF_EACH_ENTRY})
            found.append(json.loads(text.replace(asked_for, "asked for")))
    return found


OF_EACH_ENTRY = {"id", "index", "occurred_at", "request_id", "leaf_hash"}


async def test_no_cell_of_the_csv_is_a_formula(service: Service) -> None:
    lead = await service.caller(Role.IG_LEAD)
    lead.headers["X-Request-Id"] = "-2+3"
    await entries(lead)
    lead.headers["X-Request-Id"] = "plain"
    reply = await lead.get("/v1/audit/export", headers={"Accept": "text/csv"})
    assert reply.headers["Content-Type"].startswith("text/csv")
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="audit-123456-')
    table = list(csv.DictReader(io.StringIO(reply.text)))
    assert all(
        not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        for row in table
        for cell in row.values()
    )
    ids = {row["request_id"] for row in table}
    assert "plain" in ids
    assert "-2+3" not in ids
