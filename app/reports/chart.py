"""A summary as a bar chart in SVG: every bar has its number beside it, and what is withheld says
so. Pure.

Law: nothing rests on colour, nothing drawn runs, loads or links, and the description says in words
all that is drawn.
"""

import html
from collections.abc import Sequence
from typing import Final

from app.reports.sections import WORDS, Section

_WIDTH: Final = 760
_LABELS: Final = 290
_BARS: Final = 330
_ROW: Final = 26
_BAR: Final = 16
_HEAD: Final = 44
_MARGIN: Final = 20
_TOP: Final = 92
_INK: Final = "#0b0c0c"
_FONTS: Final = "'Noto Sans', Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"

WITHHELD: Final = "withheld"
NOTE: Final = (
    "Withheld: a number under 5, or one that would give such a number away. What did not occur is"
    " left out."
)


def draw(sections: Sequence[Section], *, period: str) -> str:
    """The chart of a period, told in words such as `1 September 2025 to 31 August 2026`."""
    drawn = [section for section in sections if section.numbers]
    largest = (
        max([number or 0 for section in drawn for number in section.numbers.values()], default=0)
        or 1
    )
    y = float(_TOP)
    parts = [
        _text(_MARGIN, 34, f"Information sharing, {period}", bold=True, size=20),
        _text(_MARGIN, 60, NOTE),
    ]
    for section in drawn:
        parts.append(_text(_MARGIN, y + 18, section.title, bold=True))
        y += _HEAD - 14
        for code, number in section.numbers.items():
            parts.append(_row(y, WORDS[code], number, largest))
            y += _ROW
        y += 14
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y:g}" width="{_WIDTH}"'
        f' height="{y:g}" role="img" lang="en-GB" aria-labelledby="summary-title'
        f' summary-description" font-family="{_FONTS}" font-size="14"><title'
        f' id="summary-title">{html.escape(f"Information sharing, {period}")}</title><desc'
        f' id="summary-description">{html.escape(describe(drawn))}</desc><rect width="{_WIDTH}"'
        f' height="{y:g}" fill="#ffffff"/>' + "".join(parts) + "</svg>"
    )


def describe(sections: Sequence[Section]) -> str:
    """All numbers of the chart in words."""
    told = []
    for section in sections:
        numbers = [
            f"{WORDS[code]}: {WITHHELD if number is None else number}"
            for code, number in section.numbers.items()
        ]
        told.append(f"{section.title}. {'; '.join(numbers)}.")
    return " ".join([*told, NOTE])


def _row(y: float, label: str, number: int | None, largest: int) -> str:
    left, middle = _MARGIN + _LABELS, y + _BAR / 2 + 5
    words = _text(left - 10, middle, label, end=True)
    if number is None:
        outline = (
            f'<rect x="{left}" y="{y:g}" width="40" height="{_BAR}" fill="none" stroke="{_INK}"'
            ' stroke-dasharray="4 3"/>'
        )
        return words + outline + _text(left + 50, middle, WITHHELD)
    width = max(2.0, round(number / largest * _BARS, 1))
    bar = f'<rect x="{left}" y="{y:g}" width="{width:g}" height="{_BAR}" fill="{_INK}"/>'
    return words + bar + _text(left + width + 10, middle, str(number))


def _text(
    x: float,
    y: float,
    words: str,
    *,
    bold: bool = False,
    end: bool = False,
    size: int | None = None,
) -> str:
    shape = (
        (' font-weight="bold"' if bold else "")
        + (' text-anchor="end"' if end else "")
        + (f' font-size="{size}"' if size else "")
    )
    return f'<text x="{x:g}" y="{y:g}" fill="{_INK}"{shape}>{html.escape(words)}</text>'
