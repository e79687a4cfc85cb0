"""Build the OpenAPI document.

The framework's document is completed with the problem schema, headers and recorded examples, and
repeated parts are moved into `components`.
"""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.platform.preconditions import LONGEST_TAGS, header
from app.platform.problems import MEDIA_TYPE, FaultOut, Problem

DESCRIPTION: Final = """\
Evaluates, records and audits the sharing of information about a child, under a school's Information Sharing Policy.

* The service never delays an emergency. The answer *unsure* leads to *ask*, never to a refusal.
* The service advises and a person decides. A decision not to share is recorded like a decision to share.
* Every change and every read of personal data makes an entry in a tamper-evident log.

Errors are RFC 9457 problem documents. Lists are paginated by cursor. Every POST accepts an `Idempotency-Key`.

The example replies are recorded from the service with data of an invented school. Lists are shortened to their first item; long tables and texts are truncated.
"""  # noqa: E501

EXAMPLES: Final = Path(__file__).parent / "apidocs" / "examples.json"
"""The file of successful replies by operation id, status and media type, written by `make openapi`.
"""

TAGS: Final = [
    {
        "name": "identity",
        "description": "Sign-in, tokens, keys and the caller's identity.",
    },
    {
        "name": "policy",
        "description": (
            "The school's policy in force and its versions, and evaluation without storing."
        ),
    },
    {
        "name": "sharing",
        "description": (
            "Requests to share information: submit, evaluate, decide, disclose, notify, withdraw."
        ),
    },
    {"name": "recipients", "description": "The directory of organisations and verified contacts."},
    {
        "name": "audit",
        "description": "The tamper-evident audit log: entries, proofs, checkpoints, export.",
    },
    {
        "name": "retention",
        "description": "Requests due for review or disposal; retention reviews and disposals.",
    },
    {"name": "reports", "description": "Counts for governors."},
    {"name": "operations", "description": "Health checks and metrics."},
]


SERVERS: Final = [
    {
        "url": "/",
        "description": "The production service of a school: the host that serves this document.",
        "x-internal": False,
    }
]
CONTACT: Final = {"name": "The maintainers of the information sharing service"}
LICENSE: Final = {"name": "MIT", "identifier": "MIT"}

_HEADERS: Final = {
    "ETag": (
        "The version of the resource. Send it as `If-Match` to change the resource, or as"
        " `If-None-Match` to read it again."
    ),
    "Idempotency-Replayed": "`true` when this is the stored reply to an earlier identical call.",
    "Link": 'The next page, as `rel="next"` (RFC 8288); absent on the last page.',
    "Location": "The address of the resource.",
    "Retry-After": "Seconds to wait before the next try; absent if a retry does not help.",
    "WWW-Authenticate": "How to authenticate (RFC 9110, section 11.6.1).",
    "X-Request-Id": "The id of this request; quote it to the operator.",
}
_NUMBERS: Final = frozenset({"Retry-After"})
_ON_FAILURE: Final = {
    "401": {"WWW-Authenticate"},
    "409": {"Retry-After"},
    "429": {"Retry-After"},
    "503": {"Retry-After"},
}
_ANSWERED_BY: Final = {
    "If-Match": "ETag",
    "If-None-Match": "ETag",
    "cursor": "Link",
    "Idempotency-Key": "Idempotency-Replayed",
}
"""The header that a successful reply may carry, by the parameter of the operation."""

_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": (
        "ETags of versions that the client has stored; the reply is 304 if one of them is current."
    ),
    "schema": {"type": "string", "maxLength": LONGEST_TAGS},
}

_INT32: Final = 2**31


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            tags=app.openapi_tags,
            routes=app.routes,
            servers=SERVERS,
            contact=CONTACT,
            license_info=LICENSE,
        )
        _add_problem(document["components"]["schemas"])
        document["components"]["headers"] = {
            name: {
                "description": description,
                "schema": {"type": "integer" if name in _NUMBERS else "string"},
            }
            for name, description in _HEADERS.items()
        }
        document["security"] = [
            {name: []} for name in document["components"].get("securitySchemes", {})
        ]
        recorded = json.loads(EXAMPLES.read_text(encoding="utf-8"))
        for operation in _operations(document):
            _complete(operation, document["security"])
            _add_examples(operation["responses"], recorded.get(operation["operationId"], {}))
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            for example in schema.get("examples", ()):
                _restore_nulls(example, schema, schemas)
        _tidy_all(document)
        _share(document)
        app.openapi_schema = document
    return app.openapi_schema


def _add_problem(schemas: dict[str, Any]) -> None:
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (Problem, FaultOut):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _complete(operation: dict[str, Any], security: list[Any]) -> None:
    """Complete an operation with headers, and mark operations without security as public."""
    if operation.setdefault("security", []) == security:
        del operation["security"]
    replies: dict[str, Any] = operation["responses"]
    if "application/json" in replies.get("422", {}).get("content", {}):
        # Remove the framework's description of a 422, which this service never sends.
        del replies["422"]
    parameters: list[dict[str, Any]] = operation.pop("parameters", [])
    if "304" in replies:
        parameters.append(dict(_IF_NONE_MATCH))
    for parameter in parameters:
        _complete_parameter(parameter, replies)
    if parameters:
        operation["parameters"] = parameters
    names = {parameter["name"] for parameter in parameters}
    for status, reply in replies.items():
        if reply["description"] == "Successful Response":
            reply["description"] = f"{HTTPStatus(int(status)).phrase}."
        sent = {"X-Request-Id"}
        if status < "4":
            sent |= {sent for asked, sent in _ANSWERED_BY.items() if asked in names}
        elif MEDIA_TYPE in reply["content"] or status == "401":
            sent |= _ON_FAILURE.get(status, set())
        reply.setdefault("headers", {}).update({name: header(name) for name in sent})


def _complete_parameter(parameter: dict[str, Any], replies: dict[str, Any]) -> None:
    schema = parameter["schema"]
    if schema.get("description") == parameter.get("description"):
        schema.pop("description", None)
    # A parameter is sent or left out; it is never null.
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    schema |= {"anyOf": kinds} if len(kinds) > 1 else kinds[0] if kinds else {}
    if not parameter.get("required"):
        parameter.pop("required", None)
    if parameter["in"] == "header":
        parameter["name"] = parameter["name"].title()
    if parameter["name"] == "If-Match":
        # Declared optional in the code, so that a missing header is a 428 and not a 422.
        parameter |= {"required": True} if "428" in replies else {}


def _add_examples(replies: dict[str, Any], recorded: dict[str, dict[str, Any]]) -> None:
    for status, reply in replies.items():
        for media_type, media in reply.get("content", {}).items():
            if media_type in recorded.get(status, {}):
                media["example"] = recorded[status][media_type]


def _restore_nulls(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Restore null members of examples, because the framework removes every null."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    for kind in schema.get("anyOf", ()):
        _restore_nulls(example, kind, schemas)
    if isinstance(example, list) and "items" in schema:
        for one in example:
            _restore_nulls(one, schema["items"], schemas)
    if isinstance(example, dict):
        members = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in example and {"type": "null"} in members[name].get("anyOf", ()):
                example[name] = None
        for name in example.keys() & members.keys():
            _restore_nulls(example[name], members[name], schemas)


_WITHIN: Final = ("items", "additionalProperties", "propertyNames", "schema")
_AMONG: Final = ("anyOf", "oneOf", "allOf", "prefixItems", "properties", "$defs")


def _tidy(schema: Any) -> None:
    """Remove titles, which repeat names; add integer formats; shorten nullable plain types."""
    if not isinstance(schema, dict):
        return
    schema.pop("title", None)
    if "$ref" in schema:
        schema.pop("examples", None)  # the referenced schema lists its values
    match schema.get("anyOf"):
        case [{"type": str(kind), **rest}, {"type": "null"}] if not rest.keys() & {"enum", "const"}:
            del schema["anyOf"]
            schema |= {**rest, "type": [kind, "null"]}
    if schema.get("type") in ("integer", ["integer", "null"]):
        schema["format"] = "int32" if schema.get("maximum", _INT32) < _INT32 else "int64"
    for name in _WITHIN:
        _tidy(schema.get(name))
    for name in _AMONG:
        inner = schema.get(name, ())
        for one in inner.values() if isinstance(inner, dict) else inner:
            _tidy(one)


def _tidy_all(document: dict[str, Any]) -> None:
    components = document["components"]
    for schema in components["schemas"].values():
        _tidy(schema)
    for one in components["headers"].values():
        _tidy(one["schema"])
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            _tidy(parameter["schema"])
        for body in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in body.get("content", {}).values():
                _tidy(media.get("schema"))


def _share(document: dict[str, Any]) -> None:
    """Move error replies and repeated parameters into `components` and refer to them."""
    components = document["components"]
    every = [one for operation in _operations(document) for one in operation.get("parameters", ())]
    for operation in _operations(document):
        tag = operation["tags"][0].capitalize()
        for place, parameter in enumerate(operation.get("parameters", ())):
            if every.count(parameter) > 1:
                name = _camel(parameter["name"])
                shared = _share_component(components, "parameters", (name, tag + name), parameter)
                operation["parameters"][place] = shared
        for status, reply in operation["responses"].items():
            if status >= "4":
                name = _name_of(status, reply)
                shared = _share_component(components, "responses", (name, tag + name), reply)
                operation["responses"][status] = shared


def _share_component(
    components: dict[str, Any], kind: str, names: tuple[str, ...], value: dict[str, Any]
) -> dict[str, str]:
    existing: dict[str, Any] = components.setdefault(kind, {})
    alike = (name for name, other in existing.items() if other == value)
    free = (name for name in names if name not in existing)
    for name in (*alike, *free):
        existing[name] = value
        return {"$ref": f"#/components/{kind}/{name}"}
    raise ValueError(
        f"components/{kind}: {' and '.join(names)} are taken by others; make them alike"
    )


def _name_of(status: str, reply: dict[str, Any]) -> str:
    (media,) = reply["content"].values()
    if "example" in media:
        return _camel(media["example"]["code"])
    schema: str = media["schema"]["$ref"].rsplit("/", 1)[1]
    return schema.removesuffix("Out") + status


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_]", name))
