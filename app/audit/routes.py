"""The trail over HTTP: search, read, export, prove. Every look into it is itself an entry;
checkpoints and consistency are for anybody.
"""

import csv
import io
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import AfterValidator

from app.audit import checkpoint, log, prove, search
from app.audit.errors import PeriodReversed
from app.audit.model import Action, EntryOutcome, Event
from app.audit.schemas import (
    AuditActorOut,
    AuditEntriesOut,
    AuditEntryOut,
    AuditEntryWithLeafOut,
    ConsistencyProofOut,
    InclusionProofOut,
)
from app.audit.search import Entry, Filters
from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.kernel import canonical
from app.platform import content_negotiation
from app.platform.db import Session
from app.platform.instants import within_reason
from app.platform.paging import CursorDep, LimitDep, decode_id, encode_cursor, next_link
from app.platform.preconditions import UNCHANGED, etag_of, unchanged
from app.platform.problems import replies
from app.platform.references import Reference
from app.platform.web import CallDep, StrictRoute

router: Final = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=StrictRoute)

JSON: Final = "application/json"
TEXT: Final = "text/plain"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"

_STRING: Final = {"schema": {"type": "string"}}

Persons = Callable[[Session, str, str], Awaitable[Sequence[UUID]]]
"""Gives the random ids of the person whom a school knows by this reference."""

Reader = Annotated[
    Actor,
    Require(
        Permission.AUDIT_READ_ALL, Permission.AUDIT_READ_SAFEGUARDING, Permission.AUDIT_READ_OWN
    ),
]
Exporter = Annotated[Actor, Require(Permission.AUDIT_EXPORT)]
Anyone = Annotated[Actor, Require(Permission.CHECKPOINT_READ)]
AcceptHeader = Annotated[str | None, Header(alias="accept", include_in_schema=False)]
EntryId = Annotated[UUID, Path(description="The entry's id.")]
Instant = Annotated[datetime, AfterValidator(within_reason)]
Size = Annotated[int, Query(ge=0, le=2**53, description="A size of the log.")]


async def _filters(
    request: Request,
    call: CallDep,
    acting: Annotated[
        UUID | None, Query(alias="actor", description="Who acted: the account's or client's id.")
    ] = None,
    action: Annotated[Action | None, Query(description="What was done.")] = None,
    sharing_request: Annotated[UUID | None, Query(description="The sharing request's id.")] = None,
    subject: Annotated[
        Reference | None,
        Query(description="Whom it concerned: the person's random id, or the school's reference."),
    ] = None,
    recipient: Annotated[
        Reference | None, Query(description="The recipient's id or organisation type.")
    ] = None,
    outcome: Annotated[EntryOutcome | None, Query(description="How it ended.")] = None,
    since: Annotated[
        Instant | None, Query(alias="from", description="Not before this instant.")
    ] = None,
    until: Annotated[Instant | None, Query(alias="to", description="Before this instant.")] = None,
) -> Filters:
    begins, ends = _aware(since), _aware(until)
    if begins is not None and ends is not None and begins > ends:
        raise PeriodReversed
    return Filters(
        actor=acting,
        action=action,
        request=sharing_request,
        subject=await _person(request, call.session, subject),
        recipient=recipient,
        outcome=outcome,
        since=begins,
        until=ends,
    )


async def _person(
    request: Request, session: Session, subject: str | None
) -> tuple[UUID, ...] | None:
    """The person's random ids; a school's own reference is looked up by a function that main hands
    over.
    """
    if subject is None:
        return None
    try:
        return (UUID(subject),)
    except ValueError:
        look_up: Persons | None = getattr(request.app.state, "person", None)
        return (
            tuple(await look_up(session, request.state.actor.school, subject))
            if look_up is not None
            else ()
        )


FiltersDep = Annotated[Filters, Depends(_filters)]


@router.get(
    "/entries",
    operation_id="list_audit_entries",
    summary="Search the audit log",
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
    """Newest first. The IG lead sees every entry, the DSL the entries about sharing requests and
    children, other accounts their own entries.

    The search adds an entry of its own: who searched, with which filters, and how many entries were
    shown.
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
    reply = AuditEntriesOut(items=[_entry_out(entry) for entry in page], next_cursor=following)
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
    """The entry with its exact leaf bytes, from which a client can compute the leaf hash."""
    entry = await search.find(call.session, actor, entry_id)

    log.append(
        call.session,
        Event(action=Action.ENTRY_READ, target=str(entry.id)),
        by=actor,
        at=call.now,
        request_id=call.trace,
    )
    etag = etag_of(entry.id, "unsealed" if entry.index is None else entry.index)
    body = AuditEntryWithLeafOut(**_fields(entry), leaf=_base64(entry.body.encode("utf-8")))
    return unchanged(request, etag) or Response(
        body.model_dump_json(), media_type=JSON, headers={"ETag": etag}
    )


@router.get(
    "/entries/{entry_id}/proof",
    operation_id="get_audit_proof",
    summary="Prove that an entry is in the audit log",
    response_model=InclusionProofOut,
    responses=replies(401, 403, 404, 406, 409, 422) | {200: {"content": {TEXT: _STRING}}},
)
async def get_audit_proof(
    actor: Reader,
    entry_id: EntryId,
    call: CallDep,
    size: Annotated[
        Size | None,
        Query(
            description="The size of the tree to prove it in; the newest sealed one when left out."
        ),
    ] = None,
    wanted: AcceptHeader = None,
) -> Response:
    """An inclusion proof (RFC 9162) as JSON, or as `text/plain` a C2SP tlog-proof to keep beside
    the record. The reply is 409 until the entry is sealed, for up to a second.
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
        leaf_hash=_base64(proof.leaf_hash),
        path=[_base64(sibling) for sibling in proof.path],
        checkpoint=proof.note,
    )
    return Response(out.model_dump_json(), media_type=JSON)


@router.get(
    "/checkpoint",
    operation_id="get_audit_checkpoint",
    summary="Read the newest signed checkpoint",
    response_class=Response,
    responses=replies(401, 403, 409, 422)
    | {
        200: {"content": {TEXT: _STRING}, "description": "A C2SP tlog-checkpoint."},
        304: {"description": "Nothing has been sealed since."},
    },
)
async def get_audit_checkpoint(actor: Anyone, request: Request, call: CallDep) -> Response:
    """Keep a copy outside the service: it proves later that no earlier entry was changed or
    removed.
    """
    head = await prove.newest(call.session, actor.school)

    etag = etag_of(actor.school, head.size)
    return unchanged(request, etag) or Response(head.note, media_type=TEXT, headers={"ETag": etag})


@router.get(
    "/consistency",
    operation_id="get_audit_consistency",
    summary="Prove that the audit log only grew",
    response_model=ConsistencyProofOut,
    responses=replies(401, 403, 409, 422),
)
async def get_audit_consistency(
    actor: Anyone,
    call: CallDep,
    old: Annotated[Size, Query(alias="from")],
    new: Annotated[
        Size | None, Query(alias="to", description="All that is sealed when left out.")
    ] = None,
) -> Response:
    """Proves that the log of `to` entries (all sealed entries, when left out) begins with the log
    of `from` entries, unchanged.
    """
    proof = await prove.consistency(call.session, actor.school, old, new)

    path = [_base64(sibling) for sibling in proof.path]
    out = ConsistencyProofOut(
        from_size=proof.old, to_size=proof.new, path=path, checkpoint=proof.note
    )
    return Response(out.model_dump_json(), media_type=JSON)


@router.get(
    "/export",
    operation_id="export_audit_entries",
    summary="Export the audit log",
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
    """One JSON object per line, or CSV in which no spreadsheet finds a formula. The export adds an
    entry of its own, which is the first one exported.
    """
    media = content_negotiation.choose(wanted, (NDJSON, CSV))

    event = Event(
        action=Action.TRAIL_EXPORTED, data={"filters": filters.named(), "media_type": media}
    )
    upto = log.append(call.session, event, by=actor, at=call.now, request_id=call.trace)

    pages = search.export(request.app.state.database, actor, filters, upto=upto)
    lines = _ndjson(pages) if media == NDJSON else _csv(pages)
    name = (
        f"audit-{actor.school}-{call.now:%Y%m%dT%H%M%SZ}.{'ndjson' if media == NDJSON else 'csv'}"
    )
    return StreamingResponse(
        lines, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def _ndjson(pages: AsyncIterator[list[Entry]]) -> AsyncIterator[str]:
    async for page in pages:
        yield "".join(_entry_out(entry).model_dump_json() + "\n" for entry in page)


CSV_COLUMNS: Final = (
    *(
        "index",
        "id",
        "occurred_at",
        "actor_subject",
        "actor_role",
        "actor_client_id",
        "action",
        "sharing_request_id",
        "target",
        "outcome",
    ),
    *("reason_code", "policy_digest", "request_id", "details", "leaf_hash"),
)


async def _csv(pages: AsyncIterator[list[Entry]]) -> AsyncIterator[str]:
    yield ",".join(CSV_COLUMNS) + "\r\n"
    async for page in pages:
        text = io.StringIO()
        csv.writer(text).writerows(
            [_cell(value) for value in _row(_entry_out(entry))] for entry in page
        )
        yield text.getvalue()


def _row(entry: AuditEntryOut) -> list[Any]:
    flat = entry.model_dump(mode="json")
    actor = flat.pop("actor")
    flat |= {f"actor_{name}": value for name, value in actor.items()}
    flat["details"] = canonical.encode(flat["details"]).decode("utf-8")
    return [flat[name] for name in CSV_COLUMNS]


def _cell(value: object) -> str:
    """Text that a spreadsheet shows and never computes."""
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _entry_out(entry: Entry) -> AuditEntryOut:
    return AuditEntryOut(**_fields(entry))


def _fields(entry: Entry) -> dict[str, Any]:
    said = entry.fields
    actor = said["actor"]
    return {
        "index": entry.index,
        "id": entry.id,
        "occurred_at": said["at"],
        "actor": AuditActorOut(subject=actor["id"], role=actor["role"], client_id=actor["client"]),
        "action": said["action"],
        "sharing_request_id": said["request"],
        "target": said["target"],
        "outcome": said["outcome"],
        "reason_code": said["reason_code"],
        "policy_digest": said["policy"],
        "request_id": said["request_id"],
        "details": said["data"],
        "leaf_hash": _base64(entry.leaf_hash),
    }


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _aware(instant: datetime | None) -> datetime | None:
    """An instant without an offset is UTC, as everything here is."""
    return (
        instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
    )
