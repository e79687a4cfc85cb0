"""Queries for the accounting of disclosures about one person, across requests.

Invariant: a caller with a de-identified view of a request sees its disclosures as codes only. The
audit trail identifies the person by random ids, never by the school's reference.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.platform.db import Session
from app.platform.rows import col
from app.policy.engine.vocabulary import SubjectRole, TransparencyDecision, TransparencyReason
from app.sharing.case import store
from app.sharing.case.case import Case, Record, Subject, View
from app.sharing.case.facts import Item
from app.sharing.case.model import Flag, RecordKind
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.case.records import Decision, Disclosure, Evaluation, Facts, Notice
from app.sharing.case.tables import RecordRow, SubjectRow
from app.sharing.presentation.deidentification import instant
from app.sharing.presentation.views import Shown

TOLD: Final = frozenset({TransparencyDecision.INFORMED_BEFORE, TransparencyDecision.INFORMED_AFTER})


_WITHHELD_FOR: Final[Mapping[TransparencyReason, Flag]] = {
    TransparencyReason.WOULD_PREJUDICE_ENQUIRY: Flag.WOULD_PREJUDICE_ENQUIRY,
    TransparencyReason.WOULD_INCREASE_RISK: Flag.WOULD_INCREASE_RISK,
}
"""Reasons for not informing the person that may still apply, with the flag for each."""


class NoticeGiven(NamedTuple):
    """Whether the person was informed.

    The values come from the newest notice, or from the plan in the facts if there is no notice
    (`planned`).
    """

    decision: TransparencyDecision | None
    reason: TransparencyReason | None
    revisit_on: date | None
    planned: bool


async def account(
    session: Session,
    actor: Actor,
    ref: str,
    *,
    before: UUID | None,
    limit: int,
    now: datetime,
    trace: str,
) -> tuple[list[Shown], UUID | None]:
    """Return a page of the disclosures about a person, newest first, and the position of the
    next page.

    The position is None on the last page. A page may contain fewer than `limit` disclosures: it
    omits those made while the facts of the request did not name the person. Each call adds an audit
    entry.
    """
    found = await _load_disclosures_about(
        session, actor.school, ref, before=before, limit=limit + 1
    )
    page = found[:limit]
    cases = await store.load_all_as_service(session, actor.school, {request for _, request in page})

    shown, persons = [], []
    for disclosure, request in page:
        case = cases[request]
        record = case.find(Disclosure, disclosure)
        facts = case.facts_when(disclosure)
        person = next((one for one in case.people_of(facts) if one.ref == ref), None)
        if record is not None and person is not None:
            shown.append(_shown(case, record, facts, person, case.head.view_for(actor)))
            persons.append(person.id)

    event = Event(
        action=Action.SUBJECT_ACCOUNTED,
        subjects=tuple(dict.fromkeys(persons)),
        data={"count": len(shown)},
    )
    log.append(session, event, by=actor, at=now, request_id=trace)
    return shown, page[-1][0] if len(found) > limit else None


async def _load_disclosures_about(
    session: Session, school: str, ref: str, *, before: UUID | None, limit: int
) -> list[tuple[UUID, UUID]]:
    """Return the disclosures of requests that ever named the person, newest first.

    Each is a pair of disclosure id and request id. With `before`, only older disclosures.
    """
    named = sa.exists().where(
        col(SubjectRow.school) == col(RecordRow.school),
        col(SubjectRow.request_id) == col(RecordRow.request_id),
        col(SubjectRow.ref) == ref,
    )
    query = (
        sa.select(col(RecordRow.id), col(RecordRow.request_id))
        .where(
            col(RecordRow.school) == school,
            col(RecordRow.kind) == RecordKind.DISCLOSURE.value,
            named,
        )
        .order_by(col(RecordRow.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(RecordRow.id) < before)
    return [(row.id, row.request_id) for row in await session.all(query)]


def notice_given(case: Case, facts: Facts, person: Subject) -> NoticeGiven:
    """Return whether a person of the request was informed."""
    notices = [one for one in case.of(Notice) if one.content.subject_id == person.id]
    if notices:
        newest = notices[-1].content
        return NoticeGiven(newest.decision, newest.reason, newest.revisit_on, planned=False)
    plan = facts.facts.how.transparency
    return NoticeGiven(plan.decision, plan.reason, plan.revisit_on, planned=True)


def flags(
    case: Case, others: Sequence[Subject], items: Sequence[Item], notice: NoticeGiven
) -> list[Flag]:
    """Return the points to check before the person may see this disclosure.

    `others` are the other people whom the request was about.
    """
    found = set()
    if others or any(item.third_party for item in items):
        found.add(Flag.THIRD_PARTY_INFORMATION)
    if any(one.role is SubjectRole.REPORTER for one in others):
        found.add(Flag.REPORTER_TO_PROTECT)
    withheld_for = _WITHHELD_FOR.get(notice.reason) if notice.reason else None
    if notice.decision not in TOLD and withheld_for:
        found.add(withheld_for)
    if case.head.legal_hold:
        found.add(Flag.LEGAL_HOLD)
    return [flag for flag in Flag if flag in found]


def _shown(
    case: Case, disclosure: Record[Disclosure], facts: Record[Facts], person: Subject, view: View
) -> Shown:
    full, content, stated = view is View.FULL, disclosure.content, facts.content.facts
    items = [item for item in stated.items if item.id in content.items]
    others = [one for one in case.people_of(facts) if one.id != person.id]
    notice = notice_given(case, facts.content, person)
    receiver, recipient = content.recipient, stated.recipient
    decision = _decision(case, content)
    return {
        "id": disclosure.id,
        "sharing_request_id": case.head.id,
        "view": view,
        "sent_at": instant(content.sent_at, view),
        "recorded_at": instant(disclosure.at, view),
        "direction": stated.direction,
        "purpose_code": stated.purpose.code,
        "role": person.role,
        "emergency": content.decision_id is None
        or (decision is not None and decision.content.outcome is DecisionOutcome.SHARE_EMERGENCY),
        "items": [_item(item, full=full) for item in items],
        "recipient": {
            "organisation_type": recipient.organisation_type,
            "organisation": (receiver.organisation or recipient.organisation) if full else None,
            "named_individual": (
                (receiver.named_individual or recipient.named_individual) if full else None
            ),
            "role_title": (receiver.role_title or recipient.role_title) if full else None,
        },
        "route": content.route,
        "decision": _ground(case, decision, view),
        "lawful_reason_code": (decision and decision.content.lawful_reason_code)
        or stated.lawful_reason.code,
        "told": {
            "told": notice.decision in TOLD and not notice.planned,
            "decision": notice.decision,
            "reason": notice.reason,
            "revisit_on": notice.revisit_on,
            "planned": notice.planned,
        },
        "flags": flags(case, others, items, notice),
    }


def _item(item: Item, *, full: bool) -> Shown:
    return {
        "id": item.id,
        "category": item.category,
        "nature": item.nature,
        "special_category": item.special_category,
        "criminal_offence": item.criminal_offence,
        "third_party": item.third_party,
        "description": item.description if full else None,
    }


def _decision(case: Case, disclosure: Disclosure) -> Record[Decision] | None:
    """Return the decision that permitted a disclosure; for an emergency, the first decision
    recorded afterwards.
    """
    if disclosure.decision_id is None:
        return next(iter(case.of(Decision)), None)
    return case.find(Decision, disclosure.decision_id)


def _ground(case: Case, decision: Record[Decision] | None, view: View) -> Shown | None:
    if decision is None:
        return None
    evaluation = case.find(Evaluation, decision.content.evaluation_id)
    return {
        "id": decision.id,
        "outcome": decision.content.outcome,
        "departs_from_evaluation": decision.content.departs_from_evaluation,
        "settled_by": evaluation.content.result.decided_at if evaluation else None,
        "recorded_at": instant(decision.at, view),
    }
