"""Operation to record an emergency disclosure, whatever optional details are missing."""

from dataclasses import replace
from datetime import datetime

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.platform import outbox
from app.platform.db import Session
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import Include, SecureRoute
from app.policy.lifecycle import in_force as policies
from app.policy.lifecycle.in_force import PolicyNotFound
from app.sharing.case import store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Draft, record_in
from app.sharing.case.model import Alert, Status
from app.sharing.case.records import Disclosure, Emergency, Receiver
from app.sharing.emergencies.fallback import evaluate_emergency
from app.sharing.evaluation.restatement import new_submission
from app.sharing.facts import recipient_check
from app.sharing.facts.statement import Statement


async def record_emergency(
    session: Session,
    actor: Actor,
    statement: Statement,
    *,
    told: Emergency,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Disclosure]]:
    """Record an emergency disclosure that was made or must be made now.

    The service accepts it whatever optional details are missing, and creates a task to complete the
    record.
    """
    policy = await _readable(session, actor, now, trace)
    statement = await recipient_check.check_recipient(session, actor.school, statement, now)

    found = evaluate_emergency(policy, policies.shipped, statement.stated, now)
    told = replace(told, flags=tuple(sorted({*told.flags, *found.flags})))
    submission = new_submission(actor, statement, found.judgement, now)
    change = submission.change
    facts, evaluation = submission.facts, submission.evaluation
    recipient = facts.content.facts.recipient
    items = facts.content.facts.items
    disclosure = Draft(
        id=ids.new_id(now),
        content=Disclosure(
            decision_id=None,
            evaluation_id=evaluation.id,
            items=tuple(item.id for item in items if item.include is not Include.WITHHOLD),
            items_not_shared=tuple(item.id for item in items if item.include is Include.WITHHOLD),
            recipient=Receiver(
                named_individual=recipient.named_individual,
                role_title=recipient.role_title,
                organisation=recipient.organisation,
            ),
            route=recipient.secure_route or SecureRoute.NONE,
            sent_at=told.occurred_at,
        ),
    )
    emergency = Draft(id=ids.new_id(now), content=told)
    head = replace(
        change.head,
        status=Status.EMERGENCY_RECORDED,
        task_due_at=found.task_due_at,
        urgency="immediate",
        retention_class=found.retention_class,
        retain_until=found.retain_until,
    )
    change = replace(
        change,
        action=Action.EMERGENCY_RECORDED,
        head=head,
        drafts=(*change.drafts, disclosure, emergency),
        data={**(change.data or {}), "flags": list(told.flags)},
    )

    case = await store.write(session, change, by=actor, at=now, request_id=trace)
    outbox.add(
        session, school=actor.school, kind=Alert.EMERGENCY_RECORDED, about=case.head.id, at=now
    )
    return case, record_in(case, disclosure)


async def _readable(session: Session, actor: Actor, now: datetime, trace: str) -> Policy | None:
    try:
        return await policies.adopt_in_force(session, actor.school, now=now, trace=trace)
    except PolicyNotFound:
        return None
