"""Encode the content of a record as a structural and a personal part, and decode it.

The marks of the record's dataclass classify its members; the marks of the request body classify the
facts.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from app.kernel import plain
from app.kernel.canonical import Json
from app.kernel.classification import Mark, Marks, join, marks_of, split
from app.policy.facts.schemas import FactsIn
from app.sharing.case import records
from app.sharing.case.facts import CaseFacts
from app.sharing.case.model import RecordKind
from app.sharing.case.records import Content

C = TypeVar("C", bound=Content)

_STATED: Final = marks_of(FactsIn)
FACTS: Final[Marks] = {
    **_STATED,
    "items": {**cast("Marks", _STATED["items"]), "id": Mark.STRUCTURAL},
}
"""The marks of the facts object, including the id that each item is given."""

KINDS: Final[Mapping[RecordKind, type[Content]]] = {
    content.kind: content
    for content in vars(records).values()
    if isinstance(content, type) and issubclass(content, Content) and "kind" in vars(content)
}
_MARKS: Final[Mapping[type[Content], Marks]] = {
    content: marks_of(content) for content in KINDS.values()
} | {records.Facts: {**marks_of(records.Facts), "facts": FACTS}}


def encode(content: Content) -> tuple[dict[str, Json], dict[str, Json]]:
    """Encode a content as (structural, personal); personal is {} if there is no personal data."""
    return split(plain.write_members(content), _MARKS[type(content)])


def decode(
    kind: RecordKind, structural: Mapping[str, Any], personal: Mapping[str, Any] | None
) -> Content:
    """Decode a content; `personal` is None after disposal, and its members are then absent."""
    whole: dict[str, Any] = join(structural, personal or {})
    if kind is RecordKind.FACTS:
        whole["facts"] = {**whole["facts"], "whole": whole["facts"], "marks": FACTS}
    return plain.read(KINDS[kind], whole)


def facts_of(whole: Mapping[str, Json]) -> CaseFacts:
    """Decode a facts object whose items have ids."""
    return plain.read(CaseFacts, {**whole, "whole": whole, "marks": FACTS})
