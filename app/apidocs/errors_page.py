"""Renders `docs/errors.md`, the table of error codes, as HTML: one page for all and one per code.

The text is Markdown. A code has a section of the third level; its list names the status, the cause
and the cure. Links to other pages of `docs`, which the service does not serve, become plain text.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from app.platform.documents import html

_SECTION: Final = re.compile(r"^### ([a-z-]+)\n\n(.*?)\n*(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_LABEL: Final = re.compile(r"^- (Status|Cause|Cure): ", re.MULTILINE)
_OUTSIDE: Final = re.compile(r"\[([^\]]+)\]\((?!#)[^)]*\)")
_INSIDE: Final = re.compile(r"\]\(#([\w-]+)\)")


@cache
def all_codes(source: Path) -> str:
    """The page of all errors. Raises FileNotFoundError if the source is not installed."""
    return _page("Errors", _text(source))


@cache
def one_code(source: Path, code: str) -> str:
    """The page of one error. Raises KeyError for an unknown code, and FileNotFoundError if the
    source is not installed.
    """
    text = _text(source)
    sections = dict(_SECTION.findall(text))

    def link(found: re.Match[str]) -> str:
        return f"](/problems{'/' if found[1] in sections else '#'}{found[1]})"

    section = _INSIDE.sub(link, sections[code])
    return _page(code, f"# {code}\n\n{section}\n\n[All errors](/problems)\n")


def _text(source: Path) -> str:
    return _OUTSIDE.sub(r"\1", source.read_text(encoding="utf-8"))


def _page(title: str, text: str) -> str:
    body = _markdown().render(_LABEL.sub(r"- **\1:** ", text))
    body = body.replace("<table>", '<div class="wide" tabindex="0"><table>')
    body = body.replace("</table>", "</table></div>")
    return html.document(title, f"<main>\n{body}</main>")


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("softbreak", lambda *_: " ")
    markdown.add_render_rule("heading_open", _heading)
    return markdown


def _heading(renderer: Any, tokens: Any, place: int, options: Any, env: Any) -> str:
    """A heading with the anchor that links in the text use."""
    words = re.sub(r"[^\w\- ]", "", tokens[place + 1].content.lower())
    tokens[place].attrSet("id", words.replace(" ", "-"))
    opening: str = renderer.renderToken(tokens, place, options, env)
    return opening
