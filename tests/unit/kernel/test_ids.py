"""Identifiers are UUIDv7: they sort by time, and the next one cannot be guessed."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from app.kernel.ids import new_id

INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds UTC


@given(INSTANTS)
def test_an_id_is_a_uuid_of_version_7_with_its_millisecond(instant: datetime) -> None:
    made = new_id(instant)
    assert (made.version, made.variant) == (7, RFC_4122)
    millisecond = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=made.int >> 80)
    assert timedelta(0) <= instant - millisecond < timedelta(milliseconds=1)
    assert UUID(str(made)) == made


@given(INSTANTS, st.integers(1, 10**12))
def test_ids_sort_by_microsecond(instant: datetime, later: int) -> None:
    assert new_id(instant) < new_id(instant + timedelta(microseconds=later))
    assert str(new_id(instant)) < str(new_id(instant + timedelta(microseconds=later)))


@given(INSTANTS)
def test_ids_of_one_instant_differ(instant: datetime) -> None:
    assert len({new_id(instant) for _ in range(200)}) == 200
