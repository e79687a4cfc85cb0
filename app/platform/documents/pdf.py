"""Renders data with a typst template as an accessible PDF (PDF/UA-1). Only this module imports
typst, which the extra `pdf` installs.

Invariant: the data enters as JSON and is never executed; only the shipped fonts are used; and a
name in any script can be printed, because a character that no font has is written as its code
point.
"""

import struct
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.kernel.canonical import Json, encode
from app.kernel.errors import Kind, ServiceError

if TYPE_CHECKING:
    import typst

FONTS: Final = Path(__file__).parent / "fonts"

PAGE: Final = Path(__file__).parent / "page.typ"
"""The template of `app.platform.documents.page.Page`."""

FAMILIES: Final = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Gurmukhi",
    "Noto Sans Gujarati",
    "Noto Sans Tamil",
    "Noto Sans Telugu",
    "Noto Sans Malayalam",
    "Noto Sans Sinhala",
    "Noto Sans Thai",
    "Noto Sans Ethiopic",
    "Noto Sans Armenian",
    "Noto Sans Georgian",
    "Droid Sans Fallback",
    "DejaVu Sans",
)
"""The shipped font families; a character is set in the first that has it."""


class PdfNotAvailable(ServiceError):
    """The service was installed without the extra `pdf`."""

    kind = Kind.NOT_ACCEPTABLE
    code = "pdf-not-available"
    title = "PDF not available"

    def __init__(self) -> None:
        super().__init__(
            "ask for text/html, which prints well, or install the service with its extra `pdf`"
        )


def available() -> bool:
    """Whether this installation can make PDF files."""
    return find_spec("typst") is not None


def pdf(template: Path, data: Mapping[str, Json], *, at: datetime) -> bytes:
    """A tagged PDF/UA-1 file: the same bytes for the same arguments.

    The template reads `json(bytes(sys.inputs.data))`, with the font families in its member `fonts`.
    `at` is the date of the file. Takes tens of milliseconds of CPU: call it in a thread. Raises
    `PdfNotAvailable` if typst is not installed.
    """
    if not available():
        raise PdfNotAvailable
    import typst  # noqa: PLC0415 - optional, and 40 MB

    known = coverage()
    try:
        return _compiled(template, _printable(data, known), at)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        # A combining mark follows a base character of another script, and no font has both: print
        # only the characters of the main font.
        plain = {
            point
            for point in code_points_of((FONTS / "NotoSans-Regular.ttf").read_bytes())
            if not unicodedata.combining(chr(point))
        }
        return _compiled(template, _printable(data, plain), at)


def _compiled(template: Path, data: Json, at: datetime) -> bytes:
    import typst  # noqa: PLC0415 - see above

    assert isinstance(data, Mapping)  # noqa: S101 - a mapping went in
    inputs = {"data": encode({**data, "fonts": list(FAMILIES)}).decode()}
    return typst.compile(
        str(template),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        root=str(template.parent),
        sys_inputs=inputs,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(at.timestamp()),
    )


@cache
def _fonts() -> "typst.Fonts":
    import typst  # noqa: PLC0415 - see above

    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )


def _printable(value: Json, known: Collection[int]) -> Json:
    """The value in normalisation form C, with the code point in place of each character that is
    not printable or not among the code points `known`.
    """
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        return (
            text
            if text.isascii() and text.isprintable()
            else "".join(_printed(character, known) for character in text)
        )
    if isinstance(value, Mapping):
        return {name: _printable(member, known) for name, member in value.items()}
    if isinstance(value, Sequence):
        return [_printable(member, known) for member in value]
    return value


def _printed(character: str, known: Collection[int]) -> str:
    if character in "\n\t" or ord(character) in known:
        return character
    if unicodedata.category(character) == "Cf" or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""  # joiners and variation selectors have no glyph
    return f"[U+{ord(character):04X}]"


@cache
def coverage() -> frozenset[int]:
    """The code points for which the shipped fonts have a glyph."""
    found: set[int] = set()
    for font in sorted(FONTS.glob("*.ttf")):
        found |= code_points_of(font.read_bytes())
    return frozenset(found)


def code_points_of(font: bytes) -> set[int]:
    """The code points in the `cmap` table of a TrueType font (formats 4 and 12)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    at = next(
        offset
        for tag, _, offset, _ in (
            struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(tables)
        )
        if tag == b"cmap"
    )
    (count,) = struct.unpack_from(">H", font, at + 2)
    starts = {
        at + struct.unpack_from(">HHI", font, at + 4 + 8 * number)[2] for number in range(count)
    }
    return {point for start in starts for point in _mapped(font, start)}


def _mapped(font: bytes, start: int) -> Iterator[int]:
    (version,) = struct.unpack_from(">H", font, start)
    if version == 12:
        (groups,) = struct.unpack_from(">I", font, start + 12)
        for number in range(groups):
            first, last, glyph = struct.unpack_from(">III", font, start + 16 + 12 * number)
            yield from range(first if glyph else first + 1, last + 1)
    elif version == 4:
        yield from _segments(font, start)


def _segments(font: bytes, start: int) -> Iterator[int]:
    (double,) = struct.unpack_from(">H", font, start + 6)
    form, ends = f">{double // 2}H", start + 14
    begins = ends + double + 2
    shifts, offsets = begins + double, begins + 2 * double
    columns = zip(
        *(struct.unpack_from(form, font, place) for place in (begins, ends, shifts, offsets)),
        strict=True,
    )
    for number, (first, last, shift, offset) in enumerate(columns):
        for point in range(first, last + 1):
            if point == 0xFFFF:
                continue
            glyph = point + shift
            if offset:
                (found,) = struct.unpack_from(
                    ">H", font, offsets + 2 * number + offset + 2 * (point - first)
                )
                glyph = found + shift if found else 0
            if glyph & 0xFFFF:
                yield point
