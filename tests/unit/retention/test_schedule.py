"""What is due on a day, and what a retention review sets, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from app.retention.schedule import (
    InvalidRetentionReview,
    Obstacle,
    Reason,
    Review,
    due_on,
    head_after_review,
    obstacles,
    reasons,
)
from app.sharing.case.case import Head
from app.sharing.case.model import OPEN, Keep, Status

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = Head(
    id=UUID(int=1),
    school="123456",
    version=3,
    status=Status.CLOSED,
    direction="received",
    urgency="routine",
    purpose="early_help",
    recipient_type="school",
    recipient_id=None,
    outcome="share",
    release="ready",
    decision="share",
    departs=False,
    policy_digest="sha256:0",
    submitted_by=UUID(int=2),
    submitted_role="staff",
    submitted_at=NOON,
    decided_at=NOON,
    due_at=None,
    task_due_at=None,
    advice_due_at=None,
    notice_due_on=None,
    retention_class="general",
    retain_until=None,
    review_on=None,
    legal_hold=False,
    audit_id=UUID(int=3),
)
BEFORE, AFTER = (TODAY + timedelta(days=days) for days in (-1, 1))
UNTIL = Review(keep=Keep.UNTIL, until=date(2041, 9, 1), next_review_on=None, legal_hold=None)


def head(until: date | None = None, review: date | None = None, **other: object) -> Head:
    days = {"retain_until": until and until.isoformat(), "review_on": review and review.isoformat()}
    return replace(HEAD, **days, **other)  # type: ignore[arg-type]


def after(review: Review, *, policy_until: date | None = date(2051, 11, 23)) -> Head:
    return head_after_review(head(TODAY), review, TODAY, review_years=1, policy_until=policy_until)


@pytest.mark.parametrize(
    ("until", "review", "due", "why"),
    [
        (None, None, None, ()),
        (TODAY, None, TODAY, (Reason.RETENTION_ENDED,)),
        (AFTER, None, AFTER, ()),
        (None, BEFORE, BEFORE, (Reason.REVIEW_DUE,)),
        (TODAY, BEFORE, BEFORE, (Reason.RETENTION_ENDED, Reason.REVIEW_DUE)),
        (AFTER, TODAY, TODAY, (Reason.REVIEW_DUE,)),
        (BEFORE, AFTER, BEFORE, (Reason.RETENTION_ENDED,)),
    ],
)
def test_a_request_is_due_from_the_day_on(
    until: date | None, review: date | None, due: date | None, why: tuple[Reason, ...]
):
    assert (due_on(head(until, review)), reasons(head(until, review), TODAY)) == (due, why)


def test_a_tombstone_is_never_due():
    assert reasons(head(BEFORE, BEFORE, status=Status.DISPOSED), TODAY) == ()


@pytest.mark.parametrize(
    ("until", "review", "against"),
    [
        (TODAY, None, ()),
        (AFTER, None, (Obstacle.NOT_DUE,)),
        (None, TODAY, ()),
        (None, AFTER, (Obstacle.NOT_DUE,)),
        (None, None, (Obstacle.NOT_DUE,)),
        (AFTER, TODAY, (Obstacle.NOT_DUE,)),
    ],
)
def test_what_is_kept_goes_when_its_time_has_come(
    until: date | None, review: date | None, against: tuple[Obstacle, ...]
):
    assert obstacles(head(until, review), TODAY) == against


@pytest.mark.parametrize("status", Status)
def test_only_what_is_decided_or_withdrawn_goes(status: Status):
    assert (Obstacle.UNDECIDED in obstacles(head(TODAY, status=status), TODAY)) == (
        status in OPEN | {Status.DISPOSED}
    )


def test_a_hold_is_named_with_everything_else_that_bars():
    assert obstacles(head(AFTER, status=Status.SUBMITTED, legal_hold=True), TODAY) == (
        Obstacle.UNDECIDED,
        Obstacle.LEGAL_HOLD,
        Obstacle.NOT_DUE,
    )


def test_a_review_sets_a_day():
    assert after(UNTIL).retain_until == "2041-09-01"
    assert after(UNTIL).review_on is None


def test_what_is_kept_longer_than_the_policy_says_is_looked_at_again():
    assert after(UNTIL, policy_until=date(2032, 11, 23)).review_on == "2027-11-23"
    assert (
        after(replace(UNTIL, until=date(2027, 3, 1)), policy_until=date(2026, 12, 1)).review_on
        == "2027-03-01"
    )


def test_indefinitely_has_a_next_review_and_no_end():
    kept = after(
        Review(
            keep=Keep.INDEFINITELY, until=None, next_review_on=date(2027, 11, 23), legal_hold=True
        )
    )
    assert (kept.retain_until, kept.review_on, kept.legal_hold) == (None, "2027-11-23", True)


def test_what_is_to_go_is_due_at_once():
    gone = after(Review(keep=Keep.DISPOSE, until=None, next_review_on=None, legal_hold=None))
    assert (gone.retain_until, obstacles(gone, TODAY)) == (TODAY.isoformat(), ())


@pytest.mark.parametrize("held", [True, False])
def test_a_review_that_says_nothing_of_a_hold_leaves_it(held: bool):  # noqa: FBT001
    assert (
        head_after_review(
            head(TODAY, legal_hold=held), UNTIL, TODAY, review_years=1, policy_until=None
        ).legal_hold
        is held
    )


@pytest.mark.parametrize(
    ("review", "places"),
    [
        (replace(UNTIL, until=None), ["/until"]),
        (replace(UNTIL, until=TODAY), ["/until"]),
        (replace(UNTIL, until=date(2126, 11, 24)), ["/until"]),
        (replace(UNTIL, next_review_on=TODAY), ["/next_review_on"]),
        (replace(UNTIL, next_review_on=date(2041, 9, 2)), ["/next_review_on"]),
        (replace(UNTIL, keep=Keep.INDEFINITELY), ["/until", "/next_review_on"]),
        (
            replace(UNTIL, keep=Keep.INDEFINITELY, until=None, next_review_on=TODAY),
            ["/next_review_on"],
        ),
        (
            replace(UNTIL, keep=Keep.INDEFINITELY, until=None, next_review_on=date(2027, 11, 24)),
            ["/next_review_on"],
        ),
        (replace(UNTIL, keep=Keep.DISPOSE, next_review_on=AFTER), ["/until", "/next_review_on"]),
    ],
)
def test_a_review_that_does_not_fit_together_is_refused_with_every_fault(
    review: Review, places: list[str]
):
    with pytest.raises(InvalidRetentionReview) as refused:
        after(review)
    assert [fault.pointer for fault in refused.value.faults] == places
