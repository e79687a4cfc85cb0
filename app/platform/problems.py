"""Problem documents (RFC 9457): the only table from kinds of error to HTTP statuses, and the reply
for every error.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.kernel.errors import Fault, Kind, ServiceError
from app.platform.routing import literal_paths
from app.platform.validation_faults import faults_in, models_of

MEDIA_TYPE: Final = "application/problem+json"

MOST_NAMED: Final = 50
"""Faults that `errors` lists at most; the detail counts all of them."""

STATUS: Final[Mapping[Kind, HTTPStatus]] = MappingProxyType(
    {
        Kind.MALFORMED: HTTPStatus.BAD_REQUEST,
        Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
        Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
        Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
        Kind.NOT_ACCEPTABLE: HTTPStatus.NOT_ACCEPTABLE,
        Kind.CONFLICT: HTTPStatus.CONFLICT,
        Kind.STALE: HTTPStatus.PRECONDITION_FAILED,
        Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        Kind.UNSUPPORTED_MEDIA: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
        Kind.PRECONDITION_REQUIRED: HTTPStatus.PRECONDITION_REQUIRED,
        Kind.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
        Kind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
        Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)

_FRAMEWORK: Final[Mapping[int, tuple[str, str, str]]] = MappingProxyType(
    {
        400: ("bad-request", "Bad request", "the request could not be read; check its syntax"),
        404: ("not-found", "Not found", "check the path against the OpenAPI document"),
        405: ("method-not-allowed", "Method not allowed", "use a method in the header Allow"),
        413: ("body-too-large", "Request body too large", "send less in one request"),
    }
)
"""The code, title and detail for the statuses of the framework's own errors."""


class FaultOut(BaseModel):
    """One fault in the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"pointer": "/purpose/code", "detail": "…", "code": "unknown-value"}]
        }
    )

    pointer: str = Field(
        description="JSON pointer (RFC 6901) into the body, or `/query/…`, `/path/…`, `/header/…`."
    )
    detail: str = Field(description="What is wrong and what to do; never the value that was sent.")
    code: str = Field(description="Stable, kebab-case.")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(
        description="Stable URI reference of the kind of problem.",
        examples=["/problems/sharing-request-not-found"],
    )
    title: str = Field(description="What happened, in general.")
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(description="What happened this time, and what to do.")
    instance: str = Field(
        description="The id of the request as a URN.",
        examples=["urn:request:01a2048c538b7f43a0cf42edea9dbc8d"],
    )
    code: str = Field(description="Stable, kebab-case.", examples=["sharing-request-not-found"])
    errors: list[FaultOut] | None = Field(
        None, description="Each fault, if there are several or the place matters."
    )


_MEANING: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "The request could not be read.",
        401: "Authentication is required: the access token is missing, expired or invalid.",
        403: "The caller may see this but not do it. The attempt is audited.",
        404: "The resource does not exist, or the caller may not see it.",
        406: "The operation offers none of the media types in `Accept`.",
        409: (
            "The state of the resource does not allow this, or an identical request is in progress."
        ),
        412: "The resource changed after the client read it.",
        413: "The body is larger than 256 KiB.",
        415: "The operation does not read this media type, charset or content encoding.",
        422: "The request is not valid; `errors` lists the faults, at most 50.",
        428: "The header `If-Match` is required.",
        429: "Too many attempts; `Retry-After` gives the seconds to wait.",
        500: "Unexpected error; nothing was stored.",
        503: (
            "The database did not answer, and the outcome is unknown. Send the request again with"
            " the same `Idempotency-Key`."
        ),
    }
)


_CODE: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "bad-request",
        401: "unauthenticated",
        403: "forbidden",
        404: "not-found",
        406: "not-acceptable",
        409: "invalid-state",
        412: "precondition-failed",
        413: "body-too-large",
        415: "unsupported-media-type",
        422: "invalid-request",
        428: "precondition-required",
        429: "too-many-attempts",
        500: "internal-error",
        503: "database-unavailable",
    }
)
"""The code in the documented example of each status; the OpenAPI document names the reply by it."""


def replies(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of an operation for these error statuses; 500 and 503 can always
    happen and are included.
    """
    documented = sorted({*statuses, 500, 503})
    return {
        status: {
            "description": _MEANING[status],
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": _example(status),
                }
            },
        }
        for status in documented
    }


def _example(status: int) -> dict[str, object]:
    code = _CODE[status]
    example: dict[str, object] = {
        "type": f"/problems/{code}",
        "title": code.capitalize().replace("-", " "),
        "status": status,
        "detail": _MEANING[status],
        "instance": "urn:request:01a2048c538b7f43a0cf42edea9dbc8d",
        "code": code,
    }
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [
            {
                "pointer": "/purpose/code",
                "detail": "unknown value; did you mean 'early_help'?",
                "code": "unknown-value",
            }
        ]
    return example


def response(error: ServiceError, request_id: str) -> Response:
    """The problem document of a failure."""
    return _document(
        STATUS[error.kind],
        error.code,
        error.title,
        error.detail or error.title,
        request_id,
        error.faults,
        error.headers,
    )


def _document(
    status: int,
    code: str,
    title: str,
    detail: str,
    request_id: str,
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, object] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "instance": f"urn:request:{request_id}",
        "code": code,
    }
    if faults:
        body["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail, "code": fault.code}
            for fault in faults
        ]
    return Response(to_json(body), int(status), dict(headers or {}), MEDIA_TYPE)


def request_id_of(request: Request) -> str:
    """The id that the middleware gave this request."""
    return str(request.scope.get("state", {}).get("request_id", "unknown"))


def install(app: FastAPI, on_error: Callable[[Request, ServiceError], Awaitable[None]]) -> None:
    """Reply to every error that the application foresees with a problem document. `on_error` is
    awaited before the reply to a `ServiceError`.
    """

    async def foreseen(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)  # noqa: S101 - see the registration below
        await on_error(request, error)
        return response(error, request_id_of(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        found = error.errors()
        faults = tuple(faults_in(found[:MOST_NAMED], models_of(error, request)))
        listed = "them" if len(found) == len(faults) else f"the first {len(faults)}"
        detail = (
            faults[0].detail if len(found) == 1 else f"{len(found)} faults; errors lists {listed}"
        )
        return _document(
            422,
            "invalid-request",
            "Invalid request",
            detail,
            request_id_of(request),
            faults,
        )

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        phrase = HTTPStatus(error.status_code).phrase
        code, title, detail = _FRAMEWORK.get(error.status_code, ("http-error", phrase, phrase))
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": ", ".join(sorted(_methods(app, request)))}
        return _document(
            error.status_code, code, title, detail, request_id_of(request), headers=headers
        )

    app.add_exception_handler(ServiceError, foreseen)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, framework)


def reply_to_unexpected(error: Exception, request_id: str) -> Response:
    """Log an error that the application did not foresee; the reply is a 500 without its message."""
    structlog.get_logger().error(
        "request.failed", request_id=request_id, error=type(error).__name__, where=_where(error)
    )
    return _document(
        500,
        "internal-error",
        "Unexpected error",
        "nothing was stored; try again, and report the request id to the operator if it persists",
        request_id,
    )


def _where(error: BaseException) -> list[str]:
    """Module and line of the last eight frames, innermost last. Values are left out, because they
    can be personal data.
    """
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-8:]


def _methods(app: FastAPI, request: Request) -> set[str]:
    """The methods of the routes for this path. A literal path hides the patterns that match it."""
    path = request.url.path
    literal = path in literal_paths(app)
    found: set[str] = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        pattern = getattr(context, "path_regex", None) or getattr(route, "path_regex", None)
        if pattern is None or not pattern.match(path) or (literal and "{" in str(context.path)):
            continue
        found |= getattr(route, "methods", None) or set()
    return found | ({"HEAD"} if "GET" in found else set())
