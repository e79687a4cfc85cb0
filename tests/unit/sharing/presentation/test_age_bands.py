"""Age bands: correct to the day at each boundary, and never finer than the band."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sharing.presentation.age_bands import AgeBand, band

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("born_on", "expected"),
    [
        ("2026-11-23", "under_5"),
        ("2021-11-24", "under_5"),
        ("2021-11-23", "5_to_10"),
        ("2015-11-24", "5_to_10"),
        ("2015-11-23", "11_to_15"),
        ("2010-11-24", "11_to_15"),
        ("2010-11-23", "16_to_17"),
        ("2008-11-24", "16_to_17"),
        ("2008-11-23", "18_or_over"),
        ("1931-01-01", "18_or_over"),
    ],
)
def test_a_band_begins_on_the_birthday(born_on: str, expected: str):
    assert band(date.fromisoformat(born_on), DAY) == expected


def test_whoever_is_not_born_yet_or_not_known_has_no_band():
    assert band(DAY + timedelta(days=1), DAY) is None
    assert band(None, DAY) is None


def test_born_on_a_leap_day_means_a_year_older_on_the_first_of_march():
    leap = date(2008, 2, 29)
    assert band(leap, date(2026, 2, 28)) == AgeBand.FROM_16_TO_17
    assert band(leap, date(2026, 3, 1)) == AgeBand.FROM_18


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 12, 31)), st.integers(0, 150))
def test_nobody_grows_younger(born_on: date, years: int):
    order = list(AgeBand)
    days = [born_on + timedelta(days=365 * years), born_on + timedelta(days=365 * years + 1)]
    younger, older = [
        order.index(found) for found in (band(born_on, day) for day in days) if found is not None
    ]
    assert older - younger in {0, 1}
