"""Operations on decisions: load for update, apply the rules, write once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.audit.model import Action
from app.identity import accounts
from app.identity.model import Actor, Role
from app.kernel import ids
from app.platform.db import Session
from app.platform.preconditions import IfMatch
from app.sharing.case import store
from app.sharing.case import version as case_version
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.records import Decision, RetentionReview
from app.sharing.decisions import rules
from app.sharing.decisions.rules import Decide, act_of
from app.sharing.evaluation import assessment
from app.sharing.evaluation import policy as evaluation_policy


async def decide(
    session: Session,
    actor: Actor,
    request_id: UUID,
    command: Decide,
    *,
    precondition: IfMatch,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Decision]]:
    """Record the decision of a person. A later decision supersedes it and does not change it.

    Raises `DecisionNotPermitted`, `DecisionIncomplete`, `InvalidState`, or the error of a failed
    `precondition`.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    policy = await evaluation_policy.load_policy_of_evaluation(session, case, now)
    names = await _names_of(session, actor)

    roles = assessment.may_decide(policy, case, command.outcome)
    rules.check_authority(case, command.outcome, actor, roles, names)
    precondition.check(case_version.etag(case.head, case.head.view_for(actor)))
    case.head.after(act_of(command.outcome))
    head, decision = rules.decide(case, command, now)
    head = replace(head, retention_class=assessment.retention_class(policy, case, command.outcome))
    head = assessment.with_retention(
        policy, head, now, reviewed=case.latest(RetentionReview) is not None
    )
    decision = assessment.with_fallback_flag(policy, case.head, decision)
    draft = Draft(id=ids.new_id(now), content=decision)
    change = Change(
        action=Action.DECISION_RECORDED,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        reason_code=decision.lawful_reason_code,
        data={
            "decision": decision.outcome.value,
            "departs": decision.departs_from_evaluation,
            "recommended": case.head.outcome,
        },
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)


async def _names_of(session: Session, actor: Actor) -> set[str]:
    email = (
        await accounts.email_of(session, actor.school, actor.id)
        if actor.role is not Role.INTEGRATION
        else None
    )
    return {str(actor.id)} | ({email} if email else set())
