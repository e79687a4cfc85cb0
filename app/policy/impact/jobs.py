"""Works out what a draft would change: at once for a few past requests, in the background with
progress for many.

Law: whoever asks never waits long and nobody else waits at all; nothing of a request but its id and
codes is kept.
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
from app.kernel.canonical import Json, kept
from app.kernel.clock import Clock
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.policy.diff import diff as diff_diff
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.impact.replay import Past, Replay
from app.policy.lifecycle import in_force
from app.policy.lifecycle import store as lifecycle_store
from app.policy.lifecycle.store import Impact

AT_ONCE: Final = 500
"""So many past requests are seen while the caller waits: less than a tenth of a second."""

BREATH: Final = 50
"""After so many requests whoever else is waiting gets their turn."""

NOTED: Final = 1000
"""After so many requests the progress is written down."""

SILENCE: Final = timedelta(minutes=2)
"""Work of which nothing was heard for so long has ended with its process."""

RUNNING: Final = "running"
FINISHED: Final = "finished"
FAILED: Final = "failed"


class ImpactNotFound(ServiceError):
    """Nobody asked for this, or of another version."""

    kind = Kind.NOT_FOUND
    code = "impact-not-found"
    title = "There is no such assessment"


class PastFacts(Protocol):
    """Where past requests come from. The room that keeps them lies above this one; `main` hands it
    in.
    """

    async def count(self, session: Session, school: str) -> int:
        """How many there are."""

    def read(self, session: Session, school: str) -> AsyncIterator[Past]:
        """Each of them."""


class Assessor:
    """Does the work, and keeps what runs in the background."""

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
        """The impact of a version on past requests; where they are many, or `later` is asked for,
        with the work that is left to begin.
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
                work.replay.take(past)
            impact = replace(
                impact,
                status=FINISHED,
                total=work.replay.done,
                done=work.replay.done,
                result=kept(work.result()),
            )

        data: dict[str, Json] = {"against": old.digest, "requests": total}
        event = Event(
            action=Action.POLICY_IMPACT_ASSESSED, target=str(job), policy=digest, data=data
        )
        log.append(session, event, by=actor, at=now, request_id=trace)
        lifecycle_store.add_impact(session, impact, school=actor.school, by=actor.id)
        return impact, None if impact.status == FINISHED else work

    async def begin(self, work: "Work") -> None:
        """Go on in the background. To be called once the work has been written down."""
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what runs; whoever asks for it again begins anew."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, work: "Work") -> None:
        try:
            async with self._database.reading() as session:
                async for past in self._past.read(session, work.school):
                    work.replay.take(past)
                    if work.replay.done % BREATH == 0:
                        await asyncio.sleep(0)
                    if work.replay.done % NOTED == 0:
                        await self._note(work, done=work.replay.done)
            result = await asyncio.to_thread(lambda: kept(work.result()))
            await self._note(
                work, done=work.replay.done, total=work.replay.done, status=FINISHED, result=result
            )
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: whatever went wrong is written down for who looks
            structlog.get_logger().error("policy.impact_failed", error=type(error).__name__)
            await self._note(work, status=FAILED)

    async def _note(self, work: "Work", **changed: object) -> None:
        async with self._database.transaction() as session:
            await lifecycle_store.note_impact(session, work.id, seen_at=self._now(), **changed)


class Work:
    """What has to be done for one assessment."""

    def __init__(self, id: UUID, school: str, old: Policy, new: Policy, replay: Replay) -> None:
        self.id = id
        self.school = school
        self.replay = replay
        self._old, self._new = old, new

    def result(self) -> dict[str, Json]:
        """The difference of the versions, and what it would have made of past requests."""
        return {
            "difference": diff_diff.between(self._old, self._new).to_json(),
            "replay": self.replay.result(),
        }


async def read(
    session: Session, actor: Actor, digest: str, job: UUID, *, now: datetime, trace: str
) -> dict[str, Any]:
    """How far an assessment has come, and its result once it is there; reading it is an entry of
    the trail.
    """
    found = await lifecycle_store.impact(session, actor.school, digest, job)
    if found is None:
        raise ImpactNotFound("check the id; an assessment belongs to the version it was asked for")
    event = Event(action=Action.POLICY_IMPACT_READ, target=str(job), policy=digest)
    log.append(session, event, by=actor, at=now, request_id=trace)
    return await shown(session, actor, found, now)


async def shown(session: Session, actor: Actor, found: Impact, now: datetime) -> dict[str, Any]:
    """An assessment as it is replied."""
    silent = found.status == RUNNING and now - found.seen_at > SILENCE
    new, old = (
        await in_force.at(session, actor.school, found.digest),
        await in_force.at(session, actor.school, found.against),
    )
    result: dict[str, Any] = (
        {"difference": None, "replay": None} if found.result is None else json.loads(found.result)
    )
    return {
        "id": str(found.id),
        "status": FAILED if silent else found.status,
        "done": found.done,
        "total": found.total,
        "asked_at": clock.to_text(found.asked_at),
        "policy": {"version": new.version, "digest": new.digest},
        "against": {"version": old.version, "digest": old.digest},
        **result,
    }
