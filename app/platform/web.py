"""The route class and the dependency of every operation: one transaction for each request, and
strict reading of the body and the query.
"""

from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from app.kernel.errors import Fault, Kind, ServiceError
from app.kernel.suggestions import nearest
from app.platform import strict_json
from app.platform.body_limit import BodyTooLarge
from app.platform.db import Database, Session
from app.platform.problems import request_id_of
from app.platform.routing import literal_paths

JSON: Final = "application/json"


class UnsupportedMediaType(ServiceError):
    """The operation does not read the body's media type, charset or content encoding."""

    kind = Kind.UNSUPPORTED_MEDIA
    code = "unsupported-media-type"
    title = "Unsupported media type"


class InvalidQuery(ServiceError):
    """The query has an unknown parameter, or repeats one that takes a single value. Both are
    rejected so that a filter is never silently ignored.
    """

    kind = Kind.INVALID
    code = "unknown-parameter"
    title = "Unknown or repeated query parameter"

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("remove or correct the parameters listed in errors", faults=tuple(faults))


def query_faults(query: QueryParams, known: Mapping[str, bool]) -> Iterator[Fault]:
    """The faults of a query string. `known` maps each parameter to whether it may be repeated."""
    for name in sorted(set(query.keys())):
        where = strict_json.pointer(["query", name])
        if name not in known:
            yield Fault(where, f"unknown parameter{_hint(name, known)}", "unknown-field")
        elif not known[name] and len(query.getlist(name)) > 1:
            yield Fault(where, "repeated; send this parameter once", "repeated-parameter")


def _hint(name: str, known: Collection[str]) -> str:
    close = nearest(name, sorted(known))
    return f"; did you mean '{close}'?" if close else ""


class Call:
    """What a request works with: its session, in one transaction that is committed before the reply
    is sent; the time, the same for all that it does; and the request id (`trace`).
    """

    __slots__ = ("now", "session", "trace")

    def __init__(self, session: Session, now: datetime, trace: str) -> None:
        self.session: Final = session
        self.now: Final = now
        self.trace: Final = trace


def call_of(request: Request) -> Call:
    """The call that `StrictRoute` began for this request."""
    call: Call = request.state.call
    return call


async def _call(request: Request) -> Call:
    return call_of(request)


CallDep = Annotated[Call, Depends(_call)]
"""The call of this request. Its session takes a connection and begins the transaction at the first
statement."""


class _StrictRequest(Request):
    """Stores a fault in the body in `state.fault`, so that it is reported after authentication."""

    async def body(self) -> bytes:
        try:
            return await super().body()
        except BodyTooLarge as fault:
            self.state.fault = fault
            self._body = b""
            return self._body

    async def json(self) -> Any:
        try:
            self.state.parsed = strict_json.parse(await self.body())
            return self.state.parsed
        except strict_json.InvalidJson as fault:
            # A wrong media type, charset or content encoding, found earlier, explains more.
            self.state.fault = getattr(self.state, "fault", fault)
            return {}


class StrictRoute(APIRoute):
    """A route that begins a `Call`, and ends it before the reply is sent, so that a failed commit
    is never a 201.

    `strict_json` reads the body. `raise_fault` reports faults in the body or the query after
    authentication.
    """

    strict_query = True
    """Whether unknown and repeated query parameters are rejected (422)."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As in Starlette, except that a literal path always wins over a pattern that matches it,
        whatever the method.
        """
        if "{" in self.path and scope["path"] in literal_paths(scope["app"]):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, with a strict request in a transaction."""
        handler = super().get_route_handler()
        wants_json = self.body_field is not None and not _is_form(self)
        known = dict(_query_parameters(self))

        async def served(request: Request) -> Response:
            strict = _StrictRequest(request.scope, request.receive)
            if wants_json and _has_body(request):
                try:
                    media_type_of(request, JSON)
                except UnsupportedMediaType as fault:
                    strict.state.fault = fault
            if (
                self.strict_query
                and request.scope["query_string"]
                and (faults := tuple(query_faults(request.query_params, known)))
            ):
                strict.state.fault = InvalidQuery(faults)
            state = request.app.state
            database: Database = state.database
            async with database.transaction(lazily=True) as session:
                strict.state.call = Call(session, state.clock(), request_id_of(request))
                return await handler(strict)

        return served


class LenientRoute(StrictRoute):
    """A strict route that ignores unknown query parameters, so that no emergency is rejected."""

    strict_query = False


def raise_fault(request: Request) -> None:
    """Raise the fault that was found in the body or the query, if any."""
    fault: ServiceError | None = getattr(request.state, "fault", None)
    if fault is not None:
        raise fault


async def _public(request: Request) -> None:
    raise_fault(request)


Public: Final[Any] = Depends(_public)
"""The dependency of an operation without authentication, so that it too rejects an unknown
parameter."""


def _query_parameters(route: APIRoute) -> Iterator[tuple[str, bool]]:
    for parameter in get_flat_params(route.dependant):
        # The members of a query model are plain fields, without `in_`.
        if getattr(parameter.field_info, "in_", ParamTypes.query) is ParamTypes.query:
            yield parameter.alias, field_annotation_is_sequence(parameter.field_info.annotation)


def _is_form(route: APIRoute) -> bool:
    return type(route.body_field.field_info).__name__ == "Form" if route.body_field else False


def _has_body(request: Request) -> bool:
    return (
        request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    )


def media_type_of(request: Request, *supported: str) -> str:
    """The media type of the body. Raises `UnsupportedMediaType` unless it is supported, in UTF-8
    and without a content encoding.
    """
    essence, *parameters = request.headers.get("content-type", "").lower().split(";")
    accept = {"Accept": ", ".join(supported)}
    if essence.strip() not in supported:
        raise UnsupportedMediaType(f"send the body as {' or '.join(supported)}", headers=accept)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') != "utf-8":
            raise UnsupportedMediaType(
                "send the body in UTF-8, with charset=utf-8 or without charset", headers=accept
            )
    if any(
        coding.strip().lower() != "identity"
        for coding in request.headers.getlist("content-encoding")
    ):
        raise UnsupportedMediaType(
            "send the body without Content-Encoding",
            headers={"Accept-Encoding": "identity"},
        )
    return essence.strip()


def reply(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON reply. The route's `response_model` documents it; it is not validated again."""
    return Response(to_json(content), status, dict(headers or {}), JSON)
