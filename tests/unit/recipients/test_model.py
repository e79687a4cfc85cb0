"""Who counts as verified: only by a check of these very details that is not too old."""

import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import canonical
from app.recipients.model import (
    NEVER,
    SORT_KEY,
    VALID_DAYS,
    CheckMethod,
    ContactNameMissing,
    InvalidVerification,
    RecipientType,
    Standing,
    Verified,
    VerifiedWhy,
    both,
    check_verification,
    fold,
    sort_key,
    standing,
    today_in_school,
)
from tests.unit.recipients.sound import NOW, TODAY, check, checked, contact, listing, recipient

LATER = NOW + timedelta(hours=1)


def test_nobody_is_verified_by_silence():
    assert (
        standing(None, recipient(), TODAY)
        == NEVER
        == Standing(verified=Verified.UNSURE, why=VerifiedWhy.NEVER_CHECKED)
    )


def test_a_check_counts_on_its_last_day_and_not_on_the_next():
    last = TODAY + timedelta(days=VALID_DAYS)
    assert standing(check(), recipient(), last) == checked(valid_until=last)
    after = standing(check(), recipient(), last + timedelta(days=1))
    assert (after.verified, after.why) == (Verified.UNSURE, VerifiedWhy.EXPIRED)


@pytest.mark.parametrize("days", [0, VALID_DAYS + 1, 10 * VALID_DAYS])
def test_a_no_stands_however_old_and_whatever_changed(days: int):
    refuted = standing(
        check(result=Verified.NO), recipient(identity_version=7), TODAY + timedelta(days=days)
    )
    assert (refuted.verified, refuted.why, refuted.valid_until) == (
        Verified.NO,
        VerifiedWhy.REFUTED,
        None,
    )


def test_a_doubt_is_no_yes():
    doubted = standing(check(result=Verified.UNSURE), recipient(), TODAY)
    assert (doubted.verified, doubted.why, doubted.valid_until) == (
        Verified.UNSURE,
        VerifiedWhy.DOUBTED,
        None,
    )


@given(
    result=st.sampled_from(Verified),
    of=st.integers(1, 3),
    now=st.integers(1, 3),
    age=st.integers(-2, 2 * VALID_DAYS),
)
def test_yes_is_said_only_of_what_was_checked_and_lately(
    result: Verified, of: int, now: int, age: int
):
    found = standing(
        check(result=result, identity_version=of),
        contact(identity_version=now),
        TODAY + timedelta(days=age),
    )
    assert (found.verified is Verified.YES) == (
        result is Verified.YES and of == now and age <= VALID_DAYS
    )
    assert (found.verified is Verified.NO) == (result is Verified.NO)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("organisation", "Othertown MASH"),
        ("organisation_type", RecipientType.POLICE),
        ("call_back_number", "01632 960999"),
    ],
)
def test_other_identifying_members_make_another_identity_of_an_organisation(
    member: str, value: object
):
    changed, differ = recipient().changed({member: value}, LATER)
    assert differ == (member,)
    assert (changed.version, changed.identity_version, changed.changed_at) == (2, 2, LATER)
    assert standing(check(), changed, TODAY).why is VerifiedWhy.DETAILS_CHANGED


@pytest.mark.parametrize(
    ("member", "value"), [("call_back_source", None), ("secure_routes", ()), ("active", False)]
)
def test_other_members_leave_the_identity_of_an_organisation_alone(member: str, value: object):
    changed, differ = recipient().changed({member: value}, LATER)
    assert differ == (member,)
    assert (changed.version, changed.identity_version) == (2, 1)


@pytest.mark.parametrize(
    ("member", "moves"),
    [("name", True), ("email", True), ("phone", True), ("role_title", False), ("active", False)],
)
def test_a_contact_is_recognised_by_name_address_and_number(member: str, moves: bool):  # noqa: FBT001 - a parameter of the table above
    changed, differ = contact().changed({member: False if member == "active" else "another"}, LATER)
    assert differ == (member,)
    assert (changed.version, changed.identity_version) == (2, 2 if moves else 1)


def test_what_changes_nothing_makes_no_version():
    same = {"organisation": listing().organisation, "active": True}
    assert recipient().changed(same, LATER) == (recipient(), ())
    assert contact().changed({"name": "A. Khan", "active": True}, LATER) == (contact(), ())


def test_destroyed_details_are_given_anew_with_a_name_first():
    destroyed = contact(details=None)
    with pytest.raises(ContactNameMissing):
        destroyed.changed({"email": "somebody@mash.example"}, LATER)
    anew, _ = destroyed.changed({"name": "B. Lee"}, LATER)
    assert anew.details is not None
    assert (anew.details.name, anew.details.email) == ("B. Lee", None)
    retired, differ = destroyed.changed({"active": False}, LATER)
    assert (retired.details, retired.active, differ) == (None, False, ("active",))


def test_a_refuted_organisation_refutes_its_contacts_and_nothing_else_carries_over():
    refuted = standing(check(result=Verified.NO), recipient(), TODAY)
    assert both(refuted, checked()) == refuted
    assert both(NEVER, checked()) == checked()
    assert both(checked(), NEVER) == NEVER


def test_a_check_is_not_made_in_the_future():
    with pytest.raises(InvalidVerification) as found:
        check_verification(
            recipient(), CheckMethod.WARRANT_CARD, Verified.YES, TODAY + timedelta(days=1), TODAY
        )
    assert [fault.pointer for fault in found.value.faults] == ["/verified_on"]


def test_nobody_calls_back_a_published_number_that_the_directory_does_not_hold():
    unpublished = recipient(listing=listing(call_back_number=None))
    with pytest.raises(InvalidVerification) as found:
        check_verification(
            unpublished, CheckMethod.CALL_BACK_PUBLISHED_NUMBER, Verified.YES, TODAY, TODAY
        )
    assert [fault.code for fault in found.value.faults] == ["no-published-number"]
    check_verification(
        unpublished, CheckMethod.CALL_BACK_PUBLISHED_NUMBER, Verified.NO, TODAY, TODAY
    )
    check_verification(unpublished, CheckMethod.WARRANT_CARD, Verified.YES, TODAY, TODAY)


def test_the_day_is_the_one_in_school():
    assert today_in_school(datetime(2026, 6, 1, 23, 30, tzinfo=UTC)) == date(2026, 6, 2)


def test_names_compare_without_case_width_and_space():
    assert fold("  ANYTOWN\u3000 Ｍash ") == fold("Anytown MASH") == "anytown mash"
    assert fold("Straße") == fold("STRASSE")


@given(st.text(max_size=200))
def test_a_sort_key_is_short_and_canonical(name: str):
    assert len(sort_key(name)) <= SORT_KEY
    assert canonical.encode(sort_key(name))


@given(st.text(alphabet=string.ascii_letters + " .-", max_size=200), st.integers(0, 200))
def test_a_name_is_found_by_its_beginning(name: str, length: int):
    assert sort_key(name).startswith(sort_key(name[:length]))


def test_changing_is_pure():
    before = recipient()
    before.changed({"organisation": "Other"}, LATER)
    assert before == replace(before)
