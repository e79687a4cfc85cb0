"""Delete expired replies, sessions and throttles once an hour, and list the requests that are due
for review or disposal.
"""

import asyncio
import contextlib
from typing import Final

import structlog

from app.identity import service as identity
from app.kernel.clock import Clock
from app.platform import idempotency
from app.platform.db import Database, DatabaseUnavailable
from app.retention import service as retention

PAUSE_S: Final = 3600


async def run(database: Database, clock: Clock, stop: asyncio.Event) -> None:
    """Run until `stop` is set; after a failure of the database it tries again an hour later."""
    while not stop.is_set():
        with contextlib.suppress(DatabaseUnavailable):
            await tidy(database, clock)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAUSE_S)


async def tidy(database: Database, clock: Clock) -> None:
    """Delete what has expired, and list what is due."""
    async with database.transaction() as session:
        replies = await idempotency.purge(session, clock())
        sessions = await identity.delete_expired(session, clock())
    await retention.list_due(database, clock())
    if replies or sessions:
        structlog.get_logger().info("housekeeping.deleted", replies=replies, sessions=sessions)
