"""Rules for disclosures: the decisions that permit them and the contents of their record. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.vocabulary import Answer, HowCheck, Outcome, SecureRoute
from app.sharing.case.case import Case, Head
from app.sharing.case.model import Act
from app.sharing.case.outcomes import PERMITTING, SKEW, DecisionOutcome
from app.sharing.case.records import Decision, Disclosure, Receiver


class DisclosureNotPermitted(ServiceError):
    """No decision in effect permits this disclosure, or a How check is not met."""

    kind = Kind.CONFLICT
    code = "disclosure-not-permitted"
    title = "Disclosure not permitted"


class InvalidDisclosure(ServiceError):
    """The details of the disclosure contradict the decision."""

    kind = Kind.INVALID
    code = "invalid-disclosure"
    title = "Invalid disclosure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The recipient's acknowledgement."""

    acknowledged_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclose:
    """The command to record a disclosure: its items, recipient, route and time."""

    decision_id: UUID
    items: tuple[UUID, ...] | None
    recipient: Receiver
    route: SecureRoute
    sent_at: datetime
    secure_exception: str | None
    receipt: Receipt | None


def disclose(case: Case, command: Disclose, at: datetime) -> tuple[Head, Disclosure]:
    """Return the head after the disclosure, and the disclosure to record.

    Raises `DisclosureNotPermitted` if no decision in effect permits it or a How check is not met,
    `InvalidState` if the status permits no disclosure, and `InvalidDisclosure` with all other
    faults.
    """
    decision = _permitting(case, command)
    emergency = decision.outcome is DecisionOutcome.SHARE_EMERGENCY
    if not emergency:
        _check_release(case, decision)
    status = case.head.after(Act.DISCLOSE)
    chosen = decision.items if command.items is None else tuple(dict.fromkeys(command.items))
    faults = [
        Fault(f"/items/{position}", "the decision does not permit this item", "item-not-permitted")
        for position, item in enumerate(command.items or ())
        if item not in decision.items
    ]
    if not chosen:
        faults.append(Fault("/items", "add at least one item", "too-short"))
    if command.route is SecureRoute.NONE and not command.secure_exception and not emergency:
        faults.append(
            Fault(
                "/secure_exception",
                "required if no secure route was used: the reason, and an assessment of the risk",
                "missing",
            )
        )
    if command.sent_at > at + SKEW:
        faults.append(
            Fault(
                "/sent_at",
                "the time is in the future; record a disclosure after it was made",
                "in-the-future",
            )
        )
    if faults:
        raise InvalidDisclosure(faults[0].detail, faults=tuple(faults))
    disclosure = Disclosure(
        decision_id=command.decision_id,
        evaluation_id=case.evaluation.id,
        items=chosen,
        items_not_shared=tuple(item.id for item in case.items if item.id not in chosen),
        recipient=command.recipient,
        route=command.route,
        sent_at=command.sent_at,
        secure_exception=command.secure_exception,
        receipt_at=command.receipt.at if command.receipt else None,
        acknowledged_by=command.receipt.acknowledged_by if command.receipt else None,
    )
    return replace(case.head, status=status), disclosure


def _permitting(case: Case, command: Disclose) -> Decision:
    """Return the decision in effect. Raises `DisclosureNotPermitted` unless it permits sharing
    and the command cites it.
    """
    decision = case.decision
    if decision is None or decision.content.outcome not in PERMITTING:
        raise DisclosureNotPermitted(
            "the request has no decision that permits sharing; record one first"
        )
    if case.head.decision is None:
        raise DisclosureNotPermitted(
            "the request was reconsidered after its decision; record the new decision first"
        )
    if command.decision_id != decision.id:
        raise DisclosureNotPermitted(
            "decision_id is not the newest decision; read the request again"
        )
    return decision.content


def _check_release(case: Case, decision: Decision) -> None:
    result = case.evaluation.content.result
    unmet = [
        finding
        for finding in result.how
        if finding.met in {Answer.NO, Answer.UNSURE} and finding.check is not HowCheck.TRANSPARENCY
    ]
    if unmet:
        named = ", ".join(finding.check for finding in unmet)
        faults = tuple(
            Fault(f"/facts/how/{finding.check}", finding.basis, "check-not-met")
            for finding in unmet
        )
        raise DisclosureNotPermitted(
            f"these checks are not met: {named}; amend facts.how once they are met",
            faults=faults,
        )
    if (
        result.outcome in {Outcome.DO_NOT_SHARE, Outcome.SEEK_ADVICE}
        and not decision.departs_from_evaluation
    ):
        raise DisclosureNotPermitted(
            "the newest evaluation no longer recommends sharing; record a new decision with"
            " its reasons"
        )
