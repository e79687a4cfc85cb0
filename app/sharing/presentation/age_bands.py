"""How old somebody is, told in bands: enough to advise on, and too little to say who it is. Pure.

The bands end where law and practice change: school age, secondary school, sixteen (from when people
are presumed able to decide for themselves: Mental Capacity Act 2005, section 2(5)), and eighteen,
the end of childhood (Children Act 1989, section 105).
"""

from datetime import date
from enum import StrEnum
from typing import Final


class AgeBand(StrEnum):
    """How old somebody is. Worked out when it is asked for, never stored."""

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
    """The band of somebody's age in completed years on a day; None where nobody said when they were
    born, or they are not born yet.

    A year is completed when the birthday begins (Family Law Reform Act 1969, section 9); for 29
    February that is otherwise 1 March.
    """
    if born_on is None or born_on > day:
        return None
    years = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    return next((known for end, known in _ENDS if years < end), AgeBand.FROM_18)
