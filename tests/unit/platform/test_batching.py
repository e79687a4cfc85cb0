"""What many wait for travels together, and nobody is harmed by the company."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast
from uuid import UUID, uuid4

import asyncpg
import pytest
import sqlalchemy as sa

from app.platform.batching import MOST_LATE, SEATS, Courier, Lookup
from app.platform.connections import Connection
from app.platform.db import Database, RowTaken

SOON_S = 5.0


class Plane:
    """A connection that goes nowhere."""

    def __init__(self) -> None:
        self.closed = False

    def is_closed(self) -> bool:
        return self.closed

    def terminate(self) -> None:
        self.closed = True

    async def close(self, **_: object) -> None:
        self.closed = True


class Airport:
    """Planes, and a courier that flies them: `flights` are the loads of those that `left`,
    `hindered` says what becomes of one.
    """

    def __init__(
        self,
        hindered: Callable[[Sequence[str]], Any] = lambda _: None,
        within_s: float | None = None,
    ) -> None:
        self.flights: list[list[str]] = []
        self.planes: list[Plane] = []
        self.left: asyncio.Queue[None] = asyncio.Queue()
        self.courier: Courier[str, str] = Courier(
            self.board, self.fly, lambda given: given[:1], within_s=within_s
        )
        self._hindered = hindered

    async def board(self) -> Connection:
        self.planes.append(Plane())
        return cast("Connection", self.planes[-1])

    async def fly(self, _plane: Connection, given: Sequence[str]) -> Sequence[str]:
        self.flights.append(list(given))
        self.left.put_nowait(None)
        await asyncio.sleep(0)
        hindrance = self._hindered(given)
        if hindrance is not None:
            await hindrance
        return [f"{one}!" for one in given]

    async def send(self, *given: str) -> list[str | BaseException]:
        sent = asyncio.gather(*(self.courier.send(one) for one in given), return_exceptions=True)
        return await asyncio.wait_for(sent, SOON_S)


def refused(state: str = "23505") -> asyncpg.PostgresError:
    refusal = asyncpg.PostgresError("no")
    refusal.sqlstate = state
    return refusal


def refusing(word: str, state: str) -> Callable[[Sequence[str]], None]:
    def hinder(given: Sequence[str]) -> None:
        if word in given:
            raise refused(state)

    return hinder


async def test_who_comes_together_travels_together_and_each_hears_their_own_answer() -> None:
    airport = Airport()
    assert await airport.send("a1", "a2", "a3") == ["a1!", "a2!", "a3!"]
    assert airport.flights == [["a1", "a2", "a3"]]


async def test_who_comes_alone_does_not_wait_and_who_comes_meanwhile_leaves_next() -> None:
    gate = asyncio.Event()
    airport = Airport(lambda given: gate.wait() if "a1" in given else None)
    first = asyncio.create_task(airport.courier.send("a1"))
    await airport.left.get()
    others = [asyncio.create_task(airport.courier.send(name)) for name in ("a2", "a3")]
    await asyncio.sleep(0)
    assert airport.flights == [["a1"]]
    gate.set()
    assert await asyncio.gather(first, *others) == ["a1!", "a2!", "a3!"]
    assert airport.flights == [["a1"], ["a2", "a3"]]
    assert len(airport.planes) == 1


async def test_only_those_who_are_alike_share_a_flight_and_a_flight_has_so_many_seats() -> None:
    airport = Airport()
    await airport.send("a1", "b1", "a2")
    assert airport.flights == [["a1", "a2"], ["b1"]]
    airport.flights.clear()
    crowd = [f"a{number}" for number in range(SEATS + 1)]
    assert await airport.send(*crowd) == [f"{one}!" for one in crowd]
    assert [len(flight) for flight in airport.flights] == [SEATS, 1]


async def test_one_who_is_refused_takes_nobody_along() -> None:
    airport = Airport(refusing("a2", "23505"))
    first, second, third = await airport.send("a1", "a2", "a3")
    assert (first, third) == ("a1!", "a3!")
    assert isinstance(second, asyncpg.PostgresError)
    assert airport.flights == [["a1", "a2", "a3"], ["a1"], ["a2"], ["a3"]]


async def test_a_database_that_cannot_work_is_not_asked_again_for_each() -> None:
    airport = Airport(refusing("a2", "57P01"))
    answers = await airport.send("a1", "a2")
    assert [type(answer) for answer in answers] == [asyncpg.PostgresError] * 2
    assert len(airport.flights) == 1


@pytest.mark.parametrize(
    "fault", [OSError("reset"), asyncpg.InterfaceError("closed"), TimeoutError()]
)
async def test_when_the_line_is_lost_all_are_told_and_the_next_takes_another(
    fault: Exception,
) -> None:
    gate = asyncio.Event()

    async def lost() -> None:
        await gate.wait()
        raise fault

    airport = Airport(lambda given: lost() if "a1" in given else None)
    first = asyncio.create_task(airport.courier.send("a1"))
    await airport.left.get()
    waiting = asyncio.create_task(airport.send("a2", "a3"))
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(type(fault)):
        await first
    assert [type(answer) for answer in await waiting] == [type(fault)] * 2
    assert airport.planes[0].closed
    assert await airport.send("a4") == ["a4!"]
    assert len(airport.planes) == 2


async def test_a_database_that_does_not_answer_in_time_is_given_up() -> None:
    airport = Airport(lambda _: asyncio.sleep(SOON_S), within_s=0.05)
    (answer,) = await airport.send("a1")
    assert isinstance(answer, TimeoutError)
    assert airport.planes[0].closed


async def test_a_flight_that_is_late_holds_up_nobody_else_and_only_so_many_may_be_late() -> None:
    gate = asyncio.Event()
    airport = Airport(lambda given: gate.wait() if any("slow" in one for one in given) else None)
    held = []
    for number in range(MOST_LATE):
        held.append(asyncio.create_task(airport.courier.send(f"slow{number}")))
        await airport.left.get()
        if number < MOST_LATE - 1:
            assert await airport.send(f"q{number}") == [f"q{number}!"]
            await airport.left.get()
    last = asyncio.create_task(airport.courier.send("q"))
    await asyncio.sleep(0.3)
    assert not last.done()
    gate.set()
    assert await last == "q!"
    assert await asyncio.gather(*held) == [f"slow{number}!" for number in range(MOST_LATE)]


async def test_who_gives_up_waiting_hears_so_when_the_flight_has_landed() -> None:
    gate = asyncio.Event()
    airport = Airport(lambda _: gate.wait())
    sender = asyncio.create_task(airport.courier.send("a1"))
    await airport.left.get()
    sender.cancel()
    await asyncio.sleep(0.05)
    assert not sender.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await sender


async def test_closing_waits_for_all_who_were_given() -> None:
    airport = Airport()
    sent = [asyncio.create_task(airport.courier.send(name)) for name in ("a1", "b1")]
    await asyncio.sleep(0)
    await airport.courier.close()
    assert [await one for one in sent] == ["a1!", "b1!"]
    assert [plane.closed for plane in airport.planes] == [True] * len(airport.planes)


THING = sa.Table(
    "thing",
    sa.MetaData(),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.String, unique=True),
    sa.Column("number", sa.Integer),
)
NAMED = Lookup(
    sa.select(THING.c.id, sa.func.coalesce(THING.c.number, 7).label("number"))
    .where(
        THING.c.name == sa.bindparam("wanted"), THING.c.id == sa.bindparam("known", type_=sa.Uuid)
    )
    .limit(1)
)


async def with_things(database: Database) -> Database:
    async with database.transaction() as session:
        await session.execute(sa.schema.CreateTable(THING))
    return database


async def keep(database: Database, name: str, number: int | None = None) -> UUID:
    made = uuid4()
    async with database.transaction(lazily=True) as session:
        session.add(THING, {"id": made, "name": name, "number": number})
    return made


async def find(database: Database, name: str, known: UUID) -> Any:
    async with database.transaction(lazily=True) as session:
        found = await session.look_up(NAMED, wanted=name, known=known)
    return found and (found["id"], found["number"])


async def test_many_at_once_each_store_and_find_their_own(database: Database) -> None:
    await with_things(database)
    ids = await asyncio.gather(
        *(keep(database, f"name {number}", number or None) for number in range(40))
    )
    found = await asyncio.gather(
        *(find(database, f"name {number}", ids[number]) for number in range(40))
    )
    assert found == [(ids[number], number or 7) for number in range(40)]
    absent, present = await asyncio.gather(
        find(database, "name 1", ids[2]), find(database, "name 3", ids[3])
    )
    assert (absent, present) == (None, (ids[3], 3))


async def test_of_two_with_one_key_one_is_refused_and_all_others_are_stored(
    database: Database,
) -> None:
    await with_things(database)
    kept = await asyncio.gather(
        *(keep(database, f"name {number % 9}") for number in range(10)), return_exceptions=True
    )
    refusals = [one for one in kept if isinstance(one, BaseException)]
    assert [type(refusal) for refusal in refusals] == [RowTaken]
    async with database.reading() as session:
        assert len(await session.all(sa.select(THING.c.name))) == 9


async def test_a_session_that_has_begun_finds_what_it_wrote_itself(database: Database) -> None:
    await with_things(database)
    made = uuid4()
    async with database.transaction(lazily=True) as session:
        session.add(THING, {"id": made, "name": "mine", "number": 3})
        await session.flush()
        found = await session.look_up(NAMED, wanted="mine", known=made)
        assert found is not None
        assert found["number"] == 3
