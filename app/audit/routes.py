"""Search, read, export and prove audit entries over HTTP.

Invariant: every read of entries appends an entry of its own. Checkpoints and consistency proofs
show no entry, and every account may read them.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from app.audit import checkpoint, log, prove, search
from app.audit.deps import FiltersDep
from app.audit.model import Action, Event
from app.audit.presentation import csv_text, entry_out, fields, ndjson, to_base64
from app.audit.schemas import (
    AuditEntriesOut,
    AuditEntryWithLeafOut,
    ConsistencyProofOut,
    InclusionProofOut,
)
from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.platform import content_negotiation
from app.platform.paging import CursorDep, LimitDep, decode_id, encode_cursor, next_link
from app.platform.preconditions import UNCHANGED, etag_of, unchanged
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute

router: Final = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=StrictRoute)

JSON: Final = "application/json"
TEXT: Final = "text/plain"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"

_STRING: Final = {"schema": {"type": "string"}}

Reader = Annotated[
    Actor,
    Require(
        Permission.AUDIT_READ_ALL, Permission.AUDIT_READ_SAFEGUARDING, Permission.AUDIT_READ_OWN
    ),
]
Exporter = Annotated[Actor, Require(Permission.AUDIT_EXPORT)]
Anyone = Annotated[Actor, Require(Permission.CHECKPOINT_READ)]
AcceptHeader = Annotated[str | None, Header(alias="accept", include_in_schema=False)]
EntryId = Annotated[UUID, Path(description="Id of the entry.")]
Size = Annotated[int, Query(ge=1, le=2**53, description="A number of entries in the log.")]


@router.get(
    "/entries",
    operation_id="list_audit_entries",
    summary="Search audit entries",
    response_model=AuditEntriesOut,
    responses=replies(401, 403, 422),
)
async def list_audit_entries(
    actor: Reader,
    request: Request,
    filters: FiltersDep,
    call: CallDep,
    limit: LimitDep = 50,
    cursor: CursorDep = None,
) -> Response:
    """List the entries that match the filters, newest first.

    The IG lead sees every entry of the school, the DSL sees entries about sharing requests and
    children, and every other account sees its own acts. The search appends an entry: the caller,
    the names of the filters, and the number of entries shown.
    """
    scope = f"audit-entries {actor.id} {filters!r}"
    after = decode_id(cursor, scope) if cursor is not None else None

    found = await search.search(call.session, actor, filters, after=after, limit=limit + 1)

    page = found[:limit]
    following = encode_cursor([str(page[-1].id)], scope) if len(found) > limit else None
    event = Event(
        action=Action.TRAIL_SEARCHED, data={"filters": filters.named(), "shown": len(page)}
    )
    log.append(call.session, event, by=actor, at=call.now, request_id=call.trace)
    reply = AuditEntriesOut(items=[entry_out(entry) for entry in page], next_cursor=following)
    return Response(reply.model_dump_json(), media_type=JSON, headers=next_link(request, following))


@router.get(
    "/entries/{entry_id}",
    operation_id="get_audit_entry",
    summary="Read an audit entry",
    response_model=AuditEntryWithLeafOut,
    responses=replies(401, 403, 404, 422) | UNCHANGED,
)
async def get_audit_entry(
    actor: Reader, request: Request, entry_id: EntryId, call: CallDep
) -> Response:
    """Read one entry with the exact bytes that its leaf hash is over.

    The read appends an entry.
    """
    entry = await search.find(call.session, actor, entry_id)

    log.append(
        call.session,
        Event(action=Action.ENTRY_READ, target=str(entry.id)),
        by=actor,
        at=call.now,
        request_id=call.trace,
    )
    etag = etag_of(entry.id, "unsealed" if entry.index is None else entry.index)
    body = AuditEntryWithLeafOut(**fields(entry), leaf=to_base64(entry.body.encode("utf-8")))
    return unchanged(request, etag) or Response(
        body.model_dump_json(), media_type=JSON, headers={"ETag": etag}
    )


@router.get(
    "/entries/{entry_id}/proof",
    operation_id="get_audit_proof",
    summary="Get an inclusion proof",
    response_model=InclusionProofOut,
    responses=replies(401, 403, 404, 406, 409, 422) | {200: {"content": {TEXT: _STRING}}},
)
async def get_audit_proof(
    actor: Reader,
    entry_id: EntryId,
    call: CallDep,
    size: Annotated[
        Size | None,
        Query(description="The size of the tree to prove it in; by default all sealed entries."),
    ] = None,
    wanted: AcceptHeader = None,
) -> Response:
    """Prove that an entry is in the log (RFC 9162, section 2.1.3).

    The proof is JSON, or with `Accept: text/plain` a C2SP tlog-proof to store beside the record. A
    new entry is sealed within about a second; until then the reply is 409. The read appends an
    entry.
    """
    media = content_negotiation.choose(wanted, (JSON, TEXT))
    entry = await search.find(call.session, actor, entry_id)

    proof = await prove.inclusion(call.session, actor.school, entry.id, size=size)

    log.append(
        call.session,
        Event(action=Action.PROOF_READ, target=str(entry.id)),
        by=actor,
        at=call.now,
        request_id=call.trace,
    )
    if media == TEXT:
        if proof.note is None:
            raise prove.unsigned(proof.size)
        return Response(checkpoint.proof_text(proof.index, proof.path, proof.note), media_type=TEXT)
    out = InclusionProofOut(
        index=proof.index,
        size=proof.size,
        leaf_hash=to_base64(proof.leaf_hash),
        path=[to_base64(sibling) for sibling in proof.path],
        checkpoint=proof.note,
    )
    return Response(out.model_dump_json(), media_type=JSON)


@router.get(
    "/checkpoint",
    operation_id="get_audit_checkpoint",
    summary="Get the newest checkpoint",
    response_class=Response,
    responses=replies(401, 403, 409, 422)
    | {
        200: {"content": {TEXT: _STRING}, "description": "A C2SP tlog-checkpoint."},
        304: {"description": "No entry has been sealed since."},
    },
)
async def get_audit_checkpoint(actor: Anyone, request: Request, call: CallDep) -> Response:
    """Get the newest signed checkpoint of the school's log (C2SP tlog-checkpoint).

    Store it outside the service: it proves later whether earlier entries were altered or removed.
    """
    head = await prove.newest(call.session, actor.school)

    etag = etag_of(actor.school, head.size)
    return unchanged(request, etag) or Response(head.note, media_type=TEXT, headers={"ETag": etag})


@router.get(
    "/consistency",
    operation_id="get_audit_consistency",
    summary="Get a consistency proof",
    response_model=ConsistencyProofOut,
    responses=replies(401, 403, 409, 422),
)
async def get_audit_consistency(
    actor: Anyone,
    call: CallDep,
    old: Annotated[Size, Query(alias="from", description="The smaller size.")],
    new: Annotated[
        Size | None,
        Query(alias="to", description="The larger size; by default all sealed entries."),
    ] = None,
) -> Response:
    """Prove that the log of `to` entries begins with the log of `from` entries (RFC 9162, section
    2.1.4).

    Sizes are at least 1, and `from` is not larger than `to`.
    """
    proof = await prove.consistency(call.session, actor.school, old, new)

    path = [to_base64(sibling) for sibling in proof.path]
    out = ConsistencyProofOut(
        from_size=proof.old, to_size=proof.new, path=path, checkpoint=proof.note
    )
    return Response(out.model_dump_json(), media_type=JSON)


@router.get(
    "/export",
    operation_id="export_audit_entries",
    summary="Export audit entries",
    response_class=Response,
    responses=replies(401, 403, 406, 422)
    | {
        200: {
            "description": "Every entry that matches, newest first, streamed.",
            "content": {
                NDJSON: {"schema": {"$ref": "#/components/schemas/AuditEntryOut"}},
                CSV: _STRING,
            },
        }
    },
)
async def export_audit_entries(
    actor: Exporter,
    request: Request,
    filters: FiltersDep,
    call: CallDep,
    wanted: AcceptHeader = None,
) -> Response:
    """Export every entry that matches the filters, newest first.

    The reply is one JSON object a line, or with `Accept: text/csv` CSV whose cells no spreadsheet
    evaluates. The export appends an entry, which is the newest in the reply.
    """
    media = content_negotiation.choose(wanted, (NDJSON, CSV))

    event = Event(
        action=Action.TRAIL_EXPORTED, data={"filters": filters.named(), "media_type": media}
    )
    upto = log.append(call.session, event, by=actor, at=call.now, request_id=call.trace)

    pages = search.export(request.app.state.database, actor, filters, upto=upto)
    lines = ndjson(pages) if media == NDJSON else csv_text(pages)
    name = (
        f"audit-{actor.school}-{call.now:%Y%m%dT%H%M%SZ}.{'ndjson' if media == NDJSON else 'csv'}"
    )
    return StreamingResponse(
        lines, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
