"""Advice, notices, consent and reconsideration over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import OnceDep
from app.platform.preconditions import CREATED
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.sharing import advising, consenting, service, store, telling
from app.sharing.consenting import Consent
from app.sharing.model import RecordKind
from app.sharing.routes.shared import RequestId, created
from app.sharing.schemas import (
    AnswerAdviceIn,
    NotifyIn,
    ReconsiderIn,
    RecordConsentIn,
    RecordOut,
    SeekAdviceIn,
    WithdrawConsentIn,
)
from app.sharing.statements import revision_of
from app.sharing.telling import Notice

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/advice",
    summary="Ask for advice",
    status_code=201,
    response_model=RecordOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def seek_advice(
    actor: Annotated[Actor, Require(P.ADVICE_SEEK)],
    request_id: RequestId,
    body: SeekAdviceIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Asks the DSL, a manager or the IG lead. The reply says whether advice could change the
    outcome. Asking never holds up an emergency.
    """

    async def work() -> Response:
        case, record = await advising.seek(
            call.session,
            actor,
            request_id,
            whom=body.ask,
            question=body.question,
            release_free_text=body.release_free_text,
            now=call.now,
            trace=call.trace,
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/advice/{advice_id}/answer",
    summary="Answer a request for advice",
    status_code=201,
    response_model=RecordOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def answer_advice(
    actor: Annotated[Actor, Require(P.ADVICE_ANSWER)],
    request_id: RequestId,
    advice_id: Annotated[UUID, Path(description="The advice that was sought.")],
    body: AnswerAdviceIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Records the advice and the outcome of the discussion. The adviser may then decide the request
    only in an emergency.
    """

    async def work() -> Response:
        case, record = await advising.answer(
            call.session,
            actor,
            request_id,
            advice_id,
            advice=body.advice,
            advised_outcome=body.advised_outcome.value if body.advised_outcome else None,
            outcome_of_discussion=body.outcome_of_discussion,
            now=call.now,
            trace=call.trace,
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/notices",
    summary="Record whether a person was told",
    status_code=201,
    response_model=RecordOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def record_notice(
    actor: Annotated[Actor, Require(P.REQUEST_NOTIFY)],
    request_id: RequestId,
    body: NotifyIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Records that the person or family was told, why they were not, or when that question is
    looked at again.
    """
    notice = Notice(
        person_ref=body.person_ref,
        decision=body.decision.value,
        reason=body.reason.value if body.reason else None,
        revisit_on=body.revisit_on,
        how=body.how,
    )

    async def work() -> Response:
        case, record = await telling.notify(
            call.session, actor, request_id, notice, now=call.now, trace=call.trace
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/consents",
    summary="Record consent",
    status_code=201,
    response_model=RecordOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def record_consent(
    actor: Annotated[Actor, Require(P.REQUEST_CONSENT)],
    request_id: RequestId,
    body: RecordConsentIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Records consent as it stands now. The service evaluates the request again."""
    apart = {"person_ref", "given_at", "expires_on", "competence", "objection", "evidence"}
    consent = Consent(
        person_ref=body.person_ref,
        structure=body.model_dump(mode="json", exclude=apart, exclude_none=True),
        given_at=body.given_at,
        expires_on=body.expires_on,
        competence=body.competence,
        objection=body.objection,
        evidence=body.evidence,
    )

    async def work() -> Response:
        revise = revision_of(await store.load(call.session, actor, request_id), anew=("consent",))
        case, record = await consenting.record(
            call.session, actor, request_id, consent, revise, now=call.now, trace=call.trace
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/consents/{consent_id}/withdrawal",
    summary="Record the withdrawal of consent",
    status_code=201,
    response_model=RecordOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def withdraw_consent(
    actor: Annotated[Actor, Require(P.REQUEST_CONSENT)],
    request_id: RequestId,
    consent_id: Annotated[UUID, Path(description="The consent.")],
    body: WithdrawConsentIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """The service evaluates again what has not been shared yet, and lists earlier recipients so
    that they can be told.
    """

    async def work() -> Response:
        revise = revision_of(await store.load(call.session, actor, request_id), anew=("consent",))
        case, record = await consenting.withdraw(
            call.session,
            actor,
            request_id,
            consent_id,
            revise,
            withdrawn_by=body.withdrawn_by,
            at=body.at,
            now=call.now,
            trace=call.trace,
        )
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)


@router.post(
    "/sharing-requests/{request_id}/reconsiderations",
    summary="Reconsider a refused request",
    status_code=201,
    response_model=RecordOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
async def reconsider_sharing_request(
    actor: Annotated[Actor, Require(P.REQUEST_RECONSIDER)],
    request_id: RequestId,
    body: ReconsiderIn,
    call: CallDep,
    once: OnceDep,
) -> Response:
    """Reopens a refused request on new information. The refusal stays on record, and the request
    waits for a new decision.
    """

    async def work() -> Response:
        revise = revision_of(await store.load(call.session, actor, request_id))
        case = await service.reconsider(
            call.session,
            actor,
            request_id,
            body.new_information,
            body.facts,
            revise,
            now=call.now,
            trace=call.trace,
        )
        record = case.latest(RecordKind.RECONSIDERATION)
        assert record is not None  # noqa: S101 - it was just written
        return created(case, record, actor)

    return await once(work, about=lambda: request_id)
