"""Rules for decisions: authority, completeness and the items that may be shared. Pure.

Invariant: a decision is recorded only if the actor has authority under the policy and states the
reasons. An emergency disclosure does not need a prior decision.
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
"""Separators between the words of a name, and between a reference and its scheme."""


class DecisionNotPermitted(ServiceError):
    """The policy does not give the actor the authority for this decision."""

    kind = Kind.FORBIDDEN
    code = "decision-not-permitted"
    title = "Decision not permitted"


class DecisionIncomplete(ServiceError):
    """The decision lacks required information."""

    kind = Kind.INVALID
    code = "decision-incomplete"
    title = "Decision incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The discussion of a refusal with the requester: whether it took place, and how, or why
    not yet.
    """

    discussed_with_requester: Answer
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """The command to record a decision."""

    outcome: DecisionOutcome
    reasons: str
    items: tuple[UUID, ...] | None
    lawful_reason: DecisionReason | None
    departs_because: str | None
    refusal: Refusal | None


def act_of(outcome: DecisionOutcome) -> Act:
    """Return the act that corresponds to the outcome of a decision."""
    return Act.DECIDE_EMERGENCY if outcome is DecisionOutcome.SHARE_EMERGENCY else Act.DECIDE


def check_authority(
    case: Case,
    outcome: DecisionOutcome,
    by: Actor,
    may_decide: Collection[Role],
    names: Collection[str],
) -> None:
    """Check that the actor may decide the request.

    Raises `DecisionNotPermitted` for an integration, for a role without authority under the policy,
    for a person named in the request and for an adviser on it. The last two may still decide an
    emergency.

    `names` contains the account's id and the actor's e-mail address; the request may name the actor
    by either.
    """
    if by.role is Role.INTEGRATION:
        raise DecisionNotPermitted(
            "an integration cannot decide; ask a member of staff, the DSL or the information"
            " governance lead"
        )
    if by.role not in may_decide or (by.role is Role.STAFF and by.id != case.head.submitted_by):
        who = ", ".join(sorted(role.value for role in may_decide))
        raise DecisionNotPermitted(
            f"under the policy, only these roles can decide: {who}; ask one of them to decide"
        )
    if outcome is DecisionOutcome.SHARE_EMERGENCY:
        return
    if {name.casefold() for name in names} & _names_in(case):
        raise DecisionNotPermitted(
            "a person named in the request cannot decide it; ask another DSL or the head teacher"
        )
    if any(answer.by_id == by.id for answer in case.of(AdviceAnswer)):
        raise DecisionNotPermitted(
            "a person who advised on the request can decide it only in an emergency; ask"
            " another person to decide"
        )


def _names_in(case: Case) -> set[str]:
    """Return the case-folded words of the person references and of the names of requester,
    recipient and consenting person.
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
    """Return the head after the decision, and the decision to record.

    Raises `InvalidState` if the status permits no decision, and `DecisionIncomplete` with all
    faults.
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
                f"required: the evaluation recommends {recommended}; state why you depart from it",
                "departure-reason-missing",
            )
        )
    refused = command.outcome is DecisionOutcome.DO_NOT_SHARE
    if refused and command.refusal is None:
        why = "required: whether it was discussed with the requester, and how, or why not yet"
        faults.append(Fault("/refusal", why, "missing"))
    if not refused and command.refusal is not None:
        faults.append(
            Fault("/refusal", "only a decision not to share has a refusal", "refusal-not-allowed")
        )
    if faults:
        raise DecisionIncomplete(faults[0].detail, faults=tuple(faults))
    superseded, refusal = case.decision, command.refusal
    decision = Decision(
        outcome=command.outcome,
        departs_from_evaluation=differs,
        evaluation_id=case.evaluation.id,
        items=tuple(items),
        lawful_reason=command.lawful_reason,
        discussed_with_requester=refusal.discussed_with_requester if refusal else None,
        supersedes=superseded.id if superseded else None,
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
            [Fault("/items", "a refusal shares no items; omit items", "items-not-allowed")]
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
            Fault(
                f"/items/{position}",
                "the item is withheld; amend its include value first",
                "item-withheld",
            )
            if item in include
            else Fault(
                f"/items/{position}", "not an item of this request; see facts.items", "unknown-item"
            )
        )
        for position, item in enumerate(command.items)
        if item not in open_to
    ]
    return list(dict.fromkeys(command.items)), faults
