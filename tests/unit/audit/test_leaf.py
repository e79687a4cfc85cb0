"""A body is read only from its own canonical JSON, and gives the columns that must repeat it."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit import leaf, log
from app.audit.leaf import NotABody
from app.audit.model import Action, Event
from app.kernel import canonical
from app.kernel.ids import new_id
from tests.unit.audit import trail
from tests.unit.audit.trail import NOON, SCHOOL

ENTRY = new_id(NOON)
TEXT = st.text() | st.sampled_from(["mash", "a\\b", 'say "x"', "{}", "é", "],", "\t", "\u2028"])
DATA = st.dictionaries(
    st.sampled_from(["b", "a", "states"]),
    st.recursive(st.none() | st.integers() | TEXT, st.lists, max_leaves=4),
)


def body(event: Event) -> bytes:
    return log._body(ENTRY, event, trail.actor(), NOON, "r")


def written(**changed: Any) -> bytes:
    """A body of which some members are changed."""
    return canonical.encode(json.loads(body(Event(action=Action.REQUEST_READ))) | changed)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(NotABody):
        leaf.read(raw)


@given(st.lists(st.uuids(), max_size=3), st.none() | TEXT, st.none() | st.uuids(), DATA)
def test_an_entry_that_can_be_appended_can_be_read(
    subjects: list[UUID], recipient: str | None, request: UUID | None, data: dict[str, Any]
) -> None:
    event = Event(
        action=Action.REQUEST_READ,
        subjects=tuple(subjects),
        recipient=recipient,
        request=request,
        data=data,
    )
    try:
        raw = body(event)
    except canonical.NotCanonical:
        return
    read = leaf.read(raw)
    assert dict(zip(leaf.COLUMNS, read.columns, strict=True)) == {
        "action": "sharing.request.read",
        "actor": read.actor.id,
        "at": "2026-11-23T12:00:00.000000Z",
        "id": str(ENTRY),
        "outcome": "success",
        "recipient": recipient,
        "request": str(request) if request else None,
        "school": SCHOOL,
        "subject": str(subjects[0]) if subjects else None,
    }
    assert read.further_subjects == {str(one) for one in subjects} - {str(s) for s in subjects[:1]}
    assert read.data == data


HONEST = body(Event(action=Action.REQUEST_READ, recipient="é", data={"a": 1, "b": [2]}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"b":[2]', b'"b":[2.0]'),
        (b'"b":[2]', b'"b":[2e0]'),
        (b'"a":1,"b":[2]', b'"b":[2],"a":1'),
        (b'"a":1', b'"a":1,"a":1'),
        (b'"a":1', b'"a": 1'),
        ("é".encode(), b"\\u00e9"),
        ("é".encode(), b"e\xcc\x81"),
        ("é".encode(), b"\xff"),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":1,"w":1'),
        (b',"v":1', b""),
        (b'"subjects":[]', b'"subjects":[1]'),
        (b'"subjects":[]', b'"subjects":null'),
        (b'"role":"staff"', b'"role":"staff","x":1'),
        (b"}", b"}\n"),
    ],
)
def test_a_body_that_is_not_canonical_or_has_other_members_is_refused(
    old: bytes, new: bytes
) -> None:
    leaf.read(HONEST)
    assert old in HONEST
    with pytest.raises(NotABody):
        leaf.read(HONEST.replace(old, new))


def test_deeply_nested_data_is_refused() -> None:
    nested = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    with pytest.raises(NotABody):
        leaf.read(HONEST.replace(b'{"a":1,"b":[2]}', nested))


def test_the_digests_of_changed_records_are_read_from_data() -> None:
    one = str(new_id(NOON))
    assert leaf.read(written(data={"states": {one: "y", "b": 1}})).states == {one: "y"}
    assert leaf.read(written(data={"records": [one, 1]})).record_ids == [one]


@pytest.mark.parametrize("data", [{"states": [1]}, {"states": {"a": 1}}, {"records": "x"}])
def test_data_of_another_shape_gives_no_digests_and_no_records(data: dict[str, Any]) -> None:
    read = leaf.read(written(data=data))
    assert (read.states, read.record_ids) == ({}, [])
