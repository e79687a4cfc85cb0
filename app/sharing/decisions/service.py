"""Recording what a person decided, what left under the decision, and the emergencies that waited
for neither.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.audit.model import Action
from app.identity import accounts
from app.identity.model import Actor, Role
from app.kernel import clock, ids
from app.platform import outbox
from app.platform.db import Session
from app.platform.preconditions import IfMatch
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import Include
from app.policy.lifecycle import in_force as policies
from app.policy.lifecycle.in_force import PolicyNotFound
from app.sharing.case import store
from app.sharing.case.case import Case, Record
from app.sharing.case.model import Alert, RecordKind, Status
from app.sharing.case.store import Change, Draft
from app.sharing.decisions import rules
from app.sharing.decisions.rules import Decide, Disclose, act_of
from app.sharing.emergencies.fallback import footing
from app.sharing.evaluation import assessment
from app.sharing.evaluation.assessment import Statement
from app.sharing.facts import recipient_check
from app.sharing.requests import service as requests_service


async def decide(
    session: Session,
    actor: Actor,
    request_id: UUID,
    command: Decide,
    *,
    precondition: IfMatch,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Record a person's decision. A later one supersedes it; nothing is edited."""
    case = await store.load(session, actor, request_id, to_change=True)
    policy = await requests_service.judged_under(session, case, now)
    names = await _names_of(session, actor)

    roles = assessment.may_decide(policy, case, command.outcome)
    rules.check_authority(case, command.outcome, actor, roles, names)
    precondition.check(requests_service.etag(case.head, case.head.view_for(actor)))
    case.head.after(act_of(command.outcome))
    head, body, text = rules.decide(case, command, now)
    head = replace(head, retention_class=assessment.retention_class(policy, case, command.outcome))
    head = assessment.kept(
        policy, head, now, reviewed=case.latest(RecordKind.RETENTION_REVIEW) is not None
    )
    draft = Draft(
        kind=RecordKind.DECISION,
        body={**body, **assessment.stood_in(policy, case.head)},
        text=text,
        id=ids.new_id(now),
    )
    change = Change(
        action=Action.DECISION_RECORDED,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        reason_code=body["lawful_reason_code"],
        data={
            "decision": body["outcome"],
            "departs": body["departs"],
            "recommended": case.head.outcome,
        },
    )

    after = await requests_service.merged(session, actor, case, change, now=now, trace=trace)
    return after, _made(after, draft)


async def _names_of(session: Session, actor: Actor) -> set[str]:
    email = (
        await accounts.email_of(session, actor.id) if actor.role is not Role.INTEGRATION else None
    )
    return {str(actor.id)} | ({email} if email else set())


async def disclose(
    session: Session,
    actor: Actor,
    request_id: UUID,
    command: Disclose,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Record what was in fact shared, with whom, when and how."""
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    head, body, text = rules.disclose(case, command, now)
    named = {**command.recipient, "route": command.route}
    check = await recipient_check.at_disclosure(
        session, head, case.facts.body["structure"]["recipient"], named, now
    )
    body = body if check is None else {**body, "recipient_check": check}
    draft = Draft(kind=RecordKind.DISCLOSURE, body=body, text=text, id=ids.new_id(now))
    change = Change(
        action=Action.DISCLOSURE_RECORDED,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={"route": body["route"], "items": len(body["items"]), "decision": body["decision_id"]},
    )

    after = await requests_service.merged(session, actor, case, change, now=now, trace=trace)
    return after, _made(after, draft)


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
    change = requests_service.submitted(actor, statement, found.judgement, now)
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
    return case, _made(case, disclosure)


async def _readable(session: Session, actor: Actor, now: datetime, trace: str) -> Policy | None:
    try:
        return await policies.follow(session, actor.school, now=now, trace=trace)
    except PolicyNotFound:
        return None


def _made(case: Case, draft: Draft) -> Record:
    found = case.find(draft.kind, draft.id)
    assert found is not None  # noqa: S101 - it was just written
    return found
