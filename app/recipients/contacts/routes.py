"""Contacts over HTTP."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.platform.idempotency import idempotent
from app.platform.paging import CursorDep, LimitDep, encode_cursor, next_link
from app.platform.preconditions import CREATED, UNCHANGED, IfMatchDep, unchanged
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute
from app.recipients.contacts import service
from app.recipients.contacts.schemas import ContactIn, ContactOut, ContactPatch, ContactsOut
from app.recipients.deps import Active, ContactId, Editor, Reader, RecipientId
from app.recipients.presentation import contact_out, id_in, position, reply, tagged_reply
from app.recipients.status import ListedContact

router: Final = APIRouter(prefix="/recipients", route_class=StrictRoute)


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
    after = position(cursor, scope, 1)

    found, more = await service.list_contacts(
        call.session,
        actor,
        recipient_id,
        active=active,
        limit=limit,
        after=id_in(after[0]) if after else None,
        now=call.now,
        request_id=call.trace,
    )

    following = encode_cursor([str(found[-1].contact.id)], scope) if more else None
    items = [contact_out(one) for one in found]
    return reply(
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
    actor: Editor, recipient_id: RecipientId, body: ContactIn, call: CallDep
) -> Response:
    """A contact is personal data about a person at work: give no more than is needed to reach the
    right person.
    """
    made = await service.add(
        call.session, actor, recipient_id, body.details(), now=call.now, request_id=call.trace
    )
    location = f"/v1/recipients/{recipient_id}/contacts/{made.contact.id}"
    return tagged_reply(contact_out(made), 201, {"Location": location})


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
    found = await service.read(
        call.session, actor, recipient_id, contact_id, now=call.now, request_id=call.trace
    )
    shown = tagged_reply(contact_out(found))
    return unchanged(request, shown.headers["etag"]) or shown


@router.patch(
    "/{recipient_id}/contacts/{contact_id}",
    operation_id="change_contact",
    summary="Change or retire a contact",
    response_model=ContactOut,
    responses=replies(401, 403, 404, 412, 413, 415, 422, 428),
)
async def change_contact(
    actor: Editor,
    recipient_id: RecipientId,
    contact_id: ContactId,
    body: ContactPatch,
    if_match: IfMatchDep,
    call: CallDep,
) -> Response:
    """Another name, address or number makes the contact unverified until it is checked again."""

    def check(found: ListedContact) -> None:
        if_match.check(tagged_reply(contact_out(found)).headers["etag"])

    changed = await service.change(
        call.session,
        actor,
        recipient_id,
        contact_id,
        body.changes(),
        check=check,
        now=call.now,
        request_id=call.trace,
    )
    return tagged_reply(contact_out(changed))
