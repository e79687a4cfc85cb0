"""Applies the database migrations, and reports whether all have been applied."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.platform.db import Database

_INI: Final = Path(__file__).parents[2] / "alembic.ini"


async def upgrade(database: Database, revision: str = "head") -> None:
    """Apply migrations up to `revision` in one transaction."""
    await _run(database, lambda config: command.upgrade(config, revision))


async def downgrade(database: Database, revision: str) -> None:
    """Undo migrations down to `revision` in one transaction."""
    await _run(database, lambda config: command.downgrade(config, revision))


async def is_at_head(database: Database) -> bool:
    """Whether every migration has been applied."""
    head = ScriptDirectory.from_config(Config(_INI)).get_current_head()
    async with database.engine.connect() as connection:
        return bool(
            await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision() == head
            )
        )


async def _run(database: Database, operation: Callable[[Config], None]) -> None:
    def run(connection: Connection) -> None:
        config = Config(_INI)
        config.attributes["connection"] = connection
        operation(config)

    async with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.run_sync(run)
        await connection.commit()
