"""Checks that the numbers, months, times and holidays of a document are within bounds. Pure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from app.policy.document.parser import FIRST_YEAR, LAST_YEAR
from app.policy.document.places import Places
from app.policy.document.source import DocumentFault
from app.policy.engine.deadlines import calendar_of
from app.policy.engine.derive import NEEDED_PARAMETERS
from app.policy.engine.grammar import ClockKind, Clocks, Document

LONGEST_VERSION: Final = 64
LONGEST_HOLIDAY: Final = 100
"""Days."""

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")


def check(document: Document, places: Places) -> list[DocumentFault]:
    """Every value out of bounds."""
    found = [
        *_identity(document, places),
        *_parameters(document, places),
        *_clocks(document.clocks, places),
    ]
    return found or list(_never_open(document, places))


def _identity(document: Document, places: Places) -> Iterator[DocumentFault]:
    for name in ("last_review", "next_review"):
        month = getattr(document.policy, name)
        if not _is_month(month):
            yield places.fault(
                "not-a-month", f"/policy/{name}", f"{month!r} is not a month", "YYYY-MM"
            )
    if len(document.policy.version) > LONGEST_VERSION:
        yield places.fault(
            "too-long",
            "/policy/version",
            "the name of the version is too long",
            f"at most {LONGEST_VERSION} characters",
        )


def _parameters(document: Document, places: Places) -> Iterator[DocumentFault]:
    start = document.policy.start
    for name, parameter in document.parameters.items():
        at = f"/parameters/{name}/values"
        if parameter.on(start) is None:
            yield places.fault(
                "no-value",
                at,
                f"{name} has no value on {start}, the first day of the policy",
                f"a value from {start} or earlier",
            )
        if len({dated.start for dated in parameter.values}) != len(parameter.values):
            yield places.fault("two-values", at, f"{name} has two values from the same day")
        for i, dated in enumerate(parameter.values):
            for least, most, unit in _bounds(document, name):
                if not least <= dated.value <= most:
                    problem = f"{name} is {dated.value}"
                    expected = f"{least} to {most}{unit}"
                    yield places.fault("out-of-bounds", f"{at}/{i}/value", problem, expected)


def _bounds(document: Document, name: str) -> list[tuple[int, int, str]]:
    """The least and most of a number, with its unit, for each use of it in the document."""
    days = {rule.days for rule in document.clocks.rules.values()}
    years = {
        parameter
        for each in document.retention.classes.values()
        for parameter in (each.keep_years, each.review_years)
    }
    uses = (
        (name in NEEDED_PARAMETERS, (2, 1000, " people")),
        (name in days, (0, 260, " working days")),
        (name in years, (1, 100, " years")),
    )
    return [bounds for used, bounds in uses if used] or [(0, 1000, "")]


def _is_month(text: str) -> bool:
    try:
        year = date.fromisoformat(f"{text}-01").year
    except ValueError:
        return False
    return FIRST_YEAR <= year <= LAST_YEAR and len(text) == len("YYYY-MM")


def _clocks(clocks: Clocks, places: Places) -> Iterator[DocumentFault]:
    if not _TIME.match(clocks.day_ends):
        yield places.fault(
            "not-a-time", "/clocks/day_ends", f"{clocks.day_ends!r} is not a time of day", "HH:MM"
        )
    for name, rule in clocks.rules.items():
        at = f"/clocks/rules/{name}"
        if (rule.kind == "working_days") is (rule.days is None):
            yield places.fault(
                "days",
                at,
                "days is used with working_days, and only with it",
                "a parameter for working_days",
            )
        if name == "emergency_record" and rule.kind is ClockKind.DATE_TO_BE_SET:
            problem = "the record of an emergency is opened before a person can set a date"
            yield places.fault(
                "no-limit", f"{at}/kind", problem, "now, same_school_day or working_days"
            )
    for i, holiday in enumerate(clocks.school_holidays):
        if not 0 <= (holiday.last - holiday.first).days <= LONGEST_HOLIDAY:
            yield places.fault(
                "bad-holiday",
                f"/clocks/school_holidays/{i}",
                f"the holiday ends before it begins, or lasts more than {LONGEST_HOLIDAY} days",
            )


def _never_open(document: Document, places: Places) -> Iterator[DocumentFault]:
    """A period of closed days so long that no time limit can be counted."""
    calendar = calendar_of(document)
    ends = {
        f"/clocks/school_holidays/{i}": holiday.last
        for i, holiday in enumerate(document.clocks.school_holidays)
    }
    ends |= {f"/clocks/bank_holidays/{day}": day for day in document.clocks.bank_holidays}
    for at, end in ends.items():
        if not any(calendar.works(end + timedelta(days=n)) for n in range(1, LONGEST_HOLIDAY + 1)):
            yield places.fault(
                "school-never-open",
                at,
                f"after this day the school is closed for {LONGEST_HOLIDAY} days or more",
                "a working day",
            )
            return
