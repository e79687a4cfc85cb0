"""Use cases of identity checks."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.clock import today_in_school
from app.kernel.vocabulary import Answer
from app.platform.db import Session
from app.recipients import changes, store
from app.recipients.changes import Change
from app.recipients.model import CheckMethod, RecipientRetired
from app.recipients.verification import Verification, check_verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An identity check to record, made today where `verified_on` is None."""

    method: CheckMethod
    result: Answer
    contact_id: UUID | None = None
    note: str | None = None
    verified_on: date | None = None


async def record(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    check: Check,
    *,
    now: datetime,
    request_id: str,
) -> Verification:
    """Record how the identity of an organisation, or of a contact there, was checked, and the
    result.

    Raises `RecipientNotFound`, `ContactNotFound`, `RecipientRetired`, `InvalidVerification`.
    """
    # Locked, so that the record names the version of the details that was checked.
    recipient = await store.load(session, actor.school, recipient_id, for_update=True)
    contact = None
    if check.contact_id is not None:
        contact = await store.load_contact(
            session, actor.school, recipient_id, check.contact_id, for_update=True
        )
    if not recipient.active or (contact is not None and not contact.active):
        raise RecipientRetired
    today = today_in_school(now)
    verified_on = check.verified_on or today
    check_verification(recipient, check.method, check.result, verified_on, today)
    made = Verification(
        id=ids.new_id(now),
        recipient_id=recipient_id,
        contact_id=check.contact_id,
        method=check.method,
        result=check.result,
        verified_on=verified_on,
        identity_version=(contact or recipient).identity_version,
        note=check.note,
        recorded_at=now,
        by_id=actor.id,
        by_role=actor.role.value,
    )
    change = Change(
        action=Action.VERIFICATION_RECORDED,
        recipient_id=recipient_id,
        verification=made,
        data={
            "method": made.method.value,
            "result": made.result.value,
            "verified_on": verified_on.isoformat(),
        },
    )

    await changes.save_change(session, change, by=actor, at=now, request_id=request_id)
    return made


async def list_verifications(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    *,
    contact_id: UUID | None,
    limit: int,
    before: UUID | None,
    now: datetime,
    request_id: str,
) -> tuple[list[Verification], bool]:
    """A page of the checks of an organisation and its contacts, in reverse order of recording, and
    whether there are more; raises `RecipientNotFound`.
    """
    await store.load(session, actor.school, recipient_id)
    found = await store.verifications(
        session, actor.school, recipient_id, contact_id=contact_id, limit=limit + 1, before=before
    )

    event = Event(
        action=Action.VERIFICATIONS_READ,
        recipient=str(recipient_id),
        target=None if contact_id is None else str(contact_id),
        data={"shown": len(found[:limit])},
    )
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found[:limit], len(found) > limit
