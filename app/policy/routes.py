"""The policy and evaluation over HTTP. Policy text is open to every caller of its school; nothing of a case tried out is stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.kernel import clock
from app.platform.paging import CursorDep, LimitDep, decode_id, encode_cursor, next_link
from app.platform.preconditions import etag_of, unchanged
from app.platform.problems import replies
from app.platform.web import NowDep, RequestIdDep, SessionDep, StrictRoute, reply
from app.policy import service
from app.policy.clocks import today_in_school
from app.policy.schemas import FactsIn
from app.policy.service import Listed
from app.policy.shown import EvaluationOut, PoliciesOut, PolicyDocumentOut, PolicyOut, policy_shown

router: Final = APIRouter(prefix="/v1", tags=["policy"], route_class=StrictRoute)

Reader = Annotated[Actor, Require(Permission.POLICY_READ)]

CACHEABLE: Final = {"Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Authorization"}
"""Policy text may be kept by anybody, but is asked after each time, so that a new version is seen at once."""

_NOT_MODIFIED: Final[Mapping[int | str, dict[str, Any]]] = {304: {"description": "Unchanged since the ETag in If-None-Match."}}

Digest = Annotated[
    str,
    Path(
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Digest of the version's meaning.",
        examples=["sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"],
    ),
]


@router.get(
    "/policy",
    operation_id="get_policy",
    summary="Read the policy in force",
    response_model=PolicyOut,
    responses={**replies(401, 403), **_NOT_MODIFIED},
)
async def get_policy(actor: Reader, request: Request, session: SessionDep, now: NowDep) -> Response:
    """The policy that the caller's school follows today: questions, principles, golden rules, lawful reasons, myths, duties, resources."""
    today = today_in_school(now)
    policy = await service.in_force(session, actor.school, today)

    etag = etag_of(policy.digest)
    return unchanged(request, etag, CACHEABLE) or reply(policy_shown(policy, today), 200, {"ETag": etag, **CACHEABLE})


@router.get(
    "/policies",
    operation_id="list_policies",
    summary="List the versions of the policy",
    response_model=PoliciesOut,
    responses=replies(401, 403, 422),
)
async def list_policies(
    actor: Reader, request: Request, session: SessionDep, now: NowDep, limit: LimitDep = 50, cursor: CursorDep = None
) -> Response:
    """Versions of the school's policy, newest first; the one that ships with the service comes last."""
    scope = f"policies {actor.school}"
    before = decode_id(cursor, scope) if cursor is not None else None

    page, following = await service.versions(session, actor.school, today_in_school(now), before=before, limit=limit)

    next_cursor = encode_cursor([str(following)], scope) if following is not None else None
    body = {"items": [_shown(listed) for listed in page], "next_cursor": next_cursor}
    return reply(body, 200, {**CACHEABLE, **next_link(request, next_cursor)})


@router.get(
    "/policies/{digest}",
    operation_id="get_policy_version",
    summary="Read a version of the policy",
    response_model=PolicyDocumentOut,
    responses={**replies(401, 403, 404, 422), **_NOT_MODIFIED},
)
async def get_policy_version(actor: Reader, digest: Digest, request: Request, session: SessionDep, now: NowDep) -> Response:
    """A version with its whole document: tables, texts, parameters and worked cases."""
    listed, document = await service.version(session, actor.school, digest, today_in_school(now))

    etag = etag_of(digest, listed.status)
    return unchanged(request, etag, CACHEABLE) or reply({**_shown(listed), "document": document}, 200, {"ETag": etag, **CACHEABLE})


@router.post(
    "/evaluations",
    operation_id="evaluate_facts",
    summary="Evaluate without storing",
    response_model=EvaluationOut,
    responses=replies(401, 403, 413, 415, 422),
)
async def evaluate_facts(
    actor: Annotated[Actor, Require(Permission.EVALUATION_RUN)], body: FactsIn, session: SessionDep, now: NowDep, request_id: RequestIdDep
) -> Response:
    """What the policy says of these facts. Nothing about the case is stored; the trail says only that a dry run was made, and by whom."""
    return reply(await service.try_out(session, actor, body.stated(), now=now, request_id=request_id))


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
    }


def _instant(value: datetime | None) -> str | None:
    return None if value is None else clock.to_text(value)
