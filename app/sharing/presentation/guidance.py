"""What stands beside the recommendation: by what power it is asked, who else takes it, how the
recipient checks, what to think of. Pure.

Law: nothing here decides, holds up or refuses anything. It is said to people, who do.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from app.policy.engine.vocabulary import Answer, Include, PurposeCode
from app.recipients.matching import WORDS
from app.sharing.case.case import Case, Record, View
from app.sharing.case.model import RecordKind
from app.sharing.evaluation import consent as effective_consent

Shown = dict[str, Any]

SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "section_16h": "Children Act 2004, section 16H",
        "section_14b": "Children Act 2004, section 14B",
        "court_order": "A court order",
        "other_obligation": "Another legal obligation",
    }
)

_COMPELLING: Final[Mapping[str, str | None]] = {
    PurposeCode.STATUTORY_REQUEST.value: None,
    PurposeCode.COURT_ORDER.value: "court_order",
}
"""Purposes that compel by themselves, and by what power where that is plain."""

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


def compelled(case: Case, facts: Mapping[str, Any]) -> Shown | None:
    """By what power the school is made to share, and whether the burden was explained; None where
    nothing compels it.

    `facts` are the facts as the reader sees them.
    """
    stated = facts.get("statutory")
    if stated is None and case.head.purpose not in _COMPELLING:
        return None
    given: Mapping[str, Any] = stated or {}
    power = given.get("power") or _COMPELLING.get(case.head.purpose)
    detriment = given.get("detriment") or {}
    return {
        "power": power,
        "source": SOURCES.get(power or ""),
        "burden_explained": given.get("burden_explained", Answer.UNSURE.value),
        "explanation": given.get("explanation"),
        "compelled_reason": given.get("compelled_reason"),
        "detriment": {
            "more_detrimental": detriment.get("more_detrimental", Answer.UNSURE.value),
            "why": detriment.get("why"),
        },
    }


def routed(case: Case) -> Shown | None:
    """Who takes the request instead, and why; None for what is decided here."""
    if not case.evaluation.body.get("routed"):
        return None
    return {"to": "ig_lead", "because": _ROUTED.get(case.head.purpose, _ROUTED_OTHERWISE)}


def recipient_check(check: Mapping[str, Any] | None, view: View) -> Shown | None:
    """How the directory's entry agrees with what was stated; None where none is cited."""
    if check is None:
        return None
    full = view is View.FULL
    return {
        "directory_id": check["directory_id"] if full else None,
        "contact_id": check["contact_id"] if full else None,
        "verified": check["verified"],
        "findings": [
            {"code": code, "text": _FINDINGS.get(code, code)} for code in check["findings"]
        ],
        "supports_identity": bool(check.get("supports")),
        "checked_on": check["checked_on"],
    }


def hints(case: Case) -> list[Shown]:
    """What somebody should think of before sharing; each is advice."""
    return list(_hints(case))


def _hints(case: Case) -> Iterator[Shown]:
    structure = case.facts.body["structure"]
    statutory = structure.get("statutory") or {}
    explained = statutory.get("burden_explained", Answer.UNSURE.value)
    if case.head.purpose == PurposeCode.STATUTORY_REQUEST.value and explained != Answer.YES.value:
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
    if (statutory.get("detriment") or {}).get("more_detrimental") == Answer.YES.value:
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
        item["id"]
        for item in structure["items"]
        if item.get("identity_to_protect")
        and item.get("include", Include.SHARE.value) == Include.SHARE.value
    ]
    named = any(subject.get("identity_to_protect") for subject in structure.get("subjects", []))
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
        for consent in effective_consent.standing(case)
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


def disclosed(case: Case, disclosure: Record, view: View) -> Shown:
    """Of a disclosure: what did not go and why not, what went redacted, and how the recipient
    agrees with the directory.
    """
    facts = case.facts_when(disclosure)
    words = (facts.text or {}).get("items") or []
    went = set(disclosure.body["items"])
    left_out, redacted = [], []
    for position, item in enumerate(facts.body["structure"]["items"]):
        said = (
            words[position].get("withheld_because")
            if position < len(words) and view is View.FULL
            else None
        )
        include = item.get("include", Include.SHARE.value)
        if item["id"] not in went:
            left_out.append(
                {"item": item["id"], **_left_out(case, disclosure, item["id"], include, said, view)}
            )
        elif include == Include.REDACT.value:
            redacted.append({"item": item["id"], "because": said})
    return {
        "items_left_out": left_out,
        "items_redacted": redacted,
        "recipient_check": recipient_check(disclosure.body.get("recipient_check"), view),
    }


def _left_out(
    case: Case, disclosure: Record, item: str, include: str, said: str | None, view: View
) -> Shown:
    if include == Include.WITHHOLD.value:
        return {"why": "withheld", "because": said}
    decision = next(
        (
            one
            for one in case.of(RecordKind.DECISION)
            if str(one.id) == disclosure.body["decision_id"]
        ),
        None,
    )
    if decision is not None and item not in decision.body["items"]:
        return {
            "why": "not_permitted",
            "because": (decision.text or {}).get("reasons") if view is View.FULL else None,
        }
    return {"why": "not_sent", "because": None}
