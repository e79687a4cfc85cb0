"""The strict parser agrees with the lenient one on valid JSON, and gives the JSON pointer of the
fault otherwise.
"""

import contextlib
import json as lenient
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.platform import strict_json
from app.platform.strict_json import MAX_DEPTH, InvalidJson

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def at(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901)."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def refusal(body: bytes) -> tuple[str, str]:
    with pytest.raises(InvalidJson) as refused:
        strict_json.parse(body)
    (fault,) = refused.value.faults
    return fault.pointer, fault.code


@given(VALUES, st.booleans())
def test_valid_json_gives_the_value_of_the_lenient_parser(value: Any, ascii_only: bool) -> None:  # noqa: FBT001
    body = lenient.dumps(value, ensure_ascii=ascii_only).encode()
    assert strict_json.parse(body) == lenient.loads(body)


@given(st.binary(max_size=60))
def test_any_bytes_give_the_value_of_the_lenient_parser_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidJson):
        assert strict_json.parse(body) == lenient.loads(body)


@given(VALUES, st.data())
def test_a_fault_is_reported_at_its_pointer(value: Any, data: st.DataObject) -> None:
    marker = "@here@"
    holder: Any = {"a/b~c": [value, {"x": marker}], "z": value}
    bad, code = data.draw(
        st.sampled_from(
            [
                ("NaN", "not-a-number"),
                ("-Infinity", "not-a-number"),
                ("1e999", "not-a-number"),
                ("9" * 30, "not-a-number"),
            ]
        )
        | st.sampled_from(
            [
                ('"\\ud800"', "lone-surrogate"),
                ('"a\\u0000"', "nul-character"),
                ('{"d":1,"d":2}', "duplicate-member"),
            ]
        )
    )
    pointer, found = refusal(lenient.dumps(holder).replace(f'"{marker}"', bad).encode())
    assert found == code
    assert at(holder, pointer.removesuffix("/d")) == marker


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not-json"),
        (b"{", "not-json"),
        (b"{'a': 1}", "not-json"),
        (b"[1,]", "not-json"),
        (b"01", "not-json"),
        (b'"\x00"', "not-json"),
        (b'"a\nb"', "not-json"),
        (b"\xef\xbb\xbf{}", "not-json"),
        (b'{"a": NaN', "not-json"),
        (b"\xff\xfe{\x00}\x00", "not-utf-8"),
        (b'"\xed\xa0\x80"', "not-utf-8"),
        (b'"\xc0\x80"', "not-utf-8"),
        (b"[" * 100_000, "too-deep"),
        (b'{"a":' * 100_000, "too-deep"),
        (b"[NaN," + b"[" * 100_000, "too-deep"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "too-deep"),
        (b'{"a": 1, "\\u0061": 2}', "duplicate-member"),
        (b'{"a": {"b": NaN}, "a": 1}', "duplicate-member"),
        (b'{"a": NaN, "b": 1, "a": 2}', "duplicate-member"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_input_that_parsers_read_differently_is_refused(body: bytes, code: str) -> None:
    assert refusal(body)[1] == code


def test_the_deepest_permitted_nesting_is_accepted() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert strict_json.parse(deepest) == lenient.loads(deepest)


def test_a_pointer_is_printable_and_short() -> None:
    assert strict_json.pointer(["a/b", "c~d", 0, "é\ud800"]) == "/a~1b/c~0d/0/??"
    assert len(strict_json.pointer(["x" * 10_000])) < 200
