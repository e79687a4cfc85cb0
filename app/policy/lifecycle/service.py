"""What information governance leads do to the school's policy: draft a version, approve one, take
one back. Read, decide, write once.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event, content
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.canonical import Json
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Session
from app.platform.preconditions import IfMatch, etag_of
from app.policy.document import loader as document_loader
from app.policy.engine.deadlines import due_instants, today_in_school
from app.policy.engine.derive import derive
from app.policy.engine.evaluate import Policy, evaluate
from app.policy.engine.inputs import Stated
from app.policy.lifecycle import in_force, model, store
from app.policy.lifecycle.in_force import Listed
from app.policy.lifecycle.model import Approval
from app.policy.lifecycle.store import Kept
from app.policy.lifecycle.tables import APPROVAL, VERSION, WITHDRAWAL


class PolicyVersionExists(ServiceError):
    """A document that means the same is there already."""

    kind = Kind.CONFLICT
    code = "policy-version-exists"
    title = "Policy version exists"

    def __init__(self, digest: str) -> None:
        super().__init__(
            "the document has the same meaning as the version in Location; change it, and"
            " give it its own version name",
            headers={"Location": f"/v1/policies/{digest}"},
        )


def etag(listed: Listed) -> str:
    """The entity tag of a version: its meaning never changes, its standing does."""
    return etag_of(listed.digest, listed.status)


async def draft(
    session: Session, actor: Actor, source: bytes, *, now: datetime, trace: str
) -> Listed:
    """Store a document as a draft; raises InvalidPolicy with every fault, and then stores
    nothing.
    """
    policy = await asyncio.to_thread(document_loader.load, source)
    await store.take_turns(session, actor.school)
    adopted = await store.adopted(session, actor.school) or in_force.shipped().digest
    if (
        policy.digest == adopted
        or await store.version(session, actor.school, policy.digest) is not None
    ):
        raise PolicyVersionExists(policy.digest)

    identity = policy.document.policy
    version_id = ids.new_id(now)
    row = {
        "id": version_id,
        "school": actor.school,
        "digest": policy.digest,
        "version": policy.version,
        "review_due": identity.next_review,
        "document": source.decode("utf-8"),
        "author": actor.id,
        "created_at": now,
    }
    _write(
        session,
        actor,
        Action.POLICY_DRAFTED,
        Kept(VERSION, store.named(VERSION, version_id), row),
        policy.digest,
        now,
        trace,
    )
    in_force.remember(policy)
    return Listed(
        digest=policy.digest,
        version=policy.version,
        status=model.Status.DRAFT,
        starts_on=None,
        review_due=identity.next_review,
        author=actor.id,
        created_at=now,
    )


async def approve(
    session: Session,
    actor: Actor,
    digest: str,
    approval: Approval,
    *,
    precondition: IfMatch,
    now: datetime,
    trace: str,
) -> Listed:
    """Record that a version was approved, from a day on. Its author cannot; and it is the digest
    that is approved, nothing else.
    """
    version, policy = await _held(session, actor, digest, precondition, now)
    today = today_in_school(now)
    taken = await store.days_taken(session, actor.school)

    model.check_approval(
        approval, version.standing, policy.document, by=actor.id, taken=taken, today=today
    )

    row = {
        "version_id": version.id,
        "school": actor.school,
        "digest": digest,
        "approved_by": approval.approved_by,
        "recorded_by": actor.id,
        "approved_at": now,
        "starts_on": approval.in_force_from.isoformat(),
        "next_review_on": approval.next_review_on,
    }
    # Until this one begins the one that ships stands, and it shall be known later which that was.
    await in_force.adopt(session, actor.school, now=now, trace=trace)
    kept = Kept(APPROVAL, store.named(APPROVAL, version.id), row)
    data = {
        "in_force_from": approval.in_force_from.isoformat(),
        "next_review_on": approval.next_review_on,
    }
    _write(session, actor, Action.POLICY_APPROVED, kept, digest, now, trace, **data)
    await session.flush()
    return await in_force.listed(session, actor.school, digest, today)


async def withdraw(
    session: Session, actor: Actor, digest: str, *, precondition: IfMatch, now: datetime, trace: str
) -> Listed:
    """Take a version back before it begins."""
    version, _ = await _held(session, actor, digest, precondition, now)
    today = today_in_school(now)

    model.check_withdrawal(version.standing, today)

    row = {
        "version_id": version.id,
        "school": actor.school,
        "digest": digest,
        "withdrawn_by": actor.id,
        "withdrawn_at": now,
    }
    kept = Kept(WITHDRAWAL, store.named(WITHDRAWAL, version.id), row)
    _write(session, actor, Action.POLICY_WITHDRAWN, kept, digest, now, trace)
    await session.flush()
    return await in_force.listed(session, actor.school, digest, today)


async def _held(
    session: Session, actor: Actor, digest: str, precondition: IfMatch, now: datetime
) -> tuple[store.Version, Policy]:
    """The version, held against everybody else who would change the school's versions."""
    await store.take_turns(session, actor.school)
    version = await store.version(session, actor.school, digest)
    if version is None:
        await in_force.at(session, actor.school, digest)
        raise ShippedVersion
    listed = await in_force.listed(session, actor.school, digest, today_in_school(now))
    precondition.check_if_given(etag(listed))
    return version, await in_force.at(session, actor.school, digest)


class ShippedVersion(ServiceError):
    """The version that ships is nobody's to approve or to withdraw."""

    kind = Kind.CONFLICT
    code = "shipped-version"
    title = "Version shipped with the service"

    def __init__(self) -> None:
        super().__init__(
            "it is not a draft of this school; send its document as a draft (to return to it,"
            " under another version name) and have the draft approved"
        )


async def try_out(
    session: Session, actor: Actor, stated: Stated, *, now: datetime, request_id: str
) -> dict[str, Json]:
    """Evaluate facts under the policy in force without storing them; the audit entry names only
    the policy.
    """
    today = today_in_school(now)
    policy = await in_force.in_force(session, actor.school, today)

    evaluation = evaluate(policy, derive(stated, policy.rules(today), today))

    evaluation_id = ids.new_id(now)
    event = Event(action=Action.EVALUATION_TRIED, target=str(evaluation_id), policy=policy.digest)
    log.append(session, event, by=actor, at=now, request_id=request_id)
    due = due_instants(evaluation, now, policy.calendar)
    return {"id": str(evaluation_id), **evaluation.to_json(due)}


def _write(
    session: Session,
    actor: Actor,
    action: Action,
    kept: Kept,
    digest: str,
    now: datetime,
    trace: str,
    **data: str,
) -> UUID:
    event = Event(
        action=action,
        target=digest,
        policy=digest,
        data={**data, "records": [kept.name]},
        content=content([kept.digest]),
    )
    entry = log.append(session, event, by=actor, at=now, request_id=trace)
    kept.add(session, entry)
    return entry
