"""Sets data in a typst template as an accessible PDF (PDF/UA-1). The only importer of typst, which
the extra `pdf` brings.

Law: what is printed enters as JSON and stays data; only the shipped fonts are used; and no name, in
whatever script, stops a record from being printed: a letter that no font has is written as its code
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
"""The shipped families in the order in which a letter is looked for."""


class PdfNotAvailable(ServiceError):
    """The service runs without its typesetter."""

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
    """The bytes of a tagged PDF/UA-1 file, the same for the same arguments.

    The template reads `json(bytes(sys.inputs.data))`, and the list of fonts from its member
    `fonts`. `at` becomes the file's date. Takes tens of milliseconds of CPU: call it in a thread.
    Raises `PdfNotAvailable` where typst is not installed.
    """
    if not available():
        raise PdfNotAvailable
    import typst  # noqa: PLC0415 - forty megabytes that only a printer needs

    known = coverage()
    try:
        return _set(template, _legible(data, known), at)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        # A mark from one script on a letter of another finds no font that has both: then only the
        # main font's letters are left as they are.
        plain = {
            letter
            for letter in letters_of((FONTS / "NotoSans-Regular.ttf").read_bytes())
            if not unicodedata.combining(chr(letter))
        }
        return _set(template, _legible(data, plain), at)


def _set(template: Path, data: Json, at: datetime) -> bytes:
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


def _legible(value: Json, known: Collection[int]) -> Json:
    """The value with every letter that cannot be printed written as its code point, and in the
    normal form that JSON here has.
    """
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        return (
            text
            if text.isascii() and text.isprintable()
            else "".join(_shown(letter, known) for letter in text)
        )
    if isinstance(value, Mapping):
        return {name: _legible(member, known) for name, member in value.items()}
    if isinstance(value, Sequence):
        return [_legible(member, known) for member in value]
    return value


def _shown(letter: str, known: Collection[int]) -> str:
    if letter in "\n\t" or ord(letter) in known:
        return letter
    if unicodedata.category(letter) == "Cf" or 0xFE00 <= ord(letter) <= 0xFE0F:
        return ""  # joiners and variation selectors have no shape of their own
    return f"[U+{ord(letter):04X}]"


@cache
def coverage() -> frozenset[int]:
    """The code points that the shipped fonts have a shape for."""
    found: set[int] = set()
    for font in sorted(FONTS.glob("*.ttf")):
        found |= letters_of(font.read_bytes())
    return frozenset(found)


def letters_of(font: bytes) -> set[int]:
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
    return {letter for start in starts for letter in _mapped(font, start)}


def _mapped(font: bytes, start: int) -> Iterator[int]:
    (form,) = struct.unpack_from(">H", font, start)
    if form == 12:
        (groups,) = struct.unpack_from(">I", font, start + 12)
        for number in range(groups):
            first, last, glyph = struct.unpack_from(">III", font, start + 16 + 12 * number)
            yield from range(first if glyph else first + 1, last + 1)
    elif form == 4:
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
        for letter in range(first, last + 1):
            if letter == 0xFFFF:
                continue
            glyph = letter + shift
            if offset:
                (found,) = struct.unpack_from(
                    ">H", font, offsets + 2 * number + offset + 2 * (letter - first)
                )
                glyph = found + shift if found else 0
            if glyph & 0xFFFF:
                yield letter
