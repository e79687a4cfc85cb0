"""A database that does not answer is reported within three seconds with advice for emergencies; the
service recovers when it answers again.
"""

import asyncio
import contextlib
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from app.platform import migrations
from app.platform.db import connect
from app.platform.settings import Settings
from tests.api.sharing import MASH
from tests.postgres import Cluster
from tests.running import MovableClock
from tests.service import Caller, Service

T = TypeVar("T")

PATIENCE_S = 3.0
EMERGENCY = {"recipient": {"organisation_type": "police"}, "what": "Address", "why": "Danger now"}


class Line:
    """The connection between the service and PostgreSQL, which a test can cut or silence."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._flowing = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def connect(self) -> None:
        """Let the service reach its database."""
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse connections, and reset those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    def deaden(self) -> None:
        """Accept every byte and answer none, as a frozen host or a firewall does."""
        self._flowing.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(*self._to)
        self._open |= {writer, there_writer}
        for source, sink in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await source.read(65_536):
                await self._flowing.wait()
                sink.write(block)
                await sink.drain()
        sink.transport.abort()


@pytest.fixture
async def line(cluster: Cluster) -> AsyncIterator[Line]:
    """A connection to the tests' PostgreSQL."""
    address = urlsplit(cluster.url)
    made = Line(str(address.hostname), int(address.port or 5432))
    await made.connect()
    yield made
    await made.connect()
    await made.cut()


@pytest.fixture
async def distant(
    line: Line, cluster: Cluster, data_dir: Path, clock: MovableClock
) -> AsyncIterator[Service]:
    """The service with this connection to its database."""
    name = f"line_{line.port}"
    url = urlsplit(await cluster.create(name))
    netloc = f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{line.port}"
    settings = Settings(data_dir=data_dir, database_url=urlunsplit(url._replace(netloc=netloc)))
    database = connect(settings)
    await migrations.upgrade(database)
    await database.close()
    async with Service.started(settings, clock) as service:
        yield service
        await line.connect()
    await cluster.drop(name)


async def in_time(call: Callable[[], Awaitable[T]]) -> T:
    """The reply to one of three calls that arrives in time: a shared machine can pause, but a slow
    service is late each time.
    """
    for _ in range(3):
        began = time.monotonic()
        answer = await call()
        took = time.monotonic() - began
        if took < PATIENCE_S:
            return answer
    raise AssertionError(f"answered after {took:.1f} s")


async def answers(caller: Caller) -> None:
    """Every kind of call is answered in time, with advice for emergencies."""
    for method, path, body in (
        ("POST", "/v1/sharing-requests", MASH),
        ("POST", "/v1/emergency-disclosures", EMERGENCY),
        ("GET", "/v1/sharing-requests", None),
        ("GET", "/v1/me", None),
    ):
        reply = await in_time(
            partial(caller.request, method, path, json=body, headers={"Idempotency-Key": "again"})
        )
        assert reply.status_code == httpx.codes.SERVICE_UNAVAILABLE, (path, reply.text)
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert int(reply.headers["Retry-After"]) > 0
        detail = reply.json()["detail"]
        assert "If a child is at risk, share what is needed now" in detail
        assert "keep a note" in detail
        assert "Idempotency-Key" in detail


async def crowds_are_answered(caller: Caller) -> None:
    """More concurrent calls than connections are answered in time."""
    replies = await in_time(
        lambda: asyncio.gather(*(caller.post("/v1/sharing-requests", json=MASH) for _ in range(30)))
    )
    assert {reply.status_code for reply in replies} == {httpx.codes.SERVICE_UNAVAILABLE}


async def works_again(caller: Caller) -> None:
    for _ in range(20):
        reply = await caller.post(
            "/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": "again"}
        )
        if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(0.5)
    assert reply.status_code == httpx.codes.CREATED, reply.text
    assert len((await caller.get("/v1/sharing-requests")).json()["items"]) == 1


async def test_a_lost_database_is_reported_at_once_and_used_again_later(
    line: Line, distant: Service
) -> None:
    caller = await distant.caller("dsl", raise_app_exceptions=False)
    await line.cut()
    await answers(caller)
    anonymous = await distant.anonymous()
    ready = await anonymous.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "not reachable")
    assert (await anonymous.get("/livez")).status_code == httpx.codes.OK
    await line.connect()
    await works_again(caller)


async def test_a_silent_database_is_reported_in_time_and_used_again_later(
    line: Line, distant: Service
) -> None:
    caller = await distant.caller("dsl", raise_app_exceptions=False)
    line.deaden()
    await answers(caller)
    await crowds_are_answered(caller)
    await line.connect()
    await works_again(caller)


async def test_a_locked_sqlite_file_is_reported_in_time(
    data_dir: Path, blank_sqlite: Path, clock: MovableClock
) -> None:
    settings = Settings(data_dir=data_dir)
    shutil.copy(blank_sqlite, settings.sqlite_file)
    async with Service.started(settings, clock) as service:
        caller = await service.caller("dsl", raise_app_exceptions=False)
        with contextlib.closing(
            sqlite3.connect(settings.sqlite_file, isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            await answers(caller)
            await crowds_are_answered(caller)
            other.execute("ROLLBACK")
        await works_again(caller)
