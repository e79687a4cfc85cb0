"""Instants, days and periods in calls: RFC 3339 text only, between the years 1900 and 2999."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

from app.kernel.clock import LONDON
from app.kernel.errors import Fault, Kind, ServiceError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    _DAY.pattern + r"[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)

T = TypeVar("T", bound=date)


def _day(value: object) -> object:
    # pydantic reads a number, or its digits, as seconds since 1970.
    if value is None or type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "not an ISO 8601 date")


def _instant(value: object) -> object:
    if isinstance(value, str) and not _INSTANT.fullmatch(value):
        value = 0
    if value is None or isinstance(value, (str, datetime)):
        return value
    raise PydanticCustomError("datetime_parsing", "not an RFC 3339 instant")


def _within_years(value: T) -> T:
    # Time zones have no answer beyond these years.
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("out-of-range", "must lie between the years 1900 and 2999")
    return value


When = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_within_years)]
"""An instant in a call."""

Day = Annotated[date, BeforeValidator(_day), AfterValidator(_within_years)]
"""A day in a call."""


def _day_or_instant(value: object) -> object:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value.upper())
    except ValueError:
        value = 0
    if value is None or isinstance(value, date):
        return value
    raise PydanticCustomError(
        "period-end",
        "not an ISO 8601 date or an RFC 3339 instant; write it as 2026-11-23 or"
        " 2026-11-23T14:52:00Z",
    )


PeriodEnd = Annotated[
    date | datetime, BeforeValidator(_day_or_instant), AfterValidator(_within_years)
]
"""The beginning or end of a period in a call: a day at the school, or an instant."""


class InvalidPeriod(ServiceError):
    """A period ends before it begins, or is longer than the operation allows."""

    kind = Kind.INVALID
    code = "invalid-period"
    title = "Invalid period"


@dataclass(frozen=True, slots=True)
class Period:
    """Instants from `start`, included, to `end`, excluded; None leaves an end open."""

    start: datetime | None
    end: datetime | None


def parse_period(
    start: date | datetime | None,
    end: date | datetime | None,
    *,
    names: tuple[str, str] = ("from", "to"),
) -> Period:
    """Make a period of two `PeriodEnd` values in the query parameters with these names.

    Days are whole days at the school, both included. Raises InvalidPeriod.
    """
    begins = start if isinstance(start, datetime) or start is None else _midnight(start)
    ends = end if isinstance(end, datetime) or end is None else _midnight(end + timedelta(days=1))
    whole_day = not isinstance(end, datetime)
    if begins and ends and (begins > ends or (whole_day and begins == ends)):
        fault = Fault(f"/query/{names[1]}", f"before {names[0]}", "before-begin")
        raise InvalidPeriod(
            "the period ends before it begins; exchange from and to", faults=(fault,)
        )
    return Period(begins, ends)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON)
