"""A printed page as data: sections of paragraphs, pairs and tables, which HTML and PDF show
alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from app.kernel.canonical import Json


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more; line ends in it are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """What is called what: labels with their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first cell of each row names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A list whose order matters."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as SVG, with all that it shows in words, and a caption that says where to read the
    same.
    """

    svg: str
    described: str
    caption: str = "The tables above say the same in words."


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Text whose every character matters, such as a signed note."""

    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A headed part of a section."""

    title: str
    blocks: tuple["Block", ...]


Block: TypeAlias = Paragraph | Pairs | Grid | Bullets | Steps | Chart | Verbatim | Part


@dataclass(frozen=True, slots=True)
class Section:
    """A headed section of the page."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole: a title, who may read it, what identifies it, and the sections."""

    title: str
    marking: str
    head: Pairs
    sections: tuple[Section, ...]

    def to_json(self) -> dict[str, Json]:
        """The page as the PDF template reads it."""
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
