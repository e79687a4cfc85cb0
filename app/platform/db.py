"""The database. One request, one transaction; what a request writes is gathered and written once. The only module that commits."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.base import Executable

from app.kernel import clock
from app.kernel.errors import Kind, ServiceError
from app.platform.settings import Settings

DialectName = Literal["sqlite", "postgresql"]

BUSY_TIMEOUT_MS: Final = 15_000
CONNECT_TIMEOUT_S: Final = 3
STATEMENT_TIMEOUT_MS: Final = 30_000


class DatabaseUnavailable(ServiceError):
    """The database did not answer, so what became of the call is not known; sending it again with the same key settles it."""

    kind = Kind.UNAVAILABLE
    code = "database-unavailable"
    title = "The record store did not answer"

    def __init__(self) -> None:
        super().__init__(
            "the record store did not answer. If a child is at risk, share what is needed now and keep a note of what, with whom and why; "
            "send this again with the same Idempotency-Key when the service is back",
            headers={"Retry-After": "5"},
        )


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant: TIMESTAMPTZ on PostgreSQL, fixed-width RFC 3339 text on SQLite, so that both sort and compare alike."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Text where the database has no instant of its own."""
        return dialect.type_descriptor(sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive values at the border."""
        if value is None:
            return None
        text = clock.to_text(value)
        return text if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware UTC, always."""
        if value is None:
            return None
        return clock.from_text(value) if isinstance(value, str) else value.astimezone(UTC)


class Session:
    """One transaction's reads, and the rows it will write. Made only by `Database`."""

    def __init__(self, connection: AsyncConnection, dialect: DialectName) -> None:
        self._connection = connection
        self.dialect: DialectName = dialect
        self._gathered: dict[sa.Table, list[Mapping[str, object]]] = {}
        self._used = False

    async def all(self, statement: Executable, params: Mapping[str, object] | None = None) -> Sequence[sa.Row[Any]]:
        """Every row of a query."""
        return (await self._connection.execute(statement, params)).all()

    async def first(self, statement: Executable, params: Mapping[str, object] | None = None) -> sa.Row[Any] | None:
        """The first row of a query, or None."""
        return (await self._connection.execute(statement, params)).first()

    async def stream(self, statement: Executable, *, batch: int = 1000) -> AsyncIterator[sa.Row[Any]]:
        """Rows of a large query, `batch` at a time."""
        async with self._connection.stream(statement, execution_options={"yield_per": batch}) as rows:
            async for row in rows:
                yield row

    async def raw(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Rows as the driver gives them, for whoever reads millions: `?` marks a value on SQLite, `$1` on PostgreSQL."""
        if not self._used:
            await self._connection.exec_driver_sql("SELECT 1")  # begins the transaction where the driver has not been used yet
            self._used = True
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        if self.dialect == "sqlite":
            return list(await driver.execute_fetchall(sql, values))
        rows: Sequence[Sequence[Any]] = await driver.fetch(sql, *values)
        return rows

    async def execute(self, statement: Executable, params: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None) -> int:
        """Run a change at once, after the rows gathered so far; gives the number of rows changed."""
        await self.flush()
        return int((await self._connection.execute(statement, params)).rowcount)

    def add(self, table: sa.Table, *rows: Mapping[str, object]) -> None:
        """Gather rows for one insert at the end; tables are written in the order in which they were first added."""
        self._gathered.setdefault(table, []).extend(rows)

    async def flush(self) -> None:
        """Write what was gathered: one statement on PostgreSQL, one per table on SQLite."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, {}
        if self.dialect == "postgresql":
            await self._connection.execute(_one_statement(gathered), _one_statement_params(gathered))
            return
        for table, rows in gathered.items():
            await self._connection.execute(sa.insert(table), [dict(row) for row in rows])


_STATEMENTS: dict[tuple[tuple[str, tuple[str, ...]], ...], sa.TextClause] = {}


def _one_statement(gathered: Mapping[sa.Table, list[Mapping[str, object]]]) -> sa.TextClause:
    key = tuple((table.name, tuple(rows[0])) for table, rows in gathered.items())
    if key not in _STATEMENTS:
        parts = []
        for position, (table, columns) in enumerate(key):
            listed = ", ".join(f'"{column}"' for column in columns)
            parts.append(
                f'w{position} AS (INSERT INTO "{table}" ({listed}) SELECT {listed} '  # noqa: S608 - names come from our own tables
                f'FROM json_populate_recordset(NULL::"{table}", CAST(:r{position} AS json)))'
            )
        _STATEMENTS[key] = sa.text(f"WITH {', '.join(parts)} SELECT 1")
    return _STATEMENTS[key]


def _one_statement_params(gathered: Mapping[sa.Table, list[Mapping[str, object]]]) -> dict[str, str]:
    return {
        f"r{position}": json.dumps(  # noqa: TID251 - on its way into columns, not kept as it is
            rows, default=_as_json, separators=(",", ":"), ensure_ascii=False
        )
        for position, rows in enumerate(gathered.values())
    }


def _as_json(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} cannot be written")


class Database:
    """The engine and its two kinds of session."""

    def __init__(self, engine: AsyncEngine, dialect: DialectName) -> None:
        self.engine: Final = engine
        self.dialect: Final[DialectName] = dialect
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A session whose changes are committed when the block ends well, and gone otherwise.

        Raises `DatabaseUnavailable` when the database does not answer, at the commit too: then the outcome is unknown.
        """
        if self.dialect == "postgresql":
            async with self._begun("read committed") as session:
                yield session
            return
        async with self._writing, self._begun("immediate") as session:
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A session that only reads, on one snapshot."""
        async with self._begun("repeatable read" if self.dialect == "postgresql" else "deferred", commit=False) as session:
            yield session

    @asynccontextmanager
    async def _begun(self, mode: str, *, commit: bool = True) -> AsyncIterator[Session]:
        try:
            async with self.engine.connect() as connection:
                if self.dialect == "postgresql" and mode != "read committed":
                    connection = await connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
                elif self.dialect == "sqlite":
                    await connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "immediate" else "BEGIN")
                session = Session(connection, self.dialect)
                try:
                    yield session
                    if commit:
                        await session.flush()
                        # A cancelled COMMIT leaves an outcome that nobody knows; it is always awaited to its end.
                        await asyncio.shield(connection.commit())
                finally:
                    await connection.rollback()
        except (PoolTimeout, OSError, TimeoutError) as error:
            raise DatabaseUnavailable from error
        except DBAPIError as error:
            if _is_outage(error):
                raise DatabaseUnavailable from error
            raise

    async def close(self) -> None:
        """Give back every connection."""
        await self.engine.dispose()


def _is_outage(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        # Connection exceptions, resources exhausted, operator intervention (time-outs and shutdown among them), deadlock.
        return str(state)[:2] in {"08", "53", "57"} or state in {"40P01", "55P03"}
    return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))


def connect(settings: Settings) -> Database:
    """The database that the settings name; no connection is made yet."""
    if settings.database_url:
        return Database(_postgresql(settings), "postgresql")
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{settings.sqlite_file}", pool_size=settings.database_pool, max_overflow=0, hide_parameters=True
    )
    sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return Database(engine, "sqlite")


def postgresql_url(settings: Settings) -> sa.URL:
    """The URL for asyncpg; `postgres://` and `postgresql://` are both read."""
    scheme, _, rest = settings.database_url.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("SHARING_DATABASE_URL must begin with postgresql://")
    return sa.make_url(f"postgresql+asyncpg://{rest}")


def _postgresql(settings: Settings) -> AsyncEngine:
    return create_async_engine(
        postgresql_url(settings),
        pool_size=settings.database_pool,
        max_overflow=0,
        pool_timeout=STATEMENT_TIMEOUT_MS / 1000,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "server_settings": {
                "application_name": "information-sharing",
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "lock_timeout": "10000",
                "idle_in_transaction_session_timeout": "60000",
                "synchronous_commit": "on",
                "jit": "off",
            },
        },
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
