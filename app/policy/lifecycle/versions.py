"""Lists the policy versions of a school with their status, including those that ship with the
service.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.kernel.canonical import Json
from app.platform.db import Session
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force, model, store
from app.policy.lifecycle.in_force import PolicyNotFound, shipped
from app.policy.lifecycle.model import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version with its status. A shipped version has no author and no dates of drafting and
    approval; as a draft, it is offered by a later release and not adopted.
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


async def list_versions(
    session: Session, school: str, on: date, *, before: UUID | None, limit: int
) -> tuple[list[Listed], UUID | None]:
    """A page of versions, newest first and shipped ones last, and the position of the next page."""
    current = await _current(session, school, on)
    found = [
        (each.id, _with_status(each, on, current))
        for each in await store.versions(session, school, before=before, limit=limit + 1)
    ]
    # Positions smaller than any id, so that shipped versions come last.
    places = [
        (UUID(int=2 - nth), listed)
        for nth, listed in enumerate(await _ships(session, school, current))
    ]
    found += [(place, listed) for place, listed in places if before is None or place < before]
    page = found[:limit]
    return [listed for _, listed in page], page[-1][0] if len(found) > limit else None


async def load_version_with_meaning(
    session: Session, school: str, digest: str, on: date
) -> tuple[Listed, Json]:
    """A version with the meaning of its document; raises PolicyNotFound."""
    current = await _current(session, school, on)
    stored = await store.version(session, school, digest)
    if stored is not None:
        return _with_status(stored, on, current), (
            await in_force.load(session, school, digest)
        ).meaning
    policy = await in_force.at(session, school, digest)
    ships = {each.digest: each for each in await _ships(session, school, current)}
    return ships.get(digest) or _shipped(policy, Status.SUPERSEDED), policy.meaning


async def load_version(session: Session, school: str, digest: str, on: date) -> Listed:
    """A version without its document; raises PolicyNotFound."""
    stored = await store.version(session, school, digest)
    if stored is None:
        raise PolicyNotFound
    return _with_status(stored, on, await _current(session, school, on))


async def _current(session: Session, school: str, on: date) -> str | None:
    found = await store.in_force(session, school, on)
    return None if found is None else found.digest


def _with_status(stored: store.Version, on: date, current: str | None) -> Listed:
    state = store.state_of(stored)
    return Listed(
        digest=stored.digest,
        version=stored.version,
        status=model.status(state, on, current=stored.digest == current),
        starts_on=state.starts_on,
        review_due=stored.next_review_on or stored.review_due,
        author=stored.author,
        created_at=stored.created_at,
        approved_by=stored.approved_by,
        approved_at=stored.approved_at,
        withdrawn_at=stored.withdrawn_at,
    )


async def _ships(session: Session, school: str, current: str | None) -> list[Listed]:
    """The adopted version, or the shipped one that would be adopted; before it a later shipped
    version, which is offered until it is drafted.
    """
    adopted = await store.find_adopted(session, school) or shipped().digest
    status = Status.IN_FORCE if current in (None, adopted) else Status.SUPERSEDED
    found = [_shipped(await in_force.load(session, school, adopted), status)]
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
