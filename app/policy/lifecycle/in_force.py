"""Finds the policy that a school follows on a day, and keeps compiled policies in memory.

The policy that ships with the service is in force until a school approves its own. Invariant: the
first act under a shipped policy adopts it for the school; a policy shipped with a later release is
offered, and never comes into force by itself.
"""

import asyncio
import re
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from app.audit.model import Action, service
from app.kernel import ids
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Database, Session
from app.platform.rows import values
from app.policy.document import loader as document_loader
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import store
from app.policy.lifecycle.store import VersionRef
from app.policy.lifecycle.tables import ADOPTION, AdoptionRow

SHIPPED: Final = Path(__file__).parents[1] / "default.yaml"
EARLIER: Final = Path(__file__).parents[1] / "shipped"
"""The policies of earlier releases, by digest. Files are added, never changed or removed."""

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}\Z")

CACHED: Final = 64
"""The most compiled policies in memory; each takes a few hundred kilobytes."""


class PolicyNotFound(ServiceError):
    """The school has no version with this digest."""

    kind = Kind.NOT_FOUND
    code = "policy-not-found"
    title = "Policy version not found"


class PolicyUnreadable(PolicyNotFound):
    """The stored version is not the accepted one, or this release cannot read it."""

    kind = Kind.INTERNAL
    code = "policy-unreadable"
    title = "Policy version not readable"


sealed: Final = store.sealed
"""Every version, approval, withdrawal and adoption as stored now, for the verification of the audit
log."""


@cache
def shipped() -> Policy:
    """The policy that ships with this release, checked on first use."""
    return document_loader.load(shipped_source())


@cache
def shipped_source() -> bytes:
    """The bytes of the policy that ships with this release."""
    return SHIPPED.read_bytes()


def _earlier(digest: str) -> Path | None:
    file = EARLIER / f"{digest.removeprefix('sha256:')}.yaml"
    return file if _DIGEST.match(digest) and file.is_file() else None


_POLICIES: Final[OrderedDict[str, Policy]] = OrderedDict()
"""Compiled policies by digest, shared by all schools."""


async def in_force(session: Session, school: str, on: date) -> Policy:
    """The policy that a school follows on a day: the approved version that started last, otherwise
    the adopted one, otherwise the shipped one. Raises PolicyUnreadable.
    """
    found = await store.in_force(session, school, on)
    return shipped() if found is None else await _load_ref(session, school, found)


async def adopt_in_force(session: Session, school: str, *, now: datetime, trace: str) -> Policy:
    """The policy in force today, for an act under it; adopts it if it is the shipped one."""
    found = await store.in_force(session, school, today_in_school(now))
    if found is None:
        found = VersionRef(await adopt(session, school, now=now, trace=trace), None)
    return await _load_ref(session, school, found)


async def adopt(session: Session, school: str, *, now: datetime, trace: str) -> str:
    """Store the shipped policy as the school's, unless it has adopted one before; returns the
    digest of the adopted policy.
    """
    await store.lock(session, school)
    adopted = await store.find_adopted(session, school)
    if adopted is not None:
        return adopted
    policy = shipped()
    row = values(AdoptionRow)(
        school=school,
        digest=policy.digest,
        version=policy.version,
        document=shipped_source().decode("utf-8"),
        adopted_at=now,
        audit_id=ids.new_id(now),
    )
    store.add(
        session,
        ADOPTION,
        row,
        Action.POLICY_ADOPTED,
        by=service(school),
        at=now,
        request_id=trace,
        data={"version": policy.version},
    )
    return policy.digest


async def at(session: Session, school: str, digest: str) -> Policy:
    """The version with a digest: the school's, with any status, or one that ever shipped; raises
    PolicyNotFound.
    """
    if digest == shipped().digest:
        return shipped()
    found = await store.find(session, school, digest)
    if found is None and _earlier(digest) is None:
        raise PolicyNotFound
    return await _load_ref(session, school, found or VersionRef(digest, None))


async def at_or_fallback(session: Session, school: str, on: date, digest: str) -> Policy:
    """The version with a digest; if it cannot be found or read, the one in force, otherwise the
    shipped one.

    For acts that a missing version must not prevent. The caller compares the digests and records a
    fallback.
    """
    with suppress(PolicyNotFound):
        return await at(session, school, digest)
    with suppress(PolicyNotFound):
        return await in_force(session, school, on)
    return shipped()


async def _load_ref(session: Session, school: str, found: VersionRef) -> Policy:
    policy = await load(session, school, found.digest)
    return (
        policy if found.next_review_on is None else replace(policy, review_due=found.next_review_on)
    )


async def load(session: Session, school: str, digest: str) -> Policy:
    """The compiled policy with a digest, without its review date; raises PolicyNotFound."""
    if digest == shipped().digest:
        return shipped()
    if digest not in _POLICIES:
        # Loading takes a third of a second, so it runs in a thread.
        remember(await asyncio.to_thread(_accepted, await source(session, school, digest), digest))
    _POLICIES.move_to_end(digest)
    return _POLICIES[digest]


async def source(session: Session, school: str, digest: str) -> bytes:
    """The bytes of a version, with comments and layout; raises PolicyNotFound."""
    stored = await store.document(session, school, digest)
    if stored is not None:
        return stored.encode("utf-8")
    if digest == shipped().digest:
        return shipped_source()
    file = _earlier(digest)
    if file is None:
        raise PolicyNotFound
    return file.read_bytes()


def _accepted(source: bytes, digest: str) -> Policy:
    try:
        return document_loader.load_accepted(source, digest)
    except Exception as error:
        raise PolicyUnreadable from error


def remember(policy: Policy) -> None:
    """Keep a compiled policy in memory."""
    _POLICIES[policy.digest] = policy
    while len(_POLICIES) > CACHED:
        _POLICIES.popitem(last=False)


async def prepare(database: Database, now: datetime) -> None:
    """Load every policy in force at start-up."""
    async with database.reading() as session:
        for school in await store.schools(session):
            with suppress(PolicyNotFound):  # a request that needs it fails
                await in_force(session, school, today_in_school(now))


async def reviews_overdue(school: str, database: Database, now: datetime) -> dict[str, str]:
    """The readiness check for policies with an overdue review, which stay in force."""
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
