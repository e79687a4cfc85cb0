"""Organisations over HTTP."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.kernel.vocabulary import OrganisationType
from app.platform.idempotency import idempotent
from app.platform.paging import NO_NUL, CursorDep, LimitDep, encode_cursor, next_link
from app.platform.preconditions import CREATED, UNCHANGED, IfMatchDep, unchanged
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.recipients.deps import Active, Editor, Reader, RecipientId
from app.recipients.model import sort_key
from app.recipients.organisations import service
from app.recipients.organisations.schemas import (
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
    OrganisationsOut,
    TypesOut,
)
from app.recipients.organisations.service import Filter
from app.recipients.presentation import (
    id_in,
    organisation_out,
    position,
    reply,
    summary_out,
    tagged_reply,
    types_out,
)
from app.recipients.status import ListedRecipient

router: Final = APIRouter(prefix="/recipients", route_class=StrictRoute)


@router.get(
    "/types",
    operation_id="list_recipient_types",
    summary="List the types of organisation",
    response_model=TypesOut,
    responses=replies(401, 403, 422),
)
async def list_recipient_types(_actor: Reader) -> Response:
    """Each type with its statutory duty, whether it is a safeguarding partner, and whether the
    default policy counts it as protective.
    """
    return reply(types_out())


@router.get(
    "",
    operation_id="list_recipients",
    summary="List organisations",
    response_model=OrganisationsOut,
    responses=replies(401, 403, 422),
)
async def list_recipients(
    actor: Reader,
    request: Request,
    call: CallDep,
    organisation_type: Annotated[
        OrganisationType | None, Query(description="Only organisations of this type.")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            pattern=NO_NUL,
            description="The beginning of the organisation's name, without regard to case.",
        ),
    ] = None,
    active: Active = None,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """Organisations in the directory by name, including retired ones unless `active` is set."""
    filters = Filter(
        organisation_type=organisation_type,
        prefix=sort_key(q) if q is not None else None,
        active=active,
    )
    scope = f"recipients {actor.id} {filters!r}"
    after = position(cursor, scope, 2)

    found, more = await service.list_recipients(
        call.session,
        actor,
        filters,
        limit=limit,
        after=(after[0], id_in(after[1])) if after else None,
        now=call.now,
        request_id=call.trace,
    )

    last = found[-1].recipient if more else None
    following = (
        encode_cursor([sort_key(last.details.organisation), str(last.id)], scope)
        if last is not None
        else None
    )
    items = [summary_out(one) for one in found]
    return reply(
        OrganisationsOut(items=items, next_cursor=following), headers=next_link(request, following)
    )


@router.post(
    "",
    operation_id="register_recipient",
    summary="Add an organisation",
    status_code=201,
    response_model=OrganisationOut,
    responses=replies(401, 403, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def register_recipient(actor: Editor, body: OrganisationIn, call: CallDep) -> Response:
    """The organisation counts as verified only after a check of it: `POST …/verifications`."""
    made = await service.register(
        call.session, actor, body.details(), now=call.now, request_id=call.trace
    )
    location = f"/v1/recipients/{made.recipient.id}"
    return tagged_reply(organisation_out(made), 201, {"Location": location})


@router.get(
    "/{recipient_id}",
    operation_id="get_recipient",
    summary="Read an organisation",
    response_model=OrganisationOut,
    responses=replies(401, 403, 404, 422) | UNCHANGED,
)
async def get_recipient(
    actor: Reader, recipient_id: RecipientId, request: Request, call: CallDep
) -> Response:
    """The directory entry, whether it counts as verified today, and its newest checks."""
    found = await service.read(
        call.session, actor, recipient_id, now=call.now, request_id=call.trace
    )
    shown = tagged_reply(organisation_out(found))
    return unchanged(request, shown.headers["etag"]) or shown


@router.patch(
    "/{recipient_id}",
    operation_id="change_recipient",
    summary="Change or retire an organisation",
    response_model=OrganisationOut,
    responses=replies(401, 403, 404, 412, 413, 415, 422, 428),
)
async def change_recipient(
    actor: Editor,
    recipient_id: RecipientId,
    body: OrganisationPatch,
    if_match: IfMatchDep,
    call: CallDep,
) -> Response:
    """Another name, type or call-back number makes the organisation unverified until it is checked
    again.
    """

    def check(found: ListedRecipient) -> None:
        if_match.check(tagged_reply(organisation_out(found)).headers["etag"])

    changed = await service.change(
        call.session,
        actor,
        recipient_id,
        body.changes(),
        check=check,
        now=call.now,
        request_id=call.trace,
    )
    return tagged_reply(organisation_out(changed))
