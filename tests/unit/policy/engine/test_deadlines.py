"""Time limits in school working days, across weekends, bank holidays, year ends and clock
changes.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.clock import LONDON
from app.policy.engine.deadlines import (
    NoWorkingDay,
    calendar_of,
    due_at,
    today_in_school,
    years_after,
)
from app.policy.engine.grammar import Dated, Holiday, Parameter
from app.policy.lifecycle import in_force

DOCUMENT = in_force.shipped().document
CALENDAR = calendar_of(DOCUMENT)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("clock", "start", "due"),
    [
        ("urgent", "2026-03-03T10:00", "2026-03-03T16:30"),
        ("urgent", "2026-03-03T16:30", "2026-03-03T16:30"),
        ("urgent", "2026-03-03T16:31", "2026-03-04T16:30"),
        ("urgent", "2026-03-06T17:00", "2026-03-09T16:30"),
        ("urgent", "2026-03-07T10:00", "2026-03-09T16:30"),
        ("advice", "2026-11-23T14:52", "2026-11-24T16:30"),
        ("emergency_record", "2026-11-27T14:52", "2026-11-30T16:30"),
        ("emergency_record", "2026-12-24T09:00", "2026-12-29T16:30"),
        ("emergency_record", "2026-04-02T23:50", "2026-04-07T16:30"),
        ("routine", "2026-03-03T10:00", "2026-03-17T16:30"),
        ("routine", "2025-12-19T10:00", "2026-01-07T16:30"),
        ("file_transfer", "2027-12-24T10:00", "2028-01-05T16:30"),
        ("urgent", "2026-03-28T10:00", "2026-03-30T16:30"),
        ("advice", "2026-10-23T10:00", "2026-10-26T16:30"),
    ],
)
def test_a_clock_runs_out_at_the_expected_instant(clock: str, start: str, due: str):
    assert due_at(clock, london(start), CALENDAR) == london(due)


def test_an_immediate_clock_runs_out_at_once_and_a_date_to_be_set_has_no_instant():
    start = london("2026-03-03T10:00")
    assert due_at("immediate", start, CALENDAR) == start
    assert due_at("notice_deferred", start, CALENDAR) is None


def test_school_holidays_are_not_working_days():
    half_term = Holiday(name="half-term", first=date(2026, 10, 26), last=date(2026, 10, 30))
    away = calendar_of(
        replace(DOCUMENT, clocks=replace(DOCUMENT.clocks, school_holidays=(half_term,)))
    )
    assert due_at("advice", london("2026-10-23T10:00"), away) == london("2026-11-02T16:30")


def test_a_calendar_without_working_days_raises():
    days = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(4000))
    with pytest.raises(NoWorkingDay):
        due_at("advice", london("2026-01-05T10:00"), replace(CALENDAR, closed=days))


def test_very_large_numbers_of_days_or_years_still_give_a_day():
    huge = Parameter(text="A slip", cites=(), values=(Dated(start=date(2025, 11, 1), value=10**9),))
    calendar = replace(CALENDAR, parameters={**CALENDAR.parameters, "emergency_record_days": huge})
    found = due_at("emergency_record", london("2026-03-03T10:00"), calendar)
    assert found is not None
    assert found.year in range(2039, 2042)
    assert years_after(date(2028, 2, 29), 9000) == date(9999, 3, 1)
    assert years_after(date(2028, 2, 28), 10**9) == date(9999, 2, 28)


STARTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 11, 30)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)


def count_by_hand(day: date, days: int) -> date:
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in DOCUMENT.clocks.bank_holidays
    return day


@given(
    STARTS,
    st.sampled_from(
        [("routine", 10), ("emergency_record", 1), ("advice", 1), ("file_transfer", 5)]
    ),
)
def test_working_days_equal_those_counted_one_by_one(start: datetime, clock: tuple[str, int]):
    found = due_at(clock[0], start, CALENDAR)
    assert found is not None
    local = found.astimezone(LONDON)
    assert local.date() == count_by_hand(today_in_school(start), clock[1])
    assert local.time() == time(16, 30)
    assert found > start


@given(STARTS)
def test_an_urgent_clock_ends_on_a_working_day_and_not_in_the_past(start: datetime):
    found = due_at("urgent", start, CALENDAR)
    assert found is not None
    assert found >= start
    assert CALENDAR.works(found.astimezone(LONDON).date())
    assert found - start < timedelta(days=7)


@given(
    STARTS,
    st.timedeltas(timedelta(0), timedelta(days=30)),
    st.sampled_from(["urgent", "routine", "advice", "file_transfer"]),
)
def test_a_later_start_never_gives_an_earlier_end(start: datetime, later: timedelta, clock: str):
    first, second = due_at(clock, start, CALENDAR), due_at(clock, start + later, CALENDAR)
    assert first is not None
    assert second is not None
    assert first <= second


def test_bank_holidays_fall_on_weekdays():
    assert all(day.weekday() < 5 for day in DOCUMENT.clocks.bank_holidays)
    assert {
        year: sum(day.year == year for day in DOCUMENT.clocks.bank_holidays)
        for year in range(2025, 2029)
    } == dict.fromkeys(range(2025, 2029), 8)
