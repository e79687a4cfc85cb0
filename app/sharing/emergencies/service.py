"""Records an emergency disclosure and never refuses one."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import clock, ids
from app.platform import outbox
from app.platform.db import Session
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import Include
from app.policy.lifecycle import in_force as policies
from app.policy.lifecycle.in_force import PolicyNotFound
from app.sharing.case import store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Draft, record_in
from app.sharing.case.model import Alert, RecordKind, Status
from app.sharing.emergencies.fallback import footing
from app.sharing.evaluation import restatement as evaluation_restatement
from app.sharing.facts import recipient_check
from app.sharing.facts.statement import Statement


async def record_emergency(
    session: Session,
    actor: Actor,
    statement: Statement,
    *,
    told: Mapping[str, Any],
    flags: Collection[str],
    occurred_at: datetime,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Record sharing that was or must be done now. Accepted whatever is still missing; what is
    missing becomes a task.
    """
    policy = await _readable(session, actor, now, trace)
    statement = await recipient_check.cited(session, actor.school, statement, now)

    found = footing(policy, policies.shipped, statement.stated, now)
    flags = sorted({*flags, *found.flags})
    change = evaluation_restatement.submitted(actor, statement, found.judgement, now)
    items = change.drafts[0].body["structure"]["items"]
    withheld = [item["id"] for item in items if item.get("include") == Include.WITHHOLD]
    disclosure = Draft(
        kind=RecordKind.DISCLOSURE,
        body={
            "decision_id": None,
            "evaluation_id": str(change.drafts[1].id),
            "items": [item["id"] for item in items if item["id"] not in withheld],
            "items_not_shared": withheld,
            "route": statement.structure["recipient"].get("secure_route") or "none",
            "sent_at": clock.to_text(occurred_at),
            "receipt_at": None,
        },
        text={
            "recipient": statement.narrative.get("recipient") or {},
            "secure_exception": None,
            "acknowledged_by": None,
        },
        id=ids.new_id(now),
    )
    emergency = Draft(
        kind=RecordKind.EMERGENCY, body={"flags": flags}, text=dict(told), id=ids.new_id(now)
    )
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
        data={**(change.data or {}), "flags": flags},
    )

    case = await store.write(session, change, by=actor, at=now, request_id=trace)
    outbox.add(
        session, school=actor.school, kind=Alert.EMERGENCY_RECORDED, about=case.head.id, at=now
    )
    return case, record_in(case, disclosure)


async def _readable(session: Session, actor: Actor, now: datetime, trace: str) -> Policy | None:
    try:
        return await policies.follow(session, actor.school, now=now, trace=trace)
    except PolicyNotFound:
        return None
