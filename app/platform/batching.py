"""Carries what many requests wait for to PostgreSQL in one flight: small reads asked together, and
rows committed together.

Law: nothing waits for company. What comes while nothing is in the air leaves at once; what comes
while something is leaves when that has landed, or after `PATIENCE_S`. A flight is one statement, so
it commits wholly or not at all, and its passengers hear when it has landed.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from app.platform.bulk_insert import Gathered, merged, one_statement, shape
from app.platform.connections import Connect, Connection

Given = TypeVar("Given")
Found = TypeVar("Found")

SEATS: Final = 32
"""How many travel together."""

PATIENCE_S: Final = 0.1
"""How long those on the ground wait for a flight to land before another connection takes them."""

MOST_LATE: Final = 4
"""How many connections may be waiting for the database at once; beyond that, waiting on yet another
one would help nobody."""

UNRELIABLE: Final = (OSError, TimeoutError, asyncpg.InterfaceError)
"""What is raised when the database cannot be reached, or was silent for too long."""

_OUTAGES: Final = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE: connection exceptions, resources exhausted, operator intervention (time-outs
and shutdown among them)."""

_PLACE: Final = re.compile(r"\$(\d+)::(TIMESTAMP WITH TIME ZONE|[A-Z]+)")


def is_outage_state(state: str | None) -> bool:
    """Whether this SQLSTATE says that the database could not work at all, rather than that it
    refused what was asked.
    """
    return (state or "")[:2] in _OUTAGES


class Lookup:
    """A query for one row that every request makes, asked for many requests at once.

    `statement` binds values by name; with the values of its own (limits, literals) it is compiled
    once, with its parameters replaced by the columns of a list of the questions.
    """

    def __init__(self, statement: sa.Select[Any]) -> None:
        self.statement: Final = statement
        compiled = statement.compile(dialect=PGDialect_asyncpg())  # type: ignore[no-untyped-call]
        places = [(name, compiled.params[name]) for name in compiled.positiontup or ()]
        self._asked: Final = [name for name, own in places if own is None]
        self._own: Final = [own for _, own in places if own is not None]
        types: dict[str, str] = {}

        def replaced(match: re.Match[str]) -> str:
            name, own = places[int(match[1]) - 1]
            if own is not None:
                return f"${len(self._asked) + 1 + [each for each, value in places if value is not None].index(name)}::{match[2]}"  # noqa: E501
            types[name] = match[2]
            return f"asked.{name}"

        query = _PLACE.sub(replaced, str(compiled))
        lists = ", ".join(
            f"${position}::{types[name]}[]" for position, name in enumerate(self._asked, start=1)
        )
        names = ", ".join([*self._asked, "nth"])
        self.sql: Final = f"SELECT asked.nth, found.* FROM unnest({lists}) WITH ORDINALITY AS asked({names}), LATERAL ({query}) AS found"  # noqa: E501, S608

    def values(self, questions: Sequence[Mapping[str, object]]) -> list[object]:
        """The parameters of the text for these questions."""
        return [*([question[name] for question in questions] for name in self._asked), *self._own]


@dataclass(slots=True, eq=False)
class _Passenger(Generic[Given, Found]):
    given: Given
    told: "asyncio.Future[Found]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Courier(Generic[Given, Found]):
    """Flies what is given to it, in company where `alike` says that two may travel in one
    statement.

    A passenger whom the database refuses brings the whole flight back, since it is one statement;
    each of its passengers then flies alone, so that only the one at fault is refused.
    """

    def __init__(
        self,
        connect: Connect,
        fly: Callable[[Connection, Sequence[Given]], Awaitable[Sequence[Found]]],
        alike: Callable[[Given], Hashable],
        *,
        within_s: float | None = None,
    ) -> None:
        self._connect = connect
        self._fly = fly
        self._alike = alike
        self._within_s = within_s
        self._idle: list[Connection] = []
        self._ground: deque[_Passenger[Given, Found]] = deque()
        self._alone: deque[_Passenger[Given, Found]] = deque()
        self._in_the_air: asyncio.Task[None] | None = None
        self._late: set[asyncio.Task[None]] = set()

    async def send(self, given: Given) -> Found:
        """What the database answered; raises what it refused with, or one of `UNRELIABLE`.

        Whoever cancels the call hears of it only when the flight has landed, for nobody could say
        what became of it before.
        """
        passenger: _Passenger[Given, Found] = _Passenger(given)
        self._ground.append(passenger)
        self._depart()
        try:
            return await asyncio.shield(passenger.told)
        except asyncio.CancelledError:
            await asyncio.wait((passenger.told,))
            passenger.told.exception()
            raise

    def _depart(self) -> None:
        if (
            self._in_the_air is not None
            or len(self._late) >= MOST_LATE
            or not (self._ground or self._alone)
        ):
            return
        self._in_the_air = flight = asyncio.create_task(self._flight())
        flight.add_done_callback(self._landed)
        asyncio.get_running_loop().call_later(PATIENCE_S, self._waited, flight)

    def _waited(self, flight: "asyncio.Task[None]") -> None:
        if flight is self._in_the_air:
            self._late.add(flight)
            self._in_the_air = None
            self._depart()

    def _landed(self, flight: "asyncio.Task[None]") -> None:
        self._late.discard(flight)
        if flight is self._in_the_air:
            self._in_the_air = None
        self._depart()

    async def _flight(self) -> None:
        aboard = self._board()
        connection: Connection | None = None
        try:
            async with asyncio.timeout(self._within_s):
                connection = await self._connected()
                found = await self._fly(connection, [passenger.given for passenger in aboard])
        except UNRELIABLE as fault:
            # Those on the ground would only find out the same, one after the other.
            stranded = [*aboard, *self._alone, *self._ground]
            self._alone.clear()
            self._ground.clear()
            _tell(stranded, fault)
            if connection is not None:
                connection.terminate()
            return
        except asyncpg.PostgresError as refusal:
            if len(aboard) > 1 and not is_outage_state(refusal.sqlstate):
                self._alone.extend(aboard)
            else:
                _tell(aboard, refusal)
        except BaseException as fault:
            _tell(aboard, fault)
            raise
        else:
            for passenger, answer in zip(aboard, found, strict=True):
                passenger.told.set_result(answer)
        if connection is not None and not connection.is_closed():
            self._idle.append(connection)

    def _board(self) -> list[_Passenger[Given, Found]]:
        """Who travels next: one who must fly alone, else the first in the queue with all who are
        alike.
        """
        if self._alone:
            return [self._alone.popleft()]
        aboard: list[_Passenger[Given, Found]] = []
        others: list[_Passenger[Given, Found]] = []
        kind = self._alike(self._ground[0].given)
        while self._ground:
            passenger = self._ground.popleft()
            fits = len(aboard) < SEATS and self._alike(passenger.given) == kind
            (aboard if fits else others).append(passenger)
        self._ground.extend(others)
        return aboard

    async def _connected(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await self._connect()

    async def close(self) -> None:
        """Wait for those in the air, and hang up."""
        while pending := {*self._late, *([self._in_the_air] if self._in_the_air else [])}:
            await asyncio.wait(pending)
            await asyncio.sleep(0)  # so that what was waiting behind them departs
        for connection in self._idle:
            with suppress(*UNRELIABLE):
                await connection.close(timeout=1)
        self._idle.clear()


def _tell(passengers: Sequence[_Passenger[Any, Any]], fault: BaseException) -> None:
    for passenger in passengers:
        passenger.told.set_exception(fault)


Question = tuple[Lookup, Mapping[str, object]]
Answer = Mapping[str, Any] | None


def reader(connect: Connect, *, within_s: float) -> Courier[Question, Answer]:
    """Asks `Lookup`s; the database must answer within `within_s`."""

    async def fly(connection: Connection, asked: Sequence[Question]) -> Sequence[Answer]:
        lookup = asked[0][0]
        rows = await connection.fetch(lookup.sql, *lookup.values([values for _, values in asked]))
        found = {row["nth"]: row for row in rows}
        return [found.get(nth) for nth in range(1, len(asked) + 1)]

    return Courier(connect, fly, lambda question: question[0], within_s=within_s)


def writer(connect: Connect) -> Courier[Gathered, None]:
    """Commits the rows of several sessions by one statement."""

    async def fly(connection: Connection, gathered: Sequence[Gathered]) -> Sequence[None]:
        sql, values = one_statement(merged(gathered))
        await connection.fetch(sql, *values)
        return [None] * len(gathered)

    return Courier(connect, fly, shape)
