"""Evaluates facts under the policy in force without storing them."""

from datetime import datetime

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.canonical import Json
from app.platform.db import Session
from app.policy.engine.deadlines import due_instants, today_in_school
from app.policy.engine.derive import derive
from app.policy.engine.evaluate import evaluate
from app.policy.engine.inputs import Stated
from app.policy.lifecycle import in_force


async def evaluate_facts(
    session: Session, actor: Actor, stated: Stated, *, now: datetime, request_id: str
) -> dict[str, Json]:
    """Evaluate facts; the audit entry names the policy and nothing of the case."""
    today = today_in_school(now)
    policy = await in_force.in_force(session, actor.school, today)

    evaluation = evaluate(policy, derive(stated, policy.rules(today), today))

    evaluation_id = ids.new_id(now)
    event = Event(action=Action.EVALUATION_TRIED, target=str(evaluation_id), policy=policy.digest)
    log.append(session, event, by=actor, at=now, request_id=request_id)
    due = due_instants(evaluation, now, policy.calendar)
    return {"id": str(evaluation_id), **evaluation.to_json(due)}
