"""A change of a request before it is written: new head, new records, the audit event. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic
from uuid import UUID

from app.audit.model import Action
from app.kernel.canonical import Json
from app.sharing.case.case import C_co, Case, Head, K, Record, Subject
from app.sharing.case.records import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Generic[C_co]):
    """A record about to be stored."""

    id: UUID
    content: C_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one act does to a request: the head after it, the records it makes, and what the trail
    says of it. `remains` is the digest of the records whose personal part the act destroys.
    """

    action: Action
    head: Head
    drafts: Sequence[Draft[Content]]
    subjects: Sequence[Subject] = ()
    about: Sequence[UUID] = ()
    target: UUID | None = None
    reason_code: str | None = None
    data: Mapping[str, Json] | None = None
    remains: str | None = None


def record_in(case: Case, draft: Draft[K]) -> Record[K]:
    """The stored record that a draft became."""
    found = case.find(type(draft.content), draft.id)
    assert found is not None  # noqa: S101 - it was just written
    return found
