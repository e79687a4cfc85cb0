"""HTTP routes to record consent and its withdrawal."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.idempotency import idempotent
from app.platform.preconditions import CREATED
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.sharing.consents import service as consents_service
from app.sharing.consents.rules import Withdraw
from app.sharing.consents.schemas import (
    ConsentOut,
    ConsentWithdrawalOut,
    RecordConsentIn,
    WithdrawConsentIn,
)
from app.sharing.http import RequestId, created

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/consents",
    summary="Record consent",
    status_code=201,
    response_model=ConsentOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def record_consent(
    actor: Annotated[Actor, Require(P.REQUEST_CONSENT)],
    request_id: RequestId,
    body: RecordConsentIn,
    call: CallDep,
) -> Response:
    """Records the current consent or refusal of a person. The service then evaluates the
    request again.
    """
    case, record = await consents_service.record(
        call.session,
        actor,
        request_id,
        body.person_ref,
        body.consent,
        now=call.now,
        trace=call.trace,
    )
    return created(case, record, actor)


@router.post(
    "/sharing-requests/{request_id}/consents/{consent_id}/withdrawal",
    summary="Record the withdrawal of consent",
    status_code=201,
    response_model=ConsentWithdrawalOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def withdraw_consent(
    actor: Annotated[Actor, Require(P.REQUEST_CONSENT)],
    request_id: RequestId,
    consent_id: Annotated[UUID, Path(description="The id of the consent.")],
    body: WithdrawConsentIn,
    call: CallDep,
) -> Response:
    """Records that a person withdrew their consent. The service then evaluates the request
    again.

    The reply lists the disclosures already made, so that the school can inform their recipients.
    """
    command = Withdraw(withdrawn_by=body.withdrawn_by, at=body.at)
    case, record = await consents_service.withdraw(
        call.session, actor, request_id, consent_id, command, now=call.now, trace=call.trace
    )
    return created(case, record, actor)
