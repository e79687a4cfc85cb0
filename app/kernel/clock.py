"""Time as the service writes and reads it. The only module that looks at a clock; everybody else is
given the instant.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present instant: aware, UTC, whole microseconds."""


def system_clock() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with six decimals and `Z`; raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is not an instant")
    # strftime writes a year before 1000 without its zeros.
    return instant.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """The instant that `to_text` wrote (any RFC 3339 offset is read); raises ValueError for
    anything else.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(UTC)
