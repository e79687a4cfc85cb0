"""Only codes, dates, numbers and truth values may be structural, and a body and a record that share
a field agree on its class.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from enum import Enum
from typing import Any, get_args, get_type_hints
from uuid import UUID

import pytest
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel

from app.kernel.classification import Mark, Structural, marks_of
from app.kernel.clock import system_clock
from app.main import create_app
from app.platform.settings import Settings
from app.policy.engine.model import Evaluation
from app.sharing.case import records
from app.sharing.case.codec import KINDS
from app.sharing.case.facts import CaseFacts
from app.sharing.case.records import RecipientCheck
from tests.architecture.bodies import bodies

CODES = (Enum, date, AwareDatetime, bool, int, UUID)
CODED = {
    ("StandIn", "under"),
    ("RecipientCheck", "findings"),
    ("Evaluation", "facts"),
    ("Evaluation", "result"),
    ("Evaluation", "due"),
    ("Emergency", "flags"),
    ("Disposal", "retention_class"),
}
"""Members of records that hold codes of the policy document or of this service as texts. A body has
none."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("bodies")), system_clock)


def leaves(hint: Any) -> Iterator[Any]:
    """The plain types in a type hint."""
    if isinstance(hint, type):
        yield hint
    for argument in get_args(hint):
        if argument is not Ellipsis:
            yield from leaves(argument)


def is_code(hint: Any) -> bool:
    found = {one for one in leaves(hint) if one is not type(None) and one not in {list, set, tuple}}
    return bool(found) and all(issubclass(one, CODES) for one in found)


def test_only_codes_are_structural_in_a_body(app: FastAPI):
    found = bodies(app)
    assert len(found) > 30
    wrong = [
        f"{model.__name__}.{name}"
        for model in found
        for name, mark in marks_of(model).items()
        if mark is Mark.STRUCTURAL and not is_code(model.model_fields[name].annotation)
    ]
    assert wrong == []


def recorded() -> set[type]:
    """Every dataclass of which records are made."""
    return {
        one
        for one in vars(records).values()
        if isinstance(one, type) and dataclasses.is_dataclass(one) and one is not Evaluation
    } - {CaseFacts}


def test_only_codes_are_structural_in_a_record():
    assert {RecipientCheck, *KINDS.values()} <= recorded()
    wrong = set()
    for kind in recorded():
        hints = get_type_hints(kind)
        owners = {name: one.__name__ for one in reversed(kind.__mro__) for name in vars(one)}
        wrong |= {
            (owners.get(name, kind.__name__), name)
            for name, mark in marks_of(kind).items()
            if mark is Mark.STRUCTURAL and not is_code(hints[name])
        }
    assert wrong == CODED


def personal(marks: Mapping[str, Any]) -> dict[str, bool]:
    return {name: mark.personal for name, mark in marks.items() if isinstance(mark, Mark)}


def test_a_body_and_a_record_agree_on_what_is_personal(app: FastAPI):
    said: dict[str, set[bool]] = {}
    for kind in recorded():
        for name, is_personal in personal(marks_of(kind)).items():
            said.setdefault(name, set()).add(is_personal)
    del said["facts"]  # those of an evaluation are codes, those of a body the facts object
    compared = 0
    for model in bodies(app):
        if not model.__module__.startswith(("app.sharing", "app.retention", "app.policy.facts")):
            continue
        for name, is_personal in personal(marks_of(model)).items():
            compared += name in said
            assert name not in said or said[name] == {is_personal}, (model, name)
    assert compared > 40


def test_a_body_has_no_structural_text(app: FastAPI):
    """Shows that the test above can fail."""

    class WithText(BaseModel):
        text: Structural[str]

    assert not is_code(WithText.model_fields["text"].annotation)
