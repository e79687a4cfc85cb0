"""The database. One request, one transaction; what a request writes is gathered and written once.
The only module that commits.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.base import Executable

from app.kernel import clock
from app.kernel.errors import Kind, ServiceError
from app.platform import connections
from app.platform.batching import UNRELIABLE, Lookup, is_outage_state, reader, writer
from app.platform.bulk_insert import one_statement
from app.platform.connections import Connect
from app.platform.settings import Settings

T = TypeVar("T")

DialectName = Literal["sqlite", "postgresql"]

ANSWER_WITHIN_S: Final = 2.5
"""How long the first answer of a session is waited for: a caller is told within three seconds that
the database is gone."""

_BEGIN: Final[Mapping[tuple[DialectName, bool], str]] = {
    ("postgresql", False): "BEGIN",
    ("postgresql", True): "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    (
        "sqlite",
        False,
    ): "BEGIN IMMEDIATE",  # a reading transaction that turned into a writing one could fail
    ("sqlite", True): "BEGIN",
}
"""How a transaction begins, by whether it only reads."""


class DatabaseUnavailable(ServiceError):
    """The database did not answer, so what became of the call is not known; sending it again with
    the same key settles it.
    """

    kind = Kind.UNAVAILABLE
    code = "database-unavailable"
    title = "Database unavailable"

    def __init__(self) -> None:
        super().__init__(
            "the database did not answer. If a child is at risk, share what is needed now and"
            " keep a note of what was shared, with whom and why. Send this request again with"
            " the same Idempotency-Key when the service is available",
            headers={"Retry-After": "5"},
        )


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant: TIMESTAMPTZ on PostgreSQL, fixed-width RFC 3339 text on SQLite, so that
    both sort and compare alike.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Text where the database has no instant of its own."""
        return dialect.type_descriptor(
            sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        )

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


class RowTaken(Exception):
    """A row with this key is there already: somebody else was first. `table` says where."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Session:
    """One transaction's reads, and the rows it will write. Made only by `Database`; it has no
    connection before it needs one.

    On PostgreSQL one that only looks up and adds never needs any, nor BEGIN and COMMIT: each read
    has its own snapshot either way, and all rows are added by one statement, which is a transaction
    by itself. Couriers carry both. A change, a lock or an early flush begins a transaction. On
    SQLite a session takes its turn among those that write with its first read.
    """

    def __init__(self, database: "Database") -> None:
        self._database = database
        self.dialect: Final[DialectName] = database.dialect
        self._held = AsyncExitStack()
        self._taken: AsyncConnection | None = None
        self._begun = False
        self._heard = (
            database.dialect == "sqlite"
        )  # which answers at once, or says within its busy timeout that it cannot
        self._gathered: dict[sa.Table, list[Mapping[str, object]]] = {}

    async def begin(self, *, reads_only: bool = False) -> None:
        """Begin the transaction, where nothing has yet, to see one snapshot or to take a lock that
        shall last to its end.
        """
        if not self._begun:
            if self._taken is None:
                self._taken = await self._held.enter_async_context(
                    self._database.connection(reads_only=reads_only)
                )
            await self._first_answer(self._taken.exec_driver_sql(_BEGIN[self.dialect, reads_only]))
            self._begun = True

    async def _connection(self) -> AsyncConnection:
        if self.dialect == "sqlite":
            await self.begin()
        if self._taken is None:
            self._taken = await self._held.enter_async_context(self._database.connection())
        return self._taken

    async def _first_answer(self, answer: Awaitable[T]) -> T:
        """A database that went silent is found out by the first thing that is asked of it; what is
        asked later may take its time.
        """
        if self._heard:
            return await answer
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                found = await answer
        except TimeoutError:
            # Closing politely would wait for an answer too.
            (await self._driver()).terminate()
            await (await self._connection()).invalidate()
            raise
        self._heard = True
        return found

    async def all(
        self, statement: Executable, params: Mapping[str, object] | None = None
    ) -> Sequence[sa.Row[Any]]:
        """Every row of a query."""
        return (await self._read(statement, params)).all()

    async def first(
        self, statement: Executable, params: Mapping[str, object] | None = None
    ) -> sa.Row[Any] | None:
        """The first row of a query, or None."""
        return (await self._read(statement, params)).first()

    async def look_up(self, lookup: Lookup, **values: object) -> Mapping[str, Any] | None:
        """The row of a `Lookup`, by column name, or None."""
        if self._database.reader is not None and not self._begun:
            found: Mapping[str, Any] | None = await self._database.reader.send((lookup, values))
            self._heard = True
            return found
        row = await self.first(lookup.statement, values)
        return None if row is None else dict(row._mapping)  # noqa: SLF001 - the documented way to a row's mapping

    async def _read(
        self, statement: Executable, params: Mapping[str, object] | None
    ) -> sa.CursorResult[Any]:
        if getattr(statement, "_for_update_arg", None) is not None:
            await self.begin()
        return await self._first_answer((await self._connection()).execute(statement, params))

    async def stream(
        self, statement: Executable, *, batch: int = 1000
    ) -> AsyncIterator[sa.Row[Any]]:
        """Rows of a large query, `batch` at a time."""
        await self.begin()
        async with (await self._connection()).stream(
            statement, execution_options={"yield_per": batch}
        ) as rows:
            async for row in rows:
                yield row

    async def raw(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Rows as the driver gives them, for whoever reads millions: `?` marks a value on SQLite,
        `$1` on PostgreSQL.
        """
        driver = await self._driver()
        if self.dialect == "sqlite":
            return list(await driver.execute_fetchall(sql, values))
        rows: Sequence[Sequence[Any]] = await driver.fetch(sql, *values)
        return rows

    async def execute(
        self,
        statement: Executable,
        params: Mapping[str, object] | Sequence[Mapping[str, object]] | None = None,
    ) -> int:
        """Run a change at once, after the rows gathered so far; gives the number of rows
        changed.
        """
        await self.flush()
        return int((await (await self._connection()).execute(statement, params)).rowcount)

    def add(self, table: sa.Table, *rows: Mapping[str, object]) -> None:
        """Gather rows for one insert at the end; tables are written in the order in which they were
        first added.
        """
        self._gathered.setdefault(table, []).extend(rows)

    async def flush(self) -> None:
        """Write what was gathered, and hold the transaction open: one statement on PostgreSQL, one
        per table on SQLite.
        """
        await self.begin()
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, {}
        connection = await self._connection()
        try:
            if self.dialect == "postgresql":
                await connection.exec_driver_sql(*one_statement(gathered))
                return
            for table, rows in gathered.items():
                await connection.execute(sa.insert(table), [dict(row) for row in rows])
        except IntegrityError as error:
            if taken := _taken(error):
                await self._undo()  # so that the session can still read who was first
                raise RowTaken(taken) from error
            raise

    async def settle(self) -> None:
        """Write and commit. Called by `Database` at the end, and by what must know the outcome
        before it replies; adds nothing afterwards.

        A COMMIT is always awaited to its end, whoever cancels the call: a cancelled one leaves an
        outcome that nobody knows.
        """
        if self._begun or (self._gathered and self._database.writer is None):
            ending = asyncio.ensure_future(self._commit())
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError:
                await asyncio.wait((ending,))
                raise
        elif self._gathered and self._database.writer is not None:
            gathered, self._gathered = self._gathered, {}
            try:
                await self._database.writer.send(gathered)
            except asyncpg.UniqueViolationError as error:
                raise RowTaken(str(error.table_name)) from error

    async def _commit(self) -> None:
        await self.flush()
        await (await self._connection()).exec_driver_sql("COMMIT")
        self._begun = False

    async def end(self) -> None:
        """Forget what was not committed, and give the connection back."""
        self._gathered = {}
        await self._undo()
        self._taken = None
        await self._held.aclose()

    async def _undo(self) -> None:
        """End the transaction without its changes. A connection on which even that fails is thrown
        away.
        """
        if self._taken is None or not self._begun:
            return
        self._begun = False
        try:
            await self._taken.exec_driver_sql("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever it was, this connection is not used again
            await self._taken.invalidate()

    async def _driver(self) -> Any:
        return (await (await self._connection()).get_raw_connection()).driver_connection


def _taken(error: IntegrityError) -> str | None:
    """The table whose unique key a row ran into; None for any other violation."""
    cause = getattr(error.orig, "__cause__", None)
    if isinstance(cause, asyncpg.UniqueViolationError):
        return str(cause.table_name)
    found = re.match(r"UNIQUE constraint failed: (\w+)\.", str(error.orig))
    return found[1] if found else None


class Database:
    """The engine and its two kinds of session."""

    def __init__(
        self,
        engine: AsyncEngine,
        dialect: DialectName,
        connections: int,
        connect: Connect | None = None,
    ) -> None:
        self.engine: Final = engine
        self.dialect: Final[DialectName] = dialect
        self.reader: Final = reader(connect, within_s=ANSWER_WITHIN_S) if connect else None
        self.writer: Final = writer(connect) if connect else None
        self._writing = asyncio.Lock()
        self._connections = asyncio.Semaphore(connections)
        self._outages = 0

    @asynccontextmanager
    async def _turn(self, queue: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        """One's turn in a queue; whoever waited behind somebody who found the database silent is
        told so, and need not find it again.
        """
        known = self._outages
        async with queue:
            if self._outages != known:
                raise DatabaseUnavailable
            yield

    @asynccontextmanager
    async def connection(self, *, reads_only: bool = False) -> AsyncIterator[AsyncConnection]:
        """A connection, for a session. SQLite gives those that may write one at a time."""
        async with AsyncExitStack() as held:
            if self.dialect == "sqlite" and not reads_only:
                await held.enter_async_context(self._turn(self._writing))
            await held.enter_async_context(self._turn(self._connections))
            yield await held.enter_async_context(self.engine.connect())

    @asynccontextmanager
    async def transaction(self, *, lazily: bool = False) -> AsyncIterator[Session]:
        """A session whose changes are committed when the block ends well, and gone otherwise.
        `lazily` begins only when it must.

        Raises `DatabaseUnavailable` when the database does not answer, at the commit too: then the
        outcome is unknown.
        """
        async with self._session() as session:
            if not lazily:
                await session.begin()
            yield session
            await session.settle()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A session that only reads, on one snapshot."""
        async with self._session() as session:
            await session.begin(reads_only=True)
            yield session

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        session = Session(self)
        try:
            try:
                yield session
            finally:
                await session.end()
        except (PoolTimeout, *UNRELIABLE) as error:
            self._outages += 1
            raise DatabaseUnavailable from error
        except asyncpg.PostgresError as error:
            if _is_outage_state(error.sqlstate):
                raise DatabaseUnavailable from error
            raise
        except DBAPIError as error:
            if _is_outage(error):
                self._outages += getattr(error.orig, "sqlstate", None) is None
                raise DatabaseUnavailable from error
            raise

    async def close(self) -> None:
        """Give back every connection."""
        for courier in (self.reader, self.writer):
            if courier is not None:
                await courier.close()
        await self.engine.dispose()


def _is_outage(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _is_outage_state(str(state))
    return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))


def _is_outage_state(state: str | None) -> bool:
    return is_outage_state(state) or state in {"40P01", "55P03"}  # deadlock, a lock not had in time


def connect(settings: Settings) -> Database:
    """The database that the settings name; no connection is made yet."""
    if settings.database_url:
        return Database(
            connections.postgresql(settings),
            "postgresql",
            settings.database_pool,
            connections.postgresql_connector(settings),
        )
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made here, so that no umask lets others read what is in it.
    settings.sqlite_file.touch(mode=0o600)
    return Database(connections.sqlite(settings), "sqlite", settings.database_pool)
