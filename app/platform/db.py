"""Database sessions: one transaction for each request, whose rows are inserted together at its end.
The only module that commits.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final, Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.base import Executable

from app.kernel.errors import Kind, ServiceError
from app.platform import connections
from app.platform.batching import Batcher
from app.platform.bulk_insert import Rows, insert_statement, shape_of
from app.platform.database_errors import LOCKED, is_outage, sqlstate_of, table_taken
from app.platform.dataloader import Lookup
from app.platform.settings import Settings

T = TypeVar("T")

DialectName = Literal["sqlite", "postgresql"]

ANSWER_WITHIN_S: Final = 2.5
"""Seconds within which the first statement of a session must be answered, so that a client is told
within three seconds that the database is down."""

_BEGIN: Final[Mapping[tuple[DialectName, bool], str]] = {
    ("postgresql", False): "BEGIN",
    ("postgresql", True): "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    # A read transaction that turned into a writing one could fail.
    ("sqlite", False): "BEGIN IMMEDIATE",
    ("sqlite", True): "BEGIN",
}
"""The statement that begins a transaction, by dialect and by whether it only reads."""


class DatabaseUnavailable(ServiceError):
    """The database did not answer, so the outcome of the call is unknown; sending it again with the
    same key settles it.
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


class RowTaken(Exception):
    """Another transaction has stored a row with this unique key. `table` names the table."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


class Session:
    """The reads of one transaction, and the rows that it will insert. Made only by `Database`.

    A session takes a connection when it first needs one. On PostgreSQL it begins a transaction only
    for an update, a lock or an early flush. Without these, each read has a snapshot of its own
    anyway, and one statement inserts all rows, which is a transaction by itself. A session that
    only asks `Lookup`s and adds rows needs no connection: `Database` batches both with those of
    other sessions. On SQLite the first read begins a transaction.
    """

    def __init__(self, database: "Database", *, runs_batch: bool = False) -> None:
        self._database = database
        self.dialect: Final[DialectName] = database.dialect
        self._runs_batch = runs_batch
        self._stack = AsyncExitStack()
        self._connected: AsyncConnection | None = None
        self._begun = False
        # SQLite answers at once, or reports within its busy timeout that it cannot.
        self._answered = database.dialect == "sqlite"
        self._rows: dict[sa.Table, list[Mapping[str, object]]] = {}

    async def begin(self, *, reads_only: bool = False) -> None:
        """Begin the transaction unless it has begun: to read one snapshot, or to hold a lock until
        the end.
        """
        if not self._begun:
            connection = await self._connect(reads_only=reads_only)
            await self._first_answer(connection.exec_driver_sql(_BEGIN[self.dialect, reads_only]))
            self._begun = True

    async def _connect(self, *, reads_only: bool = False) -> AsyncConnection:
        if self._connected is None:
            self._connected = await self._stack.enter_async_context(
                self._database.connection(reads_only=reads_only, queue=not self._runs_batch)
            )
        return self._connected

    async def _connection(self) -> AsyncConnection:
        if self.dialect == "sqlite":
            await self.begin()
        return await self._connect()

    async def _first_answer(self, answer: Awaitable[T]) -> T:
        """Limit the time of the first statement only: it shows whether the database is down, and
        later statements may take longer.
        """
        if self._answered:
            return await answer
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                result = await answer
        except TimeoutError:
            # Closing the connection normally would wait for an answer too.
            (await self._driver()).terminate()
            await (await self._connection()).invalidate()
            raise
        self._answered = True
        return result

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
        if self.dialect == "sqlite" or self._connected is not None:
            row = await self.first(lookup.one, values)
        else:
            row = await self._database.lookups.submit(lookup, (lookup, values))
            self._answered = True
        return None if row is None else dict(row._mapping)  # noqa: SLF001 - the documented way

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
        """Rows as the driver returns them, for queries that read millions. Parameters are written
        `?` on SQLite and `$1` on PostgreSQL.
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
        """Run an update at once, after inserting the rows added so far; returns the number of rows
        changed.
        """
        await self.flush()
        return int((await (await self._connection()).execute(statement, params)).rowcount)

    def add(self, table: sa.Table, *rows: Mapping[str, object]) -> None:
        """Add rows to insert at the end. Tables are written in the order in which they were first
        added.
        """
        self._rows.setdefault(table, []).extend(rows)

    async def flush(self) -> None:
        """Insert the rows added so far, and keep the transaction open."""
        await self.begin()
        if self._rows:
            await self.insert()

    async def insert(self) -> None:
        """Insert the rows added so far: one statement on PostgreSQL, one for each table on SQLite.

        Raises `RowTaken`.
        """
        rows, self._rows = self._rows, {}
        connection = await self._connection()
        try:
            if self.dialect == "postgresql":
                await connection.exec_driver_sql(*insert_statement(rows))
                return
            for table, of_table in rows.items():
                await connection.execute(sa.insert(table), [dict(row) for row in of_table])
        except IntegrityError as error:
            if taken := table_taken(error):
                await self._undo()  # so that the session can still read the other row
                raise RowTaken(taken) from error
            raise

    async def settle(self) -> None:
        """Insert and commit. `Database` calls it at the end, and so does code that must know the
        outcome before it replies; such code adds no rows afterwards.

        If the caller is cancelled, the commit is still awaited: the outcome of a cancelled commit
        would be unknown.
        """
        if self._begun or (self._rows and self.dialect == "sqlite"):
            commit = asyncio.ensure_future(self._commit())
        elif self._rows and self._connected is not None:
            commit = asyncio.ensure_future(self.insert())
        elif self._rows:
            rows, self._rows = self._rows, {}
            commit = asyncio.ensure_future(self._database.inserts.submit(shape_of(rows), rows))
        else:
            return
        try:
            await asyncio.shield(commit)
        except asyncio.CancelledError:
            await asyncio.wait((commit,))
            raise

    async def _commit(self) -> None:
        await self.flush()
        await (await self._connection()).exec_driver_sql("COMMIT")
        self._begun = False

    async def end(self) -> None:
        """Discard uncommitted changes, and give the connection back."""
        self._rows = {}
        await self._undo()
        self._connected = None
        await self._stack.aclose()

    async def _undo(self) -> None:
        """Roll back the transaction. If even that fails, discard the connection."""
        if self._connected is None or not self._begun:
            return
        self._begun = False
        try:
            await self._connected.exec_driver_sql("ROLLBACK")
        except Exception:  # noqa: BLE001 - after any error, this connection is not used again
            await self._connected.invalidate()

    async def _driver(self) -> Any:
        return (await (await self._connection()).get_raw_connection()).driver_connection


Question = tuple[Lookup, Mapping[str, object]]


class Database:
    """The engine, its two kinds of session, and on PostgreSQL the batches that sessions share."""

    def __init__(self, engine: AsyncEngine, dialect: DialectName, pool: int) -> None:
        self.engine: Final = engine
        self.dialect: Final[DialectName] = dialect
        self.lookups: Final = Batcher(self._look_up, is_outage)
        self.inserts: Final = Batcher(self._group_commit, is_outage)
        self._writer = asyncio.Lock()
        self._pool = asyncio.Semaphore(pool)
        self._outages = 0

    async def _look_up(self, asked: Sequence[Question]) -> Sequence[sa.Row[Any] | None]:
        """Answer many callers of one `Lookup` by one query."""
        lookup = asked[0][0]
        async with self._batch_session() as session:
            rows = await session.all(lookup.many, lookup.arrays([values for _, values in asked]))
        found = {row.nth: row for row in rows}
        return [found.get(nth) for nth in range(1, len(asked) + 1)]

    async def _group_commit(self, sessions: Sequence[Rows]) -> Sequence[None]:
        """Insert the rows of several sessions by one statement, which is one transaction."""
        async with self._batch_session() as session:
            for rows in sessions:
                for table, of_table in rows.items():
                    session.add(table, *of_table)
            await session.insert()
        return [None] * len(sessions)

    @asynccontextmanager
    async def _batch_session(self) -> AsyncIterator[Session]:
        session = Session(self, runs_batch=True)
        try:
            yield session
        finally:
            await session.end()

    @asynccontextmanager
    async def _turn(self, queue: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        """Wait in a queue. If the database was found to be down meanwhile, raise
        `DatabaseUnavailable` instead of finding out again.
        """
        known = self._outages
        async with queue:
            if self._outages != known:
                raise DatabaseUnavailable
            yield

    @asynccontextmanager
    async def connection(
        self, *, reads_only: bool = False, queue: bool = True
    ) -> AsyncIterator[AsyncConnection]:
        """A connection for a session. SQLite has one writing session at a time. Batches do not
        `queue`: the pool keeps connections for them.
        """
        async with AsyncExitStack() as stack:
            if self.dialect == "sqlite" and not reads_only:
                await stack.enter_async_context(self._turn(self._writer))
            if queue:
                await stack.enter_async_context(self._turn(self._pool))
            yield await stack.enter_async_context(self.engine.connect())

    @asynccontextmanager
    async def transaction(self, *, lazily: bool = False) -> AsyncIterator[Session]:
        """A session whose changes are committed when the block ends without an exception, and
        rolled back otherwise. With `lazily`, the transaction begins only when it must.

        Raises `DatabaseUnavailable` when the database does not answer. If that happens at the
        commit, the outcome is unknown.
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
        except DatabaseUnavailable:
            raise
        except Exception as error:
            state = sqlstate_of(error)
            if not (is_outage(error) or state in LOCKED):
                raise
            self._outages += state is None
            raise DatabaseUnavailable from error

    async def close(self) -> None:
        """Finish the batches, and close every connection."""
        await self.lookups.close()
        await self.inserts.close()
        await self.engine.dispose()


def connect(settings: Settings) -> Database:
    """The database that the settings name. Connections are made when they are needed."""
    if settings.database_url:
        return Database(connections.postgresql(settings), "postgresql", settings.database_pool)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Created here, so that no umask lets other users read it.
    settings.sqlite_file.touch(mode=0o600)
    return Database(connections.sqlite(settings), "sqlite", settings.database_pool)
