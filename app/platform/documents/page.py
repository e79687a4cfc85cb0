"""A page as data: sections of paragraphs, pairs, lists, tables and charts. `html` and `pdf` render
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.kernel.canonical import Json


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text; its line ends are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Labels with their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first cell of a row is its header."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """An unordered list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """An ordered list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as SVG. `described` says in words all that it shows; the caption says where the
    page has the same content as text.
    """

    svg: str
    described: str
    caption: str = "The tables above say the same in words."


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A text that is shown character by character, such as a signed note."""

    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a section, with a heading."""

    title: str
    blocks: tuple["Block", ...]


Block: TypeAlias = Paragraph | Pairs | Grid | Bullets | Steps | Chart | Verbatim | Part


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page, with a heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its title, the protective marking, what identifies it, and the sections."""

    title: str
    marking: str
    head: Pairs
    sections: tuple[Section, ...]

    def to_json(self) -> dict[str, Json]:
        """The page as the template `page.typ` reads it."""
        return {
            "title": self.title,
            "marking": self.marking,
            "head": _block(self.head),
            "sections": [
                {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
                for section in self.sections
            ],
        }


def _block(block: Block) -> Mapping[str, Json]:  # noqa: PLR0911 - one for each kind of block
    match block:
        case Paragraph(text):
            return {"kind": "paragraph", "text": text}
        case Pairs(rows):
            return {"kind": "pairs", "rows": rows}
        case Grid(caption, head, rows):
            return {"kind": "grid", "caption": caption, "head": head, "rows": rows}
        case Bullets(items):
            return {"kind": "bullets", "items": items}
        case Steps(items):
            return {"kind": "steps", "items": items}
        case Chart(svg, described):
            return {"kind": "chart", "svg": svg, "described": described}
        case Verbatim(text):
            return {"kind": "verbatim", "text": text}
        case Part(title, blocks):
            return {"kind": "part", "title": title, "blocks": [_block(inner) for inner in blocks]}
