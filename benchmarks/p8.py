"""P8: verification of a million entries against a loop that reads the same bodies from the same
database and hashes them.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

import asyncpg

from app.audit.verify import verify
from benchmarks import audit_log
from benchmarks.audit_log import AuditLog
from benchmarks.figure import Figure
from benchmarks.servers import cpu_seconds

SIZE = 1_000_000
PAGE = 8192
SMALL_PAGE = 512
"""The page size of the loop has not changed, so that figures stay comparable; with small pages
Python collects garbage far less often."""

QUADS = 3


class NotVerified(RuntimeError):
    """The verification failed or did not read every entry."""


def measure() -> Iterator[Figure]:
    """Wall time and processor time; also as ratios to a loop that reads small pages and to one with
    every body in memory.
    """
    with audit_log.create_audit_log(SIZE) as of:
        (wall, small_wall), (cpu, small_cpu), memory, words = asyncio.run(_measured(of))
    yield Figure(
        name="P8",
        value=wall,
        compare="<=",
        goal=2,
        what=f"verify over a bare loop on the same database; {words}",
    )
    over = (
        f"over the loop in small pages: {small_cpu:.2f}, wall {small_wall:.2f}; over hashing from"
        f" memory: {memory:.1f}"
    )
    yield Figure(
        name="P8-cpu", value=cpu, compare="<=", goal=2, what=f"CPU, process and database; {over}"
    )


async def _measured(of: AuditLog) -> tuple[tuple[float, float], tuple[float, float], float, str]:
    ratios, seen = [], []
    for _ in range(QUADS):
        runs = [
            await _timed(work, of)
            for work in (
                _verified,
                _bare,
                _bare_in_small_pages,
                _bare_in_small_pages,
                _bare,
                _verified,
            )
        ]
        verified, bare, small = (
            [(one + other) / 2 for one, other in zip(runs[at], runs[-1 - at], strict=True)]
            for at in range(3)
        )
        ratios.append(
            (
                verified[0] / bare[0],
                verified[0] / small[0],
                verified[1] / bare[1],
                verified[1] / small[1],
            )
        )
        seen.append((verified[0], bare[0]))
    from_memory = await _from_memory(of)
    took, bare_took = (median(times) for times in zip(*seen, strict=True))
    words = f"median of {QUADS} rounds; {SIZE / took:,.0f} and {SIZE / bare_took:,.0f} entries/s"
    await of.database.close()
    wall, small_wall, cpu, small_cpu = (median(values) for values in zip(*ratios, strict=True))
    return (wall, small_wall), (cpu, small_cpu), took / from_memory, words


async def _timed(work: Callable[[AuditLog], Awaitable[None]], of: AuditLog) -> tuple[float, float]:
    cpu = time.process_time() + (cpu_seconds(of.server) if of.server else 0.0)
    began = time.perf_counter()
    await work(of)
    return (
        time.perf_counter() - began,
        time.process_time() + (cpu_seconds(of.server) if of.server else 0.0) - cpu,
    )


async def _verified(of: AuditLog) -> None:
    report = await verify(of.database, of.key.public_key(), (), now=datetime.now(UTC))
    if not report.intact or report.sizes != {audit_log.SCHOOL: SIZE}:
        raise NotVerified("\n".join(report.lines()))


async def _bare(of: AuditLog, page: int = PAGE) -> None:
    connection, after, hashed, sha256 = (
        await asyncpg.connect(of.url),
        UUID(int=0),
        0,
        hashlib.sha256,
    )
    try:
        while rows := await connection.fetch(
            "SELECT id, body FROM audit_entry WHERE id > $1 ORDER BY id LIMIT $2", after, page
        ):
            for _, body in rows:
                sha256(b"\x00" + body.encode()).digest()
            after, hashed = rows[-1][0], hashed + len(rows)
    finally:
        await connection.close()
    if hashed != SIZE:
        raise NotVerified(f"{hashed} entries were hashed")


async def _bare_in_small_pages(of: AuditLog) -> None:
    await _bare(of, SMALL_PAGE)


async def _from_memory(of: AuditLog) -> float:
    """Seconds to hash every body, extrapolated from a tenth of them."""
    connection = await asyncpg.connect(of.url)
    bodies = [
        row[0].encode()
        for row in await connection.fetch(
            "SELECT body FROM audit_entry ORDER BY id LIMIT $1", SIZE // 10
        )
    ]
    await connection.close()
    sha256, began = hashlib.sha256, time.perf_counter()
    for body in bodies:
        sha256(b"\x00" + body).digest()
    return (time.perf_counter() - began) * 10
