"""Paper to draw on: boxes, arrows and words as SVG, with every line of words measured beforehand so
that nothing overlaps or is cut.

Law: nothing drawn runs, loads or links, and no attribute needs a style sheet: it passes a strict
content security policy.
"""

import html
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from app.policy.engine.vocabulary import Answer

_WIDTHS: Final[Mapping[str, float]] = MappingProxyType(
    {
        letter: width
        for width, letters in (
            (0.3, "'ijlJ"),
            (0.36, " ,./:;If"),
            (0.46, "-()[]t!r|"),
            (0.5, '"*_`'),
            (0.56, "?szLc"),
            (0.6, "Fkvxy"),
            (0.64, "$0123456789ESPTYabdeghnopqu{}"),
            (0.7, "ABCKRVXZ"),
            (0.78, "&DGHNU"),
            (0.84, "#+<=>OQ^w~"),
            (1.0, "%@MWm"),
        )
        for letter in letters
    }
)
"""Widths in ems, rounded up, of DejaVu Sans: the widest font in the list below, so that a line
measured with it fits in any of them."""

FONTS: Final = "'Noto Sans', Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_BOLD: Final = 1.2
INK: Final = "#0b0c0c"
_GREY: Final = "#505a5f"
_TAKEN_FILL: Final = "#e8edf3"
SIZE: Final = 15
LINE: Final = 20
BADGE: Final = 13


class Mark(Enum):
    """How a box or line is drawn: as part of a blank chart, as taken, or as left aside."""

    PLAIN = 'stroke-width="1.5"'
    TAKEN = 'stroke-width="4"'
    ASIDE = 'stroke-width="1.25" stroke-dasharray="5 4"'

    @property
    def ink(self) -> str:
        return _GREY if self is Mark.ASIDE else INK


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the paper, in pixels from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def centre(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph of one weight, wrapped to a width."""

    lines: tuple[str, ...]
    bold: bool

    @property
    def height(self) -> float:
        return len(self.lines) * LINE


def measure(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """The greatest width in pixels that a text takes in any of the fonts named in the drawing."""
    ems = sum(_WIDTHS[letter] if letter in _WIDTHS else _wide(letter) for letter in text)
    return ems * size * (_BOLD if bold else 1)


def _wide(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    return 1.35 if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF else 1.0


def wrap(text: str, width: float, *, bold: bool = False) -> tuple[str, ...]:
    """A text in lines no wider than `width` pixels; a word that is wider by itself is broken."""
    lines: list[str] = []
    line = ""
    for word in printable(text).split():
        wider = f"{line} {word}".strip()
        if measure(wider, bold=bold) <= width:
            line = wider
            continue
        if line:
            lines.append(line)
        line = ""
        for letter in word:
            if line and measure(line + letter, bold=bold) > width:
                lines.append(line)
                line = ""
            line += letter
    return (*lines, line) if line or not lines else tuple(lines)


def printable(text: str) -> str:
    """What XML can hold; control characters and bidirectional overrides, which could turn a
    sentence round, are left out.
    """
    kept = (
        c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"}
    )
    return "".join(
        c for c in kept if c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


@dataclass(slots=True)
class Sheet:
    """Where boxes, lines and words gather."""

    parts: list[str] = field(default_factory=list)

    def box(self, box: Box, mark: Mark, *, rounded: bool = False) -> None:
        fill = _TAKEN_FILL if mark is Mark.TAKEN else "#ffffff"
        radius = ' rx="18"' if rounded else ""
        self.parts.append(
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}"'
            f' height="{box.height:g}"{radius} fill="{fill}" stroke="{mark.ink}" {mark.value}/>'
        )

    def words(self, x: float, y: float, words: Sequence[Words], ink: str) -> None:
        """Paragraphs from the top edge `y` down, each line an element of its own: no reader has to
        wrap anything.
        """
        top = y
        for part in words:
            weight = ' font-weight="bold"' if part.bold else ""
            for line in part.lines:
                self.parts.append(
                    f'<text x="{x:g}" y="{top + SIZE:g}"'
                    f' fill="{ink}"{weight}>{html.escape(line)}</text>'
                )
                top += LINE

    def badge(self, x: float, y: float, number: int) -> None:
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{BADGE}" fill="{INK}"/>')
        self.parts.append(
            f'<text x="{x:g}" y="{y + 5:g}" fill="#ffffff" font-weight="bold"'
            f' text-anchor="middle">{number}</text>'
        )

    def edge(self, mark: Mark, *points: tuple[float, float]) -> None:
        """A line along the points with an arrow head at its end, which must lie straight below or
        beside the last point but one.
        """
        (x0, y0), (x, y) = points[-2:]
        size = 11 if mark is Mark.TAKEN else 8
        across, down = (x > x0) - (x < x0), (y > y0) - (y < y0)
        base = (x - across * size, y - down * size)
        path = " ".join(f"{px:g},{py:g}" for px, py in (*points[:-1], base))
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{mark.ink}" {mark.value}/>'
        )
        half = size * 0.6
        head = (
            (x, y),
            (base[0] + down * half, base[1] + across * half),
            (base[0] - down * half, base[1] - across * half),
        )
        self.parts.append(
            f'<polygon points="{" ".join(f"{px:g},{py:g}" for px, py in head)}" fill="{mark.ink}"/>'
        )

    def tick(self, x: float, y: float, met: str | None, ink: str) -> None:
        """A box to tick: ticked, crossed, questioned or left empty."""
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="15" height="15" fill="#ffffff" stroke="{ink}"'
            ' stroke-width="1.5"/>'
        )
        drawn: dict[str | None, str] = {
            Answer.YES: (
                f'<polyline points="{x + 3:g},{y + 8:g} {x + 6:g},{y + 12:g} {x + 12:g},{y + 3:g}"'
            ),
            Answer.NO: f'<path d="M{x + 3:g} {y + 3:g}l9 9m0 -9l-9 9"',
        }
        if met in drawn:
            self.parts.append(f'{drawn[met]} fill="none" stroke="{ink}" stroke-width="2"/>')
