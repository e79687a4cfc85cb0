"""Arrange a summary in titled sections with their numbers. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.reports.disclosure_control import Shown

Numbers = dict[str, int | None]

TITLES: Final[Mapping[str, str]] = {
    "requests": "Requests submitted",
    "outcome": "What the policy recommended",
    "decision": "What people decided",
    "purpose_group": "What the information was for",
    "lawful_reason": "Reason for sharing",
    "timeliness": "Decided in time",
    "departures": "Decisions against the recommendation",
    "reconsideration": "Refusals reconsidered after new information",
    "advice": "Advice sought",
}

WORDS: Final[Mapping[str, str]] = {
    "total": "All",
    "share": "Share",
    "share_partially": "Share part",
    "share_emergency": "Share in an emergency",
    "do_not_share": "Do not share",
    "seek_advice": "Seek advice",
    "undecided": "Not decided yet",
    "withdrawn": "Withdrawn before a decision",
    "safeguarding": "Safeguarding",
    "outside": "Outside safeguarding",
    "routed": "Subject access and regular feeds",
    "other": "Other",
    "safeguarding_condition": "Safeguarding condition",
    "protects_person_at_risk": "Protects a person at risk",
    "statutory_request": "Statutory request",
    "statutory_duty": "Statutory duty",
    "other_legal_obligation": "Other legal obligation",
    "court_order": "Court order",
    "statutory_exemption": "Statutory exemption",
    "public_interest": "Public interest",
    "overwhelming_interests_of_subject": "Overwhelming interests of the person",
    "vital_interests": "Vital interests",
    "consent": "Consent",
    "not_identifiable": "No one identifiable",
    "immediate_risk": "Immediate danger",
    "not_recorded": "Not recorded",
    "decided_in_time": "Decided in time",
    "decided_late": "Decided late",
    "emergency_in_time": "Emergency record completed in time",
    "emergency_late": "Emergency record completed late",
    "waiting_in_time": "Not decided, still in time",
    "waiting_overdue": "Not decided, overdue",
    "followed": "As recommended",
    "departed": "Against the recommendation",
    "reconsidered": "Reconsidered",
    "not_reconsidered": "Not reconsidered",
    "answered_in_time": "Answered in time",
    "answered_late": "Answered late",
    "waiting": "Not answered, still in time",
    "overdue": "Not answered, overdue",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A table of a summary: its name in replies, its title, and its numbers by code; None is a
    withheld number.
    """

    name: str
    numbers: Numbers

    @property
    def title(self) -> str:
        """The title for readers."""
        return TITLES[self.name]


def sections(requests: Shown, advice: Shown) -> Iterator[Section]:
    """Arrange the tables of a summary in order."""
    progress = requests.splits["progress"]
    decided, undecided = progress.get("decided"), progress.get("undecided")
    result = decided.splits["result"] if decided else {}
    shared = result.get("shared")
    yield Section("requests", {"total": requests.count})
    yield Section("outcome", _counts(requests, "outcome"))
    refused: Numbers = {name: part.count for name, part in result.items() if name != "shared"}
    rest: Numbers = {name: part.count for name, part in progress.items() if name != "decided"}
    yield Section("decision", _counts(shared, "decision") | refused | rest)
    yield Section("purpose_group", _counts(requests, "purpose_group"))
    yield Section("lawful_reason", _counts(shared, "lawful_reason"))
    yield Section("timeliness", _counts(decided, "timeliness") | _counts(undecided, "timeliness"))
    yield Section("departures", _counts(decided, "departures"))
    yield Section("reconsideration", _counts(requests, "reconsideration"))
    total: Numbers = {"total": advice.count}
    yield Section("advice", total | _counts(advice, "timeliness"))


def _counts(number: Shown | None, split: str) -> Numbers:
    return (
        {} if number is None else {name: part.count for name, part in number.splits[split].items()}
    )
