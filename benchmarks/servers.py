"""Servers under measurement, and their cost: processor seconds of their processes and of the
database, from /proc.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).parents[1]
WORKERS = 2
PATIENCE_S = 60
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
UVICORN = (
    "--loop",
    "uvloop",
    "--http",
    "httptools",
    "--no-access-log",
    "--log-level",
    "warning",
    "--workers",
    str(WORKERS),
)
"""The options with which every contender is served."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port and its first process."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(application: str, environment: Mapping[str, str], ready: str) -> Iterator[Server]:
    """Serve `application` (`module:attribute`, or `module:function()` for a factory) with uvicorn;
    yields when the path `ready` answers.
    """
    port = free_port()
    factory = ("--factory",) if application.endswith("()") else ()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        application.removesuffix("()"),
        *factory,
        "--port",
        str(port),
        *UVICORN,
    ]
    with tempfile.TemporaryFile() as log:  # written to a file, as in production
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
        )
    try:
        _await(process, f"http://127.0.0.1:{port}{ready}")
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - the loopback address
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer")


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process, of its living descendants, and of the ended ones."""
    return sum(_own_seconds(each) for each in (pid, *_descendants(pid)))


def _own_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    user, system, waited_user, waited_system = map(int, fields[11:15])
    return (user + system + waited_user + waited_system) * TICK_S


def _descendants(pid: int) -> Iterator[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = {
            int(child) for task in tasks for child in (task / "children").read_text().split()
        }
    except OSError:
        return
    for child in children:
        yield child
        yield from _descendants(child)
