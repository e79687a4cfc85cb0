"""Codes, days and lists as English words. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from app.identity.model import Role

_CAPITALS: Final = {
    word: word.upper()
    for word in (
        "api",
        "dsl",
        "id",
        "mais",
        "marac",
        "mash",
        "lado",
        "nspcc",
        "sen",
        "urn",
        "uln",
        "cafcass",
        "upn",
    )
} | {"ig": "IG", "childrens": "children’s", "prevent": "Prevent", "gdpr": "GDPR", "mis": "MIS"}

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Role.STAFF: "member of staff",
        Role.DSL: "designated safeguarding lead",
        Role.IG_LEAD: "information governance lead",
        Role.INTEGRATION: "connected system",
    }
)
"""The roles in words."""


def spoken(code: str) -> str:
    """A code as words in a sentence: `section_47_enquiry` is “section 47 enquiry”."""
    return " ".join(_CAPITALS.get(word, word) for word in code.split("_") if word)


def label(code: str) -> str:
    """A code as words at the start of a line: `section_47_enquiry` is “Section 47 enquiry”."""
    text = spoken(code)
    return text[:1].upper() + text[1:]


def day(of: date) -> str:
    """A date in words: 23 November 2026."""
    return f"{of.day} {_MONTHS[of.month - 1]} {of.year}"


def month(text: str) -> str:
    """A month `YYYY-MM` or a day `YYYY-MM-DD` in words: November 2026."""
    if len(text) == len("YYYY-MM-DD"):
        return day(date.fromisoformat(text))
    year, _, number = text.partition("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def either(parts: Iterable[str], last: str = "or") -> str:
    """A list in words: “a, b or c”."""
    *most, final = parts
    return f"{', '.join(most)} {last} {final}" if most else final


def sentence(text: str) -> str:
    """A text with a capital letter at the start and a full stop at the end."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!", ":", ".”")) else f"{text}."
