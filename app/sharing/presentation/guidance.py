"""Add guidance to a request: legal power, routing, recipient check and hints. Pure.

Invariant: guidance is advice to people; it decides, delays or refuses no request.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from app.policy.engine.vocabulary import Answer, Include, PurposeCode, StatutoryPower
from app.recipients.matching import WORDS
from app.sharing.case.case import Case, View
from app.sharing.case.facts import Detriment, Item
from app.sharing.case.records import Decision, Disclosure, RecipientCheck
from app.sharing.evaluation import consent as effective_consent

Shown = dict[str, Any]

SOURCES: Final[Mapping[StatutoryPower, str]] = MappingProxyType(
    {
        StatutoryPower.SECTION_16H: "Children Act 2004, section 16H",
        StatutoryPower.SECTION_14B: "Children Act 2004, section 14B",
        StatutoryPower.COURT_ORDER: "A court order",
        StatutoryPower.OTHER_OBLIGATION: "Another legal obligation",
    }
)

_COMPELLING: Final[Mapping[PurposeCode, StatutoryPower | None]] = {
    PurposeCode.STATUTORY_REQUEST: None,
    PurposeCode.COURT_ORDER: StatutoryPower.COURT_ORDER,
}
"""The purposes that compel the school to share, with the legal power if the purpose implies one."""

_ROUTED: Final[Mapping[str, str]] = {
    PurposeCode.SUBJECT_ACCESS_REQUEST.value: (
        "Someone is asking for their own information. This has its own procedure and a time limit"
        " of one month (UK GDPR Article 12(3))."
    ),
    PurposeCode.BULK_OR_PRE_AGREED.value: (
        "Sharing in bulk or under a standing agreement follows that agreement. It is not decided"
        " request by request."
    ),
}
_ROUTED_OTHERWISE: Final = "The policy gives this kind of request its own procedure."

_FINDINGS: Final[Mapping[str, str]] = {
    **{mismatch.value: words for mismatch, words in WORDS.items()},
    "not_in_directory": "The directory has no such entry.",
    "individual_not_checked": (
        "The directory shows that the organisation was checked. No one has checked this person."
    ),
}


def show_legal_power(case: Case, view: View, *, released: bool) -> Shown | None:
    """The legal power that compels the school to share, or None.

    Free text is shown in the full view, or if the submitter `released` it.
    """
    stated = case.facts.content.facts.statutory
    purpose = PurposeCode(case.head.purpose)
    if stated is None and purpose not in _COMPELLING:
        return None
    worded = view is View.FULL or released
    power = (stated and stated.power) or _COMPELLING.get(purpose)
    detriment = stated.detriment if stated else Detriment()
    return {
        "power": power,
        "source": SOURCES[power] if power else None,
        "burden_explained": stated.burden_explained if stated else Answer.UNSURE,
        "explanation": stated.explanation if stated and worded else None,
        "compelled_reason": stated.compelled_reason if stated and worded else None,
        "detriment": {
            "more_detrimental": detriment.more_detrimental,
            "why": detriment.why if worded else None,
        },
    }


def show_routing(case: Case) -> Shown | None:
    """The role that handles a routed request, with the reason; None if it is not routed."""
    if not case.evaluation.content.routed:
        return None
    return {"to": "ig_lead", "because": _ROUTED.get(case.head.purpose, _ROUTED_OTHERWISE)}


def recipient_check(check: RecipientCheck | None, view: View) -> Shown | None:
    """The directory check of the recipient; None if the facts cite no entry."""
    if check is None:
        return None
    full = view is View.FULL
    return {
        "directory_id": check.directory_id if full else None,
        "contact_id": check.contact_id if full else None,
        "verified": check.verified,
        "findings": [{"code": code, "text": _FINDINGS.get(code, code)} for code in check.findings],
        "supports_identity": check.supports_identity,
        "checked_on": check.checked_on.isoformat(),
    }


def hints(case: Case) -> list[Shown]:
    """The hints for a request; each one is advice."""
    return list(_hints(case))


def _hints(case: Case) -> Iterator[Shown]:
    facts = case.facts.content.facts
    statutory = facts.statutory
    explained = statutory.burden_explained if statutory else Answer.UNSURE
    if facts.purpose.code is PurposeCode.STATUTORY_REQUEST and explained is not Answer.YES:
        yield {
            "code": "ask_partner_why",
            "text": (
                "Ask the partner why they need this and what the law requires the school to do."
                " Anyone who asks under the law should explain the burden. If a child needs"
                " something now, do not wait for the answer."
            ),
            "who": "dsl",
            "items": [],
        }
    if statutory and statutory.detriment.more_detrimental is Answer.YES:
        yield {
            "code": "weigh_detriment",
            "text": (
                "The record says that sharing would do the child more harm. Weigh this with the"
                " designated safeguarding lead, and record why you decide as you do."
            ),
            "who": "dsl",
            "items": [],
        }
    given_away = [
        item.id
        for item in facts.items
        if item.identity_to_protect and item.include is Include.SHARE
    ]
    named = any(person.identity_to_protect for person in facts.subjects)
    if given_away or named:
        yield {
            "code": "protect_identity",
            "text": (
                "Someone's identity must be protected. Redact or withhold anything that reveals it."
            ),
            "who": "staff",
            "items": given_away,
        }

    if any(
        effective_consent.without_competence(consent)
        for consent in effective_consent.current_consents(case)
    ):
        yield {
            "code": "judge_competence",
            "text": (
                "A child's own consent counts only if someone has judged that the child can give"
                " it. Here no one has, or they judged that the child cannot. The consent counts as"
                " unsure. Ask someone with parental responsibility, or check whether there is a"
                " lawful reason."
            ),
            "who": "dsl",
            "items": [],
        }


def show_item_changes(case: Case, disclosure_id: UUID, disclosure: Disclosure, view: View) -> Shown:
    """The items that a disclosure left out, with the reasons, and the redacted items."""
    left_out: list[Shown] = []
    redacted: list[Shown] = []
    for item in case.facts_when(disclosure_id).content.facts.items:
        because = item.withheld_because if view is View.FULL else None
        if item.id not in disclosure.items:
            why, because = _reason_left_out(case, disclosure, item, because, view)
            left_out.append({"item": item.id, "why": why, "because": because})
        elif item.include is Include.REDACT:
            redacted.append({"item": item.id, "because": because})
    return {"items_left_out": left_out, "items_redacted": redacted}


def _reason_left_out(
    case: Case, disclosure: Disclosure, item: Item, because: str | None, view: View
) -> tuple[str, str | None]:
    if item.include is Include.WITHHOLD:
        return "withheld", because
    decision = case.find(Decision, disclosure.decision_id)
    if decision is not None and item.id not in decision.content.items:
        return "not_permitted", decision.content.reasons if view is View.FULL else None
    return "not_sent", None
