"""Boxes, arrows and words as SVG; every line of words is measured, so that nothing overlaps or is
cut off.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from app.platform.documents.svg import INK, PAPER, element, points, printable
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
"""The widths of letters in ems, rounded up, in DejaVu Sans: the widest of the fonts that the image
names."""

_BOLD: Final = 1.2
_GREY: Final = "#505a5f"
_TAKEN_FILL: Final = "#e8edf3"
SIZE: Final = 15
LINE: Final = 20
BADGE: Final = 13


class Mark(Enum):
    """The style of a box or line: part of a blank chart, on the path taken, or beside it."""

    PLAIN = (1.5, None)
    TAKEN = (4.0, None)
    ASIDE = (1.25, "5 4")

    @property
    def ink(self) -> str:
        return _GREY if self is Mark.ASIDE else INK

    @property
    def stroke(self) -> dict[str, str | float | None]:
        """The attributes of a line in this style."""
        width, dashes = self.value
        return {"stroke": self.ink, "stroke_width": width, "stroke_dasharray": dashes}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels from the upper left corner of the image."""

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
    """The largest width in pixels of a text in any of the fonts that the image names."""
    ems = sum(_WIDTHS[letter] if letter in _WIDTHS else _wide(letter) for letter in text)
    return ems * size * (_BOLD if bold else 1)


def _wide(letter: str) -> float:
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    return 1.35 if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0xFFFF else 1.0


def wrap(text: str, width: float, *, bold: bool = False) -> tuple[str, ...]:
    """A text in lines of at most `width` pixels; a wider word is broken."""
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


@dataclass(slots=True)
class Sheet:
    """Collects the boxes, lines and words of an image."""

    parts: list[str] = field(default_factory=list)

    def box(self, box: Box, mark: Mark, *, rounded: bool = False) -> None:
        self.parts.append(
            element(
                "rect",
                x=box.x,
                y=box.y,
                width=box.width,
                height=box.height,
                rx=18 if rounded else None,
                fill=_TAKEN_FILL if mark is Mark.TAKEN else PAPER,
                **mark.stroke,
            )
        )

    def words(self, x: float, y: float, words: Sequence[Words], ink: str) -> None:
        """Add paragraphs from the top edge `y` down, each line as its own element."""
        top = y
        for part in words:
            weight = "bold" if part.bold else None
            for line in part.lines:
                self.parts.append(
                    element("text", line, x=x, y=top + SIZE, fill=ink, font_weight=weight)
                )
                top += LINE

    def badge(self, x: float, y: float, number: int) -> None:
        self.parts += [
            element("circle", cx=x, cy=y, r=BADGE, fill=INK),
            element(
                "text",
                str(number),
                x=x,
                y=y + 5,
                fill=PAPER,
                font_weight="bold",
                text_anchor="middle",
            ),
        ]

    def edge(self, mark: Mark, *corners: tuple[float, float]) -> None:
        """Add a line along the corners with an arrow head at its end. The last segment must be
        horizontal or vertical.
        """
        (x0, y0), (x, y) = corners[-2:]
        size = 11 if mark is Mark.TAKEN else 8
        across, down = (x > x0) - (x < x0), (y > y0) - (y < y0)
        base = (x - across * size, y - down * size)
        half = size * 0.6
        head = (
            (x, y),
            (base[0] + down * half, base[1] + across * half),
            (base[0] - down * half, base[1] - across * half),
        )
        self.parts += [
            element("polyline", points=points(*corners[:-1], base), fill="none", **mark.stroke),
            element("polygon", points=points(*head), fill=mark.ink),
        ]

    def tick(self, x: float, y: float, met: str | None, ink: str) -> None:
        """Add a check box: ticked, crossed or empty."""
        self.parts.append(
            element("rect", x=x, y=y, width=15, height=15, fill=PAPER, stroke=ink, stroke_width=1.5)
        )
        if met == Answer.YES:
            tick = f"M{x + 3:g} {y + 8:g}l3 4l6 -9"
        elif met == Answer.NO:
            tick = f"M{x + 3:g} {y + 3:g}l9 9m0 -9l-9 9"
        else:
            return
        self.parts.append(element("path", d=tick, fill="none", stroke=ink, stroke_width=2))
