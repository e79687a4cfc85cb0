"""Every disclosure about one person, across requests: what, with whom, when, how, on what ground,
and whether the person was told.

Law: whoever sees a request in codes sees its disclosures in codes; the trail names the person by
random ids, never by the reference.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor
from app.platform.db import Session
from app.policy.facts import personal_data
from app.sharing.case import store
from app.sharing.case.case import Case, Record, Subject, View
from app.sharing.case.model import Flag, RecordKind
from app.sharing.case.tables import RECORD, SUBJECT
from app.sharing.presentation.deidentification import instant
from app.sharing.presentation.views import Shown

TOLD: Final = frozenset({"informed_before", "informed_after"})


_WITHHELD_FOR: Final[Mapping[str, Flag]] = {
    "would_prejudice_enquiry": Flag.WOULD_PREJUDICE_ENQUIRY,
    "would_increase_risk": Flag.WOULD_INCREASE_RISK,
}
"""Reasons for not telling the person that speak against telling them now."""


class Told(NamedTuple):
    """Whether the person was told: by the newest notice, or as the facts planned it (`planned`)."""

    decision: str | None
    reason: str | None
    revisit_on: str | None
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
    """A page of the disclosures about a person, the newest first, and the position from which the
    next page goes on.

    A disclosure of a request that named the person before or after, but not when it was made, is
    left out: a page may be short.
    """
    found = await _named(session, actor.school, ref, before=before, limit=limit + 1)
    page = found[:limit]
    cases = await store.load_all_as_service(session, actor.school, {request for _, request in page})

    shown, persons = [], []
    for disclosure, request in page:
        case = cases[request]
        record = case.find(RecordKind.DISCLOSURE, disclosure)
        facts = facts_at(case, disclosure)
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


async def _named(
    session: Session, school: str, ref: str, *, before: UUID | None, limit: int
) -> list[tuple[UUID, UUID]]:
    """Disclosures of requests that ever named a person, with their requests, the newest first,
    older than `before`.
    """
    named = sa.exists().where(
        SUBJECT.c.request_id == RECORD.c.request_id,
        SUBJECT.c.school == school,
        SUBJECT.c.ref == ref,
    )
    query = (
        sa.select(RECORD.c.id, RECORD.c.request_id)
        .where(RECORD.c.school == school, RECORD.c.kind == RecordKind.DISCLOSURE.value, named)
        .order_by(RECORD.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(RECORD.c.id < before)
    return [(row.id, row.request_id) for row in await session.all(query)]


def facts_at(case: Case, disclosure: UUID) -> Record:
    """The facts that stood when a disclosure was made. An emergency is recorded in one step with
    its facts, in no order.
    """
    stood: Record | None = None
    for record in case.records:
        if record.id == disclosure:
            break
        if record.kind is RecordKind.FACTS:
            stood = record
    return stood or case.of(RecordKind.FACTS)[0]


def told(case: Case, facts: Record, person: Subject) -> Told:
    """Whether a person of the request was told."""
    notices = [
        notice
        for notice in case.of(RecordKind.NOTICE)
        if notice.body["subject_id"] == str(person.id)
    ]
    if notices:
        newest = notices[-1].body
        return Told(newest["decision"], newest["reason"], newest["revisit_on"], planned=False)
    planned = facts.body["structure"].get("how", {}).get("transparency", {})
    return Told(
        planned.get("decision"), planned.get("reason"), planned.get("revisit_on"), planned=True
    )


def flags(
    case: Case, facts: Record, items: list[Shown], person: Subject, was_told: Told
) -> list[Flag]:
    """What to weigh before the person is shown this disclosure."""
    others = [one for one in case.people_of(facts) if one.id != person.id]
    found = set()
    if others or any(item["third_party"] for item in items):
        found.add(Flag.THIRD_PARTY_INFORMATION)
    if any(one.role == "reporter" for one in others):
        found.add(Flag.REPORTER_TO_PROTECT)
    if was_told.decision not in TOLD and (withheld_for := _WITHHELD_FOR.get(was_told.reason or "")):
        found.add(withheld_for)
    if case.head.legal_hold:
        found.add(Flag.LEGAL_HOLD)
    return [flag for flag in Flag if flag in found]


def _shown(case: Case, disclosure: Record, facts: Record, person: Subject, view: View) -> Shown:
    full = view is View.FULL
    structure = facts.body["structure"]
    whole = (
        personal_data.join(structure, facts.text) if full and facts.text is not None else structure
    )
    items = [
        _item(item, full=full) for item in whole["items"] if item["id"] in disclosure.body["items"]
    ]
    was_told = told(case, facts, person)
    went_to = (
        {**whole["recipient"], **_given((disclosure.text or {}).get("recipient"))}
        if full
        else structure["recipient"]
    )
    decision = _decision(case, disclosure)
    return {
        "id": str(disclosure.id),
        "sharing_request_id": str(case.head.id),
        "view": view.value,
        "sent_at": instant(_sent_at(disclosure), view),
        "recorded_at": instant(disclosure.at, view),
        "direction": structure["direction"],
        "purpose_code": structure["purpose"]["code"],
        "role": person.role,
        "emergency": disclosure.body["decision_id"] is None
        or (decision is not None and decision.body["outcome"] == "share_emergency"),
        "items": items,
        "recipient": {
            "organisation_type": structure["recipient"]["organisation_type"],
            **{
                name: went_to.get(name) if full else None
                for name in ("organisation", "named_individual", "role_title")
            },
        },
        "route": disclosure.body["route"],
        "decision": _ground(case, decision, view),
        "lawful_reason_code": _lawful_reason(decision, structure),
        "told": {
            "told": was_told.decision in TOLD and not was_told.planned,
            "decision": was_told.decision,
            "reason": was_told.reason,
            "revisit_on": was_told.revisit_on,
            "planned": was_told.planned,
        },
        "flags": [flag.value for flag in flags(case, facts, items, person, was_told)],
    }


def _sent_at(disclosure: Record) -> datetime:
    return datetime.fromisoformat(disclosure.body["sent_at"])


def _given(names: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (names or {}).items() if value is not None}


def _item(item: Mapping[str, Any], *, full: bool) -> Shown:
    return {
        "id": item["id"],
        "category": item.get("category", "other"),
        "nature": item.get("nature"),
        "special_category": item.get("special_category", []),
        "criminal_offence": bool(item.get("criminal_offence")),
        "third_party": bool(item.get("third_party")),
        "description": item.get("description") if full else None,
    }


def _decision(case: Case, disclosure: Record) -> Record | None:
    """The decision under which something left; of an emergency, the first that was recorded
    afterwards.
    """
    decisions = case.of(RecordKind.DECISION)
    wanted = disclosure.body["decision_id"]
    if wanted is None:
        return decisions[0] if decisions else None
    return next((decision for decision in decisions if str(decision.id) == wanted), None)


def _ground(case: Case, decision: Record | None, view: View) -> Shown | None:
    if decision is None:
        return None
    evaluation = next(
        (
            one
            for one in case.of(RecordKind.EVALUATION)
            if str(one.id) == decision.body["evaluation_id"]
        ),
        None,
    )
    return {
        "id": str(decision.id),
        "outcome": decision.body["outcome"],
        "departs": decision.body["departs"],
        "settled_by": evaluation.body["result"]["decided_at"] if evaluation else None,
        "recorded_at": instant(decision.at, view),
    }


def _lawful_reason(decision: Record | None, structure: Mapping[str, Any]) -> str | None:
    """The lawful reason that the decision names, or that the facts did."""
    named = decision.body["lawful_reason_code"] if decision is not None else None
    code: str | None = named or structure.get("lawful_reason", {}).get("code")
    return code
