"""Openness with the people concerned (golden rule 2): told before or after, not told and why, or
put off until a day that is set.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.sharing.case import store
from app.sharing.case import store as case_store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Change, Draft
from app.sharing.case.model import Act, RecordKind
from app.sharing.case.people import person_of

DEFERRED: Final = "deferred"


class NoticeUnsound(ServiceError):
    """The notice lacks what the record must say."""

    kind = Kind.INVALID
    code = "notice-unsound"
    title = "The notice lacks something that the record must say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Whether somebody was told, and if not why, or when it is looked at again."""

    person_ref: str
    decision: str
    reason: str | None
    revisit_on: date | None
    how: str | None


async def notify(
    session: Session, actor: Actor, request_id: UUID, notice: Notice, *, now: datetime, trace: str
) -> tuple[Case, Record]:
    """Record whether a person or their family was told."""
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    status = case.head.after(Act.NOTIFY)
    person = person_of(case, notice.person_ref)
    _check(notice, today_in_school(now))
    body = {
        "subject_id": str(person.id),
        "decision": notice.decision,
        "reason": notice.reason,
        "revisit_on": notice.revisit_on.isoformat() if notice.revisit_on else None,
    }
    draft = Draft(
        kind=RecordKind.NOTICE,
        body=body,
        text={"how": notice.how} if notice.how else {},
        id=ids.new_id(now),
    )
    change = Change(
        action=Action.NOTICE_RECORDED,
        head=replace(case.head, status=status, notice_due_on=_next_look(case, body)),
        drafts=(draft,),
        about=(person.id,),
        target=draft.id,
        reason_code=notice.reason,
        data={"decision": notice.decision},
    )

    after = await case_store.merged(session, actor, case, change, now=now, trace=trace)
    return after, after.records[-1]


def _check(notice: Notice, today: date) -> None:
    faults = []
    if notice.decision == DEFERRED:
        if notice.revisit_on is None:
            faults.append(
                Fault("/revisit_on", "set a day on which this is looked at again", "missing")
            )
        elif notice.revisit_on <= today:
            faults.append(Fault("/revisit_on", "set a day that is still to come", "in-the-past"))
    elif notice.revisit_on is not None:
        faults.append(
            Fault("/revisit_on", "only a deferred notice has a day to look again", "not-deferred")
        )
    if notice.decision in {DEFERRED, "not_informed"} and notice.reason is None:
        faults.append(Fault("/reason", "say why they are not told", "missing"))
    if faults:
        raise NoticeUnsound(faults[0].detail, faults=tuple(faults))


def _next_look(case: Case, newest: dict[str, str | None]) -> str | None:
    """The earliest day set by anybody's newest notice."""
    standing = {
        record.body["subject_id"]: record.body["revisit_on"]
        for record in case.of(RecordKind.NOTICE)
    }
    standing[str(newest["subject_id"])] = newest["revisit_on"]
    return min((day for day in standing.values() if day), default=None)
