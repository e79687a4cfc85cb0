"""P9: inclusion and consistency proofs with a million entries."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from statistics import median

from app.audit import prove
from app.platform.db import Session
from benchmarks import audit_log
from benchmarks.audit_log import SCHOOL, AuditLog
from benchmarks.figure import Figure

SIZE = 1_000_000
TIMES = 200


def measure() -> Iterator[Figure]:
    """Medians in milliseconds, including the time of the database."""
    with audit_log.create_audit_log(SIZE) as of:
        inclusion, consistency = asyncio.run(_measured(of))
    yield Figure(
        name="P9",
        value=inclusion,
        compare="<=",
        goal=5,
        what=f"p50 of {TIMES} inclusion proofs, ms, a million entries",
    )
    yield Figure(
        name="P9-consistency",
        value=consistency,
        compare="<=",
        goal=5,
        what=f"p50 of {TIMES} consistency proofs from any size, ms",
    )


async def _measured(of: AuditLog) -> tuple[float, float]:
    dice = random.Random(9)
    inclusion = await _p50_ms(
        of, lambda session: prove.inclusion(session, SCHOOL, dice.choice(of.entries))
    )
    consistency = await _p50_ms(
        of, lambda session: prove.consistency(session, SCHOOL, dice.randrange(1, SIZE))
    )
    await of.database.close()
    return inclusion, consistency


async def _p50_ms(of: AuditLog, work: Callable[[Session], Awaitable[object]]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        async with of.database.transaction(lazily=True) as session:
            await work(session)
        took.append(time.perf_counter() - began)
    return median(took) * 1000
