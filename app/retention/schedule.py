"""What is due and why on a day, what stands against disposal, and what a review may set. Pure.

Law: nothing is disposed of because a day has come; a day only says that a person has to look.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.deadlines import years_after
from app.sharing.case.case import Head
from app.sharing.case.model import TRANSITIONS, Act, Keep

FURTHEST_YEARS: Final = 100
"""A day further away than this is a slip of the keyboard."""


class Reason(StrEnum):
    """Why a request is due."""

    RETENTION_ENDED = "retention_ended"
    REVIEW_DUE = "review_due"


class Bar(StrEnum):
    """What stands against disposal."""

    LEGAL_HOLD = "legal_hold"
    UNDECIDED = "undecided"
    NOT_DUE = "not_due"


class InvalidRetentionReview(ServiceError):
    """What the review sets does not fit together."""

    kind = Kind.INVALID
    code = "invalid-retention-review"
    title = "Invalid retention review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What somebody decided about keeping a request. `legal_hold` None leaves it as it is."""

    keep: Keep
    until: date | None
    next_review_on: date | None
    legal_hold: bool | None


def due_on(head: Head) -> date | None:
    """The day on which the request first asks for somebody: the end of its retention, or its next
    review.
    """
    days = [
        date.fromisoformat(day) for day in (head.retain_until, head.review_on) if day is not None
    ]
    return min(days, default=None)


def reasons(head: Head, today: date) -> tuple[Reason, ...]:
    """Why the request is due; empty when it is not."""
    found = []
    if _come(head.retain_until, today):
        found.append(Reason.RETENTION_ENDED)
    if _come(head.review_on, today):
        found.append(Reason.REVIEW_DUE)
    return tuple(found) if TRANSITIONS[head.status] else ()


def bars(head: Head, today: date) -> tuple[Bar, ...]:
    """Everything that stands against disposal today; empty when it may go.

    What is kept until a day may go from that day on, what is kept indefinitely when its review has
    come. A review in between decides first.
    """
    found = []
    if Act.DISPOSE not in TRANSITIONS[head.status]:
        found.append(Bar.UNDECIDED)
    if head.legal_hold:
        found.append(Bar.LEGAL_HOLD)
    ends = head.review_on if head.retain_until is None else head.retain_until
    if not _come(ends, today):
        found.append(Bar.NOT_DUE)
    return tuple(found)


def day(text: str | None) -> date | None:
    """A day of the head."""
    return None if text is None else date.fromisoformat(text)


def _come(text: str | None, today: date) -> bool:
    come = day(text)
    return come is not None and come <= today


def reviewed(
    head: Head, review: Review, today: date, *, review_years: int, policy_until: date | None
) -> Head:
    """The head after the review. Raises `InvalidRetentionReview` with every fault.

    What is kept longer than the policy's class says (`policy_until`) is looked at again after the
    policy's years at the latest, whether or not the review names a day.
    """
    latest = years_after(today, review_years)
    faults = [*_until_faults(review, today), *_next_faults(review, today, latest)]
    if faults:
        raise InvalidRetentionReview(faults[0].detail, faults=tuple(faults))
    until, look = review.until, review.next_review_on
    if review.keep is Keep.DISPOSE:
        until = today
    if (
        review.keep is Keep.UNTIL
        and look is None
        and until is not None
        and policy_until is not None
        and until > policy_until
    ):
        look = min(latest, until)
    return replace(
        head,
        retain_until=until.isoformat() if until else None,
        review_on=look.isoformat() if look else None,
        legal_hold=head.legal_hold if review.legal_hold is None else review.legal_hold,
    )


def _until_faults(review: Review, today: date) -> list[Fault]:
    if review.keep is not Keep.UNTIL:
        return (
            [
                Fault(
                    "/until",
                    "only a request that is kept until a day has this member",
                    "until-not-allowed",
                )
            ]
            if review.until
            else []
        )
    if review.until is None:
        return [Fault("/until", "required when the request is kept until a day", "missing")]
    if review.until <= today:
        return [
            Fault(
                "/until",
                "use a day in the future; to dispose of the request, set keep to dispose",
                "in-the-past",
            )
        ]
    if review.until > years_after(today, FURTHEST_YEARS):
        return [
            Fault(
                "/until",
                "more than 100 years ahead; to keep the request without an end, set keep to"
                " indefinitely",
                "too-far",
            )
        ]
    return []


def _next_faults(review: Review, today: date, latest: date) -> list[Fault]:
    look = review.next_review_on
    if look is None:
        words = "what is kept indefinitely has a day on which that is looked at again"
        return (
            [Fault("/next_review_on", words, "missing")] if review.keep is Keep.INDEFINITELY else []
        )
    if review.keep is Keep.DISPOSE:
        return [
            Fault(
                "/next_review_on",
                "a request that is to be disposed of has no next review",
                "next-review-not-allowed",
            )
        ]
    if look <= today:
        return [Fault("/next_review_on", "use a day in the future", "in-the-past")]
    if look > latest and review.keep is Keep.INDEFINITELY:
        return [
            Fault(
                "/next_review_on",
                f"the policy asks to look again by {latest.isoformat()} at the latest",
                "too-far",
            )
        ]
    if review.until is not None and look > review.until:
        return [
            Fault("/next_review_on", "after the day until which the request is kept", "after-until")
        ]
    return []
