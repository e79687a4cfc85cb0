"""Time limits in school working days, Europe/London. Pure.

A time limit is only an instant: an overdue task is shown, and blocks nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import Final

from app.kernel.clock import LONDON
from app.kernel.clock import to_text as clock_text
from app.policy.engine.grammar import ClockKind, Clocks, Document, Parameter
from app.policy.engine.model import Evaluation

_SATURDAY: Final = 5
_FURTHEST: Final = 3660
"""The days searched for a working day: ten years."""


class NoWorkingDay(ValueError):
    """The calendar has no working day within ten years."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The school's working days and time limits."""

    clocks: Clocks
    parameters: Mapping[str, Parameter]
    closed: frozenset[date]
    day_ends: time

    def works(self, day: date) -> bool:
        """Whether the school works on a day."""
        return day.weekday() < _SATURDAY and day not in self.closed

    def next_working_day(self, day: date) -> date:
        """The first working day after a day; raises NoWorkingDay."""
        for ahead in range(1, _FURTHEST):
            if self.works(day + timedelta(days=ahead)):
                return day + timedelta(days=ahead)
        raise NoWorkingDay

    def end_of(self, day: date) -> datetime:
        """The instant at which the school day ends, UTC."""
        return datetime.combine(day, self.day_ends, LONDON).astimezone(UTC)


def calendar_of(document: Document) -> Calendar:
    """The calendar of a policy document."""
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
    """The local date at the school."""
    return now.astimezone(LONDON).date()


def years_after(day: date, years: int) -> date:
    """The same day a number of years later, in the year 9999 at the latest; 29 February becomes 1
    March in a common year.
    """
    year = min(day.year + years, MAXYEAR)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def due_at(clock: str, start: datetime, calendar: Calendar) -> datetime | None:
    """The instant at which a clock that starts at `start` runs out, UTC; None if a person sets the
    date.

    `same_school_day` is the end of that school day, or of the next working day once the school has
    closed. Working days are counted from the day after the start, at most ten years of them, and
    end with the school day. Raises KeyError for a clock that the policy does not have.
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


def due_instants(
    evaluation: Evaluation, start: datetime, calendar: Calendar
) -> dict[str, str | None]:
    """The instant at which each clock of an evaluation's actions runs out, as text; None if a
    person sets the date.
    """
    clocks = {action.clock for action in evaluation.actions if action.clock is not None}
    instants = {name: due_at(name, start, calendar) for name in sorted(clocks)}
    return {name: None if at is None else clock_text(at) for name, at in instants.items()}


def working_days(clock: str, day: date, calendar: Calendar) -> int:
    """The number of working days that a clock counts when it starts on a day; 0 for clocks of
    another kind.
    """
    name = calendar.clocks.rules[clock].days
    return 0 if name is None else calendar.parameters[name].on_or_first(day)
