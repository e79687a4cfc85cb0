"""What counts as verified: only a check of the present details that is not too old."""

import string
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import canonical
from app.kernel.clock import today_in_school
from app.kernel.vocabulary import Answer, OrganisationType
from app.recipients.model import SORT_KEY, CheckMethod, ContactNameMissing, fold, sort_key
from app.recipients.verification import (
    NEVER_CHECKED,
    VALID_DAYS,
    InvalidVerification,
    VerificationReason,
    VerificationStatus,
    check_verification,
    contact_status,
    status_of,
)
from tests.unit.recipients.valid import NOW, TODAY, check, checked, contact, details, recipient

LATER = NOW + timedelta(hours=1)


def test_without_a_check_the_status_is_unsure():
    assert (
        status_of(None, recipient(), TODAY)
        == NEVER_CHECKED
        == VerificationStatus(verified=Answer.UNSURE, why=VerificationReason.NEVER_CHECKED)
    )


def test_a_check_counts_on_its_last_day_and_not_on_the_next():
    last = TODAY + timedelta(days=VALID_DAYS)
    assert status_of(check(), recipient(), last) == checked(valid_until=last)
    after = status_of(check(), recipient(), last + timedelta(days=1))
    assert (after.verified, after.why) == (Answer.UNSURE, VerificationReason.EXPIRED)


@pytest.mark.parametrize("days", [0, VALID_DAYS + 1, 10 * VALID_DAYS])
def test_a_no_counts_whatever_its_age_and_whatever_has_changed(days: int):
    refuted = status_of(
        check(result=Answer.NO), recipient(identity_version=7), TODAY + timedelta(days=days)
    )
    assert (refuted.verified, refuted.why, refuted.valid_until) == (
        Answer.NO,
        VerificationReason.REFUTED,
        None,
    )


def test_an_unsure_check_gives_unsure():
    doubted = status_of(check(result=Answer.UNSURE), recipient(), TODAY)
    assert (doubted.verified, doubted.why, doubted.valid_until) == (
        Answer.UNSURE,
        VerificationReason.DOUBTED,
        None,
    )


@given(
    result=st.sampled_from(Answer),
    of=st.integers(1, 3),
    now=st.integers(1, 3),
    age=st.integers(-2, 2 * VALID_DAYS),
)
def test_yes_needs_a_recent_check_of_the_present_details(
    result: Answer, of: int, now: int, age: int
):
    found = status_of(
        check(result=result, identity_version=of),
        contact(identity_version=now),
        TODAY + timedelta(days=age),
    )
    assert (found.verified is Answer.YES) == (
        result is Answer.YES and of == now and age <= VALID_DAYS
    )
    assert (found.verified is Answer.NO) == (result is Answer.NO)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("organisation", "Othertown MASH"),
        ("organisation_type", OrganisationType.POLICE),
        ("call_back_number", "01632 960999"),
    ],
)
def test_a_change_of_an_identifying_field_makes_earlier_checks_void(member: str, value: object):
    changed, differ = recipient().with_changes({member: value}, LATER)
    assert differ == (member,)
    assert (changed.version, changed.identity_version, changed.changed_at) == (2, 2, LATER)
    assert status_of(check(), changed, TODAY).why is VerificationReason.DETAILS_CHANGED


@pytest.mark.parametrize(
    ("member", "value"), [("call_back_source", None), ("secure_routes", ()), ("active", False)]
)
def test_a_change_of_another_field_leaves_checks_valid(member: str, value: object):
    changed, differ = recipient().with_changes({member: value}, LATER)
    assert differ == (member,)
    assert (changed.version, changed.identity_version) == (2, 1)


@pytest.mark.parametrize(
    ("member", "moves"),
    [("name", True), ("email", True), ("phone", True), ("role_title", False), ("active", False)],
)
def test_a_contact_is_identified_by_name_email_and_phone(member: str, moves: bool):  # noqa: FBT001 - a parameter of the table above
    changed, differ = contact().with_changes(
        {member: False if member == "active" else "another"}, LATER
    )
    assert differ == (member,)
    assert (changed.version, changed.identity_version) == (2, 2 if moves else 1)


def test_a_change_without_effect_makes_no_version():
    same = {"organisation": details().organisation, "active": True}
    assert recipient().with_changes(same, LATER) == (recipient(), ())
    assert contact().with_changes({"name": "A. Khan", "active": True}, LATER) == (contact(), ())


def test_new_details_in_place_of_destroyed_ones_need_a_name():
    destroyed = contact(details=None)
    with pytest.raises(ContactNameMissing):
        destroyed.with_changes({"email": "other@mash.example"}, LATER)
    anew, _ = destroyed.with_changes({"name": "B. Lee"}, LATER)
    assert anew.details is not None
    assert (anew.details.name, anew.details.email) == ("B. Lee", None)
    retired, differ = destroyed.with_changes({"active": False}, LATER)
    assert (retired.details, retired.active, differ) == (None, False, ("active",))


def test_a_refuted_organisation_refutes_its_contacts_and_a_verified_one_does_not_verify_them():
    refuted = status_of(check(result=Answer.NO), recipient(), TODAY)
    assert contact_status(refuted, checked()) == refuted
    assert contact_status(NEVER_CHECKED, checked()) == checked()
    assert contact_status(checked(), NEVER_CHECKED) == NEVER_CHECKED


def test_a_check_in_the_future_is_refused():
    with pytest.raises(InvalidVerification) as found:
        check_verification(
            recipient(), CheckMethod.WARRANT_CARD, Answer.YES, TODAY + timedelta(days=1), TODAY
        )
    assert [fault.pointer for fault in found.value.faults] == ["/verified_on"]


def test_a_call_back_needs_a_published_number_in_the_directory():
    unpublished = recipient(details=details(call_back_number=None))
    with pytest.raises(InvalidVerification) as found:
        check_verification(
            unpublished, CheckMethod.CALL_BACK_PUBLISHED_NUMBER, Answer.YES, TODAY, TODAY
        )
    assert [fault.code for fault in found.value.faults] == ["no-published-number"]
    check_verification(unpublished, CheckMethod.CALL_BACK_PUBLISHED_NUMBER, Answer.NO, TODAY, TODAY)
    check_verification(unpublished, CheckMethod.WARRANT_CARD, Answer.YES, TODAY, TODAY)


def test_the_day_is_the_one_in_school():
    assert today_in_school(datetime(2026, 6, 1, 23, 30, tzinfo=UTC)) == date(2026, 6, 2)


def test_names_are_compared_without_case_width_and_repeated_spaces():
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
    before.with_changes({"organisation": "Other"}, LATER)
    assert before == replace(before)
