"""Which policy a school follows on a day, and what it says of a case. The policy that ships is in force until a school approves its own."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
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
from app.platform.db import Session
from app.policy import clocks, document, store
from app.policy.clocks import Calendar
from app.policy.evaluate import Policy, evaluate
from app.policy.facts import Stated, derive
from app.policy.model import Evaluation
from app.policy.source import DocumentFault, read

SHIPPED: Final = Path(__file__).with_name("default.yaml")
KEPT: Final = 64
"""How many policies are kept compiled; each holds a few hundred kilobytes."""


class PolicyNotFound(ServiceError):
    """The school has no version with this digest."""

    kind = Kind.NOT_FOUND
    code = "policy-not-found"
    title = "There is no such version of the policy"


class Status(StrEnum):
    """Where a version stands on a day. Computed from dates, never stored."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


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
    digest = await store.digest_in_force(session, school, on)
    return shipped() if digest is None else await at(session, school, digest)


async def at(session: Session, school: str, digest: str) -> Policy:
    """The version of a school's policy with a digest, in whatever state; raises PolicyNotFound."""
    if digest == shipped().digest:
        return shipped()
    source = await store.document(session, school, digest)
    if source is None:
        raise PolicyNotFound
    return compiled(source, digest)


def compiled(source: str, digest: str) -> Policy:
    """The policy in stored bytes, which were proved when they were accepted."""
    if digest not in _POLICIES:
        _POLICIES[digest] = document.load_proven(source.encode("utf-8"), digest)
        while len(_POLICIES) > KEPT:
            _POLICIES.popitem(last=False)
    _POLICIES.move_to_end(digest)
    return _POLICIES[digest]


async def versions(session: Session, school: str, on: date, *, before: UUID | None, limit: int) -> tuple[list[Listed], UUID | None]:
    """A page of versions, newest first, the one that ships last; and the position from which the next page goes on."""
    current = await store.digest_in_force(session, school, on)
    stored = await store.versions(session, school, before=before, limit=limit + 1)
    page = [_listed(version, on, current) for version in stored[:limit]]
    if len(stored) > limit:
        return page, stored[limit - 1].id
    # When the page is full the shipped version stands alone on the next.
    return (page, stored[-1].id) if len(page) == limit else ([*page, _shipped(current)], None)


async def version(session: Session, school: str, digest: str, on: date) -> tuple[Listed, Json]:
    """A version with the whole meaning of its document; raises PolicyNotFound."""
    current = await store.digest_in_force(session, school, on)
    if digest == shipped().digest:
        return _shipped(current), read(SHIPPED.read_bytes()).plain()
    stored = await store.version(session, school, digest)
    source = await store.document(session, school, digest)
    if stored is None or source is None:
        raise PolicyNotFound
    return _listed(stored, on, current), read(source.encode("utf-8")).plain()


def _listed(stored: store.Version, on: date, current: str | None) -> Listed:
    if stored.starts_on is None:
        status = Status.DRAFT
    elif stored.digest == current:
        status = Status.IN_FORCE
    else:
        status = Status.APPROVED if stored.starts_on > on else Status.SUPERSEDED
    return Listed(
        digest=stored.digest,
        version=stored.version,
        status=status,
        starts_on=stored.starts_on,
        review_due=stored.review_due,
        author=stored.author,
        created_at=stored.created_at,
        approved_by=stored.approved_by,
        approved_at=stored.approved_at,
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
