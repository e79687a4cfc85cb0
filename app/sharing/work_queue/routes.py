"""HTTP route for the work queue."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.kernel import clock
from app.platform.paging import InvalidCursor, decode_cursor, encode_cursor, next_link
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.sharing.presentation import deidentification
from app.sharing.work_queue import service
from app.sharing.work_queue.schemas import AttentionOut, AttentionQuery
from app.sharing.work_queue.service import Pending, Place

router = APIRouter(route_class=StrictRoute)


@router.get(
    "/attention",
    summary="List the requests that need attention",
    response_model=AttentionOut,
    responses=replies(401, 403, 422),
)
async def list_attention(
    actor: Annotated[Actor, Require(P.REQUEST_READ_ALL, P.REQUEST_READ_DEIDENTIFIED)],
    request: Request,
    call: CallDep,
    query: Annotated[AttentionQuery, Query()],
) -> Response:
    """Lists overdue decisions and policy reviews, incomplete emergency records, unanswered
    advice, due notices and releases on hold, most urgent first.

    The list contains no names. The IG lead sees dates without times. An entry in the list blocks no
    action.
    """
    scope = f"attention:{query.kind or ''}"
    after = _place(query.cursor, scope) if query.cursor is not None else None
    pending, more = await service.list_waiting(
        call.session,
        actor,
        kind=query.kind,
        after=after,
        limit=query.limit,
        now=call.now,
        trace=call.trace,
    )
    following = encode_cursor(pending[-1].place.parts(), scope) if more else None
    items = [_shown(one, actor, one.due is not None and call.now > one.due) for one in pending]
    return reply({"items": items, "next_cursor": following}, headers=next_link(request, following))


def _place(cursor: str, scope: str) -> Place:
    try:
        return Place.of(decode_cursor(cursor, scope))
    except ValueError as error:
        raise InvalidCursor from error


def _shown(one: Pending, actor: Actor, overdue: bool) -> dict[str, Any]:  # noqa: FBT001 - a member of the reply
    head = one.head
    if head is None:
        due, since = (clock.to_text(at) if at else None for at in (one.due, one.since))
        about = dict.fromkeys(
            ("sharing_request_id", "status", "purpose_code", "recipient_type", "urgency")
        )
    else:
        view = head.view_for(actor)
        due, since = (
            deidentification.instant(one.due, view),
            deidentification.instant(one.since, view),
        )
        about = {
            "sharing_request_id": str(head.id),
            "status": head.status.value,
            "purpose_code": head.purpose,
            "recipient_type": head.recipient_type,
            "urgency": head.urgency,
        }
    return {
        "kind": one.kind.value,
        **about,
        "due": due,
        "since": since,
        "overdue": overdue,
        "advice_ids": [str(advice) for advice in one.advice],
        "missing": list(one.missing),
        "policy_digest": one.policy_digest if head is None else head.policy_digest,
    }
