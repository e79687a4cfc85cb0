"""The chart describes all its numbers in words, needs no colour, and has no script or link."""

import xml.etree.ElementTree as ET

from app.reports import chart
from app.reports.disclosure_control import Counted, protect
from app.reports.sections import TITLES, WORDS, Section, sections
from app.reports.service import ADVICE, GROUNDS, GROUPS, SHARED, TIMELINESS, WAITING

SVG = "{http://www.w3.org/2000/svg}"
TABLES = [
    Section("requests", {"total": 40}),
    Section("outcome", {"share": 30, "do_not_share": None}),
    Section("departures", {}),
]


def drawn() -> ET.Element:
    return ET.fromstring(chart.draw(TABLES, period="1 May 2026 to 2 June 2026"))


def test_the_title_and_description_label_the_image():
    svg = drawn()
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert svg.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "Information sharing, 1 May 2026 to 2 June 2026"
    assert "Share: 30; Do not share: withheld." in str(desc.text)


def test_every_bar_has_its_label_and_its_number_in_words():
    texts = [text.text for text in drawn().iter(f"{SVG}text")]
    assert [
        texts.count(word) for word in ("All", "40", "Share", "30", "Do not share", "withheld")
    ] == [1] * 6
    assert TITLES["departures"] not in texts


def test_bars_are_proportional_to_numbers_and_withheld_numbers_have_an_outline():
    bars = [rect for rect in drawn().iter(f"{SVG}rect") if rect.get("height") == "16"]
    assert [float(bar.get("width", 0)) for bar in bars if bar.get("fill") != "none"] == [330, 247.5]
    assert [bar.get("stroke-dasharray") for bar in bars if bar.get("fill") == "none"] == ["4 3"]


def test_the_chart_has_one_colour_and_no_script_file_or_link():
    text = chart.draw(TABLES, period="now")
    assert {rect.get("fill") for rect in drawn().iter(f"{SVG}rect")} == {
        "#ffffff",
        "#0b0c0c",
        "none",
    }
    assert not [
        word for word in ("<script", "href", "url(", "<style", "onload", "@import") if word in text
    ]


def test_no_text_crosses_the_edge():
    for text in drawn().iter(f"{SVG}text"):
        length = len(str(text.text)) * (10 if text.get("font-size") else 7)
        x = float(text.get("x", 0))
        assert x - (length if text.get("text-anchor") == "end" else 0) >= 0, text.text
        assert x + (0 if text.get("text-anchor") == "end" else length) <= 760, text.text


def test_every_code_has_words():
    codes = {
        "total",
        *ADVICE,
        *GROUNDS,
        *GROUPS,
        "other",
        *SHARED,
        "do_not_share",
        "seek_advice",
        *TIMELINESS,
        *WAITING,
    }
    assert codes <= WORDS.keys()
    assert max(len(words) for words in WORDS.values()) <= 40


def test_an_empty_period_is_drawn():
    nothing = protect(
        Counted(0, {"outcome": {}, "progress": {}, "purpose_group": {}, "reconsideration": {}})
    )
    tables = list(sections(nothing, protect(Counted(0, {"timeliness": {}}))))
    ET.fromstring(chart.draw(tables, period="1 May 2026 to 1 May 2026"))
