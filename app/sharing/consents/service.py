"""Operations on consent and its withdrawal (golden rule 4).

Each operation updates the consent in the facts and evaluates them again.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.audit.model import Action
from app.identity.model import Actor
from app.kernel import ids
from app.kernel.canonical import Json
from app.platform.db import Session
from app.policy.engine.deadlines import today_in_school
from app.sharing.case import store
from app.sharing.case.case import Case, K, Record
from app.sharing.case.change import Draft, record_in
from app.sharing.case.model import Act, EvaluationTrigger
from app.sharing.case.people import person_of
from app.sharing.case.records import Consent, ConsentWithdrawal
from app.sharing.consents import rules
from app.sharing.consents.rules import Withdraw
from app.sharing.evaluation import consent as effective_consent
from app.sharing.evaluation.policy import load_policy_in_force
from app.sharing.evaluation.restatement import restate
from app.sharing.facts import recipient_check
from app.sharing.facts.statements import revise


async def record(
    session: Session,
    actor: Actor,
    request_id: UUID,
    person_ref: str,
    consent_of: Callable[[UUID], Consent],
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[Consent]]:
    """Record the consent of the person with this reference.

    `consent_of` returns the consent for the id of the person. Raises `InvalidConsent`.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    case.head.after(Act.CONSENT)
    consent = consent_of(person_of(case, person_ref).id)
    rules.check_consent(consent, now)
    answer = effective_consent.consent(
        [*effective_consent.current_consents(case), consent],
        every=len(case.people),
        today=today_in_school(now),
    )
    draft = Draft(id=ids.new_id(now), content=consent)
    return await _save_with_evaluation(
        session,
        actor,
        case,
        draft,
        answer,
        Action.CONSENT_RECORDED,
        EvaluationTrigger.CONSENT,
        now=now,
        trace=trace,
    )


async def withdraw(
    session: Session,
    actor: Actor,
    request_id: UUID,
    consent_id: UUID,
    command: Withdraw,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[ConsentWithdrawal]]:
    """Record the withdrawal of a consent and evaluate the request again.

    The record lists the disclosures already made, so that the school can inform their recipients.
    Raises the errors of `rules.withdrawal`.
    """
    case = await store.load(session, actor, request_id, to_change=True)
    case.head.must_be_submitter_or_dsl(actor)

    withdrawn = rules.withdrawal(case, case.find(Consent, consent_id), command, now)
    consents = effective_consent.current_consents(case, withdrawing=consent_id)
    answer = effective_consent.consent(consents, every=len(case.people), today=today_in_school(now))
    draft = Draft(id=ids.new_id(now), content=withdrawn)
    return await _save_with_evaluation(
        session,
        actor,
        case,
        draft,
        answer,
        Action.CONSENT_WITHDRAWN,
        EvaluationTrigger.CONSENT_WITHDRAWAL,
        now=now,
        trace=trace,
    )


async def _save_with_evaluation(
    session: Session,
    actor: Actor,
    case: Case,
    draft: Draft[K],
    answer: Mapping[str, Json],
    action: Action,
    trigger: EvaluationTrigger,
    *,
    now: datetime,
    trace: str,
) -> tuple[Case, Record[K]]:
    status = case.head.after(Act.CONSENT)
    policy = await load_policy_in_force(session, actor, now)
    stated = revise(case, {"consent": answer}, replaced=("consent",))
    statement = await recipient_check.check_recipient(session, actor.school, stated, now)
    change = restate(case, statement, {"consent"}, policy, now, trigger=trigger)
    change = replace(
        change,
        action=action,
        head=replace(change.head, status=status),
        drafts=(*change.drafts, draft),
        target=draft.id,
        data={**(change.data or {}), "consent": answer["answer"]},
    )

    after = await store.save_change(session, actor, case, change, now=now, trace=trace)
    return after, record_in(after, draft)
