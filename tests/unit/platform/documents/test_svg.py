"""The SVG writer escapes text and attributes, and writes elements that every reader draws alike."""

from xml.etree import ElementTree as ET

from app.platform.documents.svg import element, image, points, printable

SVG = "{http://www.w3.org/2000/svg}"


def test_attributes_are_hyphenated_and_none_is_left_out():
    assert element("rect", x=1.50, stroke_width=2, rx=None) == '<rect x="1.5" stroke-width="2"/>'


def test_text_and_attributes_are_escaped():
    hostile = "</text><script>\"'&\u202e\x07"
    written = element("text", hostile, fill=hostile)
    root = ET.fromstring(
        image("x", (10, 10), [written], title=hostile, description="d", font_size=9)
    )
    assert [one.tag for one in root] == [f"{SVG}{tag}" for tag in ("title", "desc", "rect", "text")]
    assert [root[0].text, root[3].text] == ["</text><script>\"'&"] * 2


def test_an_image_is_named_by_its_title_and_description():
    root = ET.fromstring(image("x", (10.5, 20), [], title="T", description="D", font_size=9))
    assert root.get("aria-labelledby") == "x-title x-description"
    assert {one.get("id"): one.text for one in root[:2]} == {"x-title": "T", "x-description": "D"}
    assert root.get("viewBox") == "0 0 10.5 20"


def test_points_are_pairs():
    assert points((1, 2.5), (3.0, 4)) == "1,2.5 3,4"


def test_printable_text_is_unchanged_and_the_rest_loses_its_controls():
    assert printable("déjà\tvu\n") == "déjà\tvu\n"
    assert printable("a\u202eb\u2066c\x00d\ue000") == "abcd"
