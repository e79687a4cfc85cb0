"""Describe a change of a request before it is written: new head, records and audit event. Pure."""

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
    """A record that is not stored yet."""

    id: UUID
    content: C_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The effect of one act on a request: the new head, the new records and the audit event.

    `remains` is the digest of the records without the personal data that the act destroys.
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
    """The record in the case that was stored from the draft."""
    found = case.find(type(draft.content), draft.id)
    assert found is not None  # noqa: S101 - it was just written
    return found
