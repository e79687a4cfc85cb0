"""Derive the consent object of the facts from the consents on record. Pure."""

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
"""The answer to the consent question for each status; any other status answers no."""

_OWN: Final = frozenset({Authority.SELF, Authority.COMPETENT_CHILD})
_WITHOUT_COMPETENCE: Final[Mapping[Competence, frozenset[Authority | None]]] = {
    Competence.NOT_ASSESSED: _OWN,
    Competence.ASSESSED_NOT_COMPETENT: _OWN | {None},
}
"""The authorities with which a child's own consent does not count, by Gillick assessment.

None in a set means that no authority was named.
"""

_WEAKEST: Final = (Answer.NO, Answer.UNSURE, Answer.YES)

_OF_THE_PERSON: Final = frozenset({"subject_id", "competence", "objection", "evidence"})
"""The members of a consent record that the facts' consent object does not have."""


def current_consents(case: Case, *, withdrawing: UUID | None = None) -> list[Consent]:
    """The newest consent of each person, as withdrawn if it was withdrawn.

    `withdrawing` is the id of a consent that the current act withdraws.
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
    """Whether a consent is a child's own without a positive Gillick assessment; it counts as
    unsure.
    """
    return (
        ANSWERS.get(consent.status) is Answer.YES
        and consent.competence is not None
        and consent.authority in _WITHOUT_COMPETENCE.get(consent.competence, ())
    )


def consent(consents: Sequence[Consent], *, every: int, today: date) -> dict[str, Json]:
    """Derive the facts' consent object from the consents on record.

    The newest consent of each person counts. The answer is yes if all `every` subjects were asked
    and all said yes, no if any said no, and otherwise unsure. The details are those of the consent
    that weighs most against sharing, so that the evaluation gives its reasons.
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
