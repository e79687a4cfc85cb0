"""Identity checks over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.platform.idempotency import idempotent
from app.platform.paging import CursorDep, LimitDep, encode_cursor, next_link
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.recipients.deps import Editor, Reader, RecipientId
from app.recipients.presentation import id_in, position, reply, verification_out
from app.recipients.verifications import service
from app.recipients.verifications.schemas import (
    VerificationIn,
    VerificationOut,
    VerificationsOut,
)
from app.recipients.verifications.service import Check

router: Final = APIRouter(prefix="/recipients", route_class=StrictRoute)


@router.get(
    "/{recipient_id}/verifications",
    operation_id="list_verifications",
    summary="List identity checks",
    response_model=VerificationsOut,
    responses=replies(401, 403, 404, 422),
)
async def list_verifications(
    actor: Reader,
    recipient_id: RecipientId,
    request: Request,
    call: CallDep,
    contact_id: Annotated[
        UUID | None, Query(description="Only the checks of this contact.")
    ] = None,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """Checks of the organisation and of its contacts, last recorded first."""
    scope = f"verifications {actor.id} {recipient_id} {contact_id}"
    before = position(cursor, scope, 1)

    found, more = await service.list_verifications(
        call.session,
        actor,
        recipient_id,
        contact_id=contact_id,
        limit=limit,
        before=id_in(before[0]) if before else None,
        now=call.now,
        request_id=call.trace,
    )

    following = encode_cursor([str(found[-1].id)], scope) if more else None
    items = [verification_out(check) for check in found]
    return reply(
        VerificationsOut(items=items, next_cursor=following), headers=next_link(request, following)
    )


@router.post(
    "/{recipient_id}/verifications",
    operation_id="verify_recipient",
    summary="Record an identity check",
    status_code=201,
    response_model=VerificationOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422),
)
@idempotent()
async def verify_recipient(
    actor: Editor, recipient_id: RecipientId, body: VerificationIn, call: CallDep
) -> Response:
    """Records how the organisation or one of its contacts was checked, and the result. A `yes`
    counts for a year, and for the checked details only.
    """
    check = Check(
        method=body.method,
        result=body.result,
        contact_id=body.contact_id,
        note=body.note,
        verified_on=body.verified_on,
    )
    made = await service.record(
        call.session, actor, recipient_id, check, now=call.now, request_id=call.trace
    )
    return reply(verification_out(made), 201)
