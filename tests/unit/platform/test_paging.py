"""A cursor is accepted only unchanged and only by its own list."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.ids import new_id
from app.platform.paging import InvalidCursor, decode_cursor, decode_id, encode_cursor
from tests.running import TERM_TIME

PARTS = st.lists(st.text(st.characters(max_codepoint=0x2FF)), max_size=4)
SCOPES = st.text(max_size=30)
LETTERS = string.ascii_letters + string.digits + "-_"


@given(PARTS, SCOPES)
def test_a_cursor_is_accepted_by_its_own_list(parts: list[str], scope: str) -> None:
    cursor = encode_cursor(parts, scope)
    assert set(cursor) <= set(LETTERS)
    assert decode_cursor(cursor, scope) == parts


@given(PARTS, SCOPES, SCOPES)
def test_another_list_rejects_the_cursor(parts: list[str], scope: str, other: str) -> None:
    if scope != other:
        with pytest.raises(InvalidCursor):
            decode_cursor(encode_cursor(parts, scope), other)


@given(PARTS, SCOPES, st.data())
def test_a_changed_byte_is_rejected(parts: list[str], scope: str, data: st.DataObject) -> None:
    cursor = encode_cursor(parts, scope)
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from(LETTERS + "=+/ \n%é"))
    for changed in (
        cursor[:place] + letter + cursor[place + 1 :],
        cursor[:place] + letter + cursor[place:],
        cursor[:place],
        cursor + letter,
        letter + cursor,
    ):
        if changed != cursor:
            with pytest.raises(InvalidCursor):
                decode_cursor(changed, scope)


@given(st.text(max_size=50))
def test_a_text_that_is_no_cursor_is_rejected(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, "list")


def test_a_cursor_of_a_list_by_id_contains_one_id() -> None:
    made = new_id(TERM_TIME)
    assert decode_id(encode_cursor([str(made)], "list"), "list") == made
    for parts in ([], ["x"], [str(made), str(made)]):
        with pytest.raises(InvalidCursor):
            decode_id(encode_cursor(parts, "list"), "list")
