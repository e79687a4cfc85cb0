"""Which policy a school follows on a day, and what it says of a case. The policy that ships is in force until a school approves its own."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import clock, ids
from app.kernel.canonical import Json
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.policy import clocks, document, life, store
from app.policy.clocks import Calendar
from app.policy.evaluate import Policy, evaluate
from app.policy.facts import Stated, derive
from app.policy.life import Status
from app.policy.model import Evaluation
from app.policy.source import DocumentFault

SHIPPED: Final = Path(__file__).with_name("default.yaml")
KEPT: Final = 64
"""How many policies are kept compiled; each holds a few hundred kilobytes."""


class PolicyNotFound(ServiceError):
    """The school has no version with this digest."""

    kind = Kind.NOT_FOUND
    code = "policy-not-found"
    title = "There is no such version of the policy"


class PolicyUnreadable(PolicyNotFound):
    """A version is there, but is no longer what was accepted, or in no form that this release can read."""

    kind = Kind.INTERNAL
    code = "policy-unreadable"
    title = "This version of the policy cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version as it is listed. The one that ships has no author, drafting or approval on record here."""

    digest: str
    version: str
    status: Status
    starts_on: date | None
    review_due: str
    author: UUID | None = None
    created_at: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    withdrawn_at: datetime | None = None


sealed: Final = store.sealed
"""Every version, approval and withdrawal as stored now, for the verification of the trail."""


@cache
def shipped() -> Policy:
    """The policy that comes with the service, proved when it is first read."""
    return document.load(SHIPPED.read_bytes())


_POLICIES: Final[OrderedDict[str, Policy]] = OrderedDict()
"""Compiled policies by digest, which pins all they say, so that they can be shared by every school."""


def check(path: Path) -> list[DocumentFault]:
    """The faults of a document in a file; empty when it may be used."""
    return document.check(path.read_bytes())


async def in_force(session: Session, school: str, on: date) -> Policy:
    """The policy that a school follows on a day: the approved version that began last, else the one that ships."""
    found = await store.in_force(session, school, on)
    if found is None:
        return shipped()
    return _reviewed(await _stored(session, school, found.digest), found.next_review_on)


async def at(session: Session, school: str, digest: str) -> Policy:
    """The version of a school's policy with a digest, in whatever state; raises PolicyNotFound."""
    if digest == shipped().digest:
        return shipped()
    stored = await store.version(session, school, digest)
    if stored is None:
        raise PolicyNotFound
    return _reviewed(await _stored(session, school, digest), stored.next_review_on)


def _reviewed(policy: Policy, due: str | None) -> Policy:
    return policy if due is None else replace(policy, review_due=due)


async def _stored(session: Session, school: str, digest: str) -> Policy:
    if digest not in _POLICIES:
        source = await store.document(session, school, digest)
        if source is None:
            raise PolicyNotFound
        # Reading a document takes a third of a second: nobody else waits for it.
        remember(await asyncio.to_thread(_proven, source.encode("utf-8"), digest))
    _POLICIES.move_to_end(digest)
    return _POLICIES[digest]


def _proven(source: bytes, digest: str) -> Policy:
    try:
        return document.load_proven(source, digest)
    except Exception as error:
        raise PolicyUnreadable from error


def remember(policy: Policy) -> None:
    """Keep a policy that was read, for whoever asks for it next."""
    _POLICIES[policy.digest] = policy
    while len(_POLICIES) > KEPT:
        _POLICIES.popitem(last=False)


async def prepare(database: Database, now: datetime) -> None:
    """Read every policy that is in force before anybody asks for it; what cannot be read yet is read when somebody does."""
    async with database.reading() as session:
        for school in await store.schools(session):
            await in_force(session, school, clocks.today_in_school(now))


async def reviews_overdue(school: str, database: Database, now: datetime) -> dict[str, str]:
    """For readiness: whether a school that is served here follows a policy whose review is late. It stays in force all the same."""
    today = clocks.today_in_school(now)
    async with database.reading() as session:
        schools = {school, *await store.schools(session)}
        late = [each for each in schools if (await in_force(session, each, today)).review_overdue(today)]
    words = "review overdue; the policy stays in force, put its review on the governors' agenda"
    return {"policy": f"{words} ({len(late)} schools)" if len(late) > 1 else words if late else "ok"}


async def versions(session: Session, school: str, on: date, *, before: UUID | None, limit: int) -> tuple[list[Listed], UUID | None]:
    """A page of versions, newest first, the one that ships last; and the position from which the next page goes on."""
    current = await _current(session, school, on)
    stored = await store.versions(session, school, before=before, limit=limit + 1)
    page = [_listed(version, on, current) for version in stored[:limit]]
    if len(stored) > limit:
        return page, stored[limit - 1].id
    # When the page is full the shipped version stands alone on the next.
    return (page, stored[-1].id) if len(page) == limit else ([*page, _shipped(current)], None)


async def version(session: Session, school: str, digest: str, on: date) -> tuple[Listed, Json]:
    """A version with the whole meaning of its document; raises PolicyNotFound."""
    current = await _current(session, school, on)
    if digest == shipped().digest:
        return _shipped(current), shipped().meaning
    stored = await store.version(session, school, digest)
    if stored is None:
        raise PolicyNotFound
    return _listed(stored, on, current), (await _stored(session, school, digest)).meaning


async def listed(session: Session, school: str, digest: str, on: date) -> Listed:
    """A version without its document; raises PolicyNotFound."""
    stored = await store.version(session, school, digest)
    if stored is None:
        raise PolicyNotFound
    return _listed(stored, on, await _current(session, school, on))


async def _current(session: Session, school: str, on: date) -> str | None:
    found = await store.in_force(session, school, on)
    return None if found is None else found.digest


def _listed(stored: store.Version, on: date, current: str | None) -> Listed:
    return Listed(
        digest=stored.digest,
        version=stored.version,
        status=life.status(stored.standing, on, current=stored.digest == current),
        starts_on=stored.starts_on,
        review_due=stored.next_review_on or stored.review_due,
        author=stored.author,
        created_at=stored.created_at,
        approved_by=stored.approved_by,
        approved_at=stored.approved_at,
        withdrawn_at=stored.withdrawn_at,
    )


def _shipped(current: str | None) -> Listed:
    policy = shipped()
    identity = policy.document.policy
    return Listed(
        digest=policy.digest,
        version=identity.version,
        status=Status.IN_FORCE if current in (None, policy.digest) else Status.SUPERSEDED,
        starts_on=identity.start,
        review_due=identity.next_review,
        approved_by=identity.approved_by,
    )


_CALENDARS: Final[dict[str, Calendar]] = {}
"""By policy digest: a calendar is read off a document once."""


def calendar(policy: Policy) -> Calendar:
    """The school's working days under a policy."""
    if policy.digest not in _CALENDARS:
        if len(_CALENDARS) >= KEPT:
            _CALENDARS.clear()
        _CALENDARS[policy.digest] = clocks.calendar_of(policy.document)
    return _CALENDARS[policy.digest]


def due(policy: Policy, evaluation: Evaluation, start: datetime) -> dict[str, str | None]:
    """The instant at which each clock that an evaluation starts runs out; None where somebody sets a date."""
    days = calendar(policy)
    named = {action.clock for action in evaluation.actions if action.clock is not None}
    instants = {name: clocks.due_at(name, start, days) for name in named}
    return {name: None if instant is None else clock.to_text(instant) for name, instant in instants.items()}


async def try_out(session: Session, actor: Actor, stated: Stated, *, now: datetime, request_id: str) -> dict[str, Json]:
    """Evaluate without storing anything of the case: only that somebody tried, when, and under which policy."""
    today = clocks.today_in_school(now)
    policy = await in_force(session, actor.school, today)

    evaluation = evaluate(policy, derive(stated, policy.rules(today), today))

    evaluation_id = ids.new_id(now)
    event = Event(action=Action.EVALUATION_TRIED, target=str(evaluation_id), policy=policy.digest)
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return {"id": str(evaluation_id), **evaluation.to_json(due(policy, evaluation, now))}
