"""HTTP route for the accounting of disclosures about one person."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor
from app.identity.model import Permission as P
from app.platform.paging import (
    CursorDep,
    InvalidCursor,
    LimitDep,
    decode_cursor,
    encode_cursor,
    next_link,
)
from app.platform.problems import replies
from app.platform.references import Reference
from app.platform.web import CallDep, StrictRoute, reply
from app.sharing.accounting import service
from app.sharing.accounting.schemas import AccountOut

router = APIRouter(route_class=StrictRoute)


@router.get(
    "/subjects/{person_ref:path}/disclosures",
    summary="List the disclosures about a person",
    response_model=AccountOut,
    responses=replies(401, 403, 422),
)
async def account_for_disclosures(
    actor: Annotated[Actor, Require(P.SUBJECT_ACCOUNT)],
    person_ref: Annotated[
        Reference,
        Path(description="The person's reference, as in `person_ref`.", examples=["mis:7781"]),
    ],
    request: Request,
    call: CallDep,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """Lists the disclosures about a person, newest first.

    Each entry gives the items, recipient, time, route and decision, whether the person was
    informed, and the points to check before an answer to a subject access request. The DSL sees
    names and descriptions; the IG lead sees codes only. The list omits disclosures whose personal
    data was disposed of.
    """
    scope = f"disclosures about {person_ref} {actor.id}"
    items, last = await service.account(
        call.session,
        actor,
        person_ref,
        before=_position(cursor, scope),
        limit=limit,
        now=call.now,
        trace=call.trace,
    )
    following = encode_cursor([str(last)], scope) if last is not None else None
    return reply({"items": items, "next_cursor": following}, headers=next_link(request, following))


def _position(cursor: str | None, scope: str) -> UUID | None:
    if cursor is None:
        return None
    try:
        (last,) = decode_cursor(cursor, scope)
        return UUID(last)
    except ValueError as error:
        raise InvalidCursor from error
