"""A killed server has lost no acknowledged request and creates no duplicate."""

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.api.sharing import MASH
from tests.faults.operator import add_user, sign_in, verify_log
from tests.running import LiveServer

AT_ONCE = 8
ENOUGH = 60


@dataclass
class Load:
    """Callers who submit with a new idempotency key each time until the server stops answering."""

    client: httpx.AsyncClient
    sent: list[str] = field(default_factory=list)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, name: int) -> None:
        for turn in range(10_000):
            key = f"caller-{name}-{turn}"
            self.sent.append(key)
            try:
                reply = await self.client.post(
                    "/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                return
            assert reply.status_code == httpx.codes.CREATED, reply.text
            self.acknowledged[key] = reply.json()
            if len(self.acknowledged) >= ENOUGH:
                self.enough.set()


async def everything(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    path: str | None = "/v1/sharing-requests?limit=200"
    while path:
        reply = await client.get(path)
        found |= {item["id"]: item for item in reply.json()["items"]}
        link = reply.headers.get("Link")
        path = link[1 : link.index(">")] if link else None
    return found


@pytest.mark.live
async def test_acknowledged_requests_survive_a_kill_and_repeated_keys_create_no_duplicate(
    live_server: LiveServer,
) -> None:
    email = add_user(live_server, "dsl")
    acknowledged: dict[str, dict[str, Any]] = {}
    sent: list[str] = []
    async with sign_in(live_server, email) as client:
        load = Load(client)
        callers = [asyncio.create_task(load.submit(number)) for number in range(AT_ONCE)]
        await asyncio.wait_for(load.enough.wait(), 60)
        assert live_server.stop(signal.SIGKILL) == -signal.SIGKILL
        with contextlib.suppress(httpx.TransportError):
            await asyncio.gather(*callers)
        acknowledged, sent = load.acknowledged, load.sent
    assert len(acknowledged) >= ENOUGH
    assert len(sent) > len(acknowledged), "no call was in progress"

    live_server.start()
    async with sign_in(live_server, email) as client:
        stored = await everything(client)
        assert {made["id"] for made in acknowledged.values()} <= stored.keys()
        assert len(stored) <= len(sent)
        for key in sent:
            again = await client.post(
                "/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": key}
            )
            assert again.status_code == httpx.codes.CREATED
            if key in acknowledged:
                assert again.json() == acknowledged[key]
                assert again.headers["Idempotency-Replayed"] == "true"
        assert len(await everything(client)) == len(sent)

    live_server.stop()
    status, output = verify_log(live_server)
    assert status == 0, output
    assert "intact" in output
