"""A printed record shows no pupil number, and no more than its reader may see."""

import re

import pytest

from app.sharing.records import document
from app.sharing.records import text as records_text
from app.sharing.records.letter import letter_html
from tests.unit.sharing.records.printing import deidentified, refused, request
from tests.unit.sharing.records.reading import Reader, letter, pdf_text
from tests.unit.sharing.records.test_document import arguments

UPNS = (
    "A123456789012",
    "b12345678901C",
    "A 123 456 789 012",
    "A-1234-5678-9012",
    "A１２３４５６７８９０１２",
    "H801200001001",
)


@pytest.mark.parametrize("upn", UPNS)
def test_a_pupil_number_is_never_printed(upn: str):
    whole = request()
    whole["facts"]["subjects"][0]["person_ref"] = f"upn:{upn.replace(' ', '')}"
    whole["facts"]["items"][0]["description"] = f"File of {upn}, attendance"
    whole["notices"][0]["person_ref"] = upn
    whole["decisions"][0]["reasons"] = f"See ({upn})."
    for markup in (
        document.html(whole, **arguments()),
        letter_html(refused(), **letter(reasons=f"About {upn}")),
    ):
        assert upn not in markup
        assert upn.replace(" ", "") not in markup
        assert records_text.UPN_SHOWN in markup
    assert upn not in pdf_text(document.pdf(whole, **arguments()))


@pytest.mark.parametrize(
    "other",
    [
        "01a2048c-538b-7f43-a0cf-42edea9dbc8d",
        "mis:7781",
        "01632 960001",
        "A12345",
        "2026-11-23T10:02:00Z",
        "1234567890",
    ],
)
def test_other_numbers_are_left_alone(other: str):
    assert records_text.inert(f"see {other} there") == f"see {other} there"


def test_a_deidentified_copy_says_so_and_names_no_time():
    said = Reader(document.html(deidentified(), **arguments())).said
    assert "De-identified copy" in said
    assert "Not shown in this copy" in said
    assert re.findall(r"at \d\d:\d\d", said) == ["at 09:30"], "only when it was printed"
    assert re.findall(r"T\d\d:\d\d", said) == []
    assert "child-1" in said
    assert not re.search("Khan|Anytown|mis:|SR-2231", said)


def test_a_copy_with_names_says_when_people_were_born_and_one_without_their_band():
    full, thin = (
        Reader(document.html(request(), **arguments())).said,
        Reader(document.html(deidentified(), **arguments())).said,
    )
    assert "Born" in full
    assert "9 May 2014" in full
    assert not re.search(r"Born|\b2014\b", thin)
    assert "Age when it was submitted" in thin
    assert "11 to 15" in thin
    assert "Not known" in thin


def test_what_was_destroyed_is_said_to_be_destroyed():
    whole = request(status="disposed")
    whole["decisions"][-1]["reasons"] = None
    assert "Destroyed under the retention rules" in Reader(document.html(whole, **arguments())).said
