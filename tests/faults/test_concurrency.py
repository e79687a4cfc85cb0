"""A real server on uvloop stores 200 submissions that arrive at once, with no error in its log and
with no more connections than the documentation says.
"""

import asyncio
import json

import asyncpg
import httpx
import pytest

from app.platform.batching import CONCURRENT
from tests.api.sharing import MASH
from tests.faults.operator import add_user, token
from tests.running import PATIENCE_S, LiveServer

AT_ONCE = 200


async def open_connections(database_url: str) -> int:
    """How many connections the service has open; it keeps those that it once needed."""
    connection = await asyncpg.connect(database_url)
    try:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'information-sharing'"
        )
    finally:
        await connection.close()
    return count


@pytest.mark.live
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_many_submissions_at_once_need_few_connections_and_log_no_error(
    live_server: LiveServer,
) -> None:
    bearer = await token(live_server, add_user(live_server, "staff"))
    async with httpx.AsyncClient(
        base_url=live_server.url,
        headers={"Authorization": f"Bearer {bearer}"},
        limits=httpx.Limits(max_connections=AT_ONCE),
        trust_env=False,
        timeout=PATIENCE_S,
    ) as client:
        replies = await asyncio.gather(
            *(
                client.post(
                    "/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": f"key-{number}"}
                )
                for number in range(AT_ONCE)
            )
        )
    assert {reply.status_code for reply in replies} == {httpx.codes.CREATED}
    assert len({reply.json()["id"] for reply in replies}) == AT_ONCE
    settings = live_server.settings
    assert await open_connections(settings.database_url) <= settings.database_pool + 2 * CONCURRENT
    live_server.stop()
    lines = [json.loads(line) for line in live_server.log.read_text().splitlines()]
    served = [line for line in lines if line["event"] == "request.served"]
    assert len(served) >= AT_ONCE
    assert [line for line in lines if line["level"] != "info"] == []
