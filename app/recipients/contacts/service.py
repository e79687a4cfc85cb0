"""Use cases of contacts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
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
from app.recipients.model import Contact, ContactDetails, Recipient, RecipientRetired
from app.recipients.status import ListedContact, Statuses


async def list_contacts(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    *,
    active: bool | None,
    limit: int,
    after: UUID | None,
    now: datetime,
    request_id: str,
) -> tuple[list[ListedContact], bool]:
    """A page of an organisation's contacts, and whether there are more; raises
    `RecipientNotFound`.
    """
    recipient = await store.load(session, actor.school, recipient_id)
    listed = await store.contacts(
        session, actor.school, recipient_id, active=active, limit=limit + 1, after=after
    )
    statuses = await Statuses.load(session, actor.school, [recipient_id], today_in_school(now))
    found = [
        ListedContact(contact=one, status=statuses.of_contact(recipient, one))
        for one in listed[:limit]
    ]

    data: dict[str, Json] = {
        "contacts": [str(one.contact.id) for one in found],
        "filters": [] if active is None else ["active"],
    }
    event = Event(action=Action.CONTACTS_READ, recipient=str(recipient_id), data=data)
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found, len(listed) > limit


async def read(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    contact_id: UUID,
    *,
    now: datetime,
    request_id: str,
) -> ListedContact:
    """A contact; raises `RecipientNotFound`, `ContactNotFound`."""
    recipient = await store.load(session, actor.school, recipient_id)
    contact = await store.load_contact(session, actor.school, recipient_id, contact_id)

    event = Event(
        action=Action.CONTACTS_READ,
        recipient=str(recipient_id),
        target=str(contact_id),
        data={"contacts": [str(contact_id)], "filters": []},
    )
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return await _load_with_status(session, recipient, contact, now)


async def add(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    details: ContactDetails,
    *,
    now: datetime,
    request_id: str,
) -> ListedContact:
    """Add a contact to an organisation. It has not been checked yet. Raises `RecipientNotFound`,
    `RecipientRetired`.
    """
    recipient = await store.load(session, actor.school, recipient_id, for_update=True)
    if not recipient.active:
        raise RecipientRetired
    contact = Contact(
        id=ids.new_id(now),
        school=actor.school,
        recipient_id=recipient_id,
        version=1,
        identity_version=1,
        active=True,
        details_id=ids.new_id(now),
        details=details,
        recorded_at=now,
        changed_at=now,
    )
    added = Change(
        action=Action.CONTACT_CREATED,
        recipient_id=recipient_id,
        contact=contact,
        details_changed=True,
        data={},
    )

    await changes.save_change(session, added, by=actor, at=now, request_id=request_id)
    return await _load_with_status(session, recipient, contact, now)


async def change(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    contact_id: UUID,
    given: Mapping[str, Any],
    *,
    check: Callable[[ListedContact], None],
    now: datetime,
    request_id: str,
) -> ListedContact:
    """Change fields of a contact, or retire it; the previous details stay as a record. `check`
    raises where the caller has not read the present version. Changes without effect store nothing.

    Raises `RecipientNotFound`, `ContactNotFound`, `ContactNameMissing`.
    """
    recipient = await store.load(session, actor.school, recipient_id)
    contact = await store.load_contact(
        session, actor.school, recipient_id, contact_id, for_update=True
    )
    found = await _load_with_status(session, recipient, contact, now)
    check(found)
    after, changed = contact.with_changes(given, now)
    if not changed:
        return found
    details_changed = after.details != contact.details
    if details_changed:
        after = replace(after, details_id=ids.new_id(now))
    saved = Change(
        action=Action.CONTACT_CHANGED,
        recipient_id=recipient_id,
        contact=after,
        details_changed=details_changed,
        data={"changed": list(changed), "active": after.active, "version": after.version},
    )

    await changes.save_change(session, saved, by=actor, at=now, request_id=request_id)
    return await _load_with_status(session, recipient, after, now)


async def _load_with_status(
    session: Session, recipient: Recipient, contact: Contact, now: datetime
) -> ListedContact:
    statuses = await Statuses.load(session, recipient.school, [recipient.id], today_in_school(now))
    return ListedContact(contact=contact, status=statuses.of_contact(recipient, contact))
