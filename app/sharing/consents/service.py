"""Consent as it changes (golden rule 4): recorded for a person, weighed into the facts, withdrawn
at any time, evaluated again.

Law: a consent never makes what is lawful without it unlawful, and an objection is weighed apart
from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import clock, ids
from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.sharing.case import store
from app.sharing.case import store as case_store
from app.sharing.case.case import Case, Record
from app.sharing.case.change import Draft
from app.sharing.case.model import Act, RecordKind
from app.sharing.case.outcomes import SKEW
from app.sharing.case.people import person_of
from app.sharing.evaluation import consent as effective_consent
from app.sharing.evaluation import policy as evaluation_policy
from app.sharing.evaluation import restatement as evaluation_restatement
from app.sharing.facts import recipient_check
from app.sharing.facts.statements import revise


class ConsentNotFound(ServiceError):
    """The request has no such consent."""

    kind = Kind.NOT_FOUND
    code = "consent-not-found"
    title = "The request has no such consent"


class ConsentWithdrawn(ServiceError):
    """The consent was withdrawn before."""

    kind = Kind.CONFLICT
    code = "consent-already-withdrawn"
    title = "This consent was withdrawn before"


class ConsentUnsound(ServiceError):
    """The consent's details contradict each other."""

    kind = Kind.INVALID
    code = "consent-unsound"
    title = "The consent's details do not fit together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One person's consent, refusal, or why neither was had. `structure` holds the members of the
    facts' consent object.
    """

    person_ref: str
    structure: Mapping[str, Any]
    given_at: datetime | None
    expires_on: date | None
    competence: str | None
    objection: str | None
    evidence: str | None


async def record(
    session: Session,
    actor: Actor,
    request_id: UUID,
    consent: Consent,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Record a consent as it stands; the facts take it up and are evaluated again."""
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    case.head.after(Act.CONSENT)
    person = person_of(case, consent.person_ref)
    _check(consent, now)
    body = {
        "subject_id": str(person.id),
        **consent.structure,
        "given_at": clock.to_text(consent.given_at) if consent.given_at else None,
        "expires_on": consent.expires_on.isoformat() if consent.expires_on else None,
        "competence": consent.competence,
        "objection": consent.objection,
    }
    draft = Draft(
        kind=RecordKind.CONSENT,
        body=body,
        text={"evidence": consent.evidence} if consent.evidence else {},
        id=ids.new_id(now),
    )
    answer = effective_consent.consent(
        [*effective_consent.standing(case), body],
        every=len(case.people),
        today=today_in_school(now),
    )
    return await _weigh(
        session, actor, case, draft, answer, Action.CONSENT_RECORDED, now=now, trace=trace
    )


async def withdraw(
    session: Session,
    actor: Actor,
    request_id: UUID,
    consent_id: UUID,
    *,
    withdrawn_by: str,
    at: datetime | None,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    """Record that a consent was withdrawn: what has not left is evaluated again, and who received
    something is listed, to be told.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)
    consent = case.find(RecordKind.CONSENT, consent_id)
    if consent is None:
        raise ConsentNotFound("check the id; see consents in the request")
    if str(consent_id) in {
        record.body["consent_id"] for record in case.of(RecordKind.CONSENT_WITHDRAWAL)
    }:
        raise ConsentWithdrawn(
            "a withdrawn consent stays withdrawn; record a new consent if one was given"
        )

    case.head.after(Act.CONSENT)
    _check_withdrawal(consent, at or now, now)
    body = {
        "consent_id": str(consent_id),
        "at": clock.to_text(at or now),
        "disclosures_to_tell": [str(record.id) for record in case.of(RecordKind.DISCLOSURE)],
    }
    draft = Draft(
        kind=RecordKind.CONSENT_WITHDRAWAL,
        body=body,
        text={"withdrawn_by": withdrawn_by},
        id=ids.new_id(now),
    )
    standing = effective_consent.standing(case, withdrawing=str(consent_id))
    answer = effective_consent.consent(standing, every=len(case.people), today=today_in_school(now))
    return await _weigh(
        session, actor, case, draft, answer, Action.CONSENT_WITHDRAWN, now=now, trace=trace
    )


async def _weigh(
    session: Session,
    actor: Actor,
    case: Case,
    draft: Draft,
    answer: dict[str, Any],
    action: Action,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record]:
    policy = await evaluation_policy.policy_in_force(session, actor, now)
    stated = revise(case, {"consent": answer}, replaced=("consent",))
    statement = await recipient_check.cited(session, actor.school, stated, now)
    change = evaluation_restatement.restated(
        case, statement, {"consent"}, policy, now, because=draft.kind.value
    )
    change = replace(
        change,
        action=action,
        head=replace(change.head, status=case.head.after(Act.CONSENT)),
        drafts=(*change.drafts, draft),
        target=draft.id,
        data={**(change.data or {}), "consent": answer["answer"]},
    )
    after = await case_store.merged(session, actor, case, change, now=now, trace=trace)
    found = after.find(draft.kind, draft.id)
    assert found is not None  # noqa: S101 - it was just written
    return after, found


def _check(consent: Consent, now: datetime) -> None:
    faults = []
    if consent.given_at is not None and consent.given_at > now + SKEW:
        faults.append(
            Fault(
                "/given_at",
                "lies in the future; record a consent when it has been given",
                "in-the-future",
            )
        )
    given_on = today_in_school(consent.given_at) if consent.given_at else None
    if given_on is not None and consent.expires_on is not None and consent.expires_on < given_on:
        faults.append(
            Fault("/expires_on", "lies before the day on which consent was given", "before-given")
        )
    if faults:
        raise ConsentUnsound(faults[0].detail, faults=tuple(faults))


def _check_withdrawal(consent: Record, at: datetime, now: datetime) -> None:
    given_at = consent.body["given_at"]
    if at > now + SKEW:
        fault = Fault(
            "/at", "lies in the future; record a withdrawal when it has been made", "in-the-future"
        )
    elif given_at is not None and at < clock.from_text(given_at):
        fault = Fault("/at", "lies before the instant at which consent was given", "before-given")
    else:
        return
    raise ConsentUnsound(fault.detail, faults=(fault,))
