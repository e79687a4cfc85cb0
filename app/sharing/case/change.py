"""A change of a request before it is written: new head, new records, the audit event. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.audit.model import Action
from app.kernel.canonical import Json
from app.sharing.case.case import Case, Head, Record, Subject
from app.sharing.case.model import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record about to be stored."""

    kind: RecordKind
    body: Mapping[str, Any]
    text: Mapping[str, Any]
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one act does to a request: the head after it, the records it makes, and what the trail
    says of it.
    """

    action: Action
    head: Head
    drafts: Sequence[Draft]
    subjects: Sequence[Subject] = ()
    about: Sequence[UUID] = ()
    target: UUID | None = None
    reason_code: str | None = None
    data: Mapping[str, Json] | None = None


def record_in(case: Case, draft: Draft) -> Record:
    """The stored record that a draft became."""
    found = case.find(draft.kind, draft.id)
    assert found is not None  # noqa: S101 - it was just written
    return found
