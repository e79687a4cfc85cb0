"""HTTP routes to seek and to answer advice."""

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
from app.sharing.advice import service as advice_service
from app.sharing.advice.schemas import AdviceAnswerOut, AdviceOut, AnswerAdviceIn, SeekAdviceIn
from app.sharing.http import RequestId, created

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/sharing-requests/{request_id}/advice",
    summary="Ask for advice",
    status_code=201,
    response_model=AdviceOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def seek_advice(
    actor: Annotated[Actor, Require(P.ADVICE_SEEK)],
    request_id: RequestId,
    body: SeekAdviceIn,
    call: CallDep,
) -> Response:
    """Asks the DSL, a manager or the IG lead for advice on the request.

    The reply states whether advice could change the outcome of the evaluation. A request for advice
    never delays an emergency disclosure.
    """
    case, record = await advice_service.seek(
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


@router.post(
    "/sharing-requests/{request_id}/advice/{advice_id}/answer",
    summary="Answer a request for advice",
    status_code=201,
    response_model=AdviceAnswerOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def answer_advice(
    actor: Annotated[Actor, Require(P.ADVICE_ANSWER)],
    request_id: RequestId,
    advice_id: Annotated[UUID, Path(description="The id of the request for advice.")],
    body: AnswerAdviceIn,
    call: CallDep,
) -> Response:
    """Records the advice and the outcome of the discussion.

    After that, the adviser can decide the request only in an emergency.
    """
    case, record = await advice_service.answer(
        call.session,
        actor,
        request_id,
        advice_id,
        advice=body.advice,
        advised_outcome=body.advised_outcome,
        outcome_of_discussion=body.outcome_of_discussion,
        now=call.now,
        trace=call.trace,
    )
    return created(case, record, actor)
