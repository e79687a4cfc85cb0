"""A period is made of two days or instants; days are whole days at the school."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from app.platform.instants import InvalidPeriod, PeriodEnd, parse_period

SPRING = date(2026, 3, 29)
"""The day on which clocks go forward in London: it has 23 hours."""

NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


def test_days_are_included_from_midnight_to_midnight_in_london() -> None:
    period = parse_period(SPRING, SPRING)
    assert period.start == datetime(2026, 3, 29, tzinfo=UTC)
    assert period.end == datetime(2026, 3, 29, 23, tzinfo=UTC)


def test_instants_are_used_as_they_are() -> None:
    assert parse_period(NOON, NOON).start == NOON
    assert parse_period(None, NOON).end == NOON
    assert parse_period(None, None) == parse_period(None, None, names=("a", "b"))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (SPRING, SPRING - timedelta(days=1)),
        (NOON, NOON - timedelta(microseconds=1)),
        (NOON, SPRING - timedelta(days=1)),
        (SPRING + timedelta(days=1), NOON),
    ],
)
def test_a_period_that_ends_before_it_begins_is_refused(
    start: date | datetime, end: date | datetime
) -> None:
    with pytest.raises(InvalidPeriod) as refused:
        parse_period(start, end, names=("since", "until"))
    assert [one.pointer for one in refused.value.faults] == ["/query/until"]


def test_an_end_keeps_its_kind() -> None:
    read = TypeAdapter[date | datetime](PeriodEnd).validate_python
    assert type(read("2026-03-29")) is date
    assert read("2026-03-29T13:00:00+01:00") == NOON
