"""The directory over HTTP. Anybody reads it; the DSL and the information governance lead keep it;
nothing is ever deleted, only retired.
"""

import hashlib
from typing import Annotated, Final
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
from app.platform.preconditions import CREATED, UNCHANGED, IfMatchDep, etag_of, unchanged
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
    return _reply(types_out())


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
    """Organisations in the directory by name, including retired ones unless `active` is set."""
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
    summary="Add an organisation",
    status_code=201,
    response_model=OrganisationOut,
    responses=replies(401, 403, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def register_recipient(actor: Keeper, body: OrganisationIn, call: CallDep) -> Response:
    """The organisation counts as verified only after a check of it: `POST …/verifications`."""
    found = await service.register(
        call.session, actor, body.listing(), now=call.now, request_id=call.trace
    )
    return _organisation(found, 201, {"Location": f"/v1/recipients/{found.recipient.id}"})


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

    shown = _organisation(found)
    return unchanged(request, shown.headers["etag"]) or shown


@router.patch(
    "/{recipient_id}",
    operation_id="change_recipient",
    summary="Change or retire an organisation",
    response_model=OrganisationOut,
    responses=replies(401, 403, 404, 412, 413, 415, 422, 428),
)
async def change_recipient(
    actor: Keeper,
    recipient_id: RecipientId,
    body: OrganisationPatch,
    if_match: IfMatchDep,
    call: CallDep,
) -> Response:
    """Another name, type or call-back number makes the organisation unverified until it is checked
    again.
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
    summary="List the contacts of an organisation",
    response_model=ContactsOut,
    responses=replies(401, 403, 404, 422),
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
    """Oldest first, including retired contacts unless `active` is set."""
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
    summary="Add a contact",
    status_code=201,
    response_model=ContactOut,
    responses=replies(401, 403, 404, 409, 413, 415, 422) | CREATED,
)
@idempotent()
async def add_contact(
    actor: Keeper, recipient_id: RecipientId, body: ContactIn, call: CallDep
) -> Response:
    """A contact is personal data about a person at work: give no more than is needed to reach the
    right person.
    """
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
    responses=replies(401, 403, 404, 422) | UNCHANGED,
)
async def get_contact(
    actor: Reader,
    recipient_id: RecipientId,
    contact_id: ContactId,
    request: Request,
    call: CallDep,
) -> Response:
    """The contact's details, and whether they count as verified today."""
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
    responses=replies(401, 403, 404, 412, 413, 415, 422, 428),
)
async def change_contact(
    actor: Keeper,
    recipient_id: RecipientId,
    contact_id: ContactId,
    body: ContactPatch,
    if_match: IfMatchDep,
    call: CallDep,
) -> Response:
    """Another name, address or number makes the contact unverified until it is checked again."""
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
    summary="Record an identity check",
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
