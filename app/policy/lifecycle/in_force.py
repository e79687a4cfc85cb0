"""Which policy a school follows on a day, and what it says of a case.

The policy that ships is in force until a school approves its own. Law: the first act that stands on
it makes it the school's for good; what ships with a later release is offered, and never comes into
force by itself.
"""

import asyncio
import re
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event, content
from app.audit.model import service as by_itself
from app.kernel.canonical import Json
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.policy.document import loader as document_loader
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import model, store
from app.policy.lifecycle.model import Status
from app.policy.lifecycle.store import InForce, Kept
from app.policy.lifecycle.tables import ADOPTION

SHIPPED: Final = Path(__file__).parents[1] / "default.yaml"
EARLIER: Final = Path(__file__).parents[1] / "shipped"
"""What shipped with earlier releases, each under its digest. Files are added, never changed or
removed."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}\Z")

KEPT: Final = 64
"""How many policies are kept compiled; each holds a few hundred kilobytes."""


class PolicyNotFound(ServiceError):
    """The school has no version with this digest."""

    kind = Kind.NOT_FOUND
    code = "policy-not-found"
    title = "Policy version not found"


class PolicyUnreadable(PolicyNotFound):
    """A version is there, but is no longer what was accepted, or in no form that this release can
    read.
    """

    kind = Kind.INTERNAL
    code = "policy-unreadable"
    title = "Policy version not readable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version as it is listed. One that ships has no author, drafting or approval on record here;
    nobody has adopted it while a draft.
    """

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
"""Every version, approval, withdrawal and adoption as stored now, for the verification of the
trail."""


@cache
def shipped() -> Policy:
    """The policy that comes with this release, proved when it is first read."""
    return document_loader.load(shipped_source())


@cache
def shipped_source() -> bytes:
    """Its bytes, as they were when it was read."""
    return SHIPPED.read_bytes()


def _earlier(digest: str) -> Path | None:
    file = EARLIER / f"{digest.removeprefix('sha256:')}.yaml"
    return file if _DIGEST.match(digest) and file.is_file() else None


_POLICIES: Final[OrderedDict[str, Policy]] = OrderedDict()
"""Compiled policies by digest, which pins all they say, so that they can be shared by every
school."""


async def in_force(session: Session, school: str, on: date) -> Policy:
    """The policy that a school follows on a day: the approved version that began last, else the one
    it adopted, else the one that ships.

    Raises PolicyUnreadable, a PolicyNotFound.
    """
    found = await store.in_force(session, school, on)
    return shipped() if found is None else await _read(session, school, found)


async def follow(session: Session, school: str, *, now: datetime, trace: str) -> Policy:
    """The policy in force today, for an act that stands on it: one that ships is adopted by it; see
    `adopt`. Raises as `in_force` does.
    """
    found = await store.in_force(session, school, today_in_school(now))
    return await _read(
        session, school, found or InForce(await adopt(session, school, now=now, trace=trace), None)
    )


async def adopt(session: Session, school: str, *, now: datetime, trace: str) -> str:
    """Keep the policy that ships as this school's, to the byte, unless the school has adopted one
    before; gives the digest of its own.
    """
    await store.take_turns(session, school)
    adopted = await store.adopted(session, school)
    if adopted is not None:
        return adopted
    policy = shipped()
    row = {
        "school": school,
        "digest": policy.digest,
        "version": policy.version,
        "document": shipped_source().decode("utf-8"),
        "adopted_at": now,
    }
    kept = Kept(ADOPTION, store.named(ADOPTION, school), row)
    data = {"version": policy.version, "records": [kept.name]}
    event = Event(
        action=Action.POLICY_ADOPTED,
        target=policy.digest,
        policy=policy.digest,
        data=data,
        content=content([kept.digest]),
    )
    kept.add(session, log.append(session, event, by=by_itself(school), at=now, request_id=trace))
    return policy.digest


async def at(session: Session, school: str, digest: str) -> Policy:
    """The version of a school's policy with a digest, in whatever state, or any that ever shipped;
    raises PolicyNotFound.
    """
    if digest == shipped().digest:
        return shipped()
    held = await store.held(session, school, digest)
    if held is None and _earlier(digest) is None:
        raise PolicyNotFound
    return await _read(session, school, held or InForce(digest, None))


async def standing_in(session: Session, school: str, on: date, digest: str) -> Policy:
    """The version with a digest; where it cannot be found or read, the one in force, else the one
    that ships.

    For what no missing version may hold up. Whoever asks compares the digests and says so in the
    record.
    """
    with suppress(PolicyNotFound):
        return await at(session, school, digest)
    with suppress(PolicyNotFound):
        return await in_force(session, school, on)
    return shipped()


async def _read(session: Session, school: str, found: InForce) -> Policy:
    policy = await _stored(session, school, found.digest)
    return (
        policy if found.next_review_on is None else replace(policy, review_due=found.next_review_on)
    )


async def _stored(session: Session, school: str, digest: str) -> Policy:
    if digest == shipped().digest:
        return shipped()
    if digest not in _POLICIES:
        # Reading a document takes a third of a second: nobody else waits for it.
        remember(await asyncio.to_thread(_proven, await source(session, school, digest), digest))
    _POLICIES.move_to_end(digest)
    return _POLICIES[digest]


async def source(session: Session, school: str, digest: str) -> bytes:
    """The bytes of a version, comments and layout among them; raises PolicyNotFound."""
    kept = await store.document(session, school, digest)
    if kept is not None:
        return kept.encode("utf-8")
    if digest == shipped().digest:
        return shipped_source()
    file = _earlier(digest)
    if file is None:
        raise PolicyNotFound
    return file.read_bytes()


def _proven(source: bytes, digest: str) -> Policy:
    try:
        return document_loader.load_accepted(source, digest)
    except Exception as error:
        raise PolicyUnreadable from error


def remember(policy: Policy) -> None:
    """Keep a policy that was read, for whoever asks for it next."""
    _POLICIES[policy.digest] = policy
    while len(_POLICIES) > KEPT:
        _POLICIES.popitem(last=False)


async def prepare(database: Database, now: datetime) -> None:
    """Read every policy that is in force before anybody asks for it."""
    async with database.reading() as session:
        for school in await store.schools(session):
            with suppress(PolicyNotFound):  # whoever needs it is told
                await in_force(session, school, today_in_school(now))


async def reviews_overdue(school: str, database: Database, now: datetime) -> dict[str, str]:
    """For readiness: whether a school that is served here follows a policy whose review is late. It
    stays in force all the same.
    """
    today = today_in_school(now)
    async with database.reading() as session:
        schools = {school, *await store.schools(session)}
        late = [
            each for each in schools if (await in_force(session, each, today)).review_overdue(today)
        ]
    words = "review overdue; the policy stays in force, put its review on the governors' agenda"
    return {
        "policy": f"{words} ({len(late)} schools)" if len(late) > 1 else words if late else "ok"
    }


async def versions(
    session: Session, school: str, on: date, *, before: UUID | None, limit: int
) -> tuple[list[Listed], UUID | None]:
    """A page of versions, newest first, those that ship last; and the position from which the next
    page goes on.
    """
    current = await _current(session, school, on)
    found = [
        (each.id, _listed(each, on, current))
        for each in await store.versions(session, school, before=before, limit=limit + 1)
    ]
    # Smaller than any id of a version, so that they come last.
    places = [
        (UUID(int=2 - nth), listed)
        for nth, listed in enumerate(await _ships(session, school, current))
    ]
    found += [(place, listed) for place, listed in places if before is None or place < before]
    page = found[:limit]
    return [listed for _, listed in page], page[-1][0] if len(found) > limit else None


async def version(session: Session, school: str, digest: str, on: date) -> tuple[Listed, Json]:
    """A version with the whole meaning of its document; raises PolicyNotFound."""
    current = await _current(session, school, on)
    stored = await store.version(session, school, digest)
    if stored is not None:
        return _listed(stored, on, current), (await _stored(session, school, digest)).meaning
    policy = await at(session, school, digest)
    ships = {each.digest: each for each in await _ships(session, school, current)}
    return ships.get(digest) or _shipped(policy, Status.SUPERSEDED), policy.meaning


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
        status=model.status(stored.standing, on, current=stored.digest == current),
        starts_on=stored.starts_on,
        review_due=stored.next_review_on or stored.review_due,
        author=stored.author,
        created_at=stored.created_at,
        approved_by=stored.approved_by,
        approved_at=stored.approved_at,
        withdrawn_at=stored.withdrawn_at,
    )


async def _ships(session: Session, school: str, current: str | None) -> list[Listed]:
    """The version that ships and the school adopted or would; before it a later one, which is
    offered until somebody drafts it.
    """
    adopted = await store.adopted(session, school) or shipped().digest
    status = Status.IN_FORCE if current in (None, adopted) else Status.SUPERSEDED
    found = [_shipped(await _stored(session, school, adopted), status)]
    if (
        adopted != shipped().digest
        and await store.version(session, school, shipped().digest) is None
    ):
        found.insert(0, _shipped(shipped(), Status.DRAFT))
    return found


def _shipped(policy: Policy, status: Status) -> Listed:
    identity = policy.document.policy
    return Listed(
        digest=policy.digest,
        version=identity.version,
        status=status,
        starts_on=None if status is Status.DRAFT else identity.start,
        review_due=identity.next_review,
        approved_by=None if status is Status.DRAFT else identity.approved_by,
    )
