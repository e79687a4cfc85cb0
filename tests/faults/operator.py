"""Helpers for the tests of faults: accounts created by operator commands, callers of a real server,
and SQL as the owner of the database.
"""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import asyncpg
import httpx

from app.platform.settings import Settings
from tests.running import LiveServer

PASSWORD = "correct horse battery staple"


def add_user(server: LiveServer, role: str) -> str:
    """Create an account at the command line; returns its e-mail address."""
    email = f"{role.replace('_', '.')}@school.example"
    done = server.run(
        "users", "add", email, "--role", role, "--password-stdin", stdin=PASSWORD + "\n"
    )
    assert done.returncode == 0, done.stderr
    return email


async def token(server: LiveServer, email: str) -> str:
    """A new access token from `POST /v1/token`."""
    async with server.client() as anonymous:
        reply = await anonymous.post(
            "/v1/token", data={"grant_type": "password", "username": email, "password": PASSWORD}
        )
    assert reply.status_code == httpx.codes.OK, reply.text
    granted: str = reply.json()["access_token"]
    return granted


@contextlib.asynccontextmanager
async def sign_in(server: LiveServer, email: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token of the account."""
    async with server.client(await token(server, email)) as client:
        yield client


def verify_log(server: LiveServer, *arguments: str) -> tuple[int, str]:
    """Exit code and output of `python -m app audit verify`."""
    done = server.run("audit", "verify", *arguments)
    return done.returncode, done.stdout + done.stderr


Run = Callable[..., list[tuple[Any, ...]]]


@contextlib.asynccontextmanager
async def run_sql_as_owner(settings: Settings) -> AsyncIterator[Any]:
    """An awaitable function that runs SQL as the owner of the database, with every trigger
    disabled.
    """
    if settings.database_url:
        connection = await asyncpg.connect(settings.database_url)
        tables = [
            row["tablename"]
            for row in await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
        for table in tables:
            await connection.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER ALL')

        async def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await connection.fetch(statement, *values)]

        yield run
        for table in tables:
            await connection.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER ALL')
        await connection.close()
        return
    with _file(settings) as file:
        triggers = [
            name
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ]
        for name in triggers:
            file.execute(f"DROP TRIGGER {name}")

        async def run_there(statement: str, *values: object) -> list[tuple[Any, ...]]:
            numbered = statement
            for place in range(len(values), 0, -1):
                numbered = numbered.replace(f"${place}", f"?{place}")
            return file.execute(numbered, values).fetchall()

        yield run_there


@contextlib.contextmanager
def _file(settings: Settings) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(settings.sqlite_file, isolation_level=None)) as file:
        yield file
