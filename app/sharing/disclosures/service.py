"""Records a disclosure: locked load, pure rules, one write."""

from datetime import datetime
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.platform.db import Session
from app.sharing.case import store
from app.sharing.case import store as case_store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.model import RecordKind
from app.sharing.disclosures import rules as disclosures_rules
from app.sharing.disclosures.rules import Disclose
from app.sharing.facts import recipient_check


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

    head, body, text = disclosures_rules.disclose(case, command, now)
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

    after = await case_store.merged(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)
