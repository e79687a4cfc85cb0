"""The rules for approving and withdrawing a policy version. Pure.

Invariant: the author of a version does not approve it, no version starts in the past, two versions
never start on the same day, and an approved version never changes.
"""

import re
from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.codes import ActionCode
from app.policy.engine.derive import last_day
from app.policy.engine.grammar import Document
from app.policy.lifecycle.model import Approval, VersionState

_REVIEW: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?\Z")


LONGEST_REVIEW: Final = 2
"""The most years from the start of a version to its next review."""


class ApproverIsAuthor(ServiceError):
    """The author of a version cannot approve it."""

    kind = Kind.FORBIDDEN
    code = "approver-is-author"
    title = "Approval by the author not permitted"

    def __init__(self) -> None:
        super().__init__(
            "you drafted this version; another information governance lead has to record the"
            " approval"
        )


class VersionAlreadyApproved(ServiceError):
    """The version has been approved already; an approved version never changes."""

    kind = Kind.CONFLICT
    code = "already-approved"
    title = "Policy version already approved"


class PolicyVersionWithdrawn(ServiceError):
    """The version was withdrawn; a withdrawal is final."""

    kind = Kind.CONFLICT
    code = "policy-version-withdrawn"
    title = "Policy version withdrawn"

    def __init__(self) -> None:
        super().__init__("draft it again under another version name")


class StartDateTaken(ServiceError):
    """Another version starts on the same day."""

    kind = Kind.CONFLICT
    code = "start-date-taken"
    title = "Start date taken"

    def __init__(self) -> None:
        super().__init__(
            "another version starts on this day; choose another day, or withdraw the other"
            " version first"
        )


class InvalidApproval(ServiceError):
    """The dates of the approval are not valid."""

    kind = Kind.INVALID
    code = "invalid-approval"
    title = "Invalid approval"

    def __init__(self, *faults: Fault) -> None:
        super().__init__(
            (faults[0].detail if len(faults) == 1 else f"{len(faults)} faults; errors lists them"),
            faults=faults,
        )


class VersionAlreadyStarted(ServiceError):
    """A version that has started cannot be withdrawn; another version can supersede it."""

    kind = Kind.CONFLICT
    code = "version-already-started"
    title = "Policy version already started"

    def __init__(self) -> None:
        super().__init__("the version is or was in force; approve another version to supersede it")


def check_approval(
    wanted: Approval,
    state: VersionState,
    document: Document,
    *,
    by: UUID,
    taken: Collection[date],
    today: date,
) -> None:
    """Raise the error that prevents an approval; `taken` are the first days of other versions."""
    if state.withdrawn:
        raise PolicyVersionWithdrawn
    if state.author == by:
        raise ApproverIsAuthor
    if state.starts_on is not None:
        raise VersionAlreadyApproved(f"it begins, or began, on {state.starts_on.isoformat()}")
    faults = tuple(_faults(wanted, document, today))
    if faults:
        raise InvalidApproval(*faults)
    if wanted.in_force_from in taken:
        raise StartDateTaken


def _faults(wanted: Approval, document: Document, today: date) -> list[Fault]:
    found = []
    start = wanted.in_force_from
    if start < today:
        found.append(
            Fault(
                "/in_force_from",
                f"in the past; {today.isoformat()} is the first possible day",
                "in-the-past",
            )
        )
    without = sorted(
        name for name, parameter in document.parameters.items() if parameter.on(start) is None
    )
    if without:
        words = (
            f"the document gives no value for {', '.join(without)} on that day; it begins on"
            f" {document.policy.start.isoformat()}"
        )
        found.append(Fault("/in_force_from", words, "no-value"))
    review = review_by(wanted.next_review_on)
    if review is None:
        found.append(
            Fault(
                "/next_review_on", "not a month or a day; write 2027-11 or 2027-11-30", "not-a-date"
            )
        )
    elif review <= start:
        found.append(
            Fault(
                "/next_review_on",
                "on or before the day on which the version starts",
                "before-start",
            )
        )
    elif (review.year, review.month) > (start.year + LONGEST_REVIEW, start.month):
        words = (
            f"lies more than {LONGEST_REVIEW} years after the version begins;"
            f" {_review_clause(document)}"
        )
        found.append(Fault("/next_review_on", words, "too-late"))
    return found


def _review_clause(document: Document) -> str:
    """The policy's own rule on its review."""
    cites = [
        cite
        for rule in document.actions
        if rule.code is ActionCode.REVIEW_THE_POLICY
        for cite in rule.cites
    ]
    return (
        " ".join(f"{document.citations[cite].says} ({cite})" for cite in cites)
        or "a policy is looked at every year"
    )


def review_by(text: str) -> date | None:
    """The last day on which a review due in a month or on a day is in time; None for another
    text.
    """
    if not _REVIEW.match(text):
        return None
    try:
        return last_day(text)
    except ValueError:
        return None


def check_withdrawal(state: VersionState, today: date) -> None:
    """Raise the error that prevents a withdrawal: a draft can be withdrawn at any time, an approved
    version until the day before it starts.
    """
    if state.withdrawn:
        raise PolicyVersionWithdrawn
    if state.starts_on is not None and state.starts_on <= today:
        raise VersionAlreadyStarted
