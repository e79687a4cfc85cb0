"""Routes for reading a policy version: its document as HTML, PDF or source, its flowchart, and its
difference from another version.

A policy is public text, so replies may be cached, but must be revalidated because the status of a
version changes with the day.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.kernel import canonical
from app.platform import content_negotiation
from app.platform.documents import html
from app.platform.documents import pdf as documents_pdf
from app.platform.documents.page import Page
from app.platform.preconditions import UNCHANGED, etag_of, unchanged
from app.platform.problems import replies
from app.platform.web import CallDep, StrictRoute, reply
from app.policy.diff import page as diff_page
from app.policy.diff.compare import compare
from app.policy.diff.schemas import DifferenceOut
from app.policy.engine.deadlines import today_in_school
from app.policy.lifecycle import in_force, versions
from app.policy.lifecycle.routes import CACHEABLE, Digest
from app.policy.lifecycle.versions import Listed
from app.policy.wording import page as pages
from app.policy.wording.page import VersionStatus

router: Final = APIRouter(prefix="/v1", tags=["policy"], route_class=StrictRoute)

HTML: Final = "text/html"
PDF: Final = "application/pdf"
YAML: Final = "application/yaml"
JSON: Final = "application/json"
SVG: Final = "image/svg+xml"

Reader = Annotated[Actor, Require(Permission.POLICY_READ)]
AcceptDep = Annotated[
    str | None, Header(alias="Accept", description="Which form is wanted.", include_in_schema=False)
]

_HEADERS: Final = {**CACHEABLE, "Vary": "Authorization, Accept"}
_DRAWING_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

_MOST_CACHED: Final = 16
_PDFS: Final[OrderedDict[str, bytes]] = OrderedDict()
"""PDF files by ETag, because typesetting takes a third of a second."""


def _forms(*forms: str) -> dict[int | str, dict[str, Any]]:
    kinds = {
        form: {"type": "string", "format": "binary"} if form == PDF else {"type": "string"}
        for form in forms
    }
    return {
        200: {
            "description": "The text, in the form that `Accept` prefers.",
            "content": {form: {"schema": kinds[form]} for form in forms},
        }
    }


@router.get(
    "/policies/{digest}/document",
    operation_id="get_policy_document",
    summary="Read a policy version in words",
    response_class=Response,
    responses={**_forms(HTML, PDF, YAML), **replies(401, 403, 404, 406, 422), **UNCHANGED},
)
async def get_policy_document(
    actor: Reader, digest: Digest, request: Request, call: CallDep, accepted: AcceptDep = None
) -> Response:
    """The whole policy in plain English as HTML or PDF, or as `application/yaml` exactly the bytes
    that were sent and approved.
    """
    form = content_negotiation.choose(accepted, (HTML, PDF, YAML))
    today = today_in_school(call.now)
    listed, _ = await versions.load_version_with_meaning(call.session, actor.school, digest, today)
    if form == YAML:
        source = await in_force.source(call.session, actor.school, digest)
        return _reply_with(
            request,
            source,
            form,
            etag_of(hashlib.sha256(source).hexdigest(), "yaml"),
            _content_disposition(listed, "yaml"),
        )

    page = await asyncio.to_thread(
        pages.page,
        await in_force.at(call.session, actor.school, digest),
        _version_status(listed),
    )

    etag = _etag(page, form)
    if form == HTML:
        return _reply_with(
            request,
            html.page(page).encode(),
            form,
            etag,
            {"Content-Security-Policy": html.CSP},
        )
    old = unchanged(request, etag, _HEADERS)
    return old or _reply_with(
        request,
        await _typeset(page, etag, _date_of(listed, today)),
        form,
        etag,
        _content_disposition(listed, "pdf"),
    )


@router.get(
    "/policies/{digest}/flowchart.svg",
    operation_id="get_policy_flowchart",
    summary="Draw the flowchart of a policy version",
    response_class=Response,
    responses={**_forms(SVG), **replies(401, 403, 404, 422), **UNCHANGED},
)
async def get_policy_flowchart(
    actor: Reader, digest: Digest, request: Request, call: CallDep
) -> Response:
    """The When-and-How flowchart of the version as SVG, with a title and a description that states
    all of it in words.
    """
    drawn = pages.flowchart(await in_force.at(call.session, actor.school, digest)).encode()
    return _reply_with(
        request,
        drawn,
        SVG,
        etag_of(hashlib.sha256(drawn).hexdigest(), "svg"),
        {"Content-Security-Policy": _DRAWING_CSP},
    )


@router.get(
    "/policies/{digest}/difference",
    operation_id="compare_policy_versions",
    summary="Compare two policy versions",
    response_model=DifferenceOut,
    responses={
        200: {"content": {HTML: {"schema": {"type": "string"}}}},
        **replies(401, 403, 404, 406, 422),
        **UNCHANGED,
    },
)
async def compare_policy_versions(
    actor: Reader,
    digest: Digest,
    base: Annotated[
        str,
        Query(
            alias="from",
            max_length=71,
            pattern=r"^sha256:[0-9a-f]{64}$",
            description="Digest of the version to compare with: the one before.",
        ),
    ],
    request: Request,
    call: CallDep,
    accepted: AcceptDep = None,
) -> Response:
    """All differences between the two versions: each combination of facts with another outcome, and
    each changed text and number.
    """
    form = content_negotiation.choose(accepted, (JSON, HTML))
    old, new = (
        await in_force.at(call.session, actor.school, base),
        await in_force.at(call.session, actor.school, digest),
    )

    found = await asyncio.to_thread(compare, old, new)

    if form == HTML:
        page = diff_page.page(old, new, found)
        return _reply_with(
            request,
            html.page(page).encode(),
            HTML,
            _etag(page, HTML),
            {"Content-Security-Policy": html.CSP},
        )
    body = {"from": base, "to": digest, **found.to_json()}
    etag = etag_of(hashlib.sha256(canonical.encode(body)).hexdigest(), "json")
    return unchanged(request, etag, _HEADERS) or reply(body, 200, {"ETag": etag, **_HEADERS})


def _version_status(of: Listed) -> VersionStatus:
    """The status of a version as its page shows it."""
    return VersionStatus(
        status=of.status.value,
        starts_on=of.starts_on,
        approved_by=of.approved_by,
        approved_on=None if of.approved_at is None else today_in_school(of.approved_at),
        review_due=of.review_due,
    )


def _etag(page: Page, form: str) -> str:
    # The page contains all that the reply depends on: version, status and wording of this release.
    return etag_of(
        hashlib.sha256(canonical.encode(page.to_json())).hexdigest(), form.rpartition("/")[2]
    )


def _reply_with(
    request: Request, body: bytes, form: str, etag: str, headers: Mapping[str, str]
) -> Response:
    return unchanged(request, etag, _HEADERS) or Response(
        body, media_type=form, headers={"ETag": etag, **_HEADERS, **headers}
    )


def _content_disposition(listed: Listed, ending: str) -> dict[str, str]:
    name = "".join(
        letter
        for letter in listed.version
        if letter.isascii() and (letter.isalnum() or letter in ".-_")
    )
    return {"Content-Disposition": f'inline; filename="information-sharing-policy-{name}.{ending}"'}


def _date_of(listed: Listed, today: date) -> datetime:
    return (
        listed.approved_at
        or listed.created_at
        or datetime.combine(listed.starts_on or today, time(), UTC)
    )


async def _typeset(page: Page, etag: str, at: datetime) -> bytes:
    if etag not in _PDFS:
        _PDFS[etag] = await asyncio.to_thread(
            documents_pdf.pdf, documents_pdf.PAGE, page.to_json(), at=at
        )
        while len(_PDFS) > _MOST_CACHED:
            _PDFS.popitem(last=False)
    return _PDFS[etag]
