"""Loads the verification statuses of organisations and contacts, and gives other packages what the
directory knows about a recipient.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.platform.db import Session
from app.recipients import store
from app.recipients.matching import RecipientFacts
from app.recipients.model import Contact, ContactNotFound, Recipient, RecipientNotFound
from app.recipients.verification import (
    Verification,
    VerificationStatus,
    contact_status,
    status_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRecipient:
    """An organisation with its verification status on a day. `verifications` are its newest checks
    in reverse order of recording, where they were asked for.
    """

    recipient: Recipient
    status: VerificationStatus
    verifications: tuple[Verification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContact:
    """A contact with its verification status on a day."""

    contact: Contact
    status: VerificationStatus


class Statuses:
    """The newest checks of some organisations and their contacts, and the statuses that follow from
    them on a day.
    """

    def __init__(self, newest: Mapping[store.Target, Verification], on: date) -> None:
        self._newest = newest
        self._on = on

    @classmethod
    async def load(
        cls, session: Session, school: str, recipient_ids: list[UUID], on: date
    ) -> "Statuses":
        """Read the newest checks of these organisations and of their contacts."""
        return cls(await store.newest_verifications(session, school, recipient_ids), on)

    def of(self, recipient: Recipient) -> VerificationStatus:
        """The status of an organisation."""
        return status_of(self._newest.get((recipient.id, None)), recipient, self._on)

    def of_contact(self, recipient: Recipient, contact: Contact) -> VerificationStatus:
        """The status of a contact at an organisation."""
        own = status_of(self._newest.get((recipient.id, contact.id)), contact, self._on)
        return contact_status(self.of(recipient), own)


async def recipient_facts(
    session: Session, school: str, recipient_id: UUID, contact_id: UUID | None = None, *, on: date
) -> RecipientFacts | None:
    """What the directory of a school knows about an organisation, and one contact there, on a day;
    None where it has no such organisation or contact.

    Leaves no audit entry: that of the caller says why it was read.
    """
    contact = None
    try:
        recipient = await store.load(session, school, recipient_id)
        if contact_id is not None:
            contact = await store.load_contact(session, school, recipient_id, contact_id)
    except (RecipientNotFound, ContactNotFound):
        return None
    statuses = await Statuses.load(session, school, [recipient_id], on)
    status = statuses.of(recipient)
    if contact is not None:
        status = statuses.of_contact(recipient, contact)
    details = None if contact is None else contact.details
    return RecipientFacts(
        recipient_id=recipient.id,
        organisation=recipient.details.organisation,
        organisation_type=recipient.details.organisation_type,
        secure_routes=recipient.details.secure_routes,
        call_back_number=recipient.details.call_back_number,
        active=recipient.active,
        status=status,
        contact_id=contact_id,
        contact_active=None if contact is None else contact.active,
        named_individual=None if details is None else details.name,
    )
