"""What the consents on record come to: the facts' consent object that follows from them, and why
one counts as less than a yes. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from app.policy.engine.vocabulary import Authority
from app.sharing.case.case import Case
from app.sharing.case.model import RecordKind

ANSWERS: Final[Mapping[str, str]] = {
    "given": "yes",
    "limited": "yes",
    "sought_pending": "unsure",
    "unknown": "unsure",
}
"""What a status answers to the question of consent; every other one answers no."""

_UNJUDGED: Final[Mapping[str | None, frozenset[str]]] = {
    "not_assessed": frozenset({Authority.SELF, Authority.COMPETENT_CHILD}),
    "assessed_not_competent": frozenset({Authority.SELF, Authority.COMPETENT_CHILD, ""}),
}
"""By what was said of a child's competence (Gillick), the rights by which the child's own consent
does not count; empty: none was named."""

_MEMBERS: Final = (
    "status",
    "not_sought_reason",
    "explicit",
    "freely_given",
    "unambiguous",
    "form",
    "authority",
    "scope",
    "given_at",
    "expires_on",
)


def standing(case: Case, *, withdrawing: str | None = None) -> list[Mapping[str, Any]]:
    """Each person's newest consent, as withdrawn where it was, or is being withdrawn now (by its
    id).
    """
    withdrawn = {record.body["consent_id"] for record in case.of(RecordKind.CONSENT_WITHDRAWAL)} | {
        withdrawing
    }
    newest: dict[str, Mapping[str, Any]] = {}
    for record in case.of(RecordKind.CONSENT):
        newest[record.body["subject_id"]] = (
            {**record.body, "status": "withdrawn"} if str(record.id) in withdrawn else record.body
        )
    return list(newest.values())


def without_competence(consent: Mapping[str, Any]) -> bool:
    """Whether a yes is a child's own whom nobody judged able to give it: it counts as unsure, since
    no more than that is known.
    """
    right = consent.get("authority") or ""
    return ANSWERS.get(consent["status"]) == "yes" and right in _UNJUDGED.get(
        consent.get("competence"), ()
    )


def consent(consents: Sequence[Mapping[str, Any]], *, every: int, today: date) -> dict[str, Any]:
    """The facts' consent object that follows from the consents on record.

    One of each person counts, the newest. All yes and everybody asked is yes; any no is no; else
    unsure. The details shown are those of the consent that weighs most against sharing, so that the
    evaluation gives its reasons.
    """
    newest = {one["subject_id"]: one for one in consents}
    answers = {person: _answer(one, today) for person, one in newest.items()}
    weakest = min(newest, key=lambda person: ("no", "unsure", "yes").index(answers[person]))
    answer = answers[weakest]
    if answer == "yes" and len(newest) < every:
        answer = "unsure"
    shown = {
        name: newest[weakest][name] for name in _MEMBERS if newest[weakest].get(name) is not None
    }
    return {"answer": answer, **shown}


def _answer(consent: Mapping[str, Any], today: date) -> str:
    answer = ANSWERS.get(consent["status"], "no")
    if (
        answer == "yes"
        and consent["expires_on"]
        and date.fromisoformat(consent["expires_on"]) < today
    ):
        return "no"
    return "unsure" if without_competence(consent) else answer
