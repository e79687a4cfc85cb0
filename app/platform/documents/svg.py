"""Write SVG images: shapes, lines of text, and the frame with its title and description. Pure.

Lengths are in pixels, from the upper left corner. Invariant: an image holds only shapes and text,
without style sheet, script, font, file or link, so it shows under a strict content security policy;
every text and attribute is escaped here.
"""

import html
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

Shape: TypeAlias = Literal["circle", "path", "polygon", "polyline", "rect", "text"]

INK: Final = "#0b0c0c"
PAPER: Final = "#ffffff"
_FONTS: Final = "'Noto Sans', Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_BIDIRECTIONAL: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def element(shape: Shape, text: str = "", /, **attributes: str | float | None) -> str:
    """Write one element; `stroke_width=2` writes `stroke-width="2"`, and None writes nothing."""
    written = "".join(
        f' {name.replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{shape}{written}>{_escaped(text)}</{shape}>" if text else f"<{shape}{written}/>"


def points(*corners: tuple[float, float]) -> str:
    """Write the `points` attribute of a line or polygon."""
    return " ".join(f"{x:g},{y:g}" for x, y in corners)


def image(
    name: str,
    size: tuple[float, float],
    parts: Iterable[str],
    *,
    title: str,
    description: str,
    font_size: int,
) -> str:
    """Write the image of a width and height around its elements.

    `name` begins the ids of the title and description: it is unique on a page that shows the image.
    """
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}"'
        f' width="{width:g}" height="{height:g}" role="img" lang="en-GB"'
        f' aria-labelledby="{name}-title {name}-description" font-family="{_FONTS}"'
        f' font-size="{font_size}"><title id="{name}-title">{_escaped(title)}</title>'
        f'<desc id="{name}-description">{_escaped(description)}</desc>'
        + element("rect", width=width, height=height, fill=PAPER)
        + "".join(parts)
        + "</svg>"
    )


def printable(text: str) -> str:
    """Leave out what XML cannot hold, and controls that could reverse the order of a sentence."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter
        for letter in text
        if letter in "\n\t"
        or (
            unicodedata.category(letter) not in {"Cc", "Cs", "Co", "Cn"}
            and letter not in _BIDIRECTIONAL
        )
    )


def _value(value: str | float) -> str:
    return _escaped(value) if isinstance(value, str) else f"{value:g}"


def _escaped(text: str) -> str:
    return html.escape(printable(text))
