"""Runs the service for tests: in this process with a movable clock, or as a server process on a
real socket.

Invariant: no code of the service is replaced. A test passes settings, a clock and a database, and
uses HTTP.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx
from fastapi import FastAPI
from typer.testing import CliRunner

from app import cli
from app.platform.settings import Settings
from tests.postgres import free_port

ROOT = Path(__file__).parents[1]
TERM_TIME = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday morning in term, with no weekend, bank holiday or half-term near, and London on UTC."""

PATIENCE_S = 60


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = TERM_TIME) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move forward by `days`, `hours`, `minutes` or `seconds`; returns the new time."""
        self.now += timedelta(**by)
        return self.now


@contextlib.asynccontextmanager
async def started(app: FastAPI) -> AsyncIterator[None]:
    """Start and stop an application by the ASGI lifespan protocol, as a server does. One task does
    both, because a fixture can end in another task than it began in, which task groups do not
    permit.
    """
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    answered: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    running = asyncio.create_task(
        app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, asked.get, answered.put)  # type: ignore[arg-type]
    )
    await _lifespan("startup", running, asked, answered)
    try:
        yield
    finally:
        await _lifespan("shutdown", running, asked, answered)
        await running


async def _lifespan(
    phase: str,
    running: "asyncio.Task[None]",
    asked: asyncio.Queue[dict[str, Any]],
    answered: asyncio.Queue[dict[str, Any]],
) -> None:
    await asked.put({"type": f"lifespan.{phase}"})
    answer = asyncio.create_task(answered.get())
    await asyncio.wait({running, answer}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE_S)
    if not answer.done():
        answer.cancel()
        if running.done():
            await running
        raise AssertionError(f"the application did not answer lifespan.{phase}")
    message = answer.result()
    if message["type"] != f"lifespan.{phase}.complete":
        with contextlib.suppress(BaseException):
            await running
        raise AssertionError(f"{message['type']}: {message.get('message', '')}")


class LiveServer:
    """`python -m app serve` on a free port of the loopback interface. It can be killed and started
    again with the same data.
    """

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        """The environment variables of the service and of operator commands."""
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith("SHARING_")
        }
        return clean | {
            "SHARING_DATA_DIR": str(self.settings.data_dir),
            "SHARING_DATABASE_URL": self.settings.database_url,
            "SHARING_PUBLIC_URL": self.url,
            "SHARING_SCHOOL": self.settings.school,
            **more,
        }

    def start(self, *arguments: str, **variables: str) -> Self:
        """Start the server and wait until `/readyz` reports ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "app",
                    "serve",
                    "--host",
                    "127.0.0.1",
                    "--port",
                    str(self.port),
                    *arguments,
                ],
                cwd=ROOT,
                env=self.environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + PATIENCE_S
        with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
            while self.process.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(httpx.TransportError):
                    if client.get(f"{self.url}/readyz").status_code == httpx.codes.OK:
                        return self
                time.sleep(0.05)
        self.stop(signal.SIGKILL)
        raise AssertionError(f"the server did not become ready:\n{self.log.read_text()[-4000:]}")

    def run(self, *arguments: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
        """Run an operator command with the same data, such as `run("audit", "verify")`. It runs in
        this process, which saves the imports.
        """
        with ThreadPoolExecutor(
            1
        ) as thread:  # commands start an event loop, and a test can have one running here
            done = thread.submit(
                CliRunner().invoke,
                cli.app,
                arguments,
                stdin,
                self.environment(),
                catch_exceptions=False,
            ).result()
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int | None:
        """Stop the server; returns its exit code."""
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE_S)
        self.process = None
        return code

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """A client with its own connections, and with a bearer token if one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, trust_env=False, timeout=PATIENCE_S
        )
