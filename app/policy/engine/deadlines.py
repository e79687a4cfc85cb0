"""Time limits in school working days, Europe/London. Law: overdue is visible, never blocking; so
every limit here is only an instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.policy.engine.grammar import ClockKind, Clocks, Document, Parameter

LONDON: Final = ZoneInfo("Europe/London")
_SATURDAY: Final = 5
_FURTHEST: Final = 3660
"""Days looked ahead: a calendar that is closed for ten years has no working day."""


class NoWorkingDay(ValueError):
    """The calendar has no working day within ten years."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the school works, and its time limits."""

    clocks: Clocks
    parameters: Mapping[str, Parameter]
    closed: frozenset[date]
    day_ends: time

    def works(self, day: date) -> bool:
        """Whether the school works on a day."""
        return day.weekday() < _SATURDAY and day not in self.closed

    def next_working_day(self, day: date) -> date:
        """The first working day after a day."""
        for ahead in range(1, _FURTHEST):
            if self.works(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        raise NoWorkingDay

    def end_of(self, day: date) -> datetime:
        """The instant the school day ends, UTC."""
        return datetime.combine(day, self.day_ends, LONDON).astimezone(UTC)


def calendar_of(document: Document) -> Calendar:
    """The calendar that a policy document gives."""
    closed = set(document.clocks.bank_holidays)
    for holiday in document.clocks.school_holidays:
        closed.update(
            holiday.first + timedelta(days=n)
            for n in range((holiday.last - holiday.first).days + 1)
        )
    return Calendar(
        document.clocks,
        document.parameters,
        frozenset(closed),
        time.fromisoformat(document.clocks.day_ends),
    )


def today_in_school(now: datetime) -> date:
    """The date on the wall of the school."""
    return now.astimezone(LONDON).date()


def years_after(day: date, years: int) -> date:
    """The same day so many years later, 9999 at the latest; the 29th of February becomes the 1st of
    March where the year has none.
    """
    year = min(day.year + years, MAXYEAR)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def due_at(clock: str, start: datetime, calendar: Calendar) -> datetime | None:
    """When what starts at `start` is due by a clock of the policy, UTC; None when a date has to be
    set by a person.

    `same_school_day` is the end of that school day, or of the next working day when the school has
    closed; N working days are counted after the day of the start and end with the school day; of
    more than ten years of days, ten years are. Raises KeyError for a clock that the policy does not
    have.
    """
    rule = calendar.clocks.rules[clock]
    if rule.kind is ClockKind.DATE_TO_BE_SET:
        return None
    if rule.kind is ClockKind.NOW:
        return start
    day = today_in_school(start)
    if rule.kind is ClockKind.SAME_SCHOOL_DAY:
        open_still = calendar.works(day) and start <= calendar.end_of(day)
        return calendar.end_of(day if open_still else calendar.next_working_day(day))
    for _ in range(min(working_days(clock, day, calendar), _FURTHEST)):
        day = calendar.next_working_day(day)
    return calendar.end_of(day)


def working_days(clock: str, day: date, calendar: Calendar) -> int:
    """The number of working days that a clock runs when it starts on a day; 0 for clocks that count
    none.
    """
    name = calendar.clocks.rules[clock].days
    if name is None:
        return 0
    parameter = calendar.parameters[name]
    value = parameter.on(day)
    return value if value is not None else parameter.values[0].value
