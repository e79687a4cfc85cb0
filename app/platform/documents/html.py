"""Renders a page as one HTML document without scripts and without other files. Its style is
embedded; `CSP` permits it by its digest.

Invariant: every text is escaped here and only here; only drawings made by the service are embedded
unescaped.
"""

import base64
import hashlib
import html
from typing import Final

from app.platform.documents.page import (
    Block,
    Bullets,
    Chart,
    Grid,
    Page,
    Pairs,
    Paragraph,
    Part,
    Section,
    Steps,
    Verbatim,
)

STYLE: Final = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #0b0c0c; font: 1rem/1.45 "Noto Sans", Arial, Helvetica, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2rem 0 .75rem; padding-top: .5rem; border-top: 3px solid #0b0c0c; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .5rem; }
p, li, td, dd, figcaption { overflow-wrap: anywhere; white-space: pre-line; }
.marking { font-weight: bold; border: 2px solid #0b0c0c; padding: .4rem .7rem; margin: 0 0 1.25rem; }
nav ul { columns: 2; padding-left: 1.2rem; }
nav a { color: #0b0c0c; }
a:focus-visible { outline: 3px solid #0b0c0c; outline-offset: 2px; }
dl { display: grid; grid-template-columns: minmax(9rem, 15rem) minmax(0, 1fr); margin: 0 0 1rem; }
dl > div { display: contents; }
dt, dd { margin: 0; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #767676; }
dt { font-weight: bold; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1rem; }
caption { text-align: left; font-weight: bold; padding: .3rem 0; }
th, td { border: 1px solid #767676; padding: .3rem .5rem; text-align: left; vertical-align: top; min-width: 4rem; }
thead th { background: #eee; }
tbody th { font-weight: bold; overflow-wrap: anywhere; min-width: 6.5rem; }
td:last-child:not(:nth-child(2)) { min-width: 8.5rem; }
td:first-child code { white-space: nowrap; }
td:dir(rtl), dd:dir(rtl) { text-align: right; }
figure { margin: 0 0 1rem; }
figure svg { max-width: 100%; height: auto; border: 1px solid #767676; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #767676; padding: .6rem; font-size: .85rem; }
.letter { max-width: 42rem; }
.letter h2 { border: 0; margin: 1.25rem 0 .4rem; padding: 0; font-size: 1.05rem; }
.letter .sender, .letter address { font-style: normal; margin: 0 0 1.5rem; white-space: pre-line; }
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 9pt sans-serif; } }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h1 { font-size: 17pt; }
  h2 { font-size: 13pt; margin-top: 14pt; }
  h2, h3, caption { break-after: avoid; }
  tr, dl > div, li, figure { break-inside: avoid; }
  dt, dd { break-inside: avoid; }
  thead { display: table-header-group; }
  thead th { background: none; }
  .wide { overflow: visible; }
  figure svg { max-height: 235mm; }
}
"""  # noqa: E501

CSP: Final = (
    "default-src 'none'; style-src"
    f" 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; base-uri"
    " 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The content security policy of these documents."""


def document(title: str, main: str) -> str:
    """A complete document around the markup `main`."""
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots"'
        ' content="noindex">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{main}\n</body>\n</html>\n"
    )


def page(of: Page) -> str:
    """The page as an HTML document."""
    contents = "".join(
        f'<li><a href="#s{number}">{html.escape(section.title)}</a></li>'
        for number, section in enumerate(of.sections, 1)
    )
    body = "\n".join(_section(number, section) for number, section in enumerate(of.sections, 1))
    return document(
        of.title,
        f"<main>\n<header>\n<h1>{html.escape(of.title)}</h1>\n<p"
        f' class="marking">{html.escape(of.marking)}</p>\n{_block(of.head, "h2")}\n</header>\n<nav'
        f' aria-label="Contents">\n<ul>{contents}</ul>\n</nav>\n{body}\n</main>',
    )


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(_block(block, "h3") for block in section.blocks)
    return (
        f'<section aria-labelledby="s{number}">\n<h2'
        f' id="s{number}">{html.escape(section.title)}</h2>\n{blocks}\n</section>'
    )


def _block(block: Block, heading: str) -> str:  # noqa: PLR0911 - one for each kind of block
    match block:
        case Paragraph(text):
            return f'<p dir="auto">{html.escape(text)}</p>'
        case Pairs(rows):
            return "<dl>" + "".join(_pair(name, value) for name, value in rows) + "</dl>"
        case Grid():
            return _grid(block)
        case Bullets(items):
            return (
                "<ul>"
                + "".join(f'<li dir="auto">{html.escape(item)}</li>' for item in items)
                + "</ul>"
            )
        case Steps(items):
            return (
                "<ol>"
                + "".join(f'<li dir="auto">{html.escape(item)}</li>' for item in items)
                + "</ol>"
            )
        case Chart(svg, _, caption):
            return f"<figure>{svg}<figcaption>{html.escape(caption)}</figcaption></figure>"
        case Verbatim(text):
            return f"<pre>{html.escape(text)}</pre>"
        case Part(title, blocks):
            inner = "\n".join(_block(one, "h4") for one in blocks)
            return f"<{heading}>{html.escape(title)}</{heading}>\n{inner}"


def _pair(name: str, value: str) -> str:
    return f'<div><dt>{html.escape(name)}</dt><dd dir="auto">{html.escape(value)}</dd></div>'


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in grid.head)
    rows = "".join(
        f'<tr><th scope="row" dir="auto">{html.escape(row[0])}</th>'
        + "".join(f'<td dir="auto">{html.escape(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in grid.rows
    )
    caption = html.escape(grid.caption)
    return (
        f'<div class="wide" role="region" aria-label="{caption}"'
        f' tabindex="0"><table><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
