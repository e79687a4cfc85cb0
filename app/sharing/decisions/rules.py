"""What makes a decision, and what makes a disclosure under it, sound. Pure.

Law: whoever decides has the authority and says why; nothing leaves but under a decision that
permits it; an emergency waits for neither.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.identity.model import Actor, Role
from app.kernel.errors import Fault, Kind, ServiceError
from app.policy.engine.vocabulary import Answer, Include
from app.sharing.case.case import Case, Head
from app.sharing.case.model import Act
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.case.records import AdviceAnswer, Decision, DecisionReason
from app.sharing.evaluation.assessment import departs

_APART: Final = re.compile(r"[\s<>()\[\],;:\"]+")
"""What stands between the words of a name, and between a reference and its scheme."""


class DecisionNotPermitted(ServiceError):
    """The policy gives this decision to somebody else."""

    kind = Kind.FORBIDDEN
    code = "decision-not-permitted"
    title = "Decision not permitted"


class DecisionIncomplete(ServiceError):
    """The decision lacks what the record must say."""

    kind = Kind.INVALID
    code = "decision-incomplete"
    title = "Decision incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The talk with the requester about a refusal: whether it took place, and how, or why not
    yet.
    """

    discussed_with_requester: Answer
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """What a person wants to record as decided."""

    outcome: DecisionOutcome
    reasons: str
    items: tuple[UUID, ...] | None
    lawful_reason: DecisionReason | None
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
    """Raises `DecisionNotPermitted` unless the policy's authority, the adviser rule and the rule
    against deciding one's own case allow it.

    `names` are the account's id and the caller's e-mail address, by either of which they may be
    named in the request.
    """
    if by.role is Role.INTEGRATION:
        raise DecisionNotPermitted(
            "an integration cannot decide; a member of staff, the DSL or the information"
            " governance lead does"
        )
    if by.role not in may_decide or (by.role is Role.STAFF and by.id != case.head.submitted_by):
        who = ", ".join(sorted(role.value for role in may_decide))
        raise DecisionNotPermitted(
            f"under the policy, only these can decide: {who}; pass it on to them"
        )
    if outcome is DecisionOutcome.SHARE_EMERGENCY:
        return
    if {name.casefold() for name in names} & _named(case):
        raise DecisionNotPermitted(
            "a person named in the request cannot decide it; ask another DSL or the head teacher"
        )
    if any(answer.by_id == by.id for answer in case.of(AdviceAnswer)):
        raise DecisionNotPermitted(
            "a person who advised on the request can decide it only in an emergency; pass it"
            " on to another person"
        )


def _named(case: Case) -> set[str]:
    """Every word, case-folded, in the references of the request's people and in the names of those
    who ask, receive or consent.
    """
    facts = case.facts.content.facts
    named = (
        facts.requester and facts.requester.name,
        facts.recipient.named_individual,
        facts.consent.person_ref,
        *(subject.ref for subject in case.subjects),
    )
    words = (word for text in named if text for word in _APART.split(text.casefold()))
    return {word.strip(".") for word in words}


def decide(case: Case, command: Decide, at: datetime) -> tuple[Head, Decision]:
    """The head after the decision, and what its record says.

    Raises `InvalidState` in a state without decisions, `DecisionIncomplete` with every fault at
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
        recommended = case.evaluation.content.result.outcome
        faults.append(
            Fault(
                "/departs_because",
                f"the evaluation says {recommended}; say why you decide otherwise",
                "departure-reason-missing",
            )
        )
    refused = command.outcome is DecisionOutcome.DO_NOT_SHARE
    if refused and command.refusal is None:
        why = "say whether the refusal was discussed with the requester, and how, or why not yet"
        faults.append(Fault("/refusal", why, "missing"))
    if not refused and command.refusal is not None:
        faults.append(
            Fault("/refusal", "only a decision not to share has this member", "refusal-not-allowed")
        )
    if faults:
        raise DecisionIncomplete(faults[0].detail, faults=tuple(faults))
    standing, refusal = case.decision, command.refusal
    decision = Decision(
        outcome=command.outcome,
        departs_from_evaluation=differs,
        evaluation_id=case.evaluation.id,
        items=tuple(items),
        lawful_reason=command.lawful_reason,
        discussed_with_requester=refusal.discussed_with_requester if refusal else None,
        supersedes=standing.id if standing else None,
        reasons=command.reasons,
        departs_because=command.departs_because,
        refusal_how=refusal.how if refusal else None,
    )
    head = replace(
        case.head, status=status, decision=command.outcome.value, departs=differs, decided_at=at
    )
    return head, decision


def _items_of(case: Case, command: Decide) -> tuple[list[UUID], list[Fault]]:
    include = {item.id: item.include for item in case.items}
    included = [item for item, how in include.items() if how is not Include.WITHHOLD]
    if command.outcome is DecisionOutcome.DO_NOT_SHARE:
        return [], (
            [Fault("/items", "a refusal shares no items; leave items out", "items-not-allowed")]
            if command.items
            else []
        )
    if command.items is None:
        if command.outcome is DecisionOutcome.SHARE_PARTIALLY:
            return [], [Fault("/items", "list the items that may be shared", "missing")]
        return included, []
    if not command.items:
        return [], [Fault("/items", "add at least one item", "too-short")]
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
