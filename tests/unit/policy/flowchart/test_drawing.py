"""The flowchart needs no colour to be understood, its words do not overlap, and it contains no
scripts.
"""

import re
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import ImageFont

from app.platform.documents import pdf
from app.policy.flowchart import drawing
from app.policy.flowchart import svg as flowchart_svg
from app.policy.flowchart.drawing import CHECKS, OUTCOMES, QUESTIONS
from tests.unit.sharing.records.printed_facts import WAYS, how
from tests.unit.sharing.records.printing import chart

SVG = "{http://www.w3.org/2000/svg}"
FONT = ImageFont.truetype(str(pdf.FONTS / "DejaVuSans.ttf"), 1000)
BOLD = ImageFont.truetype(str(pdf.FONTS / "NotoSans-Bold.ttf"), 1000)
LONG = (
    "A sentence that a school wrote into its policy at length, with an unbreakable"
    " Donaudampfschifffahrtsgesellschaftskapitän in it."
)


def blank(**changed: Any) -> str:
    words: dict[str, Any] = {
        "title": "When and how",
        "description": drawing.describe_policy(),
        "policy_version": "2025-11",
        **changed,
    }
    return drawing.draw_policy(**words)


CHARTS = {
    **{outcome: chart(outcome) for outcome in WAYS},
    "blank": blank(),
    "long": blank(
        title=LONG * 3,
        questions=dict.fromkeys(QUESTIONS, LONG * 2),
        checks=dict.fromkeys(CHECKS, LONG * 2),
    ),
    "another order": blank(order=("identifiable", "consent")),
}
every_chart = pytest.mark.parametrize("svg", CHARTS.values(), ids=CHARTS.keys())


def texts(svg: str) -> list[ET.Element]:
    return [
        one for one in ET.fromstring(svg).iter(f"{SVG}text") if one.get("text-anchor") != "middle"
    ]


def words_of(svg: str) -> str:
    return " ".join(one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text"))


def box_of(text: ET.Element) -> tuple[float, float, float, float]:
    """Left, top, right, bottom, measured with the real fonts rather than with the drawing's own
    table.
    """
    font = BOLD if text.get("font-weight") == "bold" else FONT
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    return (
        x,
        y - flowchart_svg.SIZE,
        x + font.getlength(text.text or "") / 1000 * flowchart_svg.SIZE,
        y + 4,
    )


def rectangles(svg: str) -> list[tuple[float, float, float, float]]:
    boxes = [
        one.attrib
        for one in ET.fromstring(svg).iter(f"{SVG}rect")
        if "x" in one.attrib and one.get("width") != "15"
    ]
    return [
        (x, y, x + w, y + h)
        for x, y, w, h in ((float(b[n]) for n in ("x", "y", "width", "height")) for b in boxes)
    ]


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@every_chart
def test_a_chart_has_a_title_a_description_and_a_role(svg: str):
    root = ET.fromstring(svg)
    labelled = {one.get("id"): one.text for one in root if one.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == list(labelled)
    assert all(labelled.values())
    assert root[0].tag == f"{SVG}title"


@every_chart
def test_no_words_overlap_and_none_are_cut(svg: str):
    root = ET.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = [box_of(text) for text in texts(svg)]
    assert len(boxes) > 20
    assert [pair for pair in combinations(boxes, 2) if overlap(*pair)] == []
    assert [
        box for box in boxes if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height
    ] == []


@every_chart
def test_words_never_cross_the_border_of_a_box(svg: str):
    for text in texts(svg):
        left, top, right, bottom = box_of(text)
        for box in rectangles(svg):
            inside = (
                box[0] <= left and right <= box[2] and box[1] <= top + 3 and bottom <= box[3] + 1
            )
            assert inside or not overlap((left, top + 3, right, bottom), box), text.text


@every_chart
def test_boxes_do_not_overlap(svg: str):
    boxes = rectangles(svg)
    assert len(boxes) == 12
    assert [pair for pair in combinations(boxes, 2) if overlap(*pair)] == []


@every_chart
def test_the_image_has_no_scripts_resources_or_style_sheets(svg: str):
    assert not re.search(
        r"<(script|style|image|use|foreignObject|a)\b|\b(href|style|on\w+)=|url\(|@import", svg
    )
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]


@every_chart
def test_every_word_has_enough_contrast(svg: str):
    inks = {one.get("fill", "") for one in texts(svg)} | set(re.findall(r'stroke="(#\w+)"', svg))
    grounds = {one.get("fill", "") for one in ET.fromstring(svg).iter(f"{SVG}rect")}
    assert inks
    assert [
        (ink, ground) for ink in inks for ground in grounds if contrast(ink, ground) < 4.5
    ] == []


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("outcome", WAYS)
def test_the_path_is_shown_by_numbers_words_and_line_width(outcome: str):
    svg = chart(outcome)
    path, _, _ = WAYS[outcome]
    numbers = [
        one.text
        for one in ET.fromstring(svg).iter(f"{SVG}text")
        if one.get("text-anchor") == "middle"
    ]
    taken = svg.count('rx="18" fill="#e8edf3"')
    expected = len(path) + (2 if outcome.startswith("share") else 1)
    assert sorted(int(number or 0) for number in numbers) == list(range(1, expected + 1))
    assert taken == 1, "one result, and only one, is the outcome"
    assert words_of(svg).count("Answered:") == len(path)
    assert words_of(svg).count("Not asked") == 5 - len(path)
    assert "The outcome of this" in words_of(svg)
    assert 'stroke-width="4"' in svg
    assert "stroke-dasharray" in svg


@pytest.mark.parametrize("outcome", WAYS)
def test_a_thick_line_leads_to_each_step_and_to_the_outcome(outcome: str):
    path, _, _ = WAYS[outcome]
    thick = re.findall(
        r'<polyline points="[^"]*" fill="none" stroke="#0b0c0c" stroke-width="4"', chart(outcome)
    )
    assert len(thick) == len(path) + (1 if outcome.startswith("share") else 0)


def test_a_blank_chart_shows_no_path():
    svg = CHARTS["blank"]
    assert "Answered" not in svg
    assert "<circle" not in svg
    assert "stroke-dasharray" not in svg
    assert all(word in words_of(svg) for text in OUTCOMES.values() for word in text.split())


def test_the_checks_have_their_result_in_words():
    svg = words_of(chart("share"))
    assert svg.count("Met: yes") == 4
    assert svg.count("Met: unsure") == 1
    assert "on hold" in svg
    assert "Met:" not in words_of(chart("do_not_share"))


def test_an_emergency_share_is_shown_as_ready():
    assert "In an emergency, do not wait" in words_of(chart("share_emergency"))


def test_the_questions_are_in_the_order_of_the_policy():
    lines = [text.text or "" for text in texts(CHARTS["another order"])]
    said = " ".join(lines)
    assert (
        said.index("identified from this?")
        < said.index("that covers this?")
        < said.index("share without consent?")
    )


def test_the_description_contains_everything_in_the_image():
    path, decided_at, release = WAYS["share"]
    said = drawing.describe(
        path, outcome="share", decided_at=decided_at, release=release, how=how(secure="unsure")
    )
    assert all(
        QUESTIONS[step["step"]] in said and f"Answered: {step['answer']}" in said for step in path
    )
    assert OUTCOMES["share"] in said
    assert "on hold" in said
    assert f"{CHECKS['secure']}: unsure" in said


def test_the_table_of_widths_is_never_narrower_than_the_font():
    letters = [chr(code) for code in range(32, 127)]
    assert [one for one in letters if flowchart_svg.measure(one, 1000) < FONT.getlength(one)] == []
    assert [
        one for one in letters if flowchart_svg.measure(one, 1000, bold=True) < BOLD.getlength(one)
    ] == []


def test_hostile_words_are_escaped_and_control_characters_removed():
    svg = blank(
        title="<script>alert(1)</script> \u202eabc\u202c \x07 & \"'",
        policy_version="</text><script/>",
    )
    root = ET.fromstring(svg)
    assert not list(root.iter(f"{SVG}script"))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", svg)


def test_the_same_path_gives_the_same_bytes():
    assert chart("share") == chart("share")
    assert Path(drawing.__file__).read_text().count("import random") == 0
