"""Retention over HTTP: what is due, retention reviews, and disposal."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.platform.idempotency import idempotent
from app.platform.paging import (
    CursorDep,
    InvalidCursor,
    LimitDep,
    decode_cursor,
    encode_cursor,
    next_link,
)
from app.platform.preconditions import CREATED
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.retention import schedule, service
from app.retention.schedule import Review
from app.retention.schemas import DisposeIn, DuePageOut, ReviewIn
from app.retention.service import Due
from app.sharing.case import version as case_version
from app.sharing.case.case import Case, Record, View
from app.sharing.case.records import Content
from app.sharing.disposal.schemas import DisposalOut, RetentionReviewOut
from app.sharing.presentation import views

router: Final = APIRouter(prefix="/v1", tags=["retention"], route_class=StrictRoute)

RequestId = Annotated[UUID, Path(description="The sharing request's id.")]


@router.get(
    "/retention/due",
    operation_id="list_retention_due",
    summary="List requests due for review or disposal",
    response_model=DuePageOut,
    responses=replies(401, 403, 422),
)
async def list_retention_due(
    actor: Annotated[Actor, Require(Permission.RETENTION_READ)],
    request: Request,
    call: CallDep,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """Requests whose retention period has ended or whose review day has come, longest due first and
    de-identified, including requests under legal hold.
    """
    scope = f"retention-due {actor.school}"
    found, more = await service.due(
        call.session,
        actor,
        after=_position(cursor, scope),
        limit=limit,
        now=call.now,
        request_id=call.trace,
    )

    last = found[-1].head if more else None
    following = (
        encode_cursor([str(schedule.due_on(last)), str(last.id)], scope)
        if last is not None
        else None
    )
    items = [_due(one, call.now) for one in found]
    return reply({"items": items, "next_cursor": following}, headers=next_link(request, following))


@router.post(
    "/sharing-requests/{request_id}/retention-reviews",
    operation_id="review_retention",
    summary="Review how long a request is kept",
    status_code=201,
    response_model=RetentionReviewOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def review_retention(
    actor: Annotated[Actor, Require(Permission.RETENTION_REVIEW)],
    request_id: RequestId,
    body: ReviewIn,
    call: CallDep,
) -> Response:
    """Keeps the request until a day, or indefinitely with a review day, or releases it for
    disposal; places or lifts a legal hold.

    A request kept longer than its retention class is reviewed again after the policy's years, also
    where the review names no day.
    """
    command = Review(
        keep=body.keep,
        until=body.until,
        next_review_on=body.next_review_on,
        legal_hold=body.legal_hold,
    )

    case, record = await service.review(
        call.session, actor, request_id, command, body.why, now=call.now, trace=call.trace
    )
    return _created(case, record, actor)


@router.post(
    "/sharing-requests/{request_id}/disposal",
    operation_id="dispose_of_sharing_request",
    summary="Dispose of the personal data in a request",
    status_code=201,
    response_model=DisposalOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def dispose_of_sharing_request(
    actor: Annotated[Actor, Require(Permission.RETENTION_DISPOSE)],
    request_id: RequestId,
    body: DisposeIn,
    call: CallDep,
) -> Response:
    """Destroys names, references and all free text. Codes and dates remain as a tombstone, and the
    audit log stays valid.

    The reply is 409 while the request is undecided, under legal hold, or to be kept longer.
    Disposal cannot be undone.
    """
    case, record = await service.dispose(
        call.session,
        actor,
        request_id,
        basis=body.basis,
        approved_by=body.approved_by,
        now=call.now,
        trace=call.trace,
    )
    return _created(case, record, actor)


def _position(cursor: str | None, scope: str) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    parts = decode_cursor(cursor, scope)
    try:
        day, last = parts
        return day, UUID(last)
    except ValueError as error:
        raise InvalidCursor from error


def _due(found: Due, now: datetime) -> dict[str, Any]:
    return {
        **views.summary(found.head, View.DEIDENTIFIED, now),
        "retention": views.retention(found.head),
        "due_on": str(schedule.due_on(found.head)),
        "reasons": [reason.value for reason in found.reasons],
        "disposable": not found.obstacles,
        "obstacles": [obstacle.value for obstacle in found.obstacles],
    }


def _created(case: Case, record: Record[Content], actor: Actor) -> Response:
    view = case.head.view_for(actor)
    headers = {
        "Location": f"/v1/sharing-requests/{case.head.id}",
        "ETag": case_version.etag(case.head, view),
    }
    return reply(views.show_record(case, record, view), 201, headers)
