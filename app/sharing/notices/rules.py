"""Rules for notices (golden rule 2): their completeness and the date of the next review. Pure."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.vocabulary import TransparencyDecision, TransparencyReason
from app.sharing.case.case import Case
from app.sharing.case.records import Notice


class InvalidNotice(ServiceError):
    """The notice lacks required information or contains contradictory details."""

    kind = Kind.INVALID
    code = "invalid-notice"
    title = "Invalid notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """The command to record whether a person or their family was informed, with the reason or
    review date if not.
    """

    person_ref: str
    decision: TransparencyDecision
    reason: TransparencyReason | None
    revisit_on: date | None
    how: str | None


def notice(command: Notify, subject_id: UUID, today: date) -> Notice:
    """Return the notice to record. Raises `InvalidNotice` with all faults."""
    faults = []
    deferred = command.decision is TransparencyDecision.DEFERRED
    if deferred:
        if command.revisit_on is None:
            faults.append(Fault("/revisit_on", "required: the date of the next review", "missing"))
        elif command.revisit_on <= today:
            faults.append(Fault("/revisit_on", "use a day in the future", "in-the-past"))
    elif command.revisit_on is not None:
        faults.append(
            Fault(
                "/revisit_on",
                "only a deferred notice has a review date",
                "revisit-not-allowed",
            )
        )
    untold = deferred or command.decision is TransparencyDecision.NOT_INFORMED
    if untold and command.reason is None:
        faults.append(
            Fault("/reason", "required: the reason for not informing the person", "missing")
        )
    if faults:
        raise InvalidNotice(faults[0].detail, faults=tuple(faults))
    return Notice(
        subject_id=subject_id,
        decision=command.decision,
        reason=command.reason,
        revisit_on=command.revisit_on,
        how=command.how,
    )


def next_look(case: Case, newest: Notice) -> date | None:
    """Return the earliest review date among the newest notices of all people; None if there is
    none.
    """
    standing = {record.content.subject_id: record.content for record in case.of(Notice)}
    standing[newest.subject_id] = newest
    return min((one.revisit_on for one in standing.values() if one.revisit_on), default=None)
