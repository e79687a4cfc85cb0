"""A letter to a requester who was refused says what was released for it and nothing else."""

import io
import re
from typing import Any

import pikepdf
import pytest

from app.sharing.records.letter import (
    LetterNotAvailable,
    LetterTextMissing,
    letter_html,
    letter_pdf,
)
from tests.unit.sharing.records.printing import refused, request
from tests.unit.sharing.records.reading import Reader, letter, pdf_text


def test_a_letter_says_what_was_released_and_nothing_else():
    for said in (
        Reader(letter_html(refused(), **letter())).said,
        pdf_text(letter_pdf(refused(), **letter())),
    ):
        for wanted in (
            "A. Khan",
            "Social worker",
            "Anytown MASH",
            "24 November 2026",
            "SR-2231",
            "No purpose that concerns a child.",
        ):
            assert wanted in said
        for wanted in (
            "The parents did not consent.",
            "Information Sharing Policy",
            "2025-11",
            "01632 960001",
            "You can ask again",
        ):
            assert wanted in said
        inner = (
            "The purpose was not clear yet",
            "under which power",
            "By telephone",
            "Attendance this term",
            "aunt",
            "mis:7781",
            "Section 47",
            "Facts",
        )
        assert [text for text in inner if text in said] == []


def test_a_letter_is_accessible_as_a_page_and_as_a_file():
    page = Reader(letter_html(refused(), **letter()))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    with pikepdf.open(io.BytesIO(letter_pdf(refused(), **letter()))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en-GB"
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
            assert metadata["dc:title"] == "Our answer to your request for information"


def test_a_letter_to_an_unnamed_requester_is_addressed_to_whom_it_may_concern():
    whole = refused()
    whole["facts"] |= {"requester": None, "external_id": None}
    assert "To whom it may concern" in letter_html(whole, **letter())


@pytest.mark.parametrize(
    "shown",
    [
        request(),
        refused(decision=None),
        refused(direction="proactive"),
        refused(view="deidentified"),
    ],
    ids=["shared", "undecided", "proactive", "de-identified"],
)
def test_no_letter_but_for_a_refused_request(shown: dict[str, Any]):
    with pytest.raises(LetterNotAvailable):
        letter_html(shown, **letter())


def test_a_letter_without_reasons_or_contact_is_not_written():
    with pytest.raises(LetterTextMissing) as refusal:
        letter_pdf(refused(), **letter(reasons=" ", contact=""))
    assert [fault.pointer for fault in refusal.value.faults] == ["/reasons", "/contact"]
