"""Drafts, approves and withdraws policy versions.

Each operation loads under lock, applies the rules and writes once.
"""

import asyncio
from datetime import datetime

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.errors import Kind, ServiceError
from app.platform.db import Session
from app.platform.preconditions import IfMatch, etag_of
from app.platform.rows import values
from app.policy.document import loader as document_loader
from app.policy.engine.deadlines import today_in_school
from app.policy.engine.evaluate import Policy
from app.policy.lifecycle import in_force, rules, store, versions
from app.policy.lifecycle.model import Approval, Status
from app.policy.lifecycle.tables import (
    APPROVAL,
    VERSION,
    WITHDRAWAL,
    ApprovalRow,
    VersionRow,
    WithdrawalRow,
)
from app.policy.lifecycle.versions import Listed


class PolicyVersionExists(ServiceError):
    """A version with the same meaning exists already."""

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
    """The entity tag of a version, from its digest and status."""
    return etag_of(listed.digest, listed.status)


async def draft(
    session: Session, actor: Actor, source: bytes, *, now: datetime, trace: str
) -> Listed:
    """Store a document as a draft; raises InvalidPolicy or PolicyVersionExists."""
    policy = await asyncio.to_thread(document_loader.load, source)
    await store.lock(session, actor.school)
    adopted = await store.find_adopted(session, actor.school) or in_force.shipped().digest
    if (
        policy.digest == adopted
        or await store.version(session, actor.school, policy.digest) is not None
    ):
        raise PolicyVersionExists(policy.digest)

    identity = policy.document.policy
    version_id = ids.new_id(now)
    row = values(VersionRow)(
        id=version_id,
        school=actor.school,
        digest=policy.digest,
        version=policy.version,
        review_due=identity.next_review,
        document=source.decode("utf-8"),
        author=actor.id,
        created_at=now,
        audit_id=ids.new_id(now),
    )
    store.add(
        session, VERSION, row, Action.POLICY_DRAFTED, by=actor, at=now, request_id=trace, data={}
    )
    in_force.remember(policy)
    return Listed(
        digest=policy.digest,
        version=policy.version,
        status=Status.DRAFT,
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
    """Record the approval of a version, which starts on the given day. The author cannot do so."""
    version, policy = await _load_for_update(session, actor, digest, precondition, now)
    today = today_in_school(now)
    taken = await store.start_days(session, actor.school)

    rules.check_approval(
        approval, store.state_of(version), policy.document, by=actor.id, taken=taken, today=today
    )

    # The shipped policy stays in force until this version starts, so the log must name it.
    await in_force.adopt(session, actor.school, now=now, trace=trace)
    row = values(ApprovalRow)(
        version_id=version.id,
        school=actor.school,
        digest=digest,
        approved_by=approval.approved_by,
        recorded_by=actor.id,
        approved_at=now,
        starts_on=approval.in_force_from.isoformat(),
        next_review_on=approval.next_review_on,
        audit_id=ids.new_id(now),
    )
    data = {
        "in_force_from": approval.in_force_from.isoformat(),
        "next_review_on": approval.next_review_on,
    }
    store.add(
        session,
        APPROVAL,
        row,
        Action.POLICY_APPROVED,
        by=actor,
        at=now,
        request_id=trace,
        data=data,
    )
    await session.flush()
    return await versions.load_version(session, actor.school, digest, today)


async def withdraw(
    session: Session, actor: Actor, digest: str, *, precondition: IfMatch, now: datetime, trace: str
) -> Listed:
    """Withdraw a version before it starts."""
    version, _ = await _load_for_update(session, actor, digest, precondition, now)
    today = today_in_school(now)

    rules.check_withdrawal(store.state_of(version), today)

    row = values(WithdrawalRow)(
        version_id=version.id,
        school=actor.school,
        digest=digest,
        withdrawn_by=actor.id,
        withdrawn_at=now,
        audit_id=ids.new_id(now),
    )
    store.add(
        session,
        WITHDRAWAL,
        row,
        Action.POLICY_WITHDRAWN,
        by=actor,
        at=now,
        request_id=trace,
        data={},
    )
    await session.flush()
    return await versions.load_version(session, actor.school, digest, today)


async def _load_for_update(
    session: Session, actor: Actor, digest: str, precondition: IfMatch, now: datetime
) -> tuple[store.Version, Policy]:
    """Load a version and its policy, with the school's versions locked."""
    await store.lock(session, actor.school)
    version = await store.version(session, actor.school, digest)
    if version is None:
        await in_force.at(session, actor.school, digest)
        raise ShippedVersion
    listed = await versions.load_version(session, actor.school, digest, today_in_school(now))
    precondition.check_if_given(etag(listed))
    return version, await in_force.at(session, actor.school, digest)


class ShippedVersion(ServiceError):
    """A shipped version cannot be approved or withdrawn."""

    kind = Kind.CONFLICT
    code = "shipped-version"
    title = "Version shipped with the service"

    def __init__(self) -> None:
        super().__init__(
            "it is not a draft of this school; send its document as a draft (to return to it,"
            " under another version name) and have the draft approved"
        )
