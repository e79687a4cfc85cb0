"""What every verb needs: settings or an explanation, a database for the length of some work, and
one way to say what is wrong.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import typer

from app.kernel.errors import ServiceError
from app.platform import db, migrations
from app.platform.db import Database, Session
from app.platform.settings import Settings, read_settings

T = TypeVar("T")


def fail(message: str, status: int = 2) -> typer.Exit:
    """Say what is wrong on standard error; to be raised."""
    typer.echo(message, err=True)
    return typer.Exit(status)


def settings_or_exit() -> Settings:
    """The settings, or an explanation of what is wrong with them."""
    try:
        return read_settings()
    except ServiceError as error:
        raise fail(str(error)) from None


def run(work: Callable[[Settings, Database], Coroutine[Any, Any, T]]) -> T:
    """Do some work on the database; a failure that was foreseen is said in one line."""

    async def opened() -> T:
        database = db.connect(settings)
        try:
            return await work(settings, database)
        finally:
            await database.close()

    settings = settings_or_exit()
    try:
        return asyncio.run(opened())
    except ServiceError as error:
        raise fail(error.detail or error.title) from None
    except (OSError, ValueError) as error:
        raise fail(str(error)) from None


@asynccontextmanager
async def changing(database: Database) -> AsyncIterator[Session]:
    """A transaction on a database that is at head."""
    if not await migrations.is_at_head(database):
        raise fail("the database is not at the newest migration; run: python -m app db upgrade")
    async with database.transaction() as session:
        yield session
