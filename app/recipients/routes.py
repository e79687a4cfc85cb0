"""The directory over HTTP. Anybody reads it; the DSL and the information governance lead keep it;
nothing is ever deleted, only retired.
"""

import hashlib
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.platform.idempotency import idempotent
from app.platform.paging import (
    NO_NUL,
    CursorDep,
    InvalidCursor,
    LimitDep,
    decode_cursor,
    encode_cursor,
    next_link,
)
from app.platform.preconditions import UNCHANGED, IfMatchDep, etag_of, unchanged
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.recipients import service
from app.recipients.model import RecipientType, sort_key
from app.recipients.presentation import (
    contact_out,
    organisation_out,
    summary_out,
    types_out,
    verification_out,
)
from app.recipients.schemas import (
    ContactIn,
    ContactOut,
    ContactPatch,
    ContactsOut,
    OrganisationIn,
    OrganisationOut,
    OrganisationPatch,
    OrganisationsOut,
    TypesOut,
    VerificationIn,
    VerificationOut,
    VerificationsOut,
)
from app.recipients.service import Check, Filter, Found, FoundContact

router: Final = APIRouter(prefix="/v1/recipients", tags=["recipients"], route_class=StrictRoute)

Reader = Annotated[Actor, Require(Permission.RECIPIENT_READ)]
Keeper = Annotated[Actor, Require(Permission.RECIPIENT_WRITE)]
RecipientId = Annotated[UUID, Path(description="The organisation's id.")]
ContactId = Annotated[UUID, Path(description="The contact's id.")]
Active = Annotated[
    bool | None, Query(description="Only what is in use (true), or only what is retired (false).")
]

_ETAG: Final = {
    "ETag": {
        "description": "The version shown; send it as If-Match to change it.",
        "schema": {"type": "string"},
    }
}
_LINK: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "Link": {
                "description": "The next page (RFC 8288), where there is one.",
                "schema": {"type": "string"},
            }
        }
    }
}
_SHOWN: Final[dict[int | str, dict[str, Any]]] = {200: {"headers": _ETAG}}
_MADE: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "headers": _ETAG
        | {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    }
}


@router.get(
    "/types",
    operation_id="list_recipient_types",
    summary="Read what each type of organisation is",
    response_model=TypesOut,
    responses=replies(401, 403),
)
async def list_recipient_types(_actor: Reader) -> Response:
    """Every type with its statutory duty, whether it is a safeguarding partner, and whether the
    default policy counts it as protective.
    """
    return _reply(types_out())


@router.get(
    "",
    operation_id="list_recipients",
    summary="List the directory",
    response_model=OrganisationsOut,
    responses=replies(401, 403, 422) | _LINK,
)
async def list_recipients(
    actor: Reader,
    request: Request,
    call: CallDep,
    organisation_type: Annotated[
        RecipientType | None, Query(description="Only organisations of this type.")
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=200,
            pattern=NO_NUL,
            description="How the organisation's name begins; case does not count.",
        ),
    ] = None,
    active: Active = None,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """Organisations by name, retired ones among them unless `active` says otherwise."""
    filters = Filter(
        organisation_type=organisation_type,
        prefix=sort_key(q) if q is not None else None,
        active=active,
    )
    scope = f"recipients {actor.id} {filters!r}"
    after = _position(cursor, scope, 2)

    found, more = await service.directory(
        call.session,
        actor,
        filters,
        limit=limit,
        after=(after[0], _id(after[1])) if after else None,
        now=call.now,
        request_id=call.trace,
    )

    last = found[-1].recipient if more else None
    following = (
        encode_cursor([sort_key(last.listing.organisation), str(last.id)], scope)
        if last is not None
        else None
    )
    items = [summary_out(one.recipient, one.standing) for one in found]
    return _reply(
        OrganisationsOut(items=items, next_cursor=following), headers=next_link(request, following)
    )


@router.post(
    "",
    operation_id="register_recipient",
    summary="Put an organisation into the directory",
    status_code=201,
    response_model=OrganisationOut,
    responses=replies(401, 403, 409, 413, 415, 422) | _MADE,
)
@idempotent()
async def register_recipient(actor: Keeper, body: OrganisationIn, call: CallDep) -> Response:
    """It counts as verified only once somebody has checked it: `POST …/verifications`."""
    found = await service.register(
        call.session, actor, body.listing(), now=call.now, request_id=call.trace
    )
    return _organisation(found, 201, {"Location": f"/v1/recipients/{found.recipient.id}"})


@router.get(
    "/{recipient_id}",
    operation_id="get_recipient",
    summary="Read an organisation",
    response_model=OrganisationOut,
    responses=replies(401, 403, 404, 422) | UNCHANGED | _SHOWN,
)
async def get_recipient(
    actor: Reader, recipient_id: RecipientId, request: Request, call: CallDep
) -> Response:
    """What the directory knows of it, whether it counts as verified today, and its newest
    checks.
    """
    found = await service.read(
        call.session, actor, recipient_id, now=call.now, request_id=call.trace
    )

    shown = _organisation(found)
    return unchanged(request, shown.headers["etag"]) or shown


@router.patch(
    "/{recipient_id}",
    operation_id="change_recipient",
    summary="Change or retire an organisation",
    response_model=OrganisationOut,
    responses=replies(401, 403, 404, 412, 413, 415, 422, 428) | _SHOWN,
)
async def change_recipient(
    actor: Keeper,
    recipient_id: RecipientId,
    body: OrganisationPatch,
    if_match: IfMatchDep,
    call: CallDep,
) -> Response:
    """Needs `If-Match`. Another name, type or call-back number makes it unverified until somebody
    checks again.
    """
    found = await service.find(call.session, actor, recipient_id, now=call.now, to_change=True)
    if_match.check(_organisation(found).headers["etag"])

    changed = await service.change(
        call.session, actor, found, body.changes(), now=call.now, request_id=call.trace
    )

    return _organisation(changed)


@router.get(
    "/{recipient_id}/contacts",
    operation_id="list_contacts",
    summary="List an organisation's contacts",
    response_model=ContactsOut,
    responses=replies(401, 403, 404, 422) | _LINK,
)
async def list_contacts(
    actor: Reader,
    recipient_id: RecipientId,
    request: Request,
    call: CallDep,
    active: Active = None,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """Oldest first, retired ones among them unless `active` says otherwise."""
    scope = f"contacts {actor.id} {recipient_id} {active}"
    after = _position(cursor, scope, 1)

    found, more = await service.contacts(
        call.session,
        actor,
        recipient_id,
        active=active,
        limit=limit,
        after=_id(after[0]) if after else None,
        now=call.now,
        request_id=call.trace,
    )

    following = encode_cursor([str(found[-1].contact.id)], scope) if more else None
    items = [contact_out(one.contact, one.standing) for one in found]
    return _reply(
        ContactsOut(items=items, next_cursor=following), headers=next_link(request, following)
    )


@router.post(
    "/{recipient_id}/contacts",
    operation_id="add_contact",
    summary="Name a person at an organisation",
    status_code=201,
    response_model=ContactOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | _MADE,
)
@idempotent()
async def add_contact(
    actor: Keeper, recipient_id: RecipientId, body: ContactIn, call: CallDep
) -> Response:
    """Personal data of people at work: no more of it than is needed to reach the right person."""
    found = await service.add_contact(
        call.session, actor, recipient_id, body.details(), now=call.now, request_id=call.trace
    )
    return _contact(
        found, 201, {"Location": f"/v1/recipients/{recipient_id}/contacts/{found.contact.id}"}
    )


@router.get(
    "/{recipient_id}/contacts/{contact_id}",
    operation_id="get_contact",
    summary="Read a contact",
    response_model=ContactOut,
    responses=replies(401, 403, 404, 422) | UNCHANGED | _SHOWN,
)
async def get_contact(
    actor: Reader,
    recipient_id: RecipientId,
    contact_id: ContactId,
    request: Request,
    call: CallDep,
) -> Response:
    """The person's details, and whether they count as verified today."""
    found = await service.read_contact(
        call.session, actor, recipient_id, contact_id, now=call.now, request_id=call.trace
    )

    shown = _contact(found)
    return unchanged(request, shown.headers["etag"]) or shown


@router.patch(
    "/{recipient_id}/contacts/{contact_id}",
    operation_id="change_contact",
    summary="Change or retire a contact",
    response_model=ContactOut,
    responses=replies(401, 403, 404, 412, 413, 415, 422, 428) | _SHOWN,
)
async def change_contact(
    actor: Keeper,
    recipient_id: RecipientId,
    contact_id: ContactId,
    body: ContactPatch,
    if_match: IfMatchDep,
    call: CallDep,
) -> Response:
    """Needs `If-Match`. Another name, address or number makes them unverified until somebody checks
    again.
    """
    found = await service.find_contact(
        call.session, actor, recipient_id, contact_id, now=call.now, to_change=True
    )
    if_match.check(_contact(found).headers["etag"])

    changed = await service.change_contact(
        call.session, actor, found, body.changes(), now=call.now, request_id=call.trace
    )

    return _contact(changed)


@router.get(
    "/{recipient_id}/verifications",
    operation_id="list_verifications",
    summary="List the checks of an identity",
    response_model=VerificationsOut,
    responses=replies(401, 403, 404, 422) | _LINK,
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
    """Those of the organisation and of its contacts, last recorded first."""
    scope = f"verifications {actor.id} {recipient_id} {contact_id}"
    before = _position(cursor, scope, 1)

    found, more = await service.verifications(
        call.session,
        actor,
        recipient_id,
        contact_id=contact_id,
        limit=limit,
        before=_id(before[0]) if before else None,
        now=call.now,
        request_id=call.trace,
    )

    following = encode_cursor([str(found[-1].id)], scope) if more else None
    items = [verification_out(check) for check in found]
    return _reply(
        VerificationsOut(items=items, next_cursor=following), headers=next_link(request, following)
    )


@router.post(
    "/{recipient_id}/verifications",
    operation_id="verify_recipient",
    summary="Record a check of an identity",
    status_code=201,
    response_model=VerificationOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422),
)
@idempotent()
async def verify_recipient(
    actor: Keeper,
    recipient_id: RecipientId,
    body: VerificationIn,
    call: CallDep,
) -> Response:
    """How the organisation, or a contact there, was checked, and what came of it. A yes counts for
    a year, and for these details only.
    """
    check = Check(
        method=body.method,
        result=body.result,
        contact_id=body.contact_id,
        note=body.note,
        verified_on=body.verified_on,
    )
    made = await service.verify(
        call.session, actor, recipient_id, check, now=call.now, request_id=call.trace
    )
    return _reply(verification_out(made), 201)


def _reply(shown: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(shown.model_dump_json(), status, headers, "application/json")


def _tagged(
    shown: OrganisationOut | ContactOut, status: int, headers: dict[str, str] | None
) -> Response:
    reply = _reply(shown, status, headers)
    # A check that runs out changes what is shown without anybody writing, so the tag is made of
    # what is shown.
    reply.headers["ETag"] = etag_of(shown.version, hashlib.sha256(reply.body).hexdigest()[:24])
    return reply


def _organisation(
    found: Found, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return _tagged(
        organisation_out(found.recipient, found.standing, found.history), status, headers
    )


def _contact(
    found: FoundContact, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return _tagged(contact_out(found.contact, found.standing), status, headers)


def _position(cursor: str | None, scope: str, parts: int) -> list[str] | None:
    if cursor is None:
        return None
    position = decode_cursor(cursor, scope)
    if len(position) != parts:
        raise InvalidCursor
    return position


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidCursor from error
