"""The life of a version: draft, approved, in force, superseded, or withdrawn before it began. Pure;
computed from dates, never stored.

Law: nobody approves what they wrote, nothing begins in the past, one version begins on a day, and
what was approved never changes.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.codes import ActionCode
from app.policy.engine.derive import last_day
from app.policy.engine.grammar import Document

_REVIEW: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])(-[0-9]{2})?\Z")


LONGEST_REVIEW: Final = 2
"""Years from the beginning of a version to its next review: the policy is looked at every year, and
a review may be late once."""


class Status(StrEnum):
    """Where a version stands on a day."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class ApproverIsAuthor(ServiceError):
    """Whoever drafted a version may not approve it."""

    kind = Kind.FORBIDDEN
    code = "approver-is-author"
    title = "Approval by the author not permitted"

    def __init__(self) -> None:
        super().__init__(
            "you drafted this version; another information governance lead has to record the"
            " approval"
        )


class VersionAlreadyApproved(ServiceError):
    """A version is approved once; what was approved never changes."""

    kind = Kind.CONFLICT
    code = "already-approved"
    title = "Policy version already approved"


class PolicyVersionWithdrawn(ServiceError):
    """What was withdrawn does not come back."""

    kind = Kind.CONFLICT
    code = "policy-version-withdrawn"
    title = "Policy version withdrawn"

    def __init__(self) -> None:
        super().__init__("draft it again under another version name")


class StartDateTaken(ServiceError):
    """One version begins on a day."""

    kind = Kind.CONFLICT
    code = "start-date-taken"
    title = "Start date taken"

    def __init__(self) -> None:
        super().__init__(
            "another version starts on this day; choose another day, or withdraw the other"
            " version first"
        )


class InvalidApproval(ServiceError):
    """The approval's dates cannot be."""

    kind = Kind.INVALID
    code = "invalid-approval"
    title = "Invalid approval"

    def __init__(self, *faults: Fault) -> None:
        super().__init__(
            (faults[0].detail if len(faults) == 1 else f"{len(faults)} faults; errors lists them"),
            faults=faults,
        )


class VersionAlreadyStarted(ServiceError):
    """A version that has begun is superseded by another; it is never taken back."""

    kind = Kind.CONFLICT
    code = "version-already-started"
    title = "Policy version already started"

    def __init__(self) -> None:
        super().__init__("the version is or was in force; approve another version to supersede it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What has become of a version so far."""

    author: UUID
    starts_on: date | None
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What those who approve a version say: who they are (name and role), from which day, and when
    it is looked at again.
    """

    approved_by: str
    in_force_from: date
    next_review_on: str


def status(standing: Standing, on: date, *, current: bool) -> Status:
    """Where a version stands on a day; `current` says whether it is the one that the school follows
    then.
    """
    if standing.withdrawn:
        return Status.WITHDRAWN
    if standing.starts_on is None:
        return Status.DRAFT
    if current:
        return Status.IN_FORCE
    return Status.APPROVED if standing.starts_on > on else Status.SUPERSEDED


def check_approval(
    wanted: Approval,
    standing: Standing,
    document: Document,
    *,
    by: UUID,
    taken: Collection[date],
    today: date,
) -> None:
    """Raises what stands against an approval; `taken` are the days on which other versions begin or
    began.
    """
    if standing.withdrawn:
        raise PolicyVersionWithdrawn
    if standing.author == by:
        raise ApproverIsAuthor
    if standing.starts_on is not None:
        raise VersionAlreadyApproved(f"it begins, or began, on {standing.starts_on.isoformat()}")
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
    """What the policy itself says of its review."""
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
    """The last day in time for a review due in a month or on a day; None when the text names
    neither.
    """
    if not _REVIEW.match(text):
        return None
    try:
        return last_day(text)
    except ValueError:
        return None


def check_withdrawal(standing: Standing, today: date) -> None:
    """Raises what stands against taking a version back: a draft can be at any time, an approved one
    until the day before it begins.
    """
    if standing.withdrawn:
        raise PolicyVersionWithdrawn
    if standing.starts_on is not None and standing.starts_on <= today:
        raise VersionAlreadyStarted
