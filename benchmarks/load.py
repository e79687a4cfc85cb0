"""A load generator in its own process: keep-alive connections send prepared bytes and parse only
the status and length of the reply.

Reads one JSON object from standard input (`Load`) and writes one to standard output (`Done`). When
the time is up it sends no more and waits for the outstanding replies, so that acknowledged requests
can be compared with stored rows.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import cast

import uvloop


@dataclass(frozen=True, slots=True)
class Load:
    """The request: the bytes of `before`, a unique number, then the bytes of `after`."""

    port: int
    before: str
    after: str
    first: int
    seconds: float
    connections: int


@dataclass(slots=True)
class Done:
    """The result: replies by status, the duration in seconds, and latencies in milliseconds at the
    median and the 99th percentile.
    """

    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    last: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    refused: str = ""


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the reply to the last one is complete."""

    def __init__(
        self,
        load: Load,
        numbers: "count[int]",
        until: float,
        done: Done,
        statuses: "Counter[bytes]",
        took: list[float],
    ) -> None:
        self._before, self._after = load.before.encode(), load.after.encode()
        self._numbers, self._until = numbers, until
        self._done, self._statuses, self._took = done, statuses, took
        self._received = b""
        self._sent_at = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            "asyncio.WriteTransport", transport
        )  # uvloop's are of no class of asyncio's
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if not gap or len(body) < _length(head):
            return
        now = time.perf_counter()
        status = head[9:12]
        self._statuses[status] += 1
        self._took.append(now - self._sent_at)
        if not status.startswith(b"2") and not self._done.refused:
            self._done.refused = body[:500].decode(errors="replace")
        self._received = b""
        if now < self._until:
            self._send()
        else:
            self._transport.close()
            self.ended.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(
                exc or ConnectionError("the server closed a connection in the midst of a reply")
            )

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._before + b"%d" % next(self._numbers) + self._after)


def _length(head: bytes) -> int:
    name = b"\r\ncontent-length:"
    at = head.lower().find(name)
    if at < 0:
        raise ValueError("a reply without Content-Length")
    return int(head[at + len(name) :].split(b"\r\n", 1)[0])


async def _drive(load: Load) -> Done:
    done, statuses, took, numbers = Done(), Counter[bytes](), list[float](), count(load.first)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: _Connection(load, numbers, began + load.seconds, done, statuses, took),
            "127.0.0.1",
            load.port,
        )
        for _ in range(load.connections)
    ]
    await asyncio.gather(*(connection.ended for _, connection in opened))
    done.seconds = time.perf_counter() - began
    done.statuses = {status.decode(): times for status, times in statuses.items()}
    done.last = next(numbers)
    took.sort()
    done.p50_ms, done.p99_ms = took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000
    return done


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_drive(Load(**json.load(sys.stdin)))))))
