"""Replies of the directory. The same organisation on the same day gives the same bytes, so that its
ETag is the same.
"""

import hashlib
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from app.kernel import clock
from app.platform.paging import InvalidCursor, decode_cursor
from app.platform.preconditions import etag_of
from app.recipients.contacts.schemas import ContactOut
from app.recipients.fields import VerificationStatusOut
from app.recipients.organisation_types import TYPES
from app.recipients.organisations.schemas import (
    OrganisationOut,
    OrganisationSummaryOut,
    TypeOut,
    TypesOut,
)
from app.recipients.status import ListedContact, ListedRecipient
from app.recipients.verification import Verification, VerificationStatus
from app.recipients.verifications.schemas import RecorderOut, VerificationOut


def _status_out(status: VerificationStatus) -> VerificationStatusOut:
    return VerificationStatusOut(
        verified=status.verified,
        why=status.why,
        method=status.method,
        verified_on=status.verified_on,
        valid_until=status.valid_until,
    )


def summary_out(listed: ListedRecipient) -> OrganisationSummaryOut:
    """An organisation in a list."""
    recipient, details = listed.recipient, listed.recipient.details
    kind = TYPES[details.organisation_type]
    return OrganisationSummaryOut(
        id=recipient.id,
        version=recipient.version,
        organisation=details.organisation,
        organisation_type=details.organisation_type,
        section_11=kind.section_11,
        safeguarding_partner=kind.partner,
        protective=kind.protective,
        call_back_number=details.call_back_number,
        call_back_source=details.call_back_source,
        secure_routes=list(details.secure_routes),
        active=recipient.active,
        verification=_status_out(listed.status),
        recorded_at=clock.to_text(recipient.recorded_at),
        changed_at=clock.to_text(recipient.changed_at),
    )


def organisation_out(listed: ListedRecipient) -> OrganisationOut:
    """An organisation with its newest checks."""
    checks = [verification_out(check) for check in listed.verifications]
    return OrganisationOut(**dict(summary_out(listed)), verifications=checks)


def contact_out(listed: ListedContact) -> ContactOut:
    """A contact."""
    contact, details = listed.contact, listed.contact.details
    return ContactOut(
        id=contact.id,
        recipient_id=contact.recipient_id,
        version=contact.version,
        name=details.name if details else None,
        role_title=details.role_title if details else None,
        email=details.email if details else None,
        phone=details.phone if details else None,
        active=contact.active,
        verification=_status_out(listed.status),
        recorded_at=clock.to_text(contact.recorded_at),
        changed_at=clock.to_text(contact.changed_at),
    )


def verification_out(check: Verification) -> VerificationOut:
    """An identity check."""
    return VerificationOut(
        id=check.id,
        contact_id=check.contact_id,
        method=check.method,
        result=check.result,
        verified_on=check.verified_on,
        note=check.note,
        recorded_at=clock.to_text(check.recorded_at),
        recorded_by=RecorderOut(subject=check.by_id, role=check.by_role),
    )


def types_out() -> TypesOut:
    """Every type of organisation."""
    items = [
        TypeOut(
            organisation_type=name,
            label=kind.label,
            section_11=kind.section_11,
            safeguarding_partner=kind.partner,
            protective=kind.protective,
            words=kind.words,
        )
        for name, kind in TYPES.items()
    ]
    return TypesOut(items=items, next_cursor=None)


def reply(shown: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON reply."""
    return Response(shown.model_dump_json(), status, headers, "application/json")


def tagged_reply(
    shown: OrganisationOut | ContactOut, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A JSON reply with an ETag.

    The tag is made of the body, since a check that expires changes the body without any write.
    """
    made = reply(shown, status, headers)
    made.headers["ETag"] = etag_of(shown.version, hashlib.sha256(made.body).hexdigest()[:24])
    return made


def position(cursor: str | None, scope: str, parts: int) -> list[str] | None:
    """The position in a cursor, of so many parts; raises `InvalidCursor`."""
    if cursor is None:
        return None
    found = decode_cursor(cursor, scope)
    if len(found) != parts:
        raise InvalidCursor
    return found


def id_in(text: str) -> UUID:
    """An id in a cursor; raises `InvalidCursor`."""
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidCursor from error
