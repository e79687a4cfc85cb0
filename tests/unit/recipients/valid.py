"""Valid values of the directory; a test breaks one thing."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from app.kernel.vocabulary import Answer, OrganisationType, SecureRoute
from app.recipients.matching import RecipientFacts
from app.recipients.model import (
    CheckMethod,
    Contact,
    ContactDetails,
    OrganisationDetails,
    Recipient,
)
from app.recipients.verification import Verification, VerificationReason, VerificationStatus

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
HUB = UUID(int=1)
KHAN = UUID(int=2)


def details(**broken: Any) -> OrganisationDetails:
    valid: dict[str, Any] = {
        "organisation": "Anytown MASH",
        "organisation_type": OrganisationType.MASH,
        "call_back_number": "01632 960123",
        "call_back_source": "the council's website",
        "secure_routes": (SecureRoute.SECURE_EMAIL, SecureRoute.PHONE_VERIFIED),
    }
    return OrganisationDetails(**valid | broken)


def recipient(**broken: Any) -> Recipient:
    valid: dict[str, Any] = {
        "id": HUB,
        "school": "123456",
        "version": 1,
        "identity_version": 1,
        "details": details(),
        "active": True,
        "recorded_at": NOW,
        "changed_at": NOW,
    }
    return Recipient(**valid | broken)


def contact(**broken: Any) -> Contact:
    valid: dict[str, Any] = {
        "id": KHAN,
        "school": "123456",
        "recipient_id": HUB,
        "version": 1,
        "identity_version": 1,
        "active": True,
        "details_id": UUID(int=3),
        "details": ContactDetails(
            name="A. Khan",
            role_title="Social worker",
            email="a.khan@mash.example",
            phone="01632 960124",
        ),
        "recorded_at": NOW,
        "changed_at": NOW,
    }
    return Contact(**valid | broken)


def check(**broken: Any) -> Verification:
    valid: dict[str, Any] = {
        "id": UUID(int=4),
        "recipient_id": HUB,
        "contact_id": None,
        "method": CheckMethod.CALL_BACK_PUBLISHED_NUMBER,
        "result": Answer.YES,
        "verified_on": TODAY,
        "identity_version": 1,
        "note": None,
        "recorded_at": NOW,
        "by_id": UUID(int=5),
        "by_role": "dsl",
    }
    return Verification(**valid | broken)


def checked(**broken: Any) -> VerificationStatus:
    valid: dict[str, Any] = {
        "verified": Answer.YES,
        "why": VerificationReason.CHECKED,
        "method": CheckMethod.CALL_BACK_PUBLISHED_NUMBER,
        "verified_on": TODAY,
        "valid_until": date(2027, 3, 3),
    }
    return VerificationStatus(**valid | broken)


def facts(**broken: Any) -> RecipientFacts:
    valid: dict[str, Any] = {
        "recipient_id": HUB,
        "organisation": "Anytown MASH",
        "organisation_type": OrganisationType.MASH,
        "secure_routes": (SecureRoute.SECURE_EMAIL, SecureRoute.PHONE_VERIFIED),
        "call_back_number": "01632 960123",
        "active": True,
        "status": checked(),
        "contact_id": KHAN,
        "contact_active": True,
        "named_individual": "A. Khan",
    }
    return RecipientFacts(**valid | broken)


STATED = {
    "organisation": "Anytown MASH",
    "organisation_type": "mash",
    "named_individual": "A. Khan",
    "role_title": "Social worker",
    "identity_verified": "yes",
    "secure_route": "secure_email",
    "verification_method": "call_back_published_number",
}
