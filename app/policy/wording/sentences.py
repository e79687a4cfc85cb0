"""Rows and cells as English sentences. Pure.

Invariant: there are words for every value of every fact.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from app.policy.engine.bitmasks import NOT_STATED
from app.policy.engine.decision_tables import Condition, Judged
from app.policy.engine.vocabulary import Answer, Finding, Outcome, Release, Step
from app.policy.wording.words import either, sentence, spoken

_CLAUSES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "purpose": {
            "yes": "the purpose is clear and legitimate",
            "no": "there is no clear and legitimate purpose",
            "unsure": "it is not certain that the purpose is clear and legitimate",
        },
        "consent": {
            "yes": "there is consent",
            "no": "there is no consent",
            "unsure": "it is not certain that there is consent",
        },
        "identifiable": {
            "yes": "someone can be identified from it",
            "no": "no one can be identified from it",
            "unsure": "it is not certain whether anyone can be identified from it",
        },
        "lawful_reason": {
            "yes": "there is a lawful reason to share without consent",
            "no": "there is no lawful reason to share without consent",
            "unsure": "it is not certain that there is a lawful reason to share without consent",
        },
        "immediate_risk": {
            "yes": "someone is in danger now",
            "no": "no one is in danger now",
            "unsure": "it is not certain whether anyone is in danger now",
        },
        "crime_suspected": {
            "yes": "a crime may have been committed",
            "no": "no crime is suspected",
            "unsure": "it is not certain whether a crime may have been committed",
        },
        "recipient_verified": {
            "yes": "you know that the recipient is who they say they are",
            "no": "the recipient’s identity is not confirmed",
            "unsure": "it is not certain who the recipient is",
        },
        "amount": {
            "yes": "it is limited to what is needed",
            "no": "it includes more than is needed",
            "unsure": "no one has decided how much is needed",
        },
        "fact_from_opinion": {
            "yes": "facts are kept separate from opinions",
            "no": "facts are not kept separate from opinions",
            "unsure": "it is not certain that facts are kept separate from opinions",
        },
        "right_recipient": {
            "yes": "it is the right information for the right person",
            "no": "it is not the right information for the right person",
            "unsure": "it is not certain that it is the right information for the right person",
        },
        "secure": {
            "yes": "it is shared in a secure way",
            "no": "the way it would be shared is not secure",
            "unsure": "no one has decided how to share it securely",
        },
        "special_category": {
            "yes": "it includes special category data",
            "no": "it includes no special category data",
        },
        "criminal_offence": {
            "yes": "it includes information about an offence",
            "no": "it includes no information about an offence",
        },
        "unexplained_history": {
            "yes": "some of it is old and not explained",
            "no": "nothing in it is old and not explained",
        },
        "opinion": {
            "yes": "it includes opinions or allegations",
            "no": "it includes no opinions or allegations",
        },
        "third_party": {"yes": "other people are named in it", "no": "no one else is named in it"},
        "review_overdue": {
            "yes": "the policy’s review is overdue",
            "no": "the policy’s review is not overdue",
        },
        "departure": {
            "yes": "the decision goes against the recommendation",
            "no": "the decision follows the recommendation",
        },
        "direction": {
            "received": "the school was asked",
            "proactive": "the school shares on its own initiative",
        },
        "release": {
            Release.READY: "it can be shared now",
            Release.HOLD: "a check must be met first",
            Release.NONE: "nothing can be shared",
        },
    }
)
"""The facts with a clause for each value."""

_SUBJECTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "urgency": ("the request is", ""),
        "recipient_type": ("the recipient is", ""),
        "purpose_code": ("the purpose is", ""),
        "consent_status": ("consent is recorded as", "the status of consent is not given"),
        "not_sought_reason": (
            "consent was not sought because it",
            "no reason is given for not seeking consent",
        ),
        "lawful_code": ("the lawful reason named is", "no lawful reason is named"),
        "emergency_kind": ("the kind of danger is", "the kind of danger is not given"),
        "secure_route": ("the way of sharing is", "the way of sharing is not given"),
        "transparency": (
            "the decision on telling the person or family is",
            "there is no decision on telling the person or family",
        ),
        "transparency_reason": (
            "the reason for not telling them, or not yet, is",
            "no reason is given for not telling them",
        ),
        "outcome": ("the outcome is", ""),
        "decided_at": ("it was decided by the question on", ""),
    }
)
"""The other facts: the words before the values, and the clause for a fact that was not stated."""

OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Outcome.SHARE: "share",
        Outcome.SHARE_EMERGENCY: "share now, in an emergency",
        Outcome.DO_NOT_SHARE: "do not share",
        Outcome.SEEK_ADVICE: "seek advice",
    }
)
"""The outcomes as part of a sentence."""

STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Step.IMMEDIATE_RISK: "danger",
        Step.PURPOSE: "purpose",
        Step.CONSENT: "consent",
        Step.IDENTIFIABLE: "who can be identified",
        Step.LAWFUL_REASON: "lawful reasons",
    }
)
"""The questions as part of a sentence: “decided by the question on …”."""

FINDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Finding.MET: "met",
        Finding.NOT_MET: "not met",
        Finding.UNSURE: "unsure",
        Finding.NOT_APPLICABLE: "does not apply",
    }
)
"""The findings as part of a sentence."""

MET: Final[Mapping[str, str]] = MappingProxyType(
    {Answer.YES: "met", Answer.NO: "not met", Answer.UNSURE: "unsure"}
)
"""The result of a check as part of a sentence."""


def value(fact: str, word: str) -> str:
    """A value of a fact as part of a sentence; a `$set` by its name."""
    if word.startswith("$"):
        return f"in the group “{spoken(word[1:])}”"
    if fact == "decided_at":
        return STEPS[word]
    return f"“{OUTCOMES[word]}”" if fact == "outcome" else f"“{spoken(word)}”"


def clauses(fact: str, words: Iterable[str]) -> tuple[str, ...]:
    """The allowed values of a fact as alternative clauses; raises KeyError for an unknown fact."""
    words = tuple(words)
    if fact in _CLAUSES:
        return tuple(_CLAUSES[fact][word] for word in words)
    subject, unstated = _SUBJECTS[fact]
    stated = [value(fact, word) for word in words if word != NOT_STATED]
    said = (f"{subject} {either(stated)}",) if stated else ()
    return (*said, unstated) if NOT_STATED in words else said


def condition(when: Condition) -> str:
    """All cells of a row, as the words after “if”; empty for a row that matches everything."""
    cells = [clauses(fact, words) for fact, words in when.cells.items()]
    several = len(cells) > 1
    return ", and ".join(
        f"either {either(cell)}" if several and len(cell) > 1 else either(cell) for cell in cells
    )


def rule(when: Condition, then: str, *, first: bool) -> str:
    """A row of a first-match table."""
    said = condition(when)
    if not said:
        return sentence(f"always: {then}" if first else f"otherwise: {then}")
    return sentence(f"if {said}: {then}")


def occasions(when: Iterable[Condition]) -> str:
    """The alternative conditions of a result, each on its own line."""
    said = [condition(one) for one in when]
    if not all(said):
        return "Always."
    return "\n".join(sentence(("if " if n == 0 else "or if ") + one) for n, one in enumerate(said))


def judged(table: Judged) -> tuple[str, ...]:
    """A principle or golden rule as rules in order, including those that `needs` implies."""
    said = [
        rule(row.when, f"{FINDINGS[row.finding]}. {row.basis}", first=n == 0)
        for n, row in enumerate(table.rows)
    ]
    if table.because is not None:
        for answer, finding, basis in (
            ("no", Finding.NOT_MET, table.because.not_met),
            ("unsure", Finding.UNSURE, table.because.unsure),
        ):
            said.append(
                sentence(
                    f"if {either(clauses(need, (answer,))[0] for need in table.needs)}:"
                    f" {FINDINGS[finding]}. {basis}"
                )
            )
        said.append(sentence(f"otherwise: {FINDINGS[Finding.MET]}. {table.because.met}"))
    return tuple(said)
