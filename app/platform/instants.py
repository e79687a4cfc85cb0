"""Instants and days as callers send them: written out, an instant with its offset, and within the
years that every calendar here knows.
"""

from datetime import date, datetime
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator
from pydantic_core import PydanticCustomError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2999

T = TypeVar("T", bound=date)


def _instant(value: object) -> object:
    # A number, or its digits, would be taken for seconds since 1970.
    if (
        value is not None
        and not (isinstance(value, str) and value[4:5] == "-")
        and not isinstance(value, datetime)
    ):
        raise PydanticCustomError("datetime_parsing", "not an RFC 3339 instant")
    return value


def _day(value: object) -> object:
    if (
        value is not None
        and not (isinstance(value, str) and len(value) == len("2026-11-23"))
        and type(value) is not date
    ):
        raise PydanticCustomError("date_parsing", "not an ISO 8601 date")
    return value


def within_reason(value: T) -> T:
    """The instant or day; beyond these years time zones and clocks have no answer."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("out-of-range", "must lie between the years 1900 and 2999")
    return value


When = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(within_reason)]
"""An instant that a caller sends."""

Day = Annotated[date, BeforeValidator(_day), AfterValidator(within_reason)]
"""A day that a caller sends."""
