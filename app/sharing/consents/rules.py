"""Which consents and withdrawals of consent can be recorded. Pure.

Invariant: a consent never makes what is lawful without it unlawful, and an objection is weighed
apart from it.
"""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.deadlines import today_in_school
from app.sharing.case.case import Case, Record
from app.sharing.case.outcomes import SKEW
from app.sharing.case.records import Consent, ConsentWithdrawal, Disclosure


class ConsentNotFound(ServiceError):
    """The request has no such consent."""

    kind = Kind.NOT_FOUND
    code = "consent-not-found"
    title = "Consent not found"


class ConsentAlreadyWithdrawn(ServiceError):
    """The consent was withdrawn before."""

    kind = Kind.CONFLICT
    code = "consent-already-withdrawn"
    title = "Consent already withdrawn"


class InvalidConsent(ServiceError):
    """The consent's details contradict each other."""

    kind = Kind.INVALID
    code = "invalid-consent"
    title = "Invalid consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """A consent taken back: by whom, and when; None: now."""

    withdrawn_by: str
    at: datetime | None


def check_consent(consent: Consent, now: datetime) -> None:
    """Raises `InvalidConsent` for a consent given in the future, or that ended before it began."""
    faults = []
    if consent.given_at is not None and consent.given_at > now + SKEW:
        faults.append(
            Fault(
                "/given_at",
                "in the future; record a consent after it was given",
                "in-the-future",
            )
        )
    given_on = today_in_school(consent.given_at) if consent.given_at else None
    if given_on is not None and consent.expires_on is not None and consent.expires_on < given_on:
        faults.append(
            Fault("/expires_on", "before the day on which consent was given", "before-given")
        )
    if faults:
        raise InvalidConsent(faults[0].detail, faults=tuple(faults))


def withdrawal(
    case: Case, consent: Record[Consent] | None, command: Withdraw, now: datetime
) -> ConsentWithdrawal:
    """The withdrawal to record, with the disclosures whose recipients are to be told.

    Raises `ConsentNotFound` without the consent, `ConsentAlreadyWithdrawn`, `InvalidConsent`.
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
            "/at", "in the future; record a withdrawal after it was made", "in-the-future"
        )
    elif consent.given_at is not None and at < consent.given_at:
        fault = Fault("/at", "before the time at which consent was given", "before-given")
    else:
        return
    raise InvalidConsent(fault.detail, faults=(fault,))
