"""Rules for consents and their withdrawal. Pure.

Invariant: a missing or withdrawn consent does not make sharing unlawful if another lawful reason
applies. An objection is assessed separately.
"""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.deadlines import today_in_school
from app.sharing.case.case import Case, Record
from app.sharing.case.outcomes import SKEW
from app.sharing.case.records import Consent, ConsentWithdrawal, Disclosure


class ConsentNotFound(ServiceError):
    """The request has no consent with this id."""

    kind = Kind.NOT_FOUND
    code = "consent-not-found"
    title = "Consent not found"


class ConsentAlreadyWithdrawn(ServiceError):
    """The consent was already withdrawn."""

    kind = Kind.CONFLICT
    code = "consent-already-withdrawn"
    title = "Consent already withdrawn"


class InvalidConsent(ServiceError):
    """The details of the consent contradict each other."""

    kind = Kind.INVALID
    code = "invalid-consent"
    title = "Invalid consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """The command to withdraw a consent. If `at` is None, the withdrawal counts from now."""

    withdrawn_by: str
    at: datetime | None


def check_consent(consent: Consent, now: datetime) -> None:
    """Raise `InvalidConsent` if the consent was given in the future, or expires before the day
    it was given.
    """
    faults = []
    if consent.given_at is not None and consent.given_at > now + SKEW:
        faults.append(
            Fault(
                "/given_at",
                "the time is in the future; record a consent after it was given",
                "in-the-future",
            )
        )
    given_on = today_in_school(consent.given_at) if consent.given_at else None
    if given_on is not None and consent.expires_on is not None and consent.expires_on < given_on:
        faults.append(
            Fault(
                "/expires_on",
                "the date is before the day on which consent was given",
                "before-given",
            )
        )
    if faults:
        raise InvalidConsent(faults[0].detail, faults=tuple(faults))


def withdrawal(
    case: Case, consent: Record[Consent] | None, command: Withdraw, now: datetime
) -> ConsentWithdrawal:
    """Return the withdrawal to record, with the disclosures whose recipients the school must
    inform.

    Raises `ConsentNotFound`, `ConsentAlreadyWithdrawn` or `InvalidConsent`.
    """
    if consent is None:
        raise ConsentNotFound("check the id; see consents in the request")
    if any(record.content.consent_id == consent.id for record in case.of(ConsentWithdrawal)):
        raise ConsentAlreadyWithdrawn(
            "a withdrawal is final; if the person has consented again, record a new consent"
        )
    at = command.at or now
    _check_withdrawal(consent.content, at, now)
    return ConsentWithdrawal(
        consent_id=consent.id,
        at=at,
        disclosures_to_tell=tuple(record.id for record in case.of(Disclosure)),
        withdrawn_by=command.withdrawn_by,
    )


def _check_withdrawal(consent: Consent, at: datetime, now: datetime) -> None:
    if at > now + SKEW:
        fault = Fault(
            "/at",
            "the time is in the future; record a withdrawal after it was made",
            "in-the-future",
        )
    elif consent.given_at is not None and at < consent.given_at:
        fault = Fault(
            "/at", "the time is before the time at which consent was given", "before-given"
        )
    else:
        return
    raise InvalidConsent(fault.detail, faults=(fault,))
