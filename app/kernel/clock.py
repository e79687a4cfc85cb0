"""Read the clock, and write and read instants as text. Only this module reads a clock: every other
is given the instant.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present instant: aware, UTC, whole microseconds."""

LONDON: Final = ZoneInfo("Europe/London")
"""The time zone of every school."""


def system_clock() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with six decimals and `Z`; raises ValueError for a naive
    datetime.
    """
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is not an instant")
    # strftime writes a year before 1000 without its leading zeros.
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """Read an instant that `to_text` wrote, or any RFC 3339 instant; raises ValueError for other
    text.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(UTC)


def today_in_school(now: datetime) -> date:
    """The local date at the school."""
    return now.astimezone(LONDON).date()
