"""`python -m app audit verify` detects and names every change made in the database itself."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.platform.settings import Settings
from tests.api.sharing import SHARE, decide, submit
from tests.faults.operator import add_user, run_sql_as_owner, sign_in, verify_log
from tests.running import LiveServer

SCHOOL = "123456"


async def a_decided_request(server: LiveServer) -> None:
    email = add_user(server, "dsl")
    async with sign_in(server, email) as dsl:
        for _ in range(3):
            made = await submit(dsl)
            await decide(dsl, made["id"], SHARE)
        deadline = time.monotonic() + 30
        while (
            await dsl.get(f"/v1/sharing-requests/{made['id']}")
        ).is_success and time.monotonic() < deadline:
            newest = (await dsl.get("/v1/audit/entries?limit=2")).json()["items"]
            if newest[-1]["index"] is not None:
                break
            time.sleep(0.1)  # noqa: ASYNC251 - the server is another process
    server.stop()
    settle(server)


def settle(server: LiveServer) -> None:
    """Serve until the last entries are sealed."""
    deadline = time.monotonic() + 30
    server.start()
    while time.monotonic() < deadline:
        checks = httpx.get(f"{server.url}/readyz", trust_env=False).json()["checks"]
        if checks["sealing"] == "ok" and "; 0 unsealed" in verify_log(server)[1]:
            break
        time.sleep(0.2)
    server.stop()


@pytest.mark.live
@pytest.mark.slow
async def test_every_change_in_the_database_is_detected_and_named(
    live_server: LiveServer, settings: Settings
) -> None:
    await a_decided_request(live_server)
    status, output = verify_log(live_server)
    assert (status, "intact" in output) == (0, True), output

    async with run_sql_as_owner(settings) as run:
        await a_changed_reason(live_server, run)
        await a_changed_outcome(live_server, run)
        await a_changed_entry(live_server, run)
        await a_deleted_entry(live_server, run)
        intact(live_server)  # each test restores what it changed
        await a_cut_tail(live_server, run, settings.checkpoints_dir / f"{SCHOOL}.txt")


def found(server: LiveServer, *arguments: str) -> str:
    """The output of a verification that must fail."""
    status, output = verify_log(server, *arguments)
    assert status == 1, output
    assert "VIOLATION" in output
    return output


def intact(server: LiveServer) -> None:
    status, output = verify_log(server)
    assert status == 0, output


async def a_changed_reason(server: LiveServer, run: Any) -> None:
    query = (
        "SELECT n.record_id, n.body, n.audit_id FROM sharing_narrative n JOIN sharing_record r ON"
        " r.id = n.record_id WHERE r.kind = $1"
    )
    record, body, _ = (await run(query, "decision"))[0]
    changed = json.dumps(json.loads(body) | {"reasons": "Because they asked nicely."})
    assert changed != body
    await run("UPDATE sharing_narrative SET body = $1 WHERE record_id = $2", changed, record)
    output = found(server)
    assert re.search(rf"school {SCHOOL}, entry #\d+: .*record", output), output
    assert "nicely" not in output
    await run("UPDATE sharing_narrative SET body = $1 WHERE record_id = $2", body, record)


async def a_changed_outcome(server: LiveServer, run: Any) -> None:
    request = (await run("SELECT id FROM sharing_request ORDER BY id LIMIT 1"))[0][0]
    await run("UPDATE sharing_request SET decision = $1 WHERE id = $2", "do_not_share", request)
    assert re.search(rf"school {SCHOOL}, entry #\d+", found(server))
    await run("UPDATE sharing_request SET decision = $1 WHERE id = $2", "share", request)


async def a_changed_entry(server: LiveServer, run: Any) -> None:
    entry, body = (
        await run(
            "SELECT id, body FROM audit_entry WHERE action = $1 ORDER BY id LIMIT 1",
            "sharing.decision.recorded",
        )
    )[0]
    index = (await run("SELECT idx FROM audit_leaf WHERE entry_id = $1", entry))[0][0]
    await run(
        "UPDATE audit_entry SET body = $1 WHERE id = $2",
        body.replace('"outcome":"success"', '"outcome":"failure"'),
        entry,
    )
    assert f"entry #{index}" in found(server)
    await run("UPDATE audit_entry SET body = $1 WHERE id = $2", body, entry)


async def a_deleted_entry(server: LiveServer, run: Any) -> None:
    entry, index = (await run("SELECT entry_id, idx FROM audit_leaf WHERE idx = 4"))[0]
    columns = "id, school, at, actor, action, request, subject, recipient, outcome, body"
    row = (await run(f"SELECT {columns} FROM audit_entry WHERE id = $1", entry))[0]
    await run("DELETE FROM audit_entry WHERE id = $1", entry)
    assert f"entry #{index}" in found(server)
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await run(f"INSERT INTO audit_entry ({columns}) VALUES ({places})", *row)


async def a_cut_tail(server: LiveServer, run: Any, published: Path) -> None:
    """Delete the newest entries, which no record cites, with their leaves and every checkpoint that
    covers them.
    """
    aside = str(published.with_name("elsewhere.note"))
    shutil.copy(published, aside)
    size = (await run("SELECT max(size) FROM audit_checkpoint"))[0][0]
    shorter = (await run("SELECT max(size) FROM audit_checkpoint WHERE size < $1", size))[0][0]
    gone = [row[0] for row in await run("SELECT entry_id FROM audit_leaf WHERE idx >= $1", shorter)]
    assert gone
    await run("DELETE FROM audit_leaf WHERE idx >= $1", shorter)
    for entry in gone:
        await run("DELETE FROM audit_entry WHERE id = $1", entry)
    assert f"entry #{shorter}" in found(server), "the checkpoint that signed them is still there"
    await run("DELETE FROM audit_checkpoint WHERE size > $1", shorter)
    output = found(server)
    assert f"school {SCHOOL}, entry #{shorter}" in output
    assert "rolled-back" in output
    assert "rolled-back" in found(server, "--checkpoint", aside)
