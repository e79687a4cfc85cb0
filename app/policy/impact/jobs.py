"""Assesses the impact of a policy version: at once for a few past requests, in the background with
progress for many.

Invariant: an assessment never blocks other callers, and stores nothing of a request but its id and
codes.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import structlog

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import clock, ids
from app.kernel.canonical import Json, to_sorted_json
from app.kernel.clock import Clock
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.policy.diff.compare import compare
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.impact.replay import PastRequest, Replay
from app.policy.lifecycle import in_force
from app.policy.lifecycle import store as lifecycle_store
from app.policy.lifecycle.store import Impact

AT_ONCE: Final = 500
"""The most past requests evaluated while the caller waits: less than a tenth of a second."""

YIELD_EVERY: Final = 50
"""The number of requests after which other tasks may run."""

STORE_EVERY: Final = 1000
"""The number of requests after which the progress is stored."""

ABANDONED_AFTER: Final = timedelta(minutes=2)
"""The time without progress after which an assessment counts as failed: its process has ended."""

RUNNING: Final = "running"
FINISHED: Final = "finished"
FAILED: Final = "failed"


class ImpactNotFound(ServiceError):
    """There is no assessment with this id for this version."""

    kind = Kind.NOT_FOUND
    code = "impact-not-found"
    title = "Impact assessment not found"


class PastFacts(Protocol):
    """The source of past requests. It belongs to a package above this one, so `main` injects it."""

    async def count(self, session: Session, school: str) -> int:
        """The number of requests."""

    def read(self, session: Session, school: str) -> AsyncIterator[PastRequest]:
        """Each of them."""


class Assessor:
    """Runs assessments, some of them in the background."""

    def __init__(self, database: Database, past: PastFacts, now: Clock) -> None:
        self._database = database
        self._past = past
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()

    async def assess(
        self,
        session: Session,
        actor: Actor,
        digest: str,
        against: str | None,
        *,
        later: bool,
        now: datetime,
        trace: str,
    ) -> tuple[Impact, "Work | None"]:
        """Assess the impact of a version on past requests.

        With many requests, or if `later` is true, the returned work is still to be begun.
        """
        today = today_in_school(now)
        new = await in_force.at(session, actor.school, digest)
        old = (
            await in_force.in_force(session, actor.school, today)
            if against is None
            else await in_force.at(session, actor.school, against)
        )
        total = await self._past.count(session, actor.school)

        job = ids.new_id(now)
        impact = Impact(
            id=job,
            digest=digest,
            against=old.digest,
            asked_at=now,
            status=RUNNING,
            total=total,
            done=0,
            seen_at=now,
            result=None,
        )
        work = Work(
            job, actor.school, old, new, Replay(old, new, max(today, new.document.policy.start))
        )
        if total <= AT_ONCE and not later:
            async for past in self._past.read(session, actor.school):
                work.replay.add(past)
            impact = replace(
                impact,
                status=FINISHED,
                total=work.replay.done,
                done=work.replay.done,
                result=to_sorted_json(work.result()),
            )

        data: dict[str, Json] = {"against": old.digest, "requests": total}
        event = Event(
            action=Action.POLICY_IMPACT_ASSESSED, target=str(job), policy=digest, data=data
        )
        log.append(session, event, by=actor, at=now, request_id=trace)
        lifecycle_store.add_impact(session, impact, school=actor.school, by=actor.id)
        return impact, None if impact.status == FINISHED else work

    async def begin(self, work: "Work") -> None:
        """Continue in the background. To be called after the assessment was committed."""
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel running assessments; a client can request them again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: "Work") -> None:
        try:
            async with self._database.reading() as session:
                async for past in self._past.read(session, work.school):
                    work.replay.add(past)
                    if work.replay.done % YIELD_EVERY == 0:
                        await asyncio.sleep(0)
                    if work.replay.done % STORE_EVERY == 0:
                        await self._note(work, done=work.replay.done)
            result = await asyncio.to_thread(lambda: to_sorted_json(work.result()))
            await self._note(
                work, done=work.replay.done, total=work.replay.done, status=FINISHED, result=result
            )
        except Exception as error:  # noqa: BLE001 - nothing awaits this task, so any failure is stored
            structlog.get_logger().error("policy.impact_failed", error=type(error).__name__)
            await self._note(work, status=FAILED)

    async def _note(self, work: "Work", **changed: object) -> None:
        async with self._database.transaction() as session:
            await lifecycle_store.update_impact(
                session, work.school, work.id, seen_at=self._now(), **changed
            )


class Work:
    """The work of one assessment."""

    def __init__(self, id: UUID, school: str, old: Policy, new: Policy, replay: Replay) -> None:
        self.id = id
        self.school = school
        self.replay = replay
        self._old, self._new = old, new

    def result(self) -> dict[str, Json]:
        """The difference between the versions, and the comparison of past requests."""
        return {
            "difference": compare(self._old, self._new).to_json(),
            "replay": self.replay.result(),
        }


async def read(
    session: Session, actor: Actor, digest: str, job: UUID, *, now: datetime, trace: str
) -> dict[str, Any]:
    """The progress and result of an assessment; writes an audit entry for the reading."""
    found = await lifecycle_store.impact(session, actor.school, digest, job)
    if found is None:
        raise ImpactNotFound(
            "check the id; an assessment belongs to the version for which it was requested"
        )
    event = Event(action=Action.POLICY_IMPACT_READ, target=str(job), policy=digest)
    log.append(session, event, by=actor, at=now, request_id=trace)
    return await reply_body(session, actor, found, now)


async def reply_body(
    session: Session, actor: Actor, found: Impact, now: datetime
) -> dict[str, Any]:
    """The assessment as the reply shows it."""
    abandoned = found.status == RUNNING and now - found.seen_at > ABANDONED_AFTER
    new, old = (
        await in_force.at(session, actor.school, found.digest),
        await in_force.at(session, actor.school, found.against),
    )
    result: dict[str, Any] = (
        {"difference": None, "replay": None} if found.result is None else json.loads(found.result)
    )
    return {
        "id": str(found.id),
        "status": FAILED if abandoned else found.status,
        "done": found.done,
        "total": found.total,
        "asked_at": clock.to_text(found.asked_at),
        "policy": {"version": new.version, "digest": new.digest},
        "against": {"version": old.version, "digest": old.digest},
        **result,
    }
