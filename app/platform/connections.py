"""Engines for both databases: every setting that durability, time-outs and safety depend on."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.platform import batching
from app.platform.settings import Settings

BUSY_TIMEOUT_MS: Final = 2_500
CONNECT_TIMEOUT_S: Final = 2
STATEMENT_TIMEOUT_MS: Final = 30_000

_ARGUMENTS: Final[dict[str, Any]] = {
    "timeout": CONNECT_TIMEOUT_S,
    # The server's own time-out does not reach us over a line that is dead.
    "command_timeout": STATEMENT_TIMEOUT_MS / 1000 + 2,
    "server_settings": {
        "application_name": "information-sharing",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": "10000",
        "idle_in_transaction_session_timeout": "60000",
        "synchronous_commit": "on",
        "jit": "off",
    },
}


def postgresql_url(settings: Settings) -> sa.URL:
    """The URL for asyncpg; `postgres://` and `postgresql://` are both read."""
    scheme, _, rest = settings.database_url.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("SHARING_DATABASE_URL must begin with postgresql://")
    return sa.make_url(f"postgresql+asyncpg://{rest}")


def postgresql(settings: Settings) -> AsyncEngine:
    """The engine for PostgreSQL, whose pool has room for sessions and for batches of two kinds."""
    return create_async_engine(
        postgresql_url(settings),
        # Sessions send BEGIN and COMMIT themselves, where they need them.
        isolation_level="AUTOCOMMIT",
        pool_size=settings.database_pool + 2 * batching.CONCURRENT,
        max_overflow=0,
        pool_timeout=STATEMENT_TIMEOUT_MS / 1000,
        hide_parameters=True,
        connect_args=_ARGUMENTS,
    )


def sqlite(settings: Settings) -> AsyncEngine:
    """The engine for the SQLite file."""
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{settings.sqlite_file}",
        pool_size=settings.database_pool,
        max_overflow=0,
        hide_parameters=True,
    )
    sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "secure_delete=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
