"""Represent stated facts before they are recorded. Pure."""

from dataclasses import dataclass

from app.policy.engine.inputs import Stated
from app.policy.engine.vocabulary import SubjectRole
from app.sharing.case.facts import CaseFacts
from app.sharing.case.records import RecipientCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The facts that a client sent, without item ids, and the same facts as policy input.

    `refs` are the references of the subjects with their roles, in the order of the facts. `check`
    is the directory check of the recipient, or None if the facts cite no entry.
    """

    facts: CaseFacts
    stated: Stated
    refs: tuple[tuple[str, SubjectRole], ...]
    check: RecipientCheck | None = None
