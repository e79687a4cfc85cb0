"""What is personal follows from the marks, and is split off without loss."""

import copy
import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from app.kernel.classification import (
    Anonymous,
    Mark,
    Personal,
    Releasable,
    Structural,
    join,
    marks_of,
    split,
    visible,
)
from app.policy.facts.examples import FACTS_EXAMPLE
from app.sharing.case.codec import FACTS

PERSONAL_WORDS: Final = (
    *("Khan", "Anytown", "mis:7781", "SR-2231", "Attendance this term", "opened today"),
    *("Needed to decide", "Social worker"),
)


class Part(BaseModel):
    code: Annotated[Structural[bool | None], Field(description="A code.")] = None
    unmarked: Annotated[str | None, Field(description="Anything.")] = None


class Whole(BaseModel):
    plain: str
    structural: Structural[int]
    personal: Personal[str]
    releasable: Releasable[str | None] = None
    anonymous: Annotated[Anonymous[str | None], Field(max_length=9)] = None
    part: Part | None = None
    parts: Annotated[list[Part], Field(max_length=9)] = []


@dataclass
class Recorded:
    part: Part
    number: Structural[int]
    unmarked: int


def test_an_unmarked_field_is_personal():
    assert marks_of(Whole)["plain"] is Mark.PERSONAL
    assert marks_of(Part) == {"code": Mark.STRUCTURAL, "unmarked": Mark.PERSONAL}


def test_marks_are_read_through_options_lists_and_constraints():
    part = marks_of(Part)
    assert marks_of(Whole) == {
        "plain": Mark.PERSONAL,
        "structural": Mark.STRUCTURAL,
        "personal": Mark.PERSONAL,
        "releasable": Mark.RELEASABLE,
        "anonymous": Mark.ANONYMOUS,
        "part": part,
        "parts": part,
    }


def test_a_dataclass_is_marked_as_a_schema_is():
    assert marks_of(Recorded) == {
        "part": marks_of(Part),
        "number": Mark.STRUCTURAL,
        "unmarked": Mark.PERSONAL,
    }


def test_a_member_that_no_schema_describes_is_personal():
    assert split({"unknown": 1, "code": True}, marks_of(Part)) == ({"code": True}, {"unknown": 1})


@pytest.mark.parametrize(
    ("field", "published"),
    [("structural", "structural"), ("personal", "personal"), ("releasable", "personal")],
)
def test_the_class_of_a_field_is_published(field: str, published: str):
    described = Whole.model_json_schema()["properties"][field]
    assert described["x-data-classification"] == published


def test_the_halves_of_the_example_in_the_contract():
    structural, personal = split(FACTS_EXAMPLE, FACTS)
    assert not [word for word in PERSONAL_WORDS if word in json.dumps(structural)]
    assert structural["purpose"] == {"code": "section_47_enquiry", "answer": "yes"}
    assert structural["subjects"] == [{"role": "child"}]
    assert join(structural, personal) == FACTS_EXAMPLE


def test_the_day_of_birth_is_personal():
    people = [{"person_ref": "mis:7781", "born_on": "2014-05-09"}, {"person_ref": "mis:7782"}]
    structural, personal = split(FACTS_EXAMPLE | {"subjects": people}, FACTS)
    assert (structural["subjects"], personal["subjects"]) == ([{}, {}], people)


def test_only_the_marks_that_are_shown_are_visible():
    whole: dict[str, Any] = {
        "structural": 1,
        "personal": "a",
        "releasable": "b",
        "anonymous": "c",
        "parts": [{"code": True, "unmarked": "d"}],
    }
    shown = visible(whole, marks_of(Whole), frozenset({Mark.STRUCTURAL, Mark.ANONYMOUS}))
    assert shown == {"structural": 1, "anonymous": "c", "parts": [{"code": True}]}


PURPOSES = st.fixed_dictionaries(
    {}, optional={"code": st.just("other"), "statement": st.text(max_size=5)}
)
SUBJECTS = st.fixed_dictionaries(
    {}, optional={"person_ref": st.text(max_size=3), "role": st.just("child")}
)
ITEMS = st.fixed_dictionaries(
    {}, optional={"description": st.text(max_size=3), "third_party": st.booleans()}
)
SHAPES = st.fixed_dictionaries(
    {"purpose": PURPOSES},
    optional={
        "subjects": st.lists(SUBJECTS, max_size=3),
        "items": st.lists(ITEMS, max_size=3),
        "requester": st.none() | st.fixed_dictionaries({}, optional={"name": st.none()}),
        "external_id": st.none(),
        "needed_by": st.none() | st.just("2026-01-01"),
    },
)


@given(SHAPES)
def test_split_and_join_lose_nothing(whole: dict[str, Any]):
    kept = copy.deepcopy(whole)
    assert join(*split(whole, FACTS)) == kept


@dataclass(frozen=True)
class Coded:
    code: Structural[int]


@pytest.mark.parametrize(
    "hint",
    [Coded | str, list[Coded | str], dict[str, Coded], tuple[Coded, int], Coded | Part],
)
def test_a_field_that_mixes_objects_with_other_values_needs_a_mark_of_its_own(hint: Any) -> None:
    with pytest.raises(TypeError, match="mark the field itself"):
        marks_of(dataclasses.make_dataclass("Mixed", [("member", hint)]))
    marked = dataclasses.make_dataclass("Marked", [("member", Annotated[hint, Mark.PERSONAL])])
    assert marks_of(marked) == {"member": Mark.PERSONAL}
