"""Facts as stated, before they are recorded. Pure."""

from dataclasses import dataclass

from app.policy.engine.inputs import Stated
from app.policy.engine.vocabulary import SubjectRole
from app.sharing.case.facts import CaseFacts
from app.sharing.case.records import RecipientCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a person stated: the facts, whose items have no ids yet, and the same as the policy
    reads it.

    `refs` are the subjects' references with their roles, in the order of the facts. `check` is what
    the directory says of the recipient, where its entry is cited.
    """

    facts: CaseFacts
    stated: Stated
    refs: tuple[tuple[str, SubjectRole], ...]
    check: RecipientCheck | None = None
