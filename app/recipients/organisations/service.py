"""Use cases of organisations."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.canonical import Json
from app.kernel.clock import today_in_school
from app.platform.db import Session
from app.recipients import changes, store
from app.recipients.changes import Change
from app.recipients.model import OrganisationDetails, Recipient
from app.recipients.status import ListedRecipient, Statuses
from app.recipients.verification import NEVER_CHECKED

Filter: TypeAlias = store.Filter

SHOWN: Final = 50
"""How many of the newest checks are shown with an organisation."""


async def list_recipients(
    session: Session,
    actor: Actor,
    filters: Filter,
    *,
    limit: int,
    after: tuple[str, UUID] | None,
    now: datetime,
    request_id: str,
) -> tuple[list[ListedRecipient], bool]:
    """A page of the directory by name, and whether there are more."""
    listed = await store.page(session, actor.school, filters, limit=limit + 1, after=after)
    page = listed[:limit]
    statuses = await Statuses.load(
        session, actor.school, [one.id for one in page], today_in_school(now)
    )
    found = [ListedRecipient(recipient=one, status=statuses.of(one)) for one in page]

    data: dict[str, Json] = {"filters": filters.named(), "shown": len(found)}
    event = Event(action=Action.RECIPIENTS_LISTED, data=data)
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found, len(listed) > limit


async def read(
    session: Session, actor: Actor, recipient_id: UUID, *, now: datetime, request_id: str
) -> ListedRecipient:
    """An organisation with its newest checks; raises `RecipientNotFound`."""
    recipient = await store.load(session, actor.school, recipient_id)
    found = await _load_with_status(session, recipient, now)

    event = Event(action=Action.RECIPIENT_READ, recipient=str(recipient_id))
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found


async def register(
    session: Session, actor: Actor, details: OrganisationDetails, *, now: datetime, request_id: str
) -> ListedRecipient:
    """Add an organisation to the directory. It has not been checked yet."""
    recipient = Recipient(
        id=ids.new_id(now),
        school=actor.school,
        version=1,
        identity_version=1,
        details=details,
        active=True,
        recorded_at=now,
        changed_at=now,
    )
    change = Change(
        action=Action.RECIPIENT_CREATED,
        recipient_id=recipient.id,
        recipient=recipient,
        data={"organisation_type": details.organisation_type.value},
    )

    await changes.save_change(session, change, by=actor, at=now, request_id=request_id)
    return ListedRecipient(recipient=recipient, status=NEVER_CHECKED)


async def change(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    given: Mapping[str, Any],
    *,
    check: Callable[[ListedRecipient], None],
    now: datetime,
    request_id: str,
) -> ListedRecipient:
    """Change fields of an organisation, or retire it. `check` raises where the caller has not read
    the present version. Changes without effect store nothing. Raises `RecipientNotFound`.
    """
    recipient = await store.load(session, actor.school, recipient_id, for_update=True)
    found = await _load_with_status(session, recipient, now)
    check(found)
    after, changed = recipient.with_changes(given, now)
    if not changed:
        return found
    saved = Change(
        action=Action.RECIPIENT_CHANGED,
        recipient_id=recipient_id,
        recipient=after,
        data={"changed": list(changed), "active": after.active, "version": after.version},
    )

    await changes.save_change(session, saved, by=actor, at=now, request_id=request_id)
    return await _load_with_status(session, after, now)


async def _load_with_status(
    session: Session, recipient: Recipient, now: datetime
) -> ListedRecipient:
    school = recipient.school
    statuses = await Statuses.load(session, school, [recipient.id], today_in_school(now))
    newest = await store.verifications(session, school, recipient.id, limit=SHOWN)
    return ListedRecipient(
        recipient=recipient, status=statuses.of(recipient), verifications=tuple(newest)
    )
