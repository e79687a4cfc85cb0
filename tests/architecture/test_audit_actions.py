"""Every operation, refusal and operator command appends the audit entries in the table, and no
other; every action of the log is in the table.
"""

import asyncio
import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import typer
from sqlmodel import SQLModel

from app import cli, housekeeping
from app.audit.model import Action
from app.platform.settings import Settings
from tests.architecture.access_matrix import ROLES, ROWS, Row
from tests.architecture.audit_actions import (
    ACTOR,
    COMMANDS,
    NO_PERSON,
    OPERATIONS,
    OTHER_OUTCOMES,
    SUBJECTS,
    Appended,
)
from tests.architecture.operations import Operation, documented_operations
from tests.architecture.steps import STEPS, SchoolSetup
from tests.architecture.test_access_matrix import World, call, tag
from tests.running import ROOT, LiveServer, MovableClock
from tests.service import PASSWORD, Service

pytestmark = pytest.mark.database_independent

PATIENCE_S = 30


def shown(body: dict[str, Any]) -> tuple[Action, str]:
    """The action of an entry and whom it names."""
    named = SUBJECTS if body["subjects"] else ACTOR if body["actor"]["id"] else NO_PERSON
    return Action(body["action"]), named


class Log:
    """The entries of a running service; `appended` gives those since it was called last."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._seen: set[str] = set()

    async def appended(self, expected: int = 0) -> Appended:
        """The new entries, oldest first; waits for at least the expected number, since an impact
        assessment goes on after the reply.
        """
        entry = SQLModel.metadata.tables["audit_entry"].c
        for _ in range(PATIENCE_S * 20):
            async with self._service.database.reading() as session:
                rows = await session.all(sa.select(entry.body).order_by(entry.id))
            bodies = [json.loads(row.body) for row in rows]
            new = [body for body in bodies if body["id"] not in self._seen]
            if len(new) >= expected:
                break
            await asyncio.sleep(0.05)
        self._seen |= {body["id"] for body in new}
        return tuple(shown(body) for body in new)


def permitted(row: Row) -> tuple[str, str]:
    """A scope and a role for which the operation succeeds."""
    return next(
        (scope, role)
        for at, scope in enumerate(row.scope)
        for role in ROLES
        if getattr(row.cells, role).split()[at] == "ok"
    )


async def perform(world: World, log: Log, operation: Operation) -> Appended:
    """Call an operation of the access matrix; returns the entries that it appended."""
    row = ROWS[operation.id]
    scope, role = permitted(row)
    caller = world.acting[role]
    side = (
        world.home if scope == "other" else SchoolSetup(caller, world.home.dsl, world.home.ig_lead)
    )
    ids = await STEPS[row.needs](side)
    headers = await tag(caller, row, ids)
    world.clock.forward(milliseconds=1)  # ids of one instant have no order
    await log.appended()
    reply = await call(caller, operation, row, ids, **headers)
    assert reply.is_success, (operation, reply.text)
    return await log.appended(len(OPERATIONS[operation.id]))


async def test_every_operation_appends_the_entries_in_the_table(
    service: Service, clock: MovableClock
) -> None:
    world = await World.built(service, clock)
    await STEPS["submitted"](world.home)  # a school's first request adopts the default policy
    log = Log(service)
    operations = {one.id: one for one in documented_operations(service.app) if one.id in ROWS}
    assert len(operations) > 50
    appended = {name: await perform(world, log, one) for name, one in operations.items()}
    assert appended == {name: OPERATIONS[name] for name in operations}


async def test_operations_without_a_token_append_the_entries_in_the_table(
    service: Service, clock: MovableClock
) -> None:
    account, log, anonymous = await service.add("staff"), Log(service), await service.anonymous()

    async def sign_in(**form: str) -> httpx.Response:
        clock.forward(milliseconds=1)
        return await anonymous.post("/v1/token", data=form)

    password = {"grant_type": "password", "username": account.login}
    await log.appended()
    tokens = (await sign_in(**password, password=PASSWORD)).json()
    assert await log.appended() == OPERATIONS["issue_token"]
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await sign_in(**refresh)).is_success
    assert await log.appended() == OTHER_OUTCOMES["a refresh token is used"]
    clock.forward(minutes=5)
    assert (await sign_in(**refresh)).status_code == httpx.codes.BAD_REQUEST
    assert await log.appended() == OTHER_OUTCOMES["a refresh token is used twice"]
    assert (await sign_in(**password, password="wrong")).status_code == httpx.codes.BAD_REQUEST
    assert await log.appended() == OTHER_OUTCOMES["a password is wrong"]
    unknown = password | {"username": "unknown@school.example"}
    assert (await sign_in(**unknown, password="wrong")).status_code == httpx.codes.BAD_REQUEST
    assert await log.appended() == OTHER_OUTCOMES["an account is unknown"]

    tokens = (await sign_in(**password, password=PASSWORD)).json()
    await log.appended()
    await anonymous.post("/v1/token/revocation", data={"token": tokens["refresh_token"]})
    assert await log.appended() == OPERATIONS["revoke_token"]
    public = {one.id: one for one in documented_operations(service.app) if one.id not in ROWS}
    for operation in public.values():
        if operation.method == "GET":
            url = operation.url()
            assert (await anonymous.get(url)).status_code != httpx.codes.UNAUTHORIZED, url
            assert await log.appended() == OPERATIONS[operation.id] == (), operation


async def test_a_denial_and_the_daily_work_append_the_entries_in_the_table(
    service: Service, clock: MovableClock
) -> None:
    world, log = await World.built(service, clock), Log(service)
    await STEPS["due"](world.home)
    await log.appended()
    reply = await world.acting["staff"].get("/v1/retention/due")
    assert reply.status_code == httpx.codes.FORBIDDEN
    assert await log.appended() == OTHER_OUTCOMES["an operation is denied"]
    await housekeeping.tidy(service.database, clock)
    assert await log.appended() == OTHER_OUTCOMES["requests become due for disposal"]


async def test_every_operation_command_and_action_is_in_the_table(service: Service) -> None:
    assert {operation.id for operation in documented_operations(service.app)} == OPERATIONS.keys()
    assert set(commands()) == COMMANDS.keys()
    tables = (OPERATIONS, OTHER_OUTCOMES, COMMANDS)
    logged = {action for table in tables for row in table.values() for action, _ in row}
    assert logged == set(Action)


def commands() -> Iterator[str]:
    """Every command of `python -m app`."""

    def walk(command: Any, *path: str) -> Iterator[str]:
        if not hasattr(command, "commands"):
            yield " ".join(path)
            return
        for name, inner in command.commands.items():
            yield from walk(inner, *path, name)

    return walk(typer.main.get_command(cli.app))


class Operator:
    """Runs operator commands on its own database and compares their entries with the table."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.server = LiveServer(settings, folder / "server.log")
        self.file = settings.sqlite_file
        self.tried: set[str] = set()
        self._count = 0

    def runs(self, command: str, *arguments: str, stdin: str | None = None) -> str:
        """Run a command; returns its output."""
        with self.watched(command):
            done = self.server.run(*command.split(), *arguments, stdin=stdin)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    @contextlib.contextmanager
    def watched(self, command: str) -> Iterator[None]:
        """Compare the entries that are appended meanwhile with the row of a command."""
        before = len(self._bodies())
        yield
        appended = {shown(json.loads(body)) for body in self._bodies()[before:]}
        assert appended == set(COMMANDS[command]), command
        self.tried.add(command)

    def sealed(self) -> bool:
        """Whether every entry has been sealed."""
        return not self._rows("SELECT 1 FROM audit_pending") and bool(self._bodies())

    def _bodies(self) -> list[str]:
        return [str(row[0]) for row in self._rows("SELECT body FROM audit_entry ORDER BY rowid")]

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.file)) as file:
            return file.execute(query).fetchall()


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    for _ in range(PATIENCE_S * 20):
        if condition():
            return
        signal.sigtimedwait([], 0.05)
    raise AssertionError("it did not happen in time")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_command_appends_the_entries_in_the_table(settings: Settings, tmp_path: Path) -> None:
    operator = Operator(settings, tmp_path)
    runs = operator.runs
    runs("db upgrade")
    with operator.watched("serve"):
        operator.server.start()
        operator.server.stop()
    runs("policy check", str(ROOT / "docs" / "policies" / "2026-draft.yaml"))
    with operator.watched("openapi"):
        operator.server.run("openapi", "--check")
    email = "staff@school.example"
    runs("users add", email, "--role", "staff", "--password-stdin", stdin=PASSWORD)
    runs("users list")
    runs("users role", email, "dsl")
    runs("users password", email, "--password-stdin", stdin=PASSWORD + "!")
    runs("users disable", email)
    client = runs("clients add", "MIS").split()[1]
    runs("clients list")
    runs("clients rotate", client)
    runs("clients disable", client)
    runs("audit key")
    with operator.watched("worker"):
        worker = subprocess.Popen(
            [sys.executable, "-m", "app", "worker"], cwd=ROOT, env=operator.server.environment()
        )
        until(operator.sealed)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE_S) == 0
    runs("doctor")
    runs("audit verify")
    runs("audit export", "--out", str(tmp_path / "bundle.zip"))
    runs("backup", str(tmp_path / "copy"))
    runs("restore", str(tmp_path / "copy"))
    runs("audit reopen")
    runs("demo load")
    runs("policy replay")
    assert operator.tried == COMMANDS.keys()
