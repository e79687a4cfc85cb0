"""What makes a decision, and what makes a disclosure under it, sound. Pure.

Law: whoever decides has the authority and says why; nothing leaves but under a decision that
permits it; an emergency waits for neither.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from app.identity.model import Actor, Role
from app.kernel import clock
from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.vocabulary import Include
from app.sharing.case.case import Case, Head
from app.sharing.case.model import Act, RecordKind

SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours a caller's clock may be."""


_NAMED: Final = (
    ("requester", "name"),
    ("recipient", "named_individual"),
    ("consent", "person_ref"),
)
"""Where the facts name adults, subjects aside."""

_APART: Final = re.compile(r"[\s<>()\[\],;:\"]+")
"""What stands between the words of a name, and between a reference and its scheme."""


class DecisionOutcome(StrEnum):
    """What a person can decide. Stored for ever: add members, never rename or reuse one."""

    SHARE = "share"
    SHARE_PARTIALLY = "share_partially"
    DO_NOT_SHARE = "do_not_share"
    SHARE_EMERGENCY = "share_emergency"


PERMITTING: Final = frozenset(
    {DecisionOutcome.SHARE, DecisionOutcome.SHARE_PARTIALLY, DecisionOutcome.SHARE_EMERGENCY}
)


class DecisionNotYours(ServiceError):
    """The policy gives this decision to somebody else."""

    kind = Kind.FORBIDDEN
    code = "decision-not-yours"
    title = "Somebody else decides this"


class DecisionIncomplete(ServiceError):
    """The decision lacks what the record must say."""

    kind = Kind.INVALID
    code = "decision-incomplete"
    title = "The decision lacks something that the record must say"


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
class Refusal:
    """The talk with the requester about a refusal: whether it took place, and how, or why not
    yet.
    """

    discussed_with_requester: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """What a person wants to record as decided."""

    outcome: DecisionOutcome
    reasons: str
    items: tuple[UUID, ...] | None
    lawful_reason: Mapping[str, str] | None
    departs_because: str | None
    refusal: Refusal | None


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


def departs(case: Case, outcome: DecisionOutcome) -> bool:
    """Whether recording this outcome differs from what the evaluation recommended. A part of a
    share is still a share.
    """
    recommended: str = case.evaluation.body["result"]["outcome"]
    return recommended != ("share" if outcome is DecisionOutcome.SHARE_PARTIALLY else outcome.value)


def act_of(outcome: DecisionOutcome) -> Act:
    """The act that this decision is."""
    return Act.DECIDE_EMERGENCY if outcome is DecisionOutcome.SHARE_EMERGENCY else Act.DECIDE


def check_authority(
    case: Case,
    outcome: DecisionOutcome,
    by: Actor,
    may_decide: Collection[Role],
    names: Collection[str],
) -> None:
    """Raises `DecisionNotYours` unless the policy's authority, the adviser rule and the rule
    against deciding one's own case allow it.

    `names` are the account's id and the caller's e-mail address, by either of which they may be
    named in the request.
    """
    if by.role is Role.INTEGRATION:
        raise DecisionNotYours(
            "a machine never decides; a member of staff, the DSL or the information governance lead"
            " does"
        )
    if by.role not in may_decide or (by.role is Role.STAFF and by.id != case.head.submitted_by):
        who = ", ".join(sorted(role.value for role in may_decide))
        raise DecisionNotYours(f"under the policy this is decided by: {who}; pass it on to them")
    if outcome is DecisionOutcome.SHARE_EMERGENCY:
        return
    if {name.casefold() for name in names} & _named(case):
        raise DecisionNotYours(
            "a person of the request does not decide it; ask another DSL or the head teacher"
        )
    if any(answer.by_id == by.id for answer in case.of(RecordKind.ADVICE_ANSWER)):
        raise DecisionNotYours(
            "whoever advised on the request decides it only in an emergency; pass it on to somebody"
            " else"
        )


def _named(case: Case) -> set[str]:
    """Every word, case-folded, in the references of the request's people and in the names of
    whoever asks, receives or consents.
    """
    told = case.facts.text or {}
    named = [(told.get(who) or {}).get(member) or "" for who, member in _NAMED]
    words = (
        word
        for text in (*named, *(subject.ref for subject in case.subjects))
        for word in _APART.split(text.casefold())
    )
    return {word.strip(".") for word in words}


def decide(
    case: Case, command: Decide, at: datetime
) -> tuple[Head, dict[str, Any], dict[str, Any]]:
    """The head after the decision, and what its record says: structure and personal part.

    Raises `ActImpossible` in a state without decisions, `DecisionIncomplete` with every fault at
    once.
    """
    status = case.head.after(act_of(command.outcome))
    differs = departs(case, command.outcome)
    items, faults = _items_of(case, command)
    if (
        differs
        and command.outcome is not DecisionOutcome.SHARE_EMERGENCY
        and not command.departs_because
    ):
        recommended = case.evaluation.body["result"]["outcome"]
        faults.append(
            Fault(
                "/departs_because",
                f"the evaluation says {recommended}; say why you decide otherwise",
                "departure-unexplained",
            )
        )
    refused = command.outcome is DecisionOutcome.DO_NOT_SHARE
    if refused and command.refusal is None:
        why = "say whether the refusal was discussed with the requester, and how, or why not yet"
        faults.append(Fault("/refusal", why, "missing"))
    if not refused and command.refusal is not None:
        faults.append(Fault("/refusal", "only a decision not to share has this", "not-a-refusal"))
    if faults:
        raise DecisionIncomplete(faults[0].detail, faults=tuple(faults))
    standing = case.decision
    body = {
        "outcome": command.outcome.value,
        "departs": differs,
        "evaluation_id": str(case.evaluation.id),
        "items": [str(item) for item in items],
        "lawful_reason_code": (command.lawful_reason or {}).get("code"),
        "discussed_with_requester": (
            command.refusal.discussed_with_requester if command.refusal else None
        ),
        "supersedes": str(standing.id) if standing else None,
    }
    text = {
        "reasons": command.reasons,
        "departs_because": command.departs_because,
        "lawful_reason": dict(command.lawful_reason) if command.lawful_reason else None,
        "refusal_how": command.refusal.how if command.refusal else None,
    }
    return (
        replace(
            case.head, status=status, decision=command.outcome.value, departs=differs, decided_at=at
        ),
        body,
        text,
    )


def _items_of(case: Case, command: Decide) -> tuple[list[UUID], list[Fault]]:
    include = {
        UUID(item["id"]): item.get("include", Include.SHARE)
        for item in case.facts.body["structure"]["items"]
    }
    included = [item for item, how in include.items() if how != Include.WITHHOLD]
    if command.outcome is DecisionOutcome.DO_NOT_SHARE:
        return [], (
            [Fault("/items", "a refusal shares no items; leave them out", "not-a-share")]
            if command.items
            else []
        )
    if command.items is None:
        if command.outcome is DecisionOutcome.SHARE_PARTIALLY:
            return [], [Fault("/items", "name the items that may be shared", "missing")]
        return included, []
    if not command.items:
        return [], [Fault("/items", "name at least one item", "too-short")]
    open_to = include if command.outcome is DecisionOutcome.SHARE_EMERGENCY else included
    faults = [
        (
            Fault(f"/items/{position}", "withheld; amend its include first", "item-withheld")
            if item in include
            else Fault(
                f"/items/{position}", "not an item of this request; see facts.items", "unknown-item"
            )
        )
        for position, item in enumerate(command.items)
        if item not in open_to
    ]
    return list(dict.fromkeys(command.items)), faults


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
