"""PDF files use only the shipped fonts, print any script, and need the extra `pdf`."""

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typst

from app.kernel.canonical import encode
from app.kernel.errors import Kind
from app.platform.documents import pdf as documents_pdf

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEMPLATE = """#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "en", font: data.fonts)
= #data.title
#data.text
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.typ"
    path.write_text(TEMPLATE)
    return path


def test_the_shipped_fonts_are_those_in_the_notice():
    notice = dict(
        re.findall(
            r"^([0-9a-f]{64})  (\S+)$", (documents_pdf.FONTS / "NOTICE").read_text(), re.MULTILINE
        )
    )
    shipped = {
        hashlib.sha256(font.read_bytes()).hexdigest(): font.name
        for font in documents_pdf.FONTS.glob("*.ttf")
    }
    assert shipped == notice
    assert len(shipped) > 10


def test_every_family_is_shipped_and_every_shipped_family_is_used():
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(documents_pdf.FONTS)],
    )
    assert set(fonts.families()) == set(documents_pdf.FAMILIES)


FONTS = typst.Fonts(
    include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(documents_pdf.FONTS)]
)


def alone(template: Path, family: str, letters: str) -> bytes:
    """Characters set in one font family: typst rejects PDF/UA if one of them has no glyph."""
    inputs = {"data": encode({"title": "a", "text": letters, "fonts": [family]}).decode()}
    file = typst.compile(
        str(template),
        font_paths=FONTS,
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards="ua-1",
    )
    assert isinstance(file, bytes)
    return file


@pytest.mark.parametrize("font", FONTS.fonts(), ids=lambda font: f"{font.family} {font.weight}")
def test_the_code_points_of_a_font_are_those_that_typst_can_set(
    template: Path, font: typst.FontInfo
):
    lone = TEMPLATE.replace(
        "data.fonts", f"data.fonts, fallback: false, weight: {font.weight}"
    ).replace("= #data.title\n", "")
    template.write_text(lone)
    assert font.path
    known = sorted(documents_pdf.code_points_of(Path(font.path).read_bytes()))
    letters = [chr(code) for code in known[:: max(1, len(known) // 300)] if plain(chr(code))]
    assert len(letters) > 20
    alone(template, font.family, "\n".join(letters))
    foreign = [
        chr(code) for code in range(0x0100, 0x30FF, 97) if code not in known and plain(chr(code))
    ]
    for letter in foreign[:8]:
        with pytest.raises(typst.TypstError, match="could not be displayed"):
            alone(template, font.family, letter)


def plain(letter: str) -> bool:
    """A character with its own glyph."""
    return unicodedata.category(letter) in {
        "Lu",
        "Ll",
        "Lo",
        "Nd",
        "So",
        "Sm",
    } and unicodedata.is_normalized("NFC", letter)


def test_the_scripts_of_a_school_are_covered():
    names = (
        "Siân Łucja Ștefan Ğazel Олена محمد شہزاد דוד ਹਰਪ੍ਰੀਤ অনন্যা आरव પટેલ "
        "தமிழ் తెలుగు മലയാളം සිංහල สมชาย ሰላም Արամ გიორგი 李小龍 ひろし Νίκος Nguyễn"
    )
    assert [letter for letter in names if ord(letter) not in documents_pdf.coverage()] == []


def test_the_same_data_gives_the_same_bytes(template: Path):
    assert documents_pdf.pdf(template, {"title": "a", "text": "b"}, at=NOON) == documents_pdf.pdf(
        template, {"title": "a", "text": "b"}, at=NOON
    )


@pytest.mark.parametrize(
    "text",
    [
        "#panic()",
        '#read("/etc/passwd")',
        "$ x",
        "*a",
        "= b",
        "\\",
        "```",
        "@label",
        "<a>",
        "e\u0301",
        "\ud83d",
    ],
)
def test_data_is_never_executed_and_can_always_be_printed(template: Path, text: str):
    assert documents_pdf.pdf(template, {"title": "a", "text": text}, at=NOON).startswith(b"%PDF-")


def test_an_error_in_the_template_is_raised(template: Path):
    template.write_text('#panic("broken")')
    with pytest.raises(typst.TypstError, match="broken"):
        documents_pdf.pdf(template, {}, at=NOON)


def test_without_the_extra_pdf_the_error_suggests_html(
    template: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(documents_pdf, "find_spec", lambda _: None)
    assert not documents_pdf.available()
    with pytest.raises(documents_pdf.PdfNotAvailable, match="text/html") as missing:
        documents_pdf.pdf(template, {}, at=NOON)
    assert missing.value.kind is Kind.NOT_ACCEPTABLE
