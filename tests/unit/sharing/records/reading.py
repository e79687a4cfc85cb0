"""Readers of printed papers: markup as strictly as our own has to be, and the text of a PDF
file.
"""

import io
import re
from html.parser import HTMLParser
from typing import Any

import pikepdf

from tests.unit.sharing.records.printing import NOW

VOID = {"meta", "br", "link", "img", "input", "hr"}


def letter(**changed: Any) -> dict[str, Any]:
    return {
        "generated_at": NOW,
        "policy_title": "Information Sharing Policy",
        "policy_version": "2025-11",
        "school": "A School",
        "reasons": "No purpose that concerns a child.\n\nThe parents did not consent.",
        "contact": "The designated safeguarding lead, 01632 960001",
        **changed,
    }


class Reader(HTMLParser):
    """Reads markup as strictly as our own has to be: every element closed in order, no attribute
    twice.
    """

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def said(self) -> str:
        return "\n".join(self.text)


def pdf_text(file: bytes) -> str:
    """What a PDF says: the characters behind its glyphs, or the text that a marked stretch gives in
    their place.
    """
    said: list[str] = []
    with pikepdf.open(io.BytesIO(file)) as pdf:
        for page in pdf.pages:
            fonts = {
                name: unicode_of(font) for name, font in page.Resources.get("/Font", {}).items()
            }
            font: dict[int, str] = {}
            marks: list[bool] = []
            for step in pikepdf.parse_content_stream(page):
                operands, operator = list(step.operands), str(step.operator)
                if operator == "Tf":
                    font = fonts[str(operands[0])]
                elif operator in {"BDC", "BMC"}:
                    given = (
                        operands[1].get("/ActualText")
                        if operator == "BDC" and isinstance(operands[1], pikepdf.Dictionary)
                        else None
                    )
                    marks.append(given is not None)
                    said.append(str(given) if given is not None else "")
                elif operator == "EMC":
                    marks.pop()
                elif operator in {"Tj", "TJ"} and not any(marks):
                    parts = operands[0] if operator == "TJ" else [operands[0]]
                    raw = b"".join(
                        bytes(part) for part in parts if isinstance(part, pikepdf.String)
                    )
                    said += [
                        font.get(int.from_bytes(raw[i : i + 2]), "") for i in range(0, len(raw), 2)
                    ]
    return "".join(said)


def unicode_of(font: pikepdf.Object) -> dict[int, str]:
    table = font.ToUnicode.read_bytes().decode("latin-1")
    pairs = re.findall(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>", table)
    return {
        int(code, 16): bytes.fromhex(text).decode("utf-16-be", "replace") for code, text in pairs
    }
