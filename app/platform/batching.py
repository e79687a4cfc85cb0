"""Batches concurrent calls, so that many callers share one round trip to the database."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST: Final = 32
"""Calls in one batch, at most."""

SLOW_S: Final = 0.1
"""Seconds after which a batch no longer holds up the next one."""

CONCURRENT: Final = 4
"""Batches that may run at once, at most."""


@dataclass(slots=True, eq=False)
class _Call(Generic[Item, Result]):
    item: Item
    result: "asyncio.Future[Result]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def fail(self, error: Exception) -> None:
        if not self.result.done():
            self.result.set_exception(error)


class Batcher(Generic[Item, Result]):
    """Passes the items of concurrent calls to `process` in batches, and gives each caller the
    result of its own item.

    A batch starts at once if none is running. Calls that arrive meanwhile form the next batch. Only
    items that were submitted with the same key share a batch.

    Invariant: `process` does all of a batch or nothing. So after an error each item is processed
    once more on its own, and only the faulty ones fail. After an error that `is_outage` recognises,
    nothing is retried: all calls fail, the waiting ones too.
    """

    def __init__(
        self,
        process: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        is_outage: Callable[[Exception], bool],
    ) -> None:
        self._process = process
        self._is_outage = is_outage
        self._waiting: dict[Hashable, list[_Call[Item, Result]]] = {}
        self._dispatcher: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def submit(self, key: Hashable, item: Item) -> Result:
        """The result for `item`; raises what `process` raised for it."""
        call: _Call[Item, Result] = _Call(item)
        self._waiting.setdefault(key, []).append(call)
        self._start()
        return await call.result

    async def close(self) -> None:
        """Wait for all batches."""
        while self._dispatcher or self._running:
            await asyncio.wait({*self._running, *filter(None, [self._dispatcher])})

    def _start(self) -> None:
        if self._dispatcher is None:
            self._dispatcher = asyncio.create_task(self._dispatch())

    async def _dispatch(self) -> None:
        while self._waiting:
            batch = asyncio.create_task(self._run(self._next_batch()))
            self._running.add(batch)
            batch.add_done_callback(self._running.discard)
            # A busy event loop can let a timer expire before the statement is sent, and another
            # before the reply is read (uvloop runs timers before anything else). So one expired
            # timer does not yet mean that the database is slow.
            for _ in range(3):
                if not batch.done():
                    await asyncio.wait({batch}, timeout=SLOW_S / 3)
            if len(self._running) >= CONCURRENT:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        self._dispatcher = None

    def _next_batch(self) -> list[_Call[Item, Result]]:
        key = next(iter(self._waiting))
        calls = self._waiting.pop(key)
        if rest := calls[LARGEST:]:
            self._waiting[key] = rest
        return calls[:LARGEST]

    async def _run(self, batch: list[_Call[Item, Result]]) -> None:
        try:
            results = await self._process([call.item for call in batch])
        except Exception as error:  # noqa: BLE001 - raised again in the callers
            if self._is_outage(error):
                batch += [call for calls in self._waiting.values() for call in calls]
                self._waiting.clear()
            elif len(batch) > 1:
                self._waiting = {object(): [call] for call in batch} | self._waiting
                self._start()
                return
            for call in batch:
                call.fail(error)
        else:
            for call, result in zip(batch, results, strict=True):
                if not call.result.done():
                    call.result.set_result(result)
