"""Routes for the policy in force and for policy versions.

Every role may read the policies of its school.
"""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.kernel import clock
from app.platform import strict_json
from app.platform.idempotency import idempotent
from app.platform.paging import CursorDep, LimitDep, decode_id, encode_cursor, next_link
from app.platform.preconditions import (
    CREATED,
    UNCHANGED,
    IfMatchDep,
    etag_of,
    sends,
    unchanged,
)
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, media_type_of, raise_fault, reply
from app.policy.engine.deadlines import today_in_school
from app.policy.facts.examples import DIGEST_EXAMPLE
from app.policy.lifecycle import in_force, versions
from app.policy.lifecycle import service as lifecycle_service
from app.policy.lifecycle.schemas import (
    JSON,
    YAMLS,
    ApprovalIn,
    DocumentText,
    PoliciesOut,
    PolicyDocumentOut,
    PolicyOut,
    PolicyVersionOut,
    policy_body,
)
from app.policy.lifecycle.versions import Listed

router: Final = APIRouter(prefix="/v1", tags=["policy"], route_class=StrictRoute)

Reader = Annotated[Actor, Require(Permission.POLICY_READ)]

CACHEABLE: Final = {"Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Authorization"}
"""Policy text may be cached, but must be revalidated, so that a new version is seen at once."""

HTML: Final = "text/html"

AcceptDep = Annotated[
    str | None, Header(alias="Accept", description="Which form is wanted.", include_in_schema=False)
]


Digest = Annotated[
    str,
    Path(
        max_length=71,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Digest of the version's meaning.",
        examples=[DIGEST_EXAMPLE],
    ),
]

_STORED_ALREADY: Final[dict[int | str, dict[str, Any]]] = {
    409: replies(409)[409] | sends("Location", status=409)[409]
}


@router.get(
    "/policy",
    operation_id="get_policy",
    summary="Read the policy in force",
    response_model=PolicyOut,
    responses={**replies(401, 403, 422), **UNCHANGED},
)
async def get_policy(actor: Reader, request: Request, call: CallDep) -> Response:
    """The policy that the caller's school follows today: questions, principles, golden rules,
    lawful reasons, myths, duties and resources.
    """
    today = today_in_school(call.now)
    policy = await in_force.in_force(call.session, actor.school, today)

    etag = etag_of(policy.digest)
    return unchanged(request, etag, CACHEABLE) or reply(
        policy_body(policy, today), 200, {"ETag": etag, **CACHEABLE}
    )


@router.get(
    "/policies",
    operation_id="list_policies",
    summary="List policy versions",
    response_model=PoliciesOut,
    responses=replies(401, 403, 422),
)
async def list_policies(
    actor: Reader, request: Request, call: CallDep, limit: LimitDep = 50, cursor: CursorDep = None
) -> Response:
    """Versions of the school's policy, newest first. Versions that ship with the service come last;
    a draft among them is the offer of a later release.
    """
    scope = f"policies {actor.school}"
    before = decode_id(cursor, scope) if cursor is not None else None

    page, following = await versions.list_versions(
        call.session, actor.school, today_in_school(call.now), before=before, limit=limit
    )

    next_cursor = encode_cursor([str(following)], scope) if following is not None else None
    body = {"items": [_shown(listed) for listed in page], "next_cursor": next_cursor}
    return reply(body, 200, {**CACHEABLE, **next_link(request, next_cursor)})


@router.get(
    "/policies/{digest}",
    operation_id="get_policy_version",
    summary="Read a policy version",
    response_model=PolicyDocumentOut,
    responses={**replies(401, 403, 404, 422), **UNCHANGED},
)
async def get_policy_version(
    actor: Reader, digest: Digest, request: Request, call: CallDep
) -> Response:
    """The version with its whole document: tables, texts, parameters and worked cases."""
    listed, document = await versions.load_version_with_meaning(
        call.session, actor.school, digest, today_in_school(call.now)
    )

    etag = lifecycle_service.etag(listed)
    return unchanged(request, etag, CACHEABLE) or reply(
        {**_shown(listed), "document": document}, 200, {"ETag": etag, **CACHEABLE}
    )


@router.post(
    "/policies",
    operation_id="draft_policy_version",
    summary="Draft a policy version",
    status_code=201,
    response_model=PolicyVersionOut,
    responses=replies(401, 403, 409, 413, 415, 422) | CREATED | _STORED_ALREADY,
    openapi_extra=DocumentText,
)
@idempotent()
async def draft_policy_version(
    actor: Annotated[Actor, Require(Permission.POLICY_DRAFT)],
    request: Request,
    call: CallDep,
) -> Response:
    """Stores a policy document as a draft. A document with any fault is refused whole, with a list
    of the faults, and nothing is stored.
    """
    listed = await lifecycle_service.draft(
        call.session, actor, await _document_of(request), now=call.now, trace=call.trace
    )
    return _changed(listed, Location=f"/v1/policies/{listed.digest}")


async def _document_of(request: Request) -> bytes:
    media_type = media_type_of(request, *YAMLS, JSON)
    source = await request.body()
    raise_fault(request)
    if media_type == JSON:
        strict_json.parse(source)
    return source


@router.post(
    "/policies/{digest}/approval",
    operation_id="approve_policy_version",
    summary="Record the approval of a policy version",
    status_code=201,
    response_model=PolicyVersionOut,
    responses=replies(401, 403, 404, 409, 412, 413, 415, 422),
)
@idempotent()
async def approve_policy_version(
    actor: Annotated[Actor, Require(Permission.POLICY_APPROVE)],
    digest: Digest,
    body: ApprovalIn,
    call: CallDep,
    if_match: IfMatchDep,
) -> Response:
    """The version takes effect on the given day and stays in force until another takes effect. The
    author of a draft cannot record its approval.
    """
    return _changed(
        await lifecycle_service.approve(
            call.session,
            actor,
            digest,
            body.approval(),
            precondition=if_match,
            now=call.now,
            trace=call.trace,
        )
    )


@router.post(
    "/policies/{digest}/withdrawal",
    operation_id="withdraw_policy_version",
    summary="Withdraw a policy version before it takes effect",
    status_code=201,
    response_model=PolicyVersionOut,
    responses=replies(401, 403, 404, 409, 412, 422),
)
@idempotent()
async def withdraw_policy_version(
    actor: Annotated[Actor, Require(Permission.POLICY_APPROVE)],
    digest: Digest,
    call: CallDep,
    if_match: IfMatchDep,
) -> Response:
    """Withdraws a draft, or an approved version before its first day. A version that has taken
    effect cannot be withdrawn; another version supersedes it.
    """
    return _changed(
        await lifecycle_service.withdraw(
            call.session, actor, digest, precondition=if_match, now=call.now, trace=call.trace
        )
    )


def _changed(listed: Listed, **headers: str) -> Response:
    return reply(_shown(listed), 201, {"ETag": lifecycle_service.etag(listed), **headers})


def _shown(listed: Listed) -> dict[str, object]:
    return {
        "digest": listed.digest,
        "version": listed.version,
        "status": listed.status.value,
        "starts_on": None if listed.starts_on is None else listed.starts_on.isoformat(),
        "review_due": listed.review_due,
        "author": None if listed.author is None else str(listed.author),
        "created_at": _instant(listed.created_at),
        "approved_by": listed.approved_by,
        "approved_at": _instant(listed.approved_at),
        "withdrawn_at": _instant(listed.withdrawn_at),
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else clock.to_text(value)
