"""Seeking and giving advice (golden rule 3): without naming the child, by the clock, and with the
outcome of the talk on record.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor, Permission
from app.kernel import clock, ids
from app.kernel.errors import Kind, ServiceError
from app.platform import outbox
from app.platform.db import Session
from app.policy.engine import evaluate
from app.policy.engine.model import Facts
from app.policy.engine.vocabulary import Answer
from app.sharing.case import store
from app.sharing.case import store as case_store
from app.sharing.case.case import Case, NotYours, Record
from app.sharing.case.change import Change, Draft
from app.sharing.case.model import Act, Alert, RecordKind, Status
from app.sharing.evaluation import assessment
from app.sharing.evaluation import policy as evaluation_policy

DOUBTED: Final = (
    "immediate_risk",
    "purpose",
    "consent",
    "identifiable",
    "lawful_reason",
    "recipient_verified",
)
"""The answers that the flow asks for, and that advice may settle."""


class AdviceNotFound(ServiceError):
    """The request has no such advice."""

    kind = Kind.NOT_FOUND
    code = "advice-not-found"
    title = "The request has no such advice"


class AdviceAnswered(ServiceError):
    """The advice was given; what is added now is new advice."""

    kind = Kind.CONFLICT
    code = "advice-already-answered"
    title = "This advice has been given"

    def __init__(self) -> None:
        super().__init__("advice is not edited; seek advice again to add to it")


async def seek(
    session: Session,
    actor: Actor,
    request_id: UUID,
    *,
    whom: str,
    question: str,
    release_free_text: bool,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Ask the DSL, a manager or the IG lead. They see the case de-identified, and its free text
    only if it is released to them.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    policy = await evaluation_policy.policy_in_force(session, actor, now)

    status = case.head.after(Act.SEEK_ADVICE)
    due = assessment.due_at(policy, assessment.ADVICE_CLOCK, now)
    body: dict[str, Any] = {
        "ask": whom,
        "release_free_text": release_free_text,
        "due": clock.to_text(due) if due else None,
        "can_change_outcome": can_change_outcome(
            policy, Facts.from_json(case.evaluation.body["facts"])
        ),
    }
    draft = Draft(
        kind=RecordKind.ADVICE, body=body, text={"question": question}, id=ids.new_id(now)
    )
    head = replace(
        case.head,
        status=status,
        advice_due_at=min(filter(None, (case.head.advice_due_at, due)), default=None),
    )
    change = Change(
        action=Action.ADVICE_SOUGHT,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={"ask": whom, "released": release_free_text},
    )

    after = await case_store.merged(session, actor, case, change, now=now, trace=trace)
    if whom == "dsl":
        outbox.add(
            session, school=actor.school, kind=Alert.ADVICE_WAITING, about=request_id, at=now
        )
    return after, after.records[-1]


def can_change_outcome(policy: evaluate.Policy, facts: Facts) -> bool:
    """Whether settling what is unsure could lead anywhere else. Pure: tries every way of settling
    it.
    """
    unsure = [name for name in DOUBTED if getattr(facts, name) is Answer.UNSURE]
    outcomes = {evaluate.outcome(policy, facts)[0]}
    for choice in range(2 ** len(unsure)):
        settled: dict[str, Any] = {
            name: Answer.YES if choice >> place & 1 else Answer.NO
            for place, name in enumerate(unsure)
        }
        outcomes.add(evaluate.outcome(policy, replace(facts, **settled))[0])
    return len(outcomes) > 1


async def answer(
    session: Session,
    actor: Actor,
    request_id: UUID,
    advice_id: UUID,
    *,
    advice: str,
    advised_outcome: str | None,
    outcome_of_discussion: str,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Record the advice and what came of the talk about it. The adviser then decides only in an
    emergency.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    if not actor.may(Permission.ADVICE_ANSWER):
        raise NotYours("the DSL or the information governance lead gives advice")
    asked = case.find(RecordKind.ADVICE, advice_id)
    if asked is None:
        raise AdviceNotFound("check the id; see advice in the request")
    if asked.by_id == actor.id:
        raise NotYours("somebody else answers what you asked")
    answered = {record.body["advice_id"] for record in case.of(RecordKind.ADVICE_ANSWER)}
    if str(advice_id) in answered:
        raise AdviceAnswered

    leads_to = case.head.after(Act.ANSWER_ADVICE)
    waiting = [
        record
        for record in case.of(RecordKind.ADVICE)
        if str(record.id) not in answered | {str(advice_id)}
    ]
    status = (
        Status.ADVICE_SOUGHT if waiting and case.head.status is Status.ADVICE_SOUGHT else leads_to
    )
    dues = [clock.from_text(record.body["due"]) for record in waiting if record.body["due"]]
    draft = Draft(
        kind=RecordKind.ADVICE_ANSWER,
        body={"advice_id": str(advice_id), "advised_outcome": advised_outcome},
        text={"advice": advice, "outcome_of_discussion": outcome_of_discussion},
        id=ids.new_id(now),
    )
    change = Change(
        action=Action.ADVICE_ANSWERED,
        head=replace(case.head, status=status, advice_due_at=min(dues, default=None)),
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={"advised_outcome": advised_outcome, "advice": str(advice_id)},
    )

    after = await case_store.merged(session, actor, case, change, now=now, trace=trace)
    return after, after.records[-1]
