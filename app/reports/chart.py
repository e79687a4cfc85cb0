"""Draw a summary as a bar chart in SVG, with the number beside each bar. Pure.

Invariant: no meaning depends on colour, and the description holds every number in words.
"""

from collections.abc import Sequence
from typing import Final

from app.platform.documents.svg import INK, element, image
from app.reports.sections import WORDS, Section

_WIDTH: Final = 760
_LABELS: Final = 290
_BARS: Final = 330
_ROW: Final = 26
_BAR: Final = 16
_HEAD: Final = 44
_MARGIN: Final = 20
_TOP: Final = 92

WITHHELD: Final = "withheld"
NOTE: Final = (
    "Withheld means under 5, or a number that would reveal one. Things that did not happen are left"
    " out."
)


def draw(sections: Sequence[Section], *, period: str) -> str:
    """Draw the chart of a period, worded as in `1 September 2025 to 31 August 2026`."""
    drawn = [section for section in sections if section.numbers]
    largest = (
        max([number or 0 for section in drawn for number in section.numbers.values()], default=0)
        or 1
    )
    y = float(_TOP)
    title = f"Information sharing, {period}"
    parts = [
        _text(_MARGIN, 34, title, font_weight="bold", font_size=20),
        _text(_MARGIN, 60, NOTE),
    ]
    for section in drawn:
        parts.append(_text(_MARGIN, y + 18, section.title, font_weight="bold"))
        y += _HEAD - 14
        for code, number in section.numbers.items():
            parts += _row(y, WORDS[code], number, largest)
            y += _ROW
        y += 14
    return image(
        "summary", (_WIDTH, y), parts, title=title, description=describe(drawn), font_size=14
    )


def describe(sections: Sequence[Section]) -> str:
    """Write every number of the chart in words."""
    sentences = []
    for section in sections:
        numbers = [
            f"{WORDS[code]}: {WITHHELD if number is None else number}"
            for code, number in section.numbers.items()
        ]
        sentences.append(f"{section.title}. {'; '.join(numbers)}.")
    return " ".join([*sentences, NOTE])


def _row(y: float, label: str, number: int | None, largest: int) -> list[str]:
    left, middle = _MARGIN + _LABELS, y + _BAR / 2 + 5
    words = _text(left - 10, middle, label, text_anchor="end")
    if number is None:
        width = 40.0
        look = {"fill": "none", "stroke": INK, "stroke_dasharray": "4 3"}
    else:
        width = max(2.0, round(number / largest * _BARS, 1))
        look = {"fill": INK}
    bar = element("rect", x=left, y=y, width=width, height=_BAR, **look)
    figure = WITHHELD if number is None else str(number)
    return [words, bar, _text(left + width + 10, middle, figure)]


def _text(x: float, y: float, words: str, **look: str | float) -> str:
    return element("text", words, x=x, y=y, fill=INK, **look)
