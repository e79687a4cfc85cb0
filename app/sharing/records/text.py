"""Format codes, instants and free text for print: readable and inert.

Invariant: text in the form of a unique pupil number (UPN) is never printed. Control and reordering
characters are printed as their code points.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

from app.identity.model import Role
from app.kernel import clock
from app.kernel.clock import LONDON
from app.policy.engine.vocabulary import Word
from app.policy.wording.words import day as written
from app.policy.wording.words import label
from app.sharing.case.model import Status
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.presentation.age_bands import AgeBand

UPN_SHOWN: Final = "[UPN not printed]"
"""The printed replacement for a unique pupil number."""

_SEP: Final = r"[\s\-./\u200b-\u200d\u2060]?"
_UPN: Final = re.compile(rf"(?<![^\W_])[^\W\d_](?:{_SEP}\d){{11}}(?:{_SEP}\d|[^\W\d_])(?![^\W_])")
"""A check letter, eleven digits, and a twelfth digit or (in a temporary number) a letter; with or
without separators, in any digits.
"""
_UPN_SCHEME: Final = re.compile(r"(?<![^\W_])upn\s*[:=]\s*[^\W_]+", re.IGNORECASE)

_INVISIBLE: Final = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad\u200b\u2060"
)
_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029\u0085\v\f]")

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_WORDS: Final[tuple[type[StrEnum], ...]] = (
    *Word.__subclasses__(),
    Status,
    DecisionOutcome,
    Role,
    AgeBand,
)
_VOCABULARY: Final = frozenset(member.value for words in _WORDS for member in words)
"""The codes that are printed as words; a person's own word is printed as written."""

GOLDEN_RULES: Final[Mapping[str, str]] = {
    "hmg2018.1": "1. The law is a framework",
    "hmg2018.2": "2. Be open and honest",
    "hmg2018.3": "3. Ask if you are in doubt",
    "hmg2018.4": "4. Get consent where you can",
    "hmg2018.5": "5. Safety and wellbeing come first",
    "hmg2018.6": "6. Needed, relevant, accurate, in time and secure",
    "hmg2018.7": "7. Keep a record",
    "hmg2024.1": "1. Protecting the child comes before privacy",
    "hmg2024.2": "2. Explain if it is safe",
    "hmg2024.3": "3. Use a lawful basis, which is seldom consent",
    "hmg2024.4": "4. Ask promptly",
    "hmg2024.5": "5. Protect identities",
    "hmg2024.6": "6. Share only what is needed, with people who have a role",
    "hmg2024.7": "7. Record, explain and think again",
}
"""The titles of the golden rules of each edition of the advice, by rule id."""


def inert(text: str) -> str:
    """Make free text inert: mask pupil numbers, show control characters, normalise line ends."""
    text = _BREAKS.sub("\n", text)
    text = _UPN_SCHEME.sub(f"upn:{UPN_SHOWN}", _UPN.sub(UPN_SHOWN, text))
    return text if text.isascii() and text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter in "\n\t":
        return letter
    if letter in _INVISIBLE or unicodedata.category(letter) in {"Cc", "Cs", "Co"}:
        return f"[U+{ord(letter):04X}]"
    return letter


def inert_all(value: Any) -> Any:
    """Make every text in a JSON value inert; member names are unchanged."""
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, Mapping):
        return {name: inert_all(member) for name, member in value.items()}
    if isinstance(value, Sequence):
        return [inert_all(member) for member in value]
    return value


def word(value: str, *, to_the_day: bool = False) -> str:
    """Format a code as words, an instant or a date in full, and any other text unchanged."""
    if _INSTANT.fullmatch(value):
        return when(value, to_the_day=to_the_day)
    if _DATE.fullmatch(value):
        return day(value)
    return label(value) if value in _VOCABULARY else value


def day(value: str | date) -> str:
    """Format a date in words (23 November 2026); other text is unchanged."""
    try:
        of = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return written(of)


def when(value: str | datetime, *, to_the_day: bool = False) -> str:
    """Format an instant in the school's time zone; other text is unchanged.

    With `to_the_day`, or for midnight UTC to the microsecond (the instants of a de-identified
    view), only the day is printed.
    """
    try:
        instant = clock.from_text(value) if isinstance(value, str) else value.astimezone(UTC)
    except ValueError:
        return str(value)
    if (instant.hour, instant.minute, instant.second, instant.microsecond) == (0, 0, 0, 0):
        return day(instant.date())
    local = instant.astimezone(LONDON)
    if to_the_day:
        return day(local.date())
    return f"{day(local.date())} at {local:%H:%M} {local.tzname()}"
