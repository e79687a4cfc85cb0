"""A printed record is whole, inert, accessible, and the same in HTML and PDF; a letter says only
what was released for it.
"""

import base64
import hashlib
import io
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pikepdf
import pytest
import typst
from PIL import Image

from app.kernel.canonical import encode
from app.platform.documents import pdf as documents_pdf
from app.platform.documents.html import CSP
from app.sharing.records import document
from app.sharing.records import document as records_document
from app.sharing.records import text as records_text
from tests.unit.sharing.records.printed_facts import ITEM
from tests.unit.sharing.records.printing import (
    HOSTILE,
    NAMES,
    NOW,
    audit,
    chart,
    deidentified,
    refused,
    request,
)
from tests.unit.sharing.records.printing import record as record_of
from tests.unit.sharing.records.reading import Reader, pdf_text


def arguments(**changed: Any) -> dict[str, Any]:
    return {
        "generated_at": NOW,
        "policy_title": "Information Sharing Policy",
        "policy_version": "2025-11",
        "audit": audit(),
        "school": "123456",
        "chart_svg": chart(),
        **changed,
    }


def hostile() -> dict[str, Any]:
    whole = request()
    whole["facts"]["purpose"]["statement"] = HOSTILE
    whole["facts"]["requester"]["name"] = "x" * 900
    whole["facts"]["recipient"]["named_individual"] = " ".join(NAMES)
    whole["decisions"][-1]["reasons"] = HOSTILE
    whole["facts"]["unheard_of"] = {"member": "kept all the same"}
    whole["inspections"] = [record_of(30, by_whom="An inspector")]
    return whole


RECORDS = {
    "full": request(),
    "deidentified": deidentified(),
    "refused": refused(),
    "hostile": hostile(),
    "empty": {},
}
RECORDS["empty"] = {
    **request(),
    **{name: [] for name, value in request().items() if isinstance(value, list)},
    "decision": None,
    "decided_at": None,
    "facts": {"purpose": {"code": "unknown"}, "items": []},
}
every_record = pytest.mark.parametrize("shown", RECORDS.values(), ids=RECORDS.keys())


@every_record
def test_the_record_is_well_formed_and_accessible(shown: dict[str, Any]):
    markup = document.html(shown, **arguments())
    page = Reader(markup)
    assert markup.startswith("<!DOCTYPE html>\n<html lang=")
    assert page.all("html") == [{"lang": "en-GB"}]
    assert len(page.all("title")) == 2, "the page's and the drawing's"
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.all("th")
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {str(attributes.get("href", "")).removeprefix("#") for attributes in page.all("a")}
    assert wanted <= set(ids)


@every_record
def test_the_record_passes_its_own_strict_policy(shown: dict[str, Any]):
    markup = document.html(shown, **arguments())
    styles = re.findall(r"<style>(.*?)</style>", markup, re.DOTALL)
    digests = [
        base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles
    ]
    assert [f"'sha256-{digest}'" in CSP for digest in digests] == [True]
    assert "default-src 'none'" in CSP
    assert "unsafe" not in CSP
    page = Reader(markup)
    assert not {"script", "img", "link", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert [
        a
        for _, a in page.tags
        if "style" in a or "src" in a or any(name.startswith("on") for name in a)
    ] == []
    assert not re.search(r"url\(|@import", styles[0])


@every_record
def test_the_pdf_is_tagged_titled_and_claims_pdf_ua(shown: dict[str, Any]):
    with pikepdf.open(io.BytesIO(document.pdf(shown, **arguments()))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.StructTreeRoot.K
        assert str(pdf.Root.Lang) == "en-GB"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Information sharing record"
        kinds = kinds_in(pdf.Root.StructTreeRoot)
        assert {"H1", "H2", "Table", "TH", "TD", "L", "Figure"} <= kinds.keys()
        assert kinds["H1"] == len(records_document.page(shown, **arguments()).sections) >= 16, (
            "one for each section"
        )


def kinds_in(tree: pikepdf.Object) -> dict[str, int]:
    found: dict[str, int] = {}
    waiting = [tree.K]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting.extend(node)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            kind = str(node.S).removeprefix("/")
            found[kind] = found.get(kind, 0) + 1
            if kind == "Figure":
                assert str(node.Alt).startswith("1. ")
            if "/K" in node:
                waiting.append(node.K)
    return found


def test_the_record_says_everything_that_happened():
    whole = request()
    said = Reader(document.html(whole, **arguments())).said
    expected = [
        *(
            "A. Khan",
            "Social worker",
            "Anytown MASH",
            "Section 47 enquiry opened today",
            "SR-2231",
            "mis:7781",
            "mis:7790",
        ),
        *(
            "Attendance this term",
            "Notes of a talk with the aunt",
            "Withhold",
            "Not needed for the enquiry",
            "20 November 2026",
        ),
        *(
            "Needed to decide on the child's safety",
            "Would increase risk",
            "Safeguarding condition",
        ),
        *(
            "Which dates do you need?",
            "May we share without asking the parents?",
            "Yes: asking would put the child at risk.",
        ),
        *(
            "Agreed to share attendance only.",
            "The purpose was not clear yet.",
            "By telephone the same morning.",
        ),
        *(
            "The caller could not say under which power she asked.",
            "Decision 2 (current)",
            "The enquiry cannot wait.",
        ),
        *(
            "Item 1: Attendance this term",
            "Item 2: Notes of a talk with the aunt",
            "Secure email",
            "23 November 2026 at 11:30 GMT",
        ),
        *(
            "Would prejudice enquiry",
            "7 December 2026",
            "Parental responsibility",
            "Signed form in the file",
            "The mother",
        ),
        *(
            "The team sent its section 47 reference.",
            "1 September 2041",
            "Part of the child protection file.",
            "The purpose was not clear to us.",
        ),
        *(
            whole["policy_digest"],
            "sharing.request.submitted",
            "41",
            "Not sealed yet",
            "01a2048c-538c-7000-8000-000000000001",
        ),
        *(
            "qINS1GRFhWHwdkUeqLEoP4yEMkTBBzxBkGwGQlVlVcs=",
            "24 November 2026 at 17:00 GMT",
            "principles.record",
            "1. The law is a framework",
        ),
    ]
    assert [text for text in expected if text not in said] == []


def test_html_and_pdf_say_the_same():
    said = Reader(document.html(request(), **arguments(chart_svg=None))).said
    printed = re.sub(
        r"[\s\u200b]", "", pdf_text(document.pdf(request(), **arguments(chart_svg=None)))
    )
    lines = [re.sub(r"\s", "", line) for line in said.splitlines() if len(line) > 12]
    assert len(lines) > 100
    ligatures = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff"})
    assert [line for line in lines if line not in printed.translate(ligatures)] == []


def test_a_member_that_nobody_foresaw_is_printed_too():
    said = Reader(document.html(hostile(), **arguments())).said
    assert "Unheard of" in said
    assert "kept all the same" in said
    assert "Inspections 1" in said
    assert "An inspector" in said


def test_what_people_wrote_stays_text():
    markup = document.html(hostile(), **arguments())
    assert "<script" not in markup
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markup
    assert "[U+202E]ecnetnes eht nrut[U+202C] [U+0007]" in markup
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", markup)
    printed = pdf_text(document.pdf(hostile(), **arguments(chart_svg=None)))
    assert "<script>" in printed
    assert "#emph[typst]" in printed


def test_names_in_every_script_are_printed():
    markup = document.html(hostile(), **arguments())
    assert all(name in markup for name in NAMES)
    printed = pdf_text(document.pdf(hostile(), **arguments(chart_svg=None)))
    assert all(name in printed for name in ("Llŷr", "Łucja", "李小龍", "Шевченко"))
    assert "[U+1F469]" in printed, "no shipped font has this; it is told, not dropped"


@pytest.mark.parametrize(
    "name",
    [
        "Z\u0336\u0317a\u0334l\u0334g\u0335o",
        "\u0915\u0301\u0651",
        "한국",
        "\U0010fffe",
        "\ufffe",
        "\u0e49\u0e49",
    ],
)
def test_no_name_stops_a_record_from_being_printed(name: str):
    whole = request()
    whole["facts"]["requester"]["name"] = name
    assert document.pdf(whole, **arguments()).startswith(b"%PDF-")


@every_record
def test_nothing_is_cut_at_the_edge_of_the_paper(shown: dict[str, Any]):
    data = records_document.page(shown, **arguments()).to_json()
    inputs = {
        "data": encode(
            {
                **documents_pdf._printable(data, documents_pdf.coverage()),  # type: ignore[dict-item]
                "fonts": list(documents_pdf.FAMILIES),
            }
        ).decode()
    }
    template = str(documents_pdf.PAGE)
    sheets = typst.compile(
        template,
        font_paths=documents_pdf._fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        format="png",
        ppi=50,
    )
    assert isinstance(sheets, list)
    for sheet in sheets:
        image = Image.open(io.BytesIO(sheet)).convert("L")
        margin = round(image.width * 15 / 210)
        for edge in (
            (0, 0, margin, image.height),
            (image.width - margin, 0, image.width, image.height),
        ):
            assert image.crop(edge).getextrema() == (255, 255), "ink in the margin"


def test_what_is_copied_out_of_the_file_is_what_was_put_in():
    printed = pdf_text(document.pdf(hostile(), **arguments(chart_svg=None)))
    assert hostile()["policy_digest"] in printed
    assert "x" * 900 in printed
    assert "\u200b" not in printed


def test_what_did_not_happen_is_said_not_to_have_happened():
    said = Reader(
        document.html(RECORDS["empty"], **arguments(audit={"entries": [], "checkpoint": None}))
    ).said
    for line in (
        "Nothing has been decided.",
        "Nothing is recorded as shared.",
        "No advice was sought",
        "No checkpoint has been signed yet.",
    ):
        assert line in said


def test_times_are_those_of_the_school_and_its_summer():
    assert records_text.when("2026-07-01T08:05:00Z") == "1 July 2026 at 09:05 BST"
    assert (
        records_text.when(datetime(2026, 11, 23, 14, 52, tzinfo=UTC))
        == "23 November 2026 at 14:52 GMT"
    )
    assert records_text.when("2026-07-01T00:00:00.000000Z") == "1 July 2026"
    assert records_text.day("2026-02-03") == "3 February 2026"


def test_codes_are_printed_as_words_and_peoples_words_as_they_are():
    assert records_text.word("section_47_enquiry") == "Section 47 enquiry"
    assert records_text.word("childrens_social_care") == "Children’s social care"
    assert records_text.word("ig_lead") == "IG lead"
    assert records_text.word("abc_123") == "abc_123"


def test_the_same_record_gives_the_same_bytes():
    assert document.pdf(request(), **arguments()) == document.pdf(request(), **arguments())
    assert document.html(request(), **arguments()) == document.html(request(), **arguments())


def test_printing_changes_nothing_of_the_request():
    whole = hostile()
    document.html(whole, **arguments())
    document.pdf(whole, **arguments())
    assert whole == hostile()
    assert whole["facts"]["items"][0]["id"] == ITEM
