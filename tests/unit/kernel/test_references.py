"""A person has one reference, and a mistyped pupil number is detected."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.kernel.references import LETTERS, one_form, pupil_number_fault

NUMBERS = st.tuples(
    st.text("0123456789", min_size=11, max_size=11), st.sampled_from("0123456789" + LETTERS)
).map("".join)
PLACES = st.integers(0, 11)


def with_check_letter(rest: str) -> str:
    """The pupil number of twelve characters, its letter found by trying."""
    (found,) = (letter for letter in LETTERS if pupil_number_fault(f"upn:{letter}{rest}") is None)
    return found + rest


@pytest.mark.parametrize("number", ["B801200005001", "H801200001001", "A123456789012"])
def test_published_pupil_numbers_are_valid(number: str) -> None:
    assert pupil_number_fault(f"upn:{number}") is None


@pytest.mark.parametrize(
    "number",
    *(
        [
            "",
            "A801200005001",
            "B80120000500",
            "B8012000050011",
            "B80120000A001",
            "1801200005001",
            "I801200005001",
            "B80120000500O",
            "b801200005001",
        ],
    ),
)
def test_malformed_pupil_numbers_are_not_valid(number: str) -> None:
    assert pupil_number_fault(f"upn:{number}") is not None


@given(NUMBERS, PLACES, st.sampled_from("0123456789"))
def test_one_wrong_digit_is_found(rest: str, place: int, digit: str) -> None:
    number = with_check_letter(rest)
    assume(rest[place] != digit)
    wrong = f"{rest[:place]}{digit}{rest[place + 1 :]}"
    found = pupil_number_fault(f"upn:{number[0]}{wrong}")
    # Twenty-three letters tell all digits apart in every place; the last of a temporary number has
    # more values than digits.
    assert found is not None or rest[place] in LETTERS


@given(NUMBERS, st.integers(0, 10))
def test_two_exchanged_digits_are_found(rest: str, place: int) -> None:
    number = with_check_letter(rest)
    one, other = rest[place], rest[place + 1]
    assume(one != other)
    assume(other not in LETTERS)
    assert (
        pupil_number_fault(f"upn:{number[0]}{rest[:place]}{other}{one}{rest[place + 2 :]}")
        is not None
    )


@pytest.mark.parametrize(
    "other", ["mis:B801200005001", "B801200005001", "uln:1", "staff:dsl@school.example", "upnx:1"]
)
def test_other_schemes_are_not_checked(other: str) -> None:
    assert pupil_number_fault(other) is None
    assert one_form(other) == other


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (" mis:1\t", "mis:1"),
        ("UPN : b801 2000 05001", "upn:B801200005001"),
        ("u\u0308", "\u00fc"),
        ("MIS:a", "MIS:a"),
        (" ", ""),
    ],
)
def test_spellings_of_a_reference_have_one_form(written: str, form: str) -> None:
    assert one_form(written) == form
    assert one_form(form) == form
