"""Operations on disclosures: load for update, apply the rules, write once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.platform.db import Session
from app.sharing.case import store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Change, Draft, record_in
from app.sharing.case.records import Disclosure
from app.sharing.disclosures import rules
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
) -> tuple[Case, Record[Disclosure]]:
    """Record a disclosure that was made, with its recipient, time and route.

    Raises `DisclosureNotPermitted`, `InvalidDisclosure` or `InvalidState`.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    head, disclosure = rules.disclose(case, command, now)
    cites = case.facts.content.facts.recipient
    check = await recipient_check.check_disclosure_recipient(
        session, head, cites, command.recipient, command.route, now
    )
    draft = Draft(id=ids.new_id(now), content=replace(disclosure, recipient_check=check))
    change = Change(
        action=Action.DISCLOSURE_RECORDED,
        head=head,
        drafts=(draft,),
        about=[subject.id for subject in case.people],
        target=draft.id,
        data={
            "route": disclosure.route.value,
            "items": len(disclosure.items),
            "decision": str(disclosure.decision_id),
        },
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)
