"""Route for evaluating facts without storing them."""

from typing import Annotated, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.policy.evaluation import service
from app.policy.evaluation.schemas import EvaluationOut
from app.policy.facts.schemas import FactsIn

router: Final = APIRouter(prefix="/v1", tags=["policy"], route_class=StrictRoute)


@router.post(
    "/evaluations",
    operation_id="evaluate_facts",
    summary="Evaluate facts without storing them",
    response_model=EvaluationOut,
    responses=replies(401, 403, 413, 415, 422),
)
async def evaluate_facts(
    actor: Annotated[Actor, Require(Permission.EVALUATION_RUN)], body: FactsIn, call: CallDep
) -> Response:
    """The policy's recommendation for these facts. The service stores nothing about the case; the
    audit log records only that a trial evaluation was made, and by whom.
    """
    return reply(
        await service.evaluate_facts(
            call.session, actor, body.stated(), now=call.now, request_id=call.trace
        )
    )
