"""What people do with the directory, one function for each intention, and what other rooms may ask
of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.canonical import Json
from app.platform.db import Session
from app.recipients import store
from app.recipients.matching import RecipientFacts
from app.recipients.model import (
    CheckMethod,
    Contact,
    ContactNotFound,
    Details,
    Listing,
    Recipient,
    RecipientNotFound,
    RecipientRetired,
    RecordKind,
    Standing,
    Verification,
    Verified,
    both,
    check_verification,
    standing,
    today_in_school,
)
from app.recipients.store import Change, Draft

sealed = store.sealed
Filter: TypeAlias = store.Filter

SHOWN: Final = 50
"""How many of the newest checks an organisation is shown with; the rest is a list of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An organisation as it stands today; `history` is its newest checks, the last recorded first,
    where they were asked for.
    """

    recipient: Recipient
    standing: Standing
    history: tuple[Verification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundContact:
    """A contact as it stands today."""

    contact: Contact
    standing: Standing


async def facts_about(
    session: Session, school: str, recipient_id: UUID, contact_id: UUID | None = None, *, on: date
) -> RecipientFacts | None:
    """What the directory of this school knows of an organisation, and of one contact there, on a
    day; None where it knows neither.

    Reads only. The caller's own entry says why it was asked.
    """
    try:
        recipient = await store.load(session, school, recipient_id)
        contact = (
            None
            if contact_id is None
            else await store.load_contact(session, school, recipient_id, contact_id)
        )
    except (RecipientNotFound, ContactNotFound):
        return None
    checks = await store.newest(session, school, [recipient_id])
    return RecipientFacts(
        recipient_id=recipient.id,
        organisation=recipient.listing.organisation,
        organisation_type=recipient.listing.organisation_type,
        secure_routes=recipient.listing.secure_routes,
        call_back_number=recipient.listing.call_back_number,
        active=recipient.active,
        standing=_standing(checks, recipient, contact, on),
        contact_id=contact_id,
        contact_active=None if contact is None else contact.active,
        named_individual=contact.details.name
        if contact is not None and contact.details is not None
        else None,
    )


async def directory(
    session: Session,
    actor: Actor,
    filters: Filter,
    *,
    limit: int,
    after: tuple[str, UUID] | None,
    now: datetime,
    request_id: str,
) -> tuple[list[Found], bool]:
    """A page of the directory by name, and whether there is more."""
    listed = await store.page(session, actor.school, filters, limit=limit + 1, after=after)
    checks = await store.newest(
        session, actor.school, [recipient.id for recipient in listed[:limit]]
    )

    today = today_in_school(now)
    found = [
        Found(recipient=one, standing=_standing(checks, one, None, today)) for one in listed[:limit]
    ]

    data: dict[str, Json] = {"filters": filters.named(), "shown": len(found)}
    log.append(
        session,
        Event(action=Action.RECIPIENTS_LISTED, data=data),
        by=actor,
        at=now,
        request_id=request_id,
    )
    return found, len(listed) > limit


async def find(
    session: Session, actor: Actor, recipient_id: UUID, *, now: datetime, to_change: bool = False
) -> Found:
    """An organisation with its newest checks; raises `RecipientNotFound`."""
    recipient = await store.load(session, actor.school, recipient_id, to_change=to_change)
    checks = await store.newest(session, actor.school, [recipient_id])
    history = await store.history(session, actor.school, recipient_id, limit=SHOWN)
    return Found(
        recipient=recipient,
        standing=_standing(checks, recipient, None, today_in_school(now)),
        history=tuple(history),
    )


async def read(
    session: Session, actor: Actor, recipient_id: UUID, *, now: datetime, request_id: str
) -> Found:
    """As `find`, leaving an entry that it was looked at."""
    found = await find(session, actor, recipient_id, now=now)
    log.append(
        session,
        Event(action=Action.RECIPIENT_READ, recipient=str(recipient_id)),
        by=actor,
        at=now,
        request_id=request_id,
    )
    return found


async def register(
    session: Session, actor: Actor, listing: Listing, *, now: datetime, request_id: str
) -> Found:
    """Put an organisation into the directory. Nobody has checked it yet."""
    recipient = Recipient(
        id=ids.new_id(now),
        school=actor.school,
        version=1,
        identity_version=1,
        listing=listing,
        active=True,
        recorded_at=now,
        changed_at=now,
    )
    data = {"organisation_type": listing.organisation_type.value}
    change = Change(
        action=Action.RECIPIENT_CREATED, recipient_id=recipient.id, head=recipient, data=data
    )

    await store.write(session, change, by=actor, at=now, request_id=request_id)
    return Found(recipient=recipient, standing=standing(None, recipient, today_in_school(now)))


async def change(
    session: Session,
    actor: Actor,
    found: Found,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    request_id: str,
) -> Found:
    """Change members of an organisation that was found `to_change`, or retire it. Changes that
    change nothing leave it as it is.
    """
    recipient, differ = found.recipient.changed(changes, now)
    if not differ:
        return found
    written = Change(
        action=Action.RECIPIENT_CHANGED,
        recipient_id=recipient.id,
        head=recipient,
        data={"changed": list(differ), "active": recipient.active, "version": recipient.version},
    )

    await store.write(session, written, by=actor, at=now, request_id=request_id)
    checks = await store.newest(session, actor.school, [recipient.id])
    return Found(
        recipient=recipient,
        standing=_standing(checks, recipient, None, today_in_school(now)),
        history=found.history,
    )


async def contacts(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    *,
    active: bool | None,
    limit: int,
    after: UUID | None,
    now: datetime,
    request_id: str,
) -> tuple[list[FoundContact], bool]:
    """A page of an organisation's contacts, and whether there are more; raises
    `RecipientNotFound`.
    """
    recipient = await store.load(session, actor.school, recipient_id)
    listed = await store.contacts(
        session, actor.school, recipient_id, active=active, limit=limit + 1, after=after
    )
    checks = await store.newest(session, actor.school, [recipient_id])

    today = today_in_school(now)
    found = [
        FoundContact(contact=one, standing=_standing(checks, recipient, one, today))
        for one in listed[:limit]
    ]

    data: dict[str, Json] = {
        "contacts": [str(one.contact.id) for one in found],
        "filters": [] if active is None else ["active"],
    }
    event = Event(action=Action.CONTACTS_READ, recipient=str(recipient_id), data=data)
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found, len(listed) > limit


async def find_contact(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    contact_id: UUID,
    *,
    now: datetime,
    to_change: bool = False,
) -> FoundContact:
    """A contact; raises `RecipientNotFound`, `ContactNotFound`."""
    recipient = await store.load(session, actor.school, recipient_id)
    contact = await store.load_contact(
        session, actor.school, recipient_id, contact_id, to_change=to_change
    )
    checks = await store.newest(session, actor.school, [recipient_id])
    return FoundContact(
        contact=contact, standing=_standing(checks, recipient, contact, today_in_school(now))
    )


async def read_contact(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    contact_id: UUID,
    *,
    now: datetime,
    request_id: str,
) -> FoundContact:
    """As `find_contact`, leaving an entry that it was looked at."""
    found = await find_contact(session, actor, recipient_id, contact_id, now=now)
    event = Event(
        action=Action.CONTACTS_READ,
        recipient=str(recipient_id),
        target=str(contact_id),
        data={"contacts": [str(contact_id)], "filters": []},
    )
    log.append(session, event, by=actor, at=now, request_id=request_id)
    return found


async def add_contact(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    details: Details,
    *,
    now: datetime,
    request_id: str,
) -> FoundContact:
    """Name a person at an organisation; raises `RecipientNotFound`, `RecipientRetired`. Nobody has
    checked them yet.
    """
    recipient = await store.load(session, actor.school, recipient_id, to_change=True)
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
        contact_id=contact.id,
        head=contact,
        draft=_details_draft(contact),
        data={},
    )

    await store.write(session, added, by=actor, at=now, request_id=request_id)
    checks = await store.newest(session, actor.school, [recipient_id])
    return FoundContact(
        contact=contact, standing=_standing(checks, recipient, contact, today_in_school(now))
    )


async def change_contact(
    session: Session,
    actor: Actor,
    found: FoundContact,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    request_id: str,
) -> FoundContact:
    """Change a contact that was found `to_change`, or retire it. The details before are kept as a
    record of whom the school dealt with.
    """
    contact, differ = found.contact.changed(changes, now)
    if not differ:
        return found
    draft = None
    if contact.details != found.contact.details:
        contact = replace(contact, details_id=ids.new_id(now))
        draft = _details_draft(contact)
    changed = Change(
        action=Action.CONTACT_CHANGED,
        recipient_id=contact.recipient_id,
        contact_id=contact.id,
        head=contact,
        draft=draft,
        data={"changed": list(differ), "active": contact.active, "version": contact.version},
    )

    await store.write(session, changed, by=actor, at=now, request_id=request_id)
    recipient = await store.load(session, actor.school, contact.recipient_id)
    checks = await store.newest(session, actor.school, [contact.recipient_id])
    return FoundContact(
        contact=contact, standing=_standing(checks, recipient, contact, today_in_school(now))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check of an identity, as somebody records it; today where no day is given."""

    method: CheckMethod
    result: Verified
    contact_id: UUID | None = None
    note: str | None = None
    verified_on: date | None = None


async def verify(
    session: Session,
    actor: Actor,
    recipient_id: UUID,
    check: Check,
    *,
    now: datetime,
    request_id: str,
) -> Verification:
    """Record how the identity of an organisation, or of a contact there, was checked, and what came
    of it.

    Raises `RecipientNotFound`, `ContactNotFound`, `RecipientRetired`, `InvalidVerification`.
    """
    # Held, so that the details that were checked are the ones that the record says.
    recipient = await store.load(session, actor.school, recipient_id, to_change=True)
    contact = None
    if check.contact_id is not None:
        contact = await store.load_contact(
            session, actor.school, recipient_id, check.contact_id, to_change=True
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
    said: dict[str, Json] = {"method": made.method.value, "result": made.result.value}
    recorded = Change(
        action=Action.VERIFICATION_RECORDED,
        recipient_id=recipient_id,
        contact_id=check.contact_id,
        draft=Draft(
            id=made.id,
            kind=RecordKind.VERIFICATION,
            body={**said, "identity_version": made.identity_version},
            text={} if made.note is None else {"note": made.note},
            verified_on=verified_on,
        ),
        data={**said, "verified_on": verified_on.isoformat()},
    )

    await store.write(session, recorded, by=actor, at=now, request_id=request_id)
    return made


async def verifications(
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
    """A page of the checks of an organisation and its contacts, last recorded first, and whether
    there are more.
    """
    await store.load(session, actor.school, recipient_id)
    found = await store.history(
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


def _standing(
    checks: Mapping[store.Target, Verification],
    recipient: Recipient,
    contact: Contact | None,
    on: date,
) -> Standing:
    organisation = standing(checks.get((recipient.id, None)), recipient, on)
    if contact is None:
        return organisation
    return both(organisation, standing(checks.get((recipient.id, contact.id)), contact, on))


def _details_draft(contact: Contact) -> Draft:
    given = {name: getattr(contact.details, name, None) for name in Details.__dataclass_fields__}
    text = {name: value for name, value in given.items() if value is not None}
    return Draft(
        id=contact.details_id,
        kind=RecordKind.DETAILS,
        body={"identity_version": contact.identity_version},
        text=text,
    )
