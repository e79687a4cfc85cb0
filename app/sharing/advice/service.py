"""Operations on advice (golden rule 3): load for update, apply the rules, write once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.platform import outbox
from app.platform.db import Session
from app.policy.engine.model import Facts
from app.sharing.advice import rules
from app.sharing.case import store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.model import Act, Adviser, Alert
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.case.records import Advice, AdviceAnswer
from app.sharing.evaluation import assessment
from app.sharing.evaluation.policy import load_policy_in_force


async def seek(
    session: Session,
    actor: Actor,
    request_id: UUID,
    *,
    whom: Adviser,
    question: str,
    release_free_text: bool,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Advice]]:
    """Ask the DSL, a manager or the IG lead for advice.

    A de-identified view shows the free text of the facts only if `release_free_text` is set.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    policy = await load_policy_in_force(session, actor, now)

    status = case.head.after(Act.SEEK_ADVICE)
    due = assessment.due_at(policy, assessment.ADVICE_CLOCK, now)
    facts = Facts.from_json(case.evaluation.content.facts)
    advice = Advice(
        ask=whom,
        question=question,
        release_free_text=release_free_text,
        due=due,
        can_change_outcome=rules.can_change_outcome(policy, facts),
    )
    draft = Draft(id=ids.new_id(now), content=advice)
    dues = [one for one in (case.head.advice_due_at, due) if one is not None]
    change = Change(
        action=Action.ADVICE_SOUGHT,
        head=replace(case.head, status=status, advice_due_at=min(dues, default=None)),
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={"ask": whom.value, "released": release_free_text},
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    if whom is Adviser.DSL:
        outbox.add(
            session, school=actor.school, kind=Alert.ADVICE_WAITING, about=request_id, at=now
        )
    return after, record_in(after, draft)


async def answer(
    session: Session,
    actor: Actor,
    request_id: UUID,
    advice_id: UUID,
    *,
    advice: str,
    advised_outcome: DecisionOutcome | None,
    outcome_of_discussion: str,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[AdviceAnswer]]:
    """Record the advice and the outcome of the discussion.

    After that, the adviser can decide the request only in an emergency. Raises the errors of
    `rules.answer`.
    """
    case = await store.load(session, actor, request_id, to_change=True)

    head, given = rules.answer(
        case,
        actor,
        advice_id,
        advice=advice,
        advised_outcome=advised_outcome,
        outcome_of_discussion=outcome_of_discussion,
    )
    draft = Draft(id=ids.new_id(now), content=given)
    change = Change(
        action=Action.ADVICE_ANSWERED,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={
            "advised_outcome": advised_outcome.value if advised_outcome else None,
            "advice": str(advice_id),
        },
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)
