"""Which disclosures a decision permits, and what their record holds. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.kernel import clock
from app.kernel.errors import Fault, Kind, ServiceError
from app.sharing.case.case import Case, Head
from app.sharing.case.model import Act
from app.sharing.case.outcomes import PERMITTING, SKEW, DecisionOutcome


class DisclosureNotPermitted(ServiceError):
    """No standing decision permits this disclosure, or the checks before release are not met."""

    kind = Kind.CONFLICT
    code = "disclosure-not-permitted"
    title = "Nothing may leave yet"


class DisclosureUnsound(ServiceError):
    """What was recorded about the disclosure does not fit the decision."""

    kind = Kind.INVALID
    code = "disclosure-unsound"
    title = "The disclosure does not fit the decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclose:
    """What a person did: which items went to whom, how and when."""

    decision_id: UUID
    items: tuple[UUID, ...] | None
    recipient: Mapping[str, str]
    route: str
    sent_at: datetime
    secure_exception: str | None
    receipt: Mapping[str, Any] | None


def disclose(
    case: Case, command: Disclose, at: datetime
) -> tuple[Head, dict[str, Any], dict[str, Any]]:
    """The head after the disclosure, and what its record says.

    Raises `DisclosureNotPermitted` without a standing decision that permits it or with How checks
    open, else `DisclosureUnsound`.
    """
    standing = case.decision
    if standing is None or standing.body["outcome"] not in PERMITTING:
        raise DisclosureNotPermitted("no decision permits it; record the decision first")
    if case.head.decision is None:
        raise DisclosureNotPermitted(
            "the request was reconsidered after its decision; record the new decision first"
        )
    if command.decision_id != standing.id:
        raise DisclosureNotPermitted(
            "decision_id does not name the decision that stands; read the request again"
        )
    emergency = standing.body["outcome"] == DecisionOutcome.SHARE_EMERGENCY
    if not emergency:
        _check_release(case)
    status = case.head.after(Act.DISCLOSE)
    permitted = [UUID(item) for item in standing.body["items"]]
    chosen = list(dict.fromkeys(command.items)) if command.items is not None else permitted
    faults = [
        Fault(f"/items/{position}", "the decision does not permit this item", "item-not-permitted")
        for position, item in enumerate(command.items or ())
        if item not in permitted
    ]
    if not chosen:
        faults.append(Fault("/items", "name at least one item", "too-short"))
    if command.route == "none" and not command.secure_exception and not emergency:
        faults.append(
            Fault(
                "/secure_exception",
                "no secure route was used: say why, and how the risk was weighed",
                "missing",
            )
        )
    if command.sent_at > at + SKEW:
        faults.append(
            Fault(
                "/sent_at",
                "lies in the future; record a disclosure when it has been made",
                "in-the-future",
            )
        )
    if faults:
        raise DisclosureUnsound(faults[0].detail, faults=tuple(faults))
    return replace(case.head, status=status), *disclosure_record(
        command, chosen, _left_out(case, chosen), case.evaluation.id
    )


def disclosure_record(
    command: Disclose, items: Sequence[UUID], left_out: Sequence[UUID], evaluation_id: UUID
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the record of a disclosure says: structure and personal part."""
    receipt = command.receipt
    body = {
        "decision_id": str(command.decision_id),
        "evaluation_id": str(evaluation_id),
        "items": [str(item) for item in items],
        "items_not_shared": [str(item) for item in left_out],
        "route": command.route,
        "sent_at": clock.to_text(command.sent_at),
        "receipt_at": clock.to_text(receipt["at"]) if receipt and receipt.get("at") else None,
    }
    text = {
        "recipient": dict(command.recipient),
        "secure_exception": command.secure_exception,
        "acknowledged_by": receipt.get("acknowledged_by") if receipt else None,
    }
    return body, text


def _left_out(case: Case, chosen: Sequence[UUID]) -> list[UUID]:
    every = [UUID(item["id"]) for item in case.facts.body["structure"]["items"]]
    return [item for item in every if item not in chosen]


def _check_release(case: Case) -> None:
    result = case.evaluation.body["result"]
    unmet = [
        check
        for check in result["how"]
        if check["met"] in {"no", "unsure"} and check["check"] != "transparency"
    ]
    if unmet:
        named = ", ".join(check["check"] for check in unmet)
        faults = tuple(
            Fault(f"/facts/how/{check['check']}", check["basis"], "check-not-met")
            for check in unmet
        )
        raise DisclosureNotPermitted(
            f"release is held until these checks are met: {named}; amend facts.how when they are",
            faults=faults,
        )
    if result["outcome"] in {"do_not_share", "seek_advice"} and not (
        case.decision and case.decision.body["departs"]
    ):
        raise DisclosureNotPermitted(
            "the newest evaluation no longer says share; record a new decision that gives the"
            " reasons"
        )
