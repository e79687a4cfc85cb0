"""Runs migrations on the database that the settings name, or on a connection that the caller gives
in the configuration.
"""

import asyncio

from alembic import context
from sqlalchemy import Connection

from app.platform import db
from app.platform.settings import read_settings


def _run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()


async def _connect() -> None:
    database = db.connect(read_settings())
    async with database.engine.connect() as connection:
        if database.dialect == "sqlite":
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.run_sync(_run)
        await connection.commit()
    await database.close()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(_connect())
