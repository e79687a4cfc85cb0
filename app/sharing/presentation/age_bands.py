"""Convert a date of birth to an age band for de-identified views. Pure.

The bands end where law and practice change: school age, secondary school, sixteen (from when people
are presumed able to decide for themselves: Mental Capacity Act 2005, section 2(5)), and eighteen,
the end of childhood (Children Act 1989, section 105).
"""

from datetime import date
from enum import StrEnum
from typing import Final


class AgeBand(StrEnum):
    """An age band. Computed on request, never stored."""

    UNDER_5 = "under_5"
    FROM_5_TO_10 = "5_to_10"
    FROM_11_TO_15 = "11_to_15"
    FROM_16_TO_17 = "16_to_17"
    FROM_18 = "18_or_over"


_ENDS: Final = (
    (5, AgeBand.UNDER_5),
    (11, AgeBand.FROM_5_TO_10),
    (16, AgeBand.FROM_11_TO_15),
    (18, AgeBand.FROM_16_TO_17),
)


def band(born_on: date | None, day: date) -> AgeBand | None:
    """The age band of a person on a day, by completed years.

    Returns None if the date of birth is not stated or is after `day`. A year is completed at the
    start of the birthday (Family Law Reform Act 1969, section 9); for 29 February in a common year,
    that is 1 March.
    """
    if born_on is None or born_on > day:
        return None
    years = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    return next((known for end, known in _ENDS if years < end), AgeBand.FROM_18)
