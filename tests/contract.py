"""Validates every reply that a test receives against the committed OpenAPI document.

A reply must have a documented status and media type. Its JSON body must match the documented schema
without unknown members, and the headers in `DOCUMENTED_HEADERS` must be documented if they are
sent. Undocumented paths and replies with status 5xx are not checked.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
from jsonschema_rs import Draft202012Validator

COMMITTED: Final = Path(__file__).parents[1] / "openapi" / "openapi.json"
DOCUMENTED_HEADERS: Final = (
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)
REFUSED_HOST: Final = "Invalid host header"
"""The reply of the middleware in front of the application to a host that is not the service's."""

PROBLEM: Final = "application/problem+json"
OPEN_SCHEMAS: Final = frozenset({"additionalProperties", "unevaluatedProperties"})

Document = dict[str, Any]


class ContractBroken(AssertionError):
    """A reply differs from the OpenAPI document."""


@cache
def document() -> Document:
    """The committed OpenAPI document; a test holds it to the code."""
    loaded: Document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return loaded


def resolve(value: Document) -> Document:
    """The object behind a chain of `$ref`s."""
    while "$ref" in value:
        found: Any = document()
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def closed(schema: Any) -> Any:
    """A copy of a schema in which each object refuses members that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {
        name: member
        if name in {"enum", "const", "default", "examples", "example"}
        else closed(member)
        for name, member in schema.items()
    }
    if (
        isinstance(schema.get("properties"), dict)
        and "type" in schema
        and not OPEN_SCHEMAS & set(schema)
    ):
        copy["additionalProperties"] = False
    return copy


@cache
def _components() -> Document:
    schemas: Document = closed(document()["components"]["schemas"])
    return schemas


@cache
def _paths() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of the documented paths, those with fewer parameters first; a person's reference
    may contain slashes, so those patterns come last.
    """
    paths = sorted(
        document()["paths"], key=lambda path: ("{person_ref}" in path, path.count("{"), path)
    )
    return tuple((_pattern(path), path) for path in paths)


def _pattern(path: str) -> re.Pattern[str]:
    parts = (
        ".+" if part == "{person_ref}" else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", path)
    )
    return re.compile(f"^{''.join(parts)}$")


@cache
def _validator(path: str, method: str, status: str, media_type: str) -> Draft202012Validator | None:
    responses = document()["paths"][path][method]["responses"]
    schema = resolve(responses[status])["content"][media_type].get("schema")
    if schema is None:
        return None
    return Draft202012Validator(
        {"$ref": "#/$defs/reply", "$defs": {"reply": _local(closed(schema)), **_defs()}},
        validate_formats=True,
    )


@cache
def _defs() -> Document:
    defs: Document = {name: _local(schema) for name, schema in _components().items()}
    return defs


def _local(schema: Any) -> Any:
    """A schema whose references point into `$defs`."""
    if isinstance(schema, list):
        return [_local(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: member.replace("#/components/schemas/", "#/$defs/")
        if name == "$ref" and isinstance(member, str)
        else _local(member)
        for name, member in schema.items()
        if name != "discriminator"
    }


def operation_of(method: str, path: str) -> str | None:
    """The documented path that this request is for, or None."""
    wanted = "get" if method == "HEAD" else method.lower()
    for pattern, documented in _paths():
        if pattern.match(path) and wanted in document()["paths"][documented]:
            return documented
    return None


def check(request: httpx.Request, response: httpx.Response) -> None:
    """Raise `ContractBroken` where a reply, already read, differs from the document."""
    where = f"{request.method} {request.url.path} → {response.status_code}"
    path = operation_of(request.method, request.url.path)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if path is None or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    if (
        (response.status_code == HTTPStatus.BAD_REQUEST and response.text == REFUSED_HOST)
        or response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        or (path == "/metrics" and response.status_code == HTTPStatus.NOT_FOUND)
    ):
        # No operation answered: not our host, not a method of this path, or switched off.
        return
    method = "get" if request.method == "HEAD" else request.method.lower()
    responses: Mapping[str, Any] = document()["paths"][path][method]["responses"]
    status = str(response.status_code)
    if status not in responses:
        raise ContractBroken(f"{where}: status {status} is not documented")
    documented = resolve(responses[status])
    for name in DOCUMENTED_HEADERS:
        if name in response.headers and name not in documented.get("headers", {}):
            raise ContractBroken(f"{where}: header {name} is not documented")
    content = documented.get("content", {})
    if not response.content:
        return
    if media_type not in content:
        raise ContractBroken(f"{where}: media type {media_type!r} is not documented")
    if media_type != "application/json" and not media_type.endswith("+json"):
        return
    validator = _validator(path, method, status, media_type)
    if validator is None:
        return
    faults = [
        f"{fault.instance_path}: {fault.message[:300]}"
        for fault, _ in zip(
            validator.iter_errors(json.loads(response.content)), range(5), strict=False
        )
    ]
    if faults:
        raise ContractBroken(f"{where} differs from the OpenAPI document: " + "; ".join(faults))


class CheckedTransport(httpx.ASGITransport):
    """An ASGI transport that checks each reply against the OpenAPI document."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        check(request, response)
        return response
