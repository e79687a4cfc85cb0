"""What makes a decision, and what makes a disclosure under it, sound. Pure.

Law: whoever decides has the authority and says why; nothing leaves but under a decision that
permits it; an emergency waits for neither.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.identity.model import Actor, Role
from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.vocabulary import Include
from app.sharing.case.case import Case, Head
from app.sharing.case.model import Act, RecordKind
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.evaluation.assessment import departs

_NAMED: Final = (
    ("requester", "name"),
    ("recipient", "named_individual"),
    ("consent", "person_ref"),
)
"""Where the facts name adults, subjects aside."""

_APART: Final = re.compile(r"[\s<>()\[\],;:\"]+")
"""What stands between the words of a name, and between a reference and its scheme."""


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
