"""Routes for the impact assessment of a policy version."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.platform import content_negotiation
from app.platform.documents import html
from app.platform.idempotency import idempotent
from app.platform.preconditions import sends
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.policy.impact import jobs as impact_jobs
from app.policy.impact import report as impact_report
from app.policy.impact.jobs import Assessor
from app.policy.impact.schemas import ImpactIn, ImpactOut
from app.policy.lifecycle.routes import HTML, AcceptDep, Digest
from app.policy.lifecycle.schemas import JSON

router = APIRouter(prefix="/v1", tags=["policy"], route_class=StrictRoute)


_LATER: Final[Mapping[int | str, dict[str, Any]]] = {
    202: {
        "model": ImpactOut,
        **sends("Location", status=202)[202],
        "description": (
            "There are many past requests: the assessment continues in the background, and"
            " `Location` shows its progress."
        ),
    }
}


@router.post(
    "/policies/{digest}/impact",
    operation_id="assess_policy_impact",
    summary="Assess the impact of a policy version",
    status_code=201,
    response_model=ImpactOut,
    responses={**replies(401, 403, 404, 409, 413, 415, 422), **sends("Location"), **_LATER},
)
@idempotent()
async def assess_policy_impact(
    actor: Annotated[Actor, Require(Permission.POLICY_IMPACT)],
    digest: Digest,
    request: Request,
    call: CallDep,
    body: ImpactIn | None = None,
    prefer: Annotated[
        str | None,
        Header(max_length=255, description="`respond-async` asks for the background in any case."),
    ] = None,
) -> Response:
    """Compares the tables of the version with those of another, and evaluates past requests under
    both. It changes nothing.
    """
    assessor: Assessor = request.app.state.assessor

    later = "respond-async" in (prefer or "").lower()
    impact, left = await assessor.assess(
        call.session,
        actor,
        digest,
        body.against if body else None,
        later=later,
        now=call.now,
        trace=call.trace,
    )
    shown = await impact_jobs.reply_body(call.session, actor, impact, call.now)
    answer = reply(
        shown,
        201 if left is None else 202,
        {"Location": f"/v1/policies/{digest}/impact/{impact.id}"},
    )
    if left is not None:
        # Runs after the reply and therefore after the commit, so that the row exists.
        answer.background = BackgroundTask(assessor.begin, left)
    return answer


@router.get(
    "/policies/{digest}/impact/{job}",
    operation_id="read_policy_impact",
    summary="Read an impact assessment",
    response_model=ImpactOut,
    responses={
        200: {"content": {HTML: {"schema": {"type": "string"}}}},
        **replies(401, 403, 404, 406, 422),
    },
)
async def read_policy_impact(
    actor: Annotated[Actor, Require(Permission.POLICY_IMPACT)],
    digest: Digest,
    job: Annotated[UUID, Path(description="The assessment's id.")],
    call: CallDep,
    accepted: AcceptDep = None,
) -> Response:
    """The progress of the assessment and, once it is finished, its result; as JSON, or as a page
    for governors.
    """
    form = content_negotiation.choose(accepted, (JSON, HTML))
    shown = await impact_jobs.read(call.session, actor, digest, job, now=call.now, trace=call.trace)
    if form == HTML:
        headers = {"Content-Security-Policy": html.CSP, "Vary": "Accept"}
        return Response(html.page(impact_report.page(shown)), media_type=HTML, headers=headers)
    return reply(shown, 200, {"Vary": "Accept"})
