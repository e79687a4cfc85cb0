"""P5: search of the audit log, a page of 50: a million entries against ten thousand by each filter,
and the last page against the first.

The ratios are of the search alone (query, rows and bodies of the page); the milliseconds include
the search's own entry, durably committed, and the JSON of the reply. Each search is for another
random value, alternating between the two logs.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Final
from uuid import UUID

from app.audit import log, search
from app.audit.model import Action, EntryOutcome, Event
from app.audit.presentation import entry_out
from app.audit.schemas import AuditEntriesOut
from app.audit.search import Filters
from app.identity.model import Actor, Role
from benchmarks import audit_log
from benchmarks.audit_log import AuditLog
from benchmarks.figure import Figure

SMALL, LARGE = 10_000, 1_000_000
PAIRS: Final = 60
LIMIT: Final = 50

Ask = Callable[[AuditLog, random.Random], Filters]


def _between(of: AuditLog, dice: random.Random) -> Filters:
    until = audit_log.BEGAN + audit_log.EVERY * dice.randrange(of.size // 2, of.size)
    return Filters(since=until - timedelta(hours=3), until=until)


BY_FILTER: Final[dict[str, Ask]] = {
    "everything": lambda _, __: Filters(),
    "actor": lambda of, dice: Filters(actor=dice.choice(of.staff).id),
    "action": lambda _, dice: Filters(action=(dice.choice(audit_log.ACTIONS),)),
    "actor, action": lambda of, dice: Filters(
        actor=dice.choice(of.staff).id, action=(Action.REQUEST_READ,)
    ),
    "request": lambda of, dice: Filters(request=dice.choice(of.requests[: -audit_log.OPEN])),
    "subject": lambda of, dice: Filters(subject=(dice.choice(of.subjects[: -audit_log.OPEN]),)),
    "recipient": lambda of, dice: Filters(recipient=dice.choice(of.recipients)),
    "denied": lambda _, __: Filters(outcome=(EntryOutcome.DENIED,)),
    "success": lambda _, __: Filters(outcome=(EntryOutcome.SUCCESS,)),
    "from, to": _between,
}
"""The searches of the IG lead, who sees every entry."""

BY_ROLE: Final[dict[str, tuple[Role, Ask]]] = {
    "DSL, everything": (Role.DSL, BY_FILTER["everything"]),
    "DSL, reads": (Role.DSL, lambda _, __: Filters(action=(Action.REQUEST_READ,))),
    "staff, everything": (Role.STAFF, BY_FILTER["everything"]),
}
"""The searches of callers who see a part of the entries. Their page is full in both logs."""

OWN: Final[dict[str, tuple[Role, Ask]]] = {
    **{
        f"staff, {case}": (Role.STAFF, BY_FILTER[case])
        for case in ("request", "subject", "recipient", "denied")
    },
    "DSL, sign-ins": (Role.DSL, lambda _, __: Filters(action=(Action.SESSION_OPENED,))),
}
"""The caller's own entries among all. Ten thousand entries contain no full page of them, so only
the milliseconds are reported."""


@dataclass(slots=True)
class _Times:
    search: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)

    @property
    def p50_ms(self) -> float:
        return median(self.whole) * 1000


Timed = dict[str, tuple[_Times, _Times]]
"""By case, the times for the small log and for the large one."""


def measure() -> Iterator[Figure]:
    """The worst ratio and the worst median of each kind; the description lists all."""
    with audit_log.create_audit_log(SMALL) as small, audit_log.create_audit_log(LARGE) as large:
        by_filter, by_role, own, far = asyncio.run(_measured(small, large))
    yield from _figures("P5", "by filter, a million over ten thousand", by_filter)
    yield from _figures("P5-role", "by role, a million over ten thousand", by_role)
    yield _milliseconds("P5-own", own)
    yield from _figures(
        "P5-far", "the list's far end over its head, a million", {"everything": far}
    )


def _figures(name: str, words: str, timed: Timed) -> Iterator[Figure]:
    ratios = {
        case: median(large.search) / median(small.search) for case, (small, large) in timed.items()
    }
    all_ratios = "; ".join(f"{case} {ratio:.2f}" for case, ratio in ratios.items())
    yield Figure(
        name=name,
        value=max(ratios.values()),
        compare="<=",
        goal=1.3,
        what=f"search {words}, {PAIRS} pairs each; {all_ratios}",
    )
    yield _milliseconds(name, timed)


def _milliseconds(name: str, timed: Timed) -> Figure:
    slowest = {case: large.p50_ms for case, (_, large) in timed.items()}
    all_times = "; ".join(f"{case} {ms:.1f}" for case, ms in slowest.items())
    return Figure(
        name=f"{name}-ms",
        value=max(slowest.values()),
        compare="<=",
        goal=5,
        what=f"p50, ms with entry and reply; {all_times}",
    )


async def _measured(
    small: AuditLog, large: AuditLog
) -> tuple[Timed, Timed, Timed, tuple[_Times, _Times]]:
    dice, lead = random.Random(5), small.reader(Role.IG_LEAD)

    async def as_role(cases: dict[str, tuple[Role, Ask]]) -> Timed:
        return {
            case: await _pairs(small, large, partial(_first, role=role), ask, dice)
            for case, (role, ask) in cases.items()
        }

    try:
        by_filter = {
            case: await _pairs(small, large, lambda _: lead, ask, dice)
            for case, ask in BY_FILTER.items()
        }
        by_role, own = await as_role(BY_ROLE), await as_role(OWN)
        head, far = _Times(), _Times()
        for _ in range(PAIRS):
            await _look(large, lead, Filters(), None, head)
            await _look(
                large,
                lead,
                Filters(),
                large.entries[dice.randrange(1, len(large.entries) // 100)],
                far,
            )
    finally:
        await small.database.close()
        await large.database.close()
    return by_filter, by_role, own, (head, far)


def _first(of: AuditLog, role: Role) -> Actor:
    return next(who for who in of.staff if who.role is role)


async def _pairs(
    small: AuditLog,
    large: AuditLog,
    who: Callable[[AuditLog], Actor],
    ask: Ask,
    dice: random.Random,
) -> tuple[_Times, _Times]:
    in_small, in_large = _Times(), _Times()
    for _ in range(3):  # warm-up of the statement caches, not counted
        for of in (small, large):
            await _look(of, who(of), ask(of, dice), None, _Times())
    for at in range(PAIRS):
        turns = [(small, in_small), (large, in_large)]
        for of, times in turns if at % 2 else reversed(turns):
            await _look(of, who(of), ask(of, dice), None, times)
    return in_small, in_large


async def _look(
    of: AuditLog, actor: Actor, filters: Filters, after: UUID | None, times: _Times
) -> None:
    began = time.perf_counter()
    async with of.database.transaction(lazily=True) as session:
        found = await search.search(session, actor, filters, after=after, limit=LIMIT + 1)
        times.search.append(time.perf_counter() - began)
        event = Event(
            action=Action.TRAIL_SEARCHED, data={"filters": filters.named(), "shown": len(found)}
        )
        log.append(session, event, by=actor, at=datetime.now(UTC), request_id="benchmark")
        AuditEntriesOut(
            items=[entry_out(entry) for entry in found[:LIMIT]], next_cursor=None
        ).model_dump_json()
    times.whole.append(time.perf_counter() - began)
