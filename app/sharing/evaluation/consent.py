"""What the consents on record come to: the facts' consent object that follows from them, and why
one counts as less than a yes. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from app.kernel import plain
from app.kernel.canonical import Json
from app.policy.engine.vocabulary import Answer, Authority, ConsentStatus
from app.sharing.case.case import Case
from app.sharing.case.model import Competence
from app.sharing.case.records import Consent, ConsentWithdrawal

ANSWERS: Final[Mapping[ConsentStatus, Answer]] = {
    ConsentStatus.GIVEN: Answer.YES,
    ConsentStatus.LIMITED: Answer.YES,
    ConsentStatus.SOUGHT_PENDING: Answer.UNSURE,
    ConsentStatus.UNKNOWN: Answer.UNSURE,
}
"""What a status answers to the question of consent; every other one answers no."""

_OWN: Final = frozenset({Authority.SELF, Authority.COMPETENT_CHILD})
_UNJUDGED: Final[Mapping[Competence, frozenset[Authority | None]]] = {
    Competence.NOT_ASSESSED: _OWN,
    Competence.ASSESSED_NOT_COMPETENT: _OWN | {None},
}
"""By what was said of a child's competence (Gillick), the rights by which the child's own consent
does not count; None: no right was named."""

_WEAKEST: Final = (Answer.NO, Answer.UNSURE, Answer.YES)

_OF_THE_PERSON: Final = frozenset({"subject_id", "competence", "objection", "evidence"})
"""Members of a consent that the facts' consent object does not have."""


def standing(case: Case, *, withdrawing: UUID | None = None) -> list[Consent]:
    """Each person's newest consent, as withdrawn where it was, or is being withdrawn now (by its
    id).
    """
    withdrawn = {record.content.consent_id for record in case.of(ConsentWithdrawal)} | {withdrawing}
    newest: dict[UUID, Consent] = {}
    for record in case.of(Consent):
        consent = record.content
        if record.id in withdrawn:
            consent = replace(consent, status=ConsentStatus.WITHDRAWN)
        newest[consent.subject_id] = consent
    return list(newest.values())


def without_competence(consent: Consent) -> bool:
    """Whether a yes is a child's own, and no person has judged that the child is able to give it:
    it counts as unsure.
    """
    return (
        ANSWERS.get(consent.status) is Answer.YES
        and consent.competence is not None
        and consent.authority in _UNJUDGED.get(consent.competence, ())
    )


def consent(consents: Sequence[Consent], *, every: int, today: date) -> dict[str, Json]:
    """The facts' consent object that follows from the consents on record.

    One of each person counts, the newest. All yes and everybody asked is yes; any no is no; else
    unsure. The details shown are those of the consent that weighs most against sharing, so that the
    evaluation gives its reasons.
    """
    newest = list({one.subject_id: one for one in consents}.values())
    weakest = min(newest, key=lambda one: _WEAKEST.index(_answer(one, today)))
    answer = _answer(weakest, today)
    if answer is Answer.YES and len(newest) < every:
        answer = Answer.UNSURE
    members = plain.write_members(weakest)
    shown = {name: member for name, member in members.items() if name not in _OF_THE_PERSON}
    return {"answer": answer.value, **shown}


def _answer(consent: Consent, today: date) -> Answer:
    answer = ANSWERS.get(consent.status, Answer.NO)
    if answer is Answer.YES and consent.expires_on is not None and consent.expires_on < today:
        return Answer.NO
    return Answer.UNSURE if without_competence(consent) else answer
