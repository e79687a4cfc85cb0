"""Instants are written and read as text that sorts by time and has an offset."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import clock

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=OFFSETS)  # noqa: DTZ001 - the strategy adds the offset


@given(INSTANTS)
def test_a_written_instant_is_read_back(instant: datetime) -> None:
    text = clock.to_text(instant)
    assert clock.from_text(text) == instant
    assert clock.from_text(text).tzinfo is UTC
    assert clock.to_text(clock.from_text(text)) == text
    assert (len(text), text[-1]) == (27, "Z")


@given(INSTANTS, INSTANTS)
def test_texts_sort_like_instants(one: datetime, other: datetime) -> None:
    assert (clock.to_text(one) < clock.to_text(other)) is (one < other)


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00+00:00", "2026-11-23T11:00:00.000000+01:00"],
)
def test_any_offset_is_read(text: str) -> None:
    assert clock.from_text(text) == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "٢٠٢٦-11-23T10:00:00Z",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.from_text(text)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        clock.to_text(datetime(2026, 11, 23))  # noqa: DTZ001


def test_the_system_clock_is_aware_and_moves_forward() -> None:
    first, second = clock.system_clock(), clock.system_clock()
    assert first.tzinfo is UTC
    assert first <= second
