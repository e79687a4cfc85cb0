"""Identity checks, and whether an organisation or contact counts as verified on a day. Pure.

Invariant: a yes needs a check that was made with the present details and is not too old. Without a
check the answer is `unsure`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.kernel.vocabulary import Answer
from app.recipients.model import CheckMethod, Contact, Recipient

VALID_DAYS: Final = 365
"""How many days a check counts after the day on which it was made."""


class VerificationReason(StrEnum):
    """Why an organisation or contact counts as verified or not."""

    CHECKED = "checked"
    REFUTED = "refuted"
    DOUBTED = "doubted"
    NEVER_CHECKED = "never_checked"
    DETAILS_CHANGED = "details_changed"
    EXPIRED = "expired"


class InvalidVerification(ServiceError):
    """The check is impossible as recorded: a day in the future, or a call to a number that is not
    listed.
    """

    kind = Kind.INVALID
    code = "invalid-verification"
    title = "Invalid verification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One check of an identity: of an organisation, or of a contact. `identity_version` is that of
    the organisation or contact when it was checked.
    """

    id: UUID
    recipient_id: UUID
    contact_id: UUID | None
    method: CheckMethod
    result: Answer
    verified_on: date
    identity_version: int
    note: str | None
    recorded_at: datetime
    by_id: UUID
    by_role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationStatus:
    """Whether an organisation or contact counts as verified on a day, why, and by which check;
    `valid_until` is the last day on which a yes counts.
    """

    verified: Answer
    why: VerificationReason
    method: CheckMethod | None = None
    verified_on: date | None = None
    valid_until: date | None = None


NEVER_CHECKED: Final = VerificationStatus(
    verified=Answer.UNSURE, why=VerificationReason.NEVER_CHECKED
)


def status_of(
    newest: Verification | None, head: Recipient | Contact, on: date
) -> VerificationStatus:
    """The status that follows from the newest check. A no counts until the next check, whatever its
    age and whatever has changed.
    """
    if newest is None:
        return NEVER_CHECKED
    last_day = newest.verified_on + timedelta(days=VALID_DAYS)
    if newest.result is Answer.NO:
        verified, why = Answer.NO, VerificationReason.REFUTED
    elif newest.result is Answer.UNSURE:
        verified, why = Answer.UNSURE, VerificationReason.DOUBTED
    elif newest.identity_version != head.identity_version:
        verified, why = Answer.UNSURE, VerificationReason.DETAILS_CHANGED
    elif on > last_day:
        verified, why = Answer.UNSURE, VerificationReason.EXPIRED
    else:
        verified, why = Answer.YES, VerificationReason.CHECKED
    return VerificationStatus(
        verified=verified,
        why=why,
        method=newest.method,
        verified_on=newest.verified_on,
        valid_until=last_day if newest.result is Answer.YES else None,
    )


def contact_status(
    organisation: VerificationStatus, contact: VerificationStatus
) -> VerificationStatus:
    """The status of a contact: its own, unless the organisation itself was refuted."""
    return organisation if organisation.verified is Answer.NO else contact


def check_verification(
    recipient: Recipient, method: CheckMethod, result: Answer, verified_on: date, today: date
) -> None:
    """Raises `InvalidVerification` for a check in the future, or for a call back when the directory
    has no published number.
    """
    faults = []
    if verified_on > today:
        faults.append(
            Fault(
                "/verified_on",
                "in the future; use the day on which the check was made",
                "in-the-future",
            )
        )
    if (
        method is CheckMethod.CALL_BACK_PUBLISHED_NUMBER
        and result is Answer.YES
        and recipient.details.call_back_number is None
    ):
        detail = (
            "the directory has no published number of this organisation; record call_back_number"
            " and where it is published first"
        )
        faults.append(Fault("/method", detail, "no-published-number"))
    if faults:
        raise InvalidVerification(faults[0].detail, faults=tuple(faults))
