"""Run the work of a command: settings, database, transaction, and one line for each failure."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import typer

from app.identity.passwords import Passwords
from app.kernel.errors import ServiceError
from app.platform import db, migrations
from app.platform.db import Database, Session
from app.platform.settings import Settings, read_settings

T = TypeVar("T")


def fail(message: str, status: int = 2) -> typer.Exit:
    """Print a message to standard error; gives the exception to raise."""
    typer.echo(message, err=True)
    return typer.Exit(status)


def settings_or_exit() -> Settings:
    """Read the settings; prints what is wrong with them and exits if they are invalid."""
    try:
        return read_settings()
    except ServiceError as error:
        raise fail(str(error)) from None


def run(work: Callable[[Settings, Database], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine on the database; prints one line and exits on an expected failure."""

    async def connected() -> T:
        database = db.connect(settings)
        try:
            return await work(settings, database)
        finally:
            await database.close()

    settings = settings_or_exit()
    try:
        return asyncio.run(connected())
    except ServiceError as error:
        raise fail(error.detail or error.title) from None
    except (OSError, ValueError) as error:
        raise fail(str(error)) from None


async def hash_password(password: str) -> str:
    """Hash a password for storing; raises InvalidAccount."""
    pool = Passwords()
    try:
        return await pool.hash(password)
    finally:
        pool.close()


@asynccontextmanager
async def changing(database: Database) -> AsyncIterator[Session]:
    """Begin a transaction that writes, on a database with every migration."""
    if not await migrations.is_at_head(database):
        raise fail("the database is not at the newest migration; run: python -m app db upgrade")
    async with database.transaction() as session:
        yield session
