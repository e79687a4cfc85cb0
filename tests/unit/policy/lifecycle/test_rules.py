"""The status of a version on each day, and the rules for approving and withdrawing it."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.lifecycle import in_force, rules
from app.policy.lifecycle.model import Approval, Status, VersionState
from app.policy.lifecycle.model import status as status_of

TODAY = date(2026, 3, 3)
AUTHOR, APPROVER = uuid4(), uuid4()
DRAFT = VersionState(author=AUTHOR, starts_on=None, withdrawn=False)
VALID = Approval(approved_by="Chair of Governors", in_force_from=TODAY, next_review_on="2027-03")
DOCUMENT = in_force.shipped().document


def approve(
    state: VersionState = DRAFT, wanted: Approval = VALID, *, taken: frozenset[date] = frozenset()
) -> None:
    rules.check_approval(wanted, state, DOCUMENT, by=APPROVER, taken=taken, today=TODAY)


def approved(starts_on: date) -> VersionState:
    return VersionState(author=AUTHOR, starts_on=starts_on, withdrawn=False)


def test_a_valid_approval_is_accepted():
    approve()


def test_the_author_is_refused_before_any_other_fault():
    with pytest.raises(rules.ApproverIsAuthor):
        rules.check_approval(VALID, DRAFT, DOCUMENT, by=AUTHOR, taken={TODAY}, today=TODAY)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (approved(TODAY), rules.VersionAlreadyApproved),
        (approved(TODAY + timedelta(days=9)), rules.VersionAlreadyApproved),
        (
            VersionState(author=AUTHOR, starts_on=None, withdrawn=True),
            rules.PolicyVersionWithdrawn,
        ),
        (
            VersionState(author=AUTHOR, starts_on=TODAY, withdrawn=True),
            rules.PolicyVersionWithdrawn,
        ),
    ],
)
def test_only_a_draft_can_be_approved(state: VersionState, refusal: type[Exception]):
    with pytest.raises(refusal):
        approve(state)


def test_two_versions_never_start_on_the_same_day():
    approve(taken=frozenset({TODAY + timedelta(days=1)}))
    with pytest.raises(rules.StartDateTaken):
        approve(taken=frozenset({TODAY}))


def test_all_faults_of_the_dates_are_reported_together():
    wanted = Approval(
        approved_by="Chair", in_force_from=date(2025, 10, 1), next_review_on="2025-09"
    )
    with pytest.raises(rules.InvalidApproval) as refused:
        approve(wanted=wanted)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/in_force_from", "in-the-past"),
        ("/in_force_from", "no-value"),
        ("/next_review_on", "before-start"),
    ]


@pytest.mark.parametrize("review", ["2026-04", "2026-03-04", "2027-03", "2028-03", "2028-03-31"])
def test_a_review_within_two_years_is_accepted(review: str):
    approve(wanted=replace(VALID, next_review_on=review))


@pytest.mark.parametrize("review", ["2028-04", "2028-04-01", "2029-01", "2090-01", "9999-11"])
def test_a_review_after_two_years_is_refused_with_the_clause_of_the_policy(review: str):
    with pytest.raises(rules.InvalidApproval) as refused:
        approve(wanted=replace(VALID, next_review_on=review))
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
def test_a_text_that_is_not_a_month_or_day_is_not_a_review_date(text: str):
    assert rules.review_by(text) is None


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2027-12", date(2027, 12, 31)),
        ("2028-02", date(2028, 2, 29)),
        ("2027-03-04", date(2027, 3, 4)),
    ],
)
def test_a_review_is_in_time_until_the_end_of_its_month_or_day(text: str, last: date):
    assert rules.review_by(text) == last


def test_a_version_can_be_withdrawn_until_the_day_before_it_starts():
    rules.check_withdrawal(DRAFT, TODAY)
    rules.check_withdrawal(approved(TODAY + timedelta(days=1)), TODAY)
    for begun in (TODAY, TODAY - timedelta(days=1)):
        with pytest.raises(rules.VersionAlreadyStarted):
            rules.check_withdrawal(approved(begun), TODAY)
    with pytest.raises(rules.PolicyVersionWithdrawn):
        rules.check_withdrawal(VersionState(author=AUTHOR, starts_on=None, withdrawn=True), TODAY)


DAYS = st.dates(date(2026, 1, 1), date(2027, 1, 1))


@given(
    st.lists(
        st.tuples(st.none() | DAYS, st.booleans()),
        max_size=6,
        unique_by=lambda pair: pair[0] or object(),
    ),
    DAYS,
)
def test_on_every_day_at_most_one_version_is_in_force_and_each_has_a_status(
    versions: list[tuple[date | None, bool]], on: date
):
    begun = [
        start
        for start, withdrawn in versions
        if start is not None and not withdrawn and start <= on
    ]
    current = max(begun, default=None)
    found = [
        status_of(
            VersionState(author=AUTHOR, starts_on=start, withdrawn=gone),
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
