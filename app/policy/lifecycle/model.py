"""A policy version and its status: draft, approved, in force, superseded or withdrawn. Pure.

The status is computed from dates and never stored.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class Status(StrEnum):
    """The status of a version on a day."""

    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """The properties of a version that its status and the rules depend on."""

    author: UUID
    starts_on: date | None
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The approval of a version.

    `approved_by` is the approver's name and role, `next_review_on` a month `YYYY-MM` or a day
    `YYYY-MM-DD`.
    """

    approved_by: str
    in_force_from: date
    next_review_on: str


def status(state: VersionState, on: date, *, current: bool) -> Status:
    """The status of a version on a day; `current` says whether it is the version in force then."""
    if state.withdrawn:
        return Status.WITHDRAWN
    if state.starts_on is None:
        return Status.DRAFT
    if current:
        return Status.IN_FORCE
    return Status.APPROVED if state.starts_on > on else Status.SUPERSEDED
