"""Concurrent calls share batches, and an error of one caller does not reach the others. Each test
runs on asyncio's event loop and on uvloop, which runs expired timers before waiting callbacks.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.platform.batching import CONCURRENT, LARGEST, SLOW_S, Batcher
from app.platform.dataloader import Lookup
from app.platform.db import Database, RowTaken
from app.platform.settings import Settings

pytestmark = pytest.mark.every_event_loop

PATIENCE_S = 5.0


class Rejected(Exception):
    """The database rejected a statement."""


class Down(Exception):
    """The database could not be reached."""


async def at_once(_items: Sequence[str]) -> None:
    await asyncio.sleep(0)


class Recorder:
    """A batcher whose `process` notes its batches, awaits `during` and appends `!` to each item. An
    item's first letter is its key.
    """

    def __init__(self, during: Callable[[Sequence[str]], Awaitable[object]] = at_once) -> None:
        self.during = during
        self.batches: list[list[str]] = []
        self.started: asyncio.Queue[None] = asyncio.Queue()
        self.running = self.most_running = 0
        self.batcher = Batcher(self.process, lambda error: isinstance(error, Down))

    async def process(self, items: Sequence[str]) -> Sequence[str]:
        self.batches.append(list(items))
        self.started.put_nowait(None)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.during(items)
        finally:
            self.running -= 1
        return [f"{item}!" for item in items]

    async def submit(self, item: str) -> str:
        return await self.batcher.submit(item[0], item)

    def start(self, item: str) -> "asyncio.Task[str]":
        return asyncio.create_task(self.submit(item))

    async def submit_all(self, *items: str) -> list[str | BaseException]:
        calls = asyncio.gather(*map(self.submit, items), return_exceptions=True)
        return await asyncio.wait_for(calls, PATIENCE_S)


def failing(item: str, error: Exception) -> Callable[[Sequence[str]], Awaitable[None]]:
    async def during(items: Sequence[str]) -> None:
        await asyncio.sleep(0)
        if item in items:
            raise error

    return during


async def test_concurrent_calls_share_a_batch_and_each_gets_its_own_result() -> None:
    recorder = Recorder()
    assert await recorder.submit_all("a1", "a2", "a3") == ["a1!", "a2!", "a3!"]
    assert recorder.batches == [["a1", "a2", "a3"]]


async def test_a_single_call_starts_at_once_and_calls_meanwhile_form_the_next_batch() -> None:
    gate = asyncio.Event()
    recorder = Recorder(lambda _: gate.wait())
    first = recorder.start("a1")
    await recorder.started.get()
    others = [recorder.start("a2"), recorder.start("a3")]
    await asyncio.sleep(0)
    assert recorder.batches == [["a1"]]
    gate.set()
    assert await asyncio.gather(first, *others) == ["a1!", "a2!", "a3!"]
    assert recorder.batches == [["a1"], ["a2", "a3"]]


async def test_only_calls_with_the_same_key_share_a_batch() -> None:
    recorder = Recorder()
    await recorder.submit_all("a1", "b1", "a2")
    assert recorder.batches == [["a1", "a2"], ["b1"]]


async def test_a_batch_has_a_largest_size() -> None:
    recorder = Recorder()
    items = [f"a{number}" for number in range(LARGEST + 1)]
    assert await recorder.submit_all(*items) == [f"{item}!" for item in items]
    assert [len(batch) for batch in recorder.batches] == [LARGEST, 1]


async def test_a_rejected_item_does_not_make_the_others_of_its_batch_fail() -> None:
    recorder = Recorder(failing("a2", Rejected()))
    first, second, third = await recorder.submit_all("a1", "a2", "a3")
    assert (first, third) == ("a1!", "a3!")
    assert isinstance(second, Rejected)
    assert recorder.batches == [["a1", "a2", "a3"], ["a1"], ["a2"], ["a3"]]


async def test_an_outage_fails_all_calls_without_a_retry_and_the_next_call_works() -> None:
    gate = asyncio.Event()

    async def fail(_items: Sequence[str]) -> None:
        await gate.wait()
        raise Down

    recorder = Recorder(fail)
    first = asyncio.create_task(recorder.submit_all("a1", "a2"))
    await recorder.started.get()
    waiting = asyncio.create_task(recorder.submit_all("a3", "b1"))
    await asyncio.sleep(0)
    gate.set()
    assert [type(result) for result in [*await first, *await waiting]] == [Down] * 4
    assert recorder.batches == [["a1", "a2"]]
    recorder.during = at_once
    assert await recorder.submit_all("a4") == ["a4!"]


async def test_a_slow_batch_does_not_delay_others_and_only_so_many_run_at_once() -> None:
    gate = asyncio.Event()

    async def during(items: Sequence[str]) -> None:
        if items[0].startswith("slow"):
            await gate.wait()

    recorder = Recorder(during)
    slow = []
    for number in range(CONCURRENT):
        slow.append(recorder.start(f"slow{number}"))
        await recorder.started.get()
        if number < CONCURRENT - 1:
            assert await recorder.submit_all("quick") == ["quick!"]
            await recorder.started.get()
    last = recorder.start("quick")
    await asyncio.sleep(3 * SLOW_S)
    assert not last.done()
    gate.set()
    assert await last == "quick!"
    assert await asyncio.gather(*slow) == [f"slow{number}!" for number in range(CONCURRENT)]
    assert recorder.most_running == CONCURRENT


async def test_a_slow_batch_that_is_rejected_is_retried_although_nothing_else_happens() -> None:
    async def during(items: Sequence[str]) -> None:
        await asyncio.sleep(2 * SLOW_S if len(items) > 1 else 0)
        if "a2" in items:
            raise Rejected

    first, second = await Recorder(during).submit_all("a1", "a2")
    assert first == "a1!"
    assert isinstance(second, Rejected)


async def test_a_cancelled_call_takes_nothing_from_the_others() -> None:
    gate = asyncio.Event()
    recorder = Recorder(lambda _: gate.wait())
    cancelled, other = recorder.start("a1"), recorder.start("a2")
    await recorder.started.get()
    cancelled.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert await asyncio.wait_for(other, PATIENCE_S) == "a2!"
    with pytest.raises(asyncio.CancelledError):
        await cancelled


async def test_closing_waits_for_all_calls() -> None:
    recorder = Recorder(lambda _: asyncio.sleep(2 * SLOW_S))
    calls = [recorder.start("a1"), recorder.start("b1")]
    await recorder.started.get()
    await recorder.batcher.close()
    assert [call.done() for call in calls] == [True, True]


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


async def store(database: Database, name: str, **more: int | None) -> UUID:
    made = uuid4()
    async with database.transaction(lazily=True) as session:
        session.add(THING, {"id": made, "name": name, **more})
    return made


async def find(database: Database, name: str, known: UUID) -> Any:
    async with database.transaction(lazily=True) as session:
        found = await session.look_up(NAMED, wanted=name, known=known)
    return found and (found["id"], found["number"])


async def test_many_at_once_each_store_and_find_their_own(database: Database) -> None:
    await with_things(database)
    ids = await asyncio.gather(
        *(store(database, f"name {number}", number=number or None) for number in range(40))
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
    stored = await asyncio.gather(
        *(store(database, f"name {number % 9}") for number in range(10)), return_exceptions=True
    )
    refusals = [one for one in stored if isinstance(one, BaseException)]
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


async def test_a_commit_is_awaited_although_its_caller_is_cancelled(database: Database) -> None:
    await with_things(database)
    with pytest.raises(Rejected):
        async with database.transaction() as other:
            other.add(THING, {"id": uuid4(), "name": "same", "number": 1})
            await other.flush()
            storing = asyncio.create_task(store(database, "same"))
            await asyncio.sleep(SLOW_S)
            storing.cancel()
            await asyncio.sleep(SLOW_S)
            assert not storing.done()
            raise Rejected
    with pytest.raises(asyncio.CancelledError):
        await storing
    async with database.reading() as session:
        assert len(await session.all(sa.select(THING.c.name))) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_batches_do_not_wait_for_sessions_that_hold_the_whole_pool(
    database: Database, settings: Settings
) -> None:
    await with_things(database)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(settings.database_pool):
            await stack.enter_async_context(database.reading())
        storing = asyncio.create_task(store(database, "name"))
        finding = asyncio.create_task(find(database, "name", uuid4()))
        done, _ = await asyncio.wait({storing, finding}, timeout=PATIENCE_S)
    assert done == {storing, finding}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_busy_event_loop_does_not_make_a_quick_batch_count_as_slow(
    database: Database,
) -> None:
    """Each pass of the loop takes longer than `SLOW_S`, but the database answers in no time: one
    connection is enough.
    """
    errors: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    await with_things(database)
    await store(database, "first", number=1)
    await store(database, "second")
    pool = database.engine.pool
    assert isinstance(pool, sa.pool.QueuePool)
    opened = pool.checkedin()

    async def keep_busy() -> None:
        while True:
            time.sleep(1.1 * SLOW_S)  # noqa: ASYNC251 - it is meant to block
            await asyncio.sleep(0)

    busy = asyncio.create_task(keep_busy())
    await asyncio.gather(
        *(store(database, f"plain {number}") for number in range(3)),
        *(store(database, f"numbered {number}", number=number) for number in range(3)),
    )
    busy.cancel()
    assert (pool.checkedin(), errors) == (opened, [])
