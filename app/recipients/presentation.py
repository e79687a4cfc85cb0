"""The directory as its readers see it: the same organisation on the same day is shown in the same
bytes.
"""

from app.kernel import clock
from app.recipients.model import Contact, Recipient, Standing, Verification
from app.recipients.organisations import TYPES
from app.recipients.schemas import (
    ContactOut,
    OrganisationOut,
    OrganisationSummaryOut,
    RecorderOut,
    StandingOut,
    TypeOut,
    TypesOut,
    VerificationOut,
)


def standing_out(standing: Standing) -> StandingOut:
    """Whether somebody counts as verified, for the wire."""
    return StandingOut(
        verified=standing.verified,
        why=standing.why,
        method=standing.method,
        verified_on=standing.verified_on,
        valid_until=standing.valid_until,
    )


def summary_out(recipient: Recipient, standing: Standing) -> OrganisationSummaryOut:
    """An organisation for a list."""
    listing, kind = recipient.listing, TYPES[recipient.listing.organisation_type]
    return OrganisationSummaryOut(
        id=recipient.id,
        version=recipient.version,
        organisation=listing.organisation,
        organisation_type=listing.organisation_type,
        section_11=kind.section_11,
        safeguarding_partner=kind.partner,
        protective=kind.protective,
        call_back_number=listing.call_back_number,
        call_back_source=listing.call_back_source,
        secure_routes=list(listing.secure_routes),
        active=recipient.active,
        verification=standing_out(standing),
        recorded_at=clock.to_text(recipient.recorded_at),
        changed_at=clock.to_text(recipient.changed_at),
    )


def organisation_out(
    recipient: Recipient, standing: Standing, history: tuple[Verification, ...]
) -> OrganisationOut:
    """An organisation by itself."""
    shown = summary_out(recipient, standing)
    return OrganisationOut(
        **dict(shown), verifications=[verification_out(check) for check in history]
    )


def contact_out(contact: Contact, standing: Standing) -> ContactOut:
    """A contact."""
    details = contact.details
    return ContactOut(
        id=contact.id,
        recipient_id=contact.recipient_id,
        version=contact.version,
        name=details.name if details else None,
        role_title=details.role_title if details else None,
        email=details.email if details else None,
        phone=details.phone if details else None,
        active=contact.active,
        verification=standing_out(standing),
        recorded_at=clock.to_text(contact.recorded_at),
        changed_at=clock.to_text(contact.changed_at),
    )


def verification_out(check: Verification) -> VerificationOut:
    """A check."""
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
    """Every type."""
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
