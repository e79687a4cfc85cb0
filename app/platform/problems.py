"""Problem documents (RFC 9457): the one table from kinds to statuses, and what every failure looks
like on the wire.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.kernel.errors import Fault, Kind, ServiceError
from app.kernel.suggestions import nearest
from app.platform.strict_json import pointer

MEDIA_TYPE: Final = "application/problem+json"

MOST_NAMED: Final = 50
"""How many faults of a body are named at most; all of them are counted."""

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

_FRAMEWORK: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        400: ("bad-request", "The request could not be read; check its syntax"),
        404: ("not-found", "There is nothing here that you may see"),
        405: (
            "method-not-allowed",
            "This address does not take that method; Allow lists the ones it takes",
        ),
        413: ("body-too-large", "The body is larger than 256 KiB; send less in one call"),
    }
)


class FaultOut(BaseModel):
    """One fault in what was sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"pointer": "/purpose/code", "detail": "…", "code": "unknown-value"}]
        }
    )

    pointer: str = Field(
        description="JSON pointer (RFC 6901) into the body, or `/query/…`, `/path/…`, `/header/…`."
    )
    detail: str = Field(description="What was wrong and what to do; never the value that was sent.")
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
        description="This occurrence: the request's id as a URN.",
        examples=["urn:request:01a2048c538b7f43a0cf42edea9dbc8d"],
    )
    code: str = Field(description="Stable, kebab-case.", examples=["sharing-request-not-found"])
    errors: list[FaultOut] | None = Field(
        None, description="Each fault, where there are several or the place matters."
    )


_MEANING: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "The request could not be read.",
        401: "Not authenticated: no access token, or one that does not hold any longer.",
        403: "The caller may see this but not do it. The attempt is audited.",
        404: "There is nothing here that the caller may see.",
        406: "None of the media types that the caller accepts can be made.",
        409: (
            "The resource is in a state that does not allow this, or the same call is still in"
            " flight."
        ),
        412: "The resource changed since the caller read it: read it again.",
        413: "The body is larger than 256 KiB.",
        415: (
            "The body is not of the media type that this operation takes, not in UTF-8, or not sent"
            " as it is."
        ),
        422: "Something in the request is wrong; `errors` names each place, or the first 50.",
        428: "The call needs `If-Match` with the ETag of what the caller read.",
        429: "Too many calls; `Retry-After` says when to try again.",
        500: "Something went wrong on our side; nothing was stored.",
        503: (
            "The record store did not answer; the outcome is unknown. Send it again with the same"
            " `Idempotency-Key`."
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
        409: "conflict",
        412: "precondition-failed",
        413: "body-too-large",
        415: "unsupported-media-type",
        422: "invalid-request",
        428: "precondition-required",
        429: "too-many-requests",
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
                "detail": "not a known value; did you mean 'early_help'?",
                "code": "unknown-value",
            }
        ]
    return example


class PartRefused(RequestValidationError):
    """A part of the body was read by a model of its own, and refused; the faults stand where they
    are in the body.
    """

    def __init__(self, error: ValidationError, model: type[BaseModel]) -> None:
        super().__init__([{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors()])
        self.model = model


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
    """The id that the edge gave this request."""
    return str(request.scope.get("state", {}).get("request_id", "unknown"))


def install(app: FastAPI, on_refusal: Callable[[Request, ServiceError], Awaitable[None]]) -> None:
    """Make every failure of the application a problem document. `on_refusal` is told, before the
    reply, of each that the service meant.
    """

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)  # noqa: S101 - the registration below says so
        await on_refusal(request, error)
        return response(error, request_id_of(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        found = error.errors()
        faults = tuple(faults_in(found[:MOST_NAMED], _models_of(error, request)))
        named = "each place" if len(found) == len(faults) else f"the first {len(faults)} places"
        detail = (
            faults[0].detail
            if len(found) == 1
            else f"{len(found)} things are wrong; errors names {named}"
        )
        return _document(
            422,
            "invalid-request",
            "Something in the request is wrong",
            detail,
            request_id_of(request),
            faults,
        )

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        code, title = _FRAMEWORK.get(
            error.status_code, ("http-error", HTTPStatus(error.status_code).phrase)
        )
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers = {"Allow": ", ".join(sorted(_methods(app, request)))}
        return _document(
            error.status_code, code, title, title, request_id_of(request), headers=headers
        )

    async def unforeseen(request: Request, error: Exception) -> Response:
        structlog.get_logger().error(
            "request.failed", error=type(error).__name__, where=_where(error)
        )
        return _document(
            500,
            "internal-error",
            "Something went wrong on our side",
            "nothing was stored; try again, and tell the operator the request id if it goes on",
            request_id_of(request),
        )

    app.add_exception_handler(ServiceError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(Exception, unforeseen)


def _where(error: BaseException) -> list[str]:
    """Module and line of each frame, innermost last: never values, since they may be personal
    data.
    """
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-8:]


def _methods(app: FastAPI, request: Request) -> set[str]:
    """The methods of the routes for this path; a path without parameters hides the patterns that
    also match it.
    """
    path = request.url.path
    literal = path in app.state.literal_paths
    found: set[str] = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        pattern = getattr(context, "path_regex", None) or getattr(route, "path_regex", None)
        if pattern is None or not pattern.match(path) or (literal and "{" in str(context.path)):
            continue
        found |= getattr(route, "methods", None) or set()
    return found | ({"HEAD"} if "GET" in found else set())


_KNOWN: Final = re.compile(r"'([^']*)'")


def _models_of(error: RequestValidationError, request: Request) -> list[type[BaseModel]]:
    if isinstance(error, PartRefused):
        return [error.model]
    body_field = getattr(request.scope.get("route"), "body_field", None)
    return _models_in(body_field.field_info.annotation) if body_field is not None else []


def faults_in(
    errors: Iterable[Mapping[str, Any]], models: list[type[BaseModel]]
) -> Iterator[Fault]:
    """What a validation by one of the models found wrong, in words that repeat no value. Places in
    the body begin with `body`.
    """
    for found in errors:
        location = tuple(found["loc"])
        if location and location[0] == "body":
            where = pointer([part for part in location[1:] if not _is_branch(part)])
        else:
            where = pointer(location)
        yield Fault(where, *_words(found, location, models))


def _is_branch(part: object) -> bool:
    """Pydantic puts the tried member of a union into the location; it is no part of the body."""
    return isinstance(part, str) and ("[" in part or "(" in part)


def _words(
    found: Mapping[str, Any], location: Sequence[object], models: list[type[BaseModel]]
) -> tuple[str, str]:
    kind = str(found["type"])
    if kind == "extra_forbidden":
        near = _nearest(str(location[-1]), _fields_at(models, location[1:-1]))
        return "not a known field" + near, "unknown-field"
    if found["msg"] == "Field required":
        return "required, and missing", "missing"
    if kind in {"enum", "literal_error"}:
        expected = str(found.get("ctx", {}).get("expected", ""))
        known = _KNOWN.findall(expected)
        near = _nearest(str(found.get("input")), known)
        listed = f"; known are {expected}" if len(known) <= 12 else ""
        return "not a known value" + (near or listed), "unknown-value"
    message = str(found["msg"])
    if kind in {"value_error", "assertion_error"}:
        message = message.partition(", ")[2] or message
    if kind in {"date_from_datetime_parsing", "date_parsing", "date_from_datetime_inexact"}:
        message = "not an ISO 8601 date; write it as 2026-11-23"
    if kind.startswith(("datetime_", "timezone_")):
        message = "not an RFC 3339 instant; write it as 2026-11-23T14:52:00Z"
    if kind.startswith("uuid"):
        message = "not a UUID"
    return message[:1].lower() + message[1:], kind.replace("_", "-")


def _nearest(given: str, known: Sequence[str]) -> str:
    # Where nothing is good enough the vocabularies say `none`, which nobody is to be led to by
    # chance.
    close = nearest(given, [name for name in known if name != "none"])
    return f"; did you mean '{close}'?" if close else ""


def _fields_at(models: list[type[BaseModel]], path: Sequence[object]) -> list[str]:
    for part in path:
        if isinstance(part, int) or _is_branch(part):
            continue
        models = [
            inner
            for model in models
            if part in model.model_fields
            for inner in _models_in(model.model_fields[str(part)].annotation)
        ] or models
    return [name for model in models for name in model.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Union, UnionType, Annotated, list, tuple, dict}:
        return [model for inner in get_args(annotation) for model in _models_in(inner)]
    return []
