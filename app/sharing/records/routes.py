"""Routes for the decision record, the flowchart and the letter."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Path
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform import content_negotiation
from app.platform.documents.html import CSP
from app.platform.idempotency import idempotent
from app.platform.preconditions import CREATED
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.sharing.http import READ, RequestId, created
from app.sharing.records import service
from app.sharing.records.reply_schemas import DecisionRecordOut
from app.sharing.records.schemas import LetterIn, LetterOut

router = APIRouter(route_class=StrictRoute)

AcceptDep = Annotated[
    str | None,
    Header(alias="Accept", description="The preferred media type.", include_in_schema=False),
]

_DRAWING_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def _forms(*forms: str) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {form: {"schema": {"type": "string"}} for form in forms}
    if service.PDF in content:
        content[service.PDF] = {"schema": {"type": "string", "format": "binary"}}
    return {
        200: {
            "description": "The document in the media type that `Accept` prefers.",
            "content": content,
        }
    }


@router.get(
    "/sharing-requests/{request_id}/record",
    summary="Read the decision record",
    response_model=DecisionRecordOut,
    responses=_forms(service.HTML, service.PDF) | replies(401, 403, 404, 406, 422),
)
async def read_decision_record(
    actor: Annotated[Actor, Require(*READ)],
    request_id: RequestId,
    call: CallDep,
    accepted: AcceptDep = None,
) -> Response:
    """Returns the complete record as JSON, HTML or PDF: requester, purpose, answers, decision,
    disclosures and audit proof.
    """
    form = content_negotiation.choose(accepted, (service.JSON, service.HTML, service.PDF))
    printed = await service.prepare(call.session, actor, request_id, now=call.now, trace=call.trace)
    if form == service.HTML:
        return Response(
            await printed.html(),
            media_type=service.HTML,
            headers={"Content-Security-Policy": CSP, "Vary": "Accept"},
        )
    name = f'inline; filename="sharing-record-{request_id}.pdf"'
    if form == service.PDF:
        return Response(
            await printed.pdf(),
            media_type=service.PDF,
            headers={"Content-Disposition": name, "Vary": "Accept"},
        )
    return reply(
        {"sharing_request": printed.shown, "flags": printed.flags, "audit": printed.audit},
        headers={"Vary": "Accept"},
    )


@router.get(
    "/sharing-requests/{request_id}/flowchart.svg",
    summary="Draw the flowchart of a request",
    response_class=Response,
    responses=_forms("image/svg+xml") | replies(401, 403, 404, 422),
)
async def draw_flowchart(
    actor: Annotated[Actor, Require(*READ)], request_id: RequestId, call: CallDep
) -> Response:
    """Returns the When-and-How flowchart with the path of this request. It is readable without
    colour and has a title and a description.
    """
    drawn = await service.flowchart(call.session, actor, request_id, now=call.now, trace=call.trace)
    return Response(
        drawn, media_type="image/svg+xml", headers={"Content-Security-Policy": _DRAWING_CSP}
    )


@router.post(
    "/sharing-requests/{request_id}/letters",
    summary="Release a letter to the requester",
    status_code=201,
    response_model=LetterOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def release_letter(
    actor: Annotated[Actor, Require(P.REQUEST_NOTIFY)],
    request_id: RequestId,
    body: LetterIn,
    call: CallDep,
) -> Response:
    """Releases the text of a letter to the requester of a refused request. The letter contains no
    other text from the record.
    """
    case, made = await service.release_letter(
        call.session,
        actor,
        request_id,
        reasons=body.reasons,
        contact=body.contact,
        asked=body.asked,
        now=call.now,
        trace=call.trace,
    )
    return created(case, made, actor, f"letters/{made.id}")


@router.get(
    "/sharing-requests/{request_id}/letters/{letter_id}",
    summary="Read a letter",
    response_class=Response,
    responses=_forms(service.HTML, service.PDF) | replies(401, 403, 404, 406, 422),
)
async def read_letter(
    actor: Annotated[Actor, Require(*READ)],
    request_id: RequestId,
    letter_id: Annotated[UUID, Path(description="The letter.")],
    call: CallDep,
    accepted: AcceptDep = None,
) -> Response:
    """Returns the letter as HTML or PDF."""
    form = content_negotiation.choose(accepted, (service.HTML, service.PDF))
    made = await service.letter(
        call.session, actor, request_id, letter_id, form, now=call.now, trace=call.trace
    )
    headers = {"Vary": "Accept"} | (
        {"Content-Security-Policy": CSP} if form == service.HTML else {}
    )
    return Response(made, media_type=form, headers=headers)
