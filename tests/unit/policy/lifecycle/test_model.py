"""The life of a version: where it stands on each day, and what stands against approving it or
taking it back.
"""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.lifecycle import in_force
from app.policy.lifecycle import model as lifecycle_model
from app.policy.lifecycle.model import Approval, Standing, Status

TODAY = date(2026, 3, 3)
AUTHOR, APPROVER = uuid4(), uuid4()
DRAFT = Standing(author=AUTHOR, starts_on=None, withdrawn=False)
SOUND = Approval(approved_by="Chair of Governors", in_force_from=TODAY, next_review_on="2027-03")
DOCUMENT = in_force.shipped().document


def approve(
    standing: Standing = DRAFT, wanted: Approval = SOUND, *, taken: frozenset[date] = frozenset()
) -> None:
    lifecycle_model.check_approval(
        wanted, standing, DOCUMENT, by=APPROVER, taken=taken, today=TODAY
    )


def approved(starts_on: date) -> Standing:
    return Standing(author=AUTHOR, starts_on=starts_on, withdrawn=False)


def test_a_sound_approval_stands():
    approve()


def test_its_author_never_approves_whatever_else_is_wrong():
    with pytest.raises(lifecycle_model.ApproverIsAuthor):
        lifecycle_model.check_approval(
            SOUND, DRAFT, DOCUMENT, by=AUTHOR, taken={TODAY}, today=TODAY
        )


@pytest.mark.parametrize(
    ("standing", "refusal"),
    [
        (approved(TODAY), lifecycle_model.VersionAlreadyApproved),
        (approved(TODAY + timedelta(days=9)), lifecycle_model.VersionAlreadyApproved),
        (
            Standing(author=AUTHOR, starts_on=None, withdrawn=True),
            lifecycle_model.PolicyVersionWithdrawn,
        ),
        (
            Standing(author=AUTHOR, starts_on=TODAY, withdrawn=True),
            lifecycle_model.PolicyVersionWithdrawn,
        ),
    ],
)
def test_what_is_no_draft_is_not_approved(standing: Standing, refusal: type[Exception]):
    with pytest.raises(refusal):
        approve(standing)


def test_one_version_begins_on_a_day():
    approve(taken=frozenset({TODAY + timedelta(days=1)}))
    with pytest.raises(lifecycle_model.StartDateTaken):
        approve(taken=frozenset({TODAY}))


def test_all_that_is_wrong_with_the_dates_is_told_together():
    wanted = Approval(
        approved_by="Chair", in_force_from=date(2025, 10, 1), next_review_on="2025-09"
    )
    with pytest.raises(lifecycle_model.InvalidApproval) as refused:
        approve(wanted=wanted)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/in_force_from", "in-the-past"),
        ("/in_force_from", "no-value"),
        ("/next_review_on", "before-start"),
    ]


@pytest.mark.parametrize("review", ["2026-04", "2026-03-04", "2027-03", "2028-03", "2028-03-31"])
def test_a_review_may_be_set_within_two_years(review: str):
    approve(wanted=replace(SOUND, next_review_on=review))


@pytest.mark.parametrize("review", ["2028-04", "2028-04-01", "2029-01", "2090-01", "9999-11"])
def test_a_review_too_far_away_is_refused_with_what_the_policy_says_of_it(review: str):
    with pytest.raises(lifecycle_model.InvalidApproval) as refused:
        approve(wanted=replace(SOUND, next_review_on=review))
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/next_review_on", "too-late")
    assert (
        "The head reviews the policy every year and the chair of governors approves it."
        " (review.yearly)" in fault.detail
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2027",
        "2027-00",
        "2027-13",
        "2027-3",
        "2027-02-29",
        "2027-03-3",
        "27-03",
        "2027-03\n",
        "２０２７-03",
    ],
)
def test_what_is_no_month_and_no_day_is_no_review(text: str):
    assert lifecycle_model.review_by(text) is None


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2027-12", date(2027, 12, 31)),
        ("2028-02", date(2028, 2, 29)),
        ("2027-03-04", date(2027, 3, 4)),
    ],
)
def test_a_review_is_in_time_until_its_month_or_day_ends(text: str, last: date):
    assert lifecycle_model.review_by(text) == last


def test_a_version_is_taken_back_until_the_day_before_it_begins():
    lifecycle_model.check_withdrawal(DRAFT, TODAY)
    lifecycle_model.check_withdrawal(approved(TODAY + timedelta(days=1)), TODAY)
    for begun in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(lifecycle_model.VersionAlreadyStarted):
            lifecycle_model.check_withdrawal(approved(begun), TODAY)
    with pytest.raises(lifecycle_model.PolicyVersionWithdrawn):
        lifecycle_model.check_withdrawal(
            Standing(author=AUTHOR, starts_on=None, withdrawn=True), TODAY
        )


DAYS = st.dates(date(2026, 1, 1), date(2027, 1, 1))


@given(
    st.lists(
        st.tuples(st.none() | DAYS, st.booleans()),
        max_size=6,
        unique_by=lambda pair: pair[0] or object(),
    ),
    DAYS,
)
def test_on_every_day_at_most_one_version_is_in_force_and_each_stands_somewhere(
    versions: list[tuple[date | None, bool]], on: date
):
    begun = [
        start
        for start, withdrawn in versions
        if start is not None and not withdrawn and start <= on
    ]
    current = max(begun, default=None)
    found = [
        lifecycle_model.status(
            Standing(author=AUTHOR, starts_on=start, withdrawn=gone),
            on,
            current=start is not None and not gone and start == current,
        )
        for start, gone in versions
    ]
    assert found.count(Status.IN_FORCE) == (1 if begun else 0)
    for (start, gone), status in zip(versions, found, strict=True):
        assert (status is Status.WITHDRAWN) is gone
        assert gone or (status is Status.DRAFT) is (start is None)
        assert status is not Status.APPROVED or (start is not None and start > on)
        assert status is not Status.SUPERSEDED or (start is not None and start < on)
