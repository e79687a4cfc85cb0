"""Canonical JSON agrees with another implementation of RFC 8785; sorted JSON keeps every
character.
"""

import hashlib
import json
import unicodedata
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import canonical
from app.kernel.canonical import MAX_INTEGER, NotCanonical

ASCII = st.text(st.characters(max_codepoint=127))
NFC = st.text(st.characters(exclude_categories=["Cs"])).map(
    lambda text: unicodedata.normalize("NFC", text)
)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | NFC
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
    max_leaves=20,
)
ANY_TEXT = st.text(st.characters(exclude_categories=[]))
ANY_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_the_encoding_equals_another_implementation_of_rfc_8785(value: Any) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(VALUES)
def test_an_encoded_value_is_read_back(value: Any) -> None:
    assert json.loads(canonical.encode(value)) == value


@given(VALUES)
def test_a_digest_does_not_depend_on_the_order_of_members(value: Any) -> None:
    turned = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert canonical.digest(turned) == "sha256:" + hashlib.sha256(rfc8785.dumps(value)).hexdigest()


@given(VALUES, VALUES)
def test_different_values_have_different_bytes(one: Any, other: Any) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical.encode(one) == canonical.encode(other)) is same


def test_any_mapping_is_an_object_and_any_sequence_an_array() -> None:
    assert (
        canonical.encode({"b": (1, 2), "a": {}})
        == canonical.encode({"a": {}, "b": [1, 2]})
        == b'{"a":{},"b":[1,2]}'
    )


@pytest.mark.parametrize(
    "value",
    [
        *(0.5, 1.0, float("nan"), float("inf")),
        *(MAX_INTEGER + 1, -MAX_INTEGER - 1, 10**400),
        *({"é": 1}, {1: 1}, {None: 1}),
        *("e\u0301", "\ud800", "\udfff", ["a\ud800"]),
        *(b"bytes", bytearray(b"x"), {1}, Ellipsis),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_values_that_readers_can_interpret_differently_are_refused(value: Any) -> None:
    for wrapped in (value, [value], {"a": value}, {"a": [{"b": value}]}):
        with pytest.raises(NotCanonical):
            canonical.encode(wrapped)


@given(ANY_VALUES)
def test_sorted_json_is_ascii_and_keeps_every_character(value: Any) -> None:
    text = canonical.to_sorted_json(value)
    assert text.isascii()
    assert "\x00" not in text
    assert json.loads(text) == value
    assert canonical.to_sorted_json(json.loads(text)) == text
