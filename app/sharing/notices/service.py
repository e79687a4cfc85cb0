"""Operation on notices: load for update, apply the rules, write once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.sharing.case import store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.model import Act
from app.sharing.case.people import person_of
from app.sharing.case.records import Notice
from app.sharing.notices import rules
from app.sharing.notices.rules import Notify


async def notify(
    session: Session, actor: Actor, request_id: UUID, command: Notify, *, now: datetime, trace: str
) -> tuple[Case, Record[Notice]]:
    """Record whether a person or their family was informed. Raises `InvalidNotice` or
    `InvalidState`.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    status = case.head.after(Act.NOTIFY)
    person = person_of(case, command.person_ref)
    notice = rules.notice(command, person.id, today_in_school(now))
    look = rules.next_look(case, notice)
    draft = Draft(id=ids.new_id(now), content=notice)
    change = Change(
        action=Action.NOTICE_RECORDED,
        head=replace(case.head, status=status, notice_due_on=look.isoformat() if look else None),
        drafts=(draft,),
        about=(person.id,),
        target=draft.id,
        reason_code=notice.reason,
        data={"decision": notice.decision.value},
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)
