"""Which requests are due for review or disposal, what prevents disposal, and what a review sets.
Pure.

Invariant: no day causes a disposal by itself. A day that is reached makes the request due for a
person's decision.
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
"""A later day is rejected as a typing error."""


class Reason(StrEnum):
    """Why a request is due."""

    RETENTION_ENDED = "retention_ended"
    REVIEW_DUE = "review_due"


class Obstacle(StrEnum):
    """What prevents disposal."""

    LEGAL_HOLD = "legal_hold"
    UNDECIDED = "undecided"
    NOT_DUE = "not_due"


class InvalidRetentionReview(ServiceError):
    """The days of the review contradict each other or the policy."""

    kind = Kind.INVALID
    code = "invalid-retention-review"
    title = "Invalid retention review"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The decision of a retention review. `legal_hold` None leaves the hold as it is."""

    keep: Keep
    until: date | None
    next_review_on: date | None
    legal_hold: bool | None


def due_on(head: Head) -> date | None:
    """The day since which the request is due: the earlier of the end of its retention and its next
    review.
    """
    days = [
        date.fromisoformat(day) for day in (head.retain_until, head.review_on) if day is not None
    ]
    return min(days, default=None)


def reasons(head: Head, today: date) -> tuple[Reason, ...]:
    """Why the request is due; empty when it is not."""
    found = []
    if _reached(head.retain_until, today):
        found.append(Reason.RETENTION_ENDED)
    if _reached(head.review_on, today):
        found.append(Reason.REVIEW_DUE)
    return tuple(found) if TRANSITIONS[head.status] else ()


def obstacles(head: Head, today: date) -> tuple[Obstacle, ...]:
    """Everything that prevents disposal today; empty when the request can be disposed of.

    A request that is kept until a day can be disposed of from that day on; one that is kept
    indefinitely, from the day of its review on.
    """
    found = []
    if Act.DISPOSE not in TRANSITIONS[head.status]:
        found.append(Obstacle.UNDECIDED)
    if head.legal_hold:
        found.append(Obstacle.LEGAL_HOLD)
    ends = head.review_on if head.retain_until is None else head.retain_until
    if not _reached(ends, today):
        found.append(Obstacle.NOT_DUE)
    return tuple(found)


def day(text: str | None) -> date | None:
    """A day in a column of the head."""
    return None if text is None else date.fromisoformat(text)


def _reached(text: str | None, today: date) -> bool:
    reached = day(text)
    return reached is not None and reached <= today


def head_after_review(
    head: Head, review: Review, today: date, *, review_years: int, policy_until: date | None
) -> Head:
    """The head after the review. Raises `InvalidRetentionReview` with every fault.

    A request that is kept longer than its retention class (`policy_until`) is reviewed again after
    the policy's years at the latest, also where the review names no day.
    """
    latest = years_after(today, review_years)
    faults = [*_until_faults(review, today), *_next_faults(review, today, latest)]
    if faults:
        raise InvalidRetentionReview(faults[0].detail, faults=tuple(faults))
    until, next_review = review.until, review.next_review_on
    if review.keep is Keep.DISPOSE:
        until = today
    if (
        review.keep is Keep.UNTIL
        and next_review is None
        and until is not None
        and policy_until is not None
        and until > policy_until
    ):
        next_review = min(latest, until)
    return replace(
        head,
        retain_until=until.isoformat() if until else None,
        review_on=next_review.isoformat() if next_review else None,
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
    next_review = review.next_review_on
    if next_review is None:
        detail = "required when the request is kept indefinitely"
        return (
            [Fault("/next_review_on", detail, "missing")]
            if review.keep is Keep.INDEFINITELY
            else []
        )
    if review.keep is Keep.DISPOSE:
        return [
            Fault(
                "/next_review_on",
                "a request that is to be disposed of has no next review",
                "next-review-not-allowed",
            )
        ]
    if next_review <= today:
        return [Fault("/next_review_on", "use a day in the future", "in-the-past")]
    if next_review > latest and review.keep is Keep.INDEFINITELY:
        return [
            Fault(
                "/next_review_on",
                f"the policy requires the next review by {latest.isoformat()}",
                "too-far",
            )
        ]
    if review.until is not None and next_review > review.until:
        return [
            Fault("/next_review_on", "after the day until which the request is kept", "after-until")
        ]
    return []
