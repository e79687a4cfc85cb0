"""The OpenAPI document: what the framework generates, completed with the problem schema, headers
and recorded examples, and with what operations repeat moved into `components`.
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
Decides, records and proves the sharing of information about a child, under a school's Information Sharing Policy.

* An emergency is never held up, and an *unsure* never becomes a refusal: it becomes *ask*.
* The service advises; a person decides; a decision not to share is recorded like one to share.
* Every change and every look at personal data leaves an entry in a log that cannot be altered unseen.

Errors are RFC 9457 problem documents. Lists page by cursor. Every POST takes an `Idempotency-Key`.

The examples of replies are what the service answered about an invented school. Lists are cut to their first item; long tables and texts are cut short.
"""  # noqa: E501

EXAMPLES: Final = Path(__file__).parent / "apidocs" / "examples.json"
"""Good replies by operation id, status and media type, as `make openapi` recorded them."""

TAGS: Final = [
    {
        "name": "identity",
        "description": "Signing in, tokens, keys, and who the service thinks you are.",
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
        "description": "The tamper-evident trail: entries, proofs, checkpoints, export.",
    },
    {"name": "retention", "description": "What is due for review or disposal, and doing it."},
    {"name": "reports", "description": "Counts for governors."},
    {"name": "operations", "description": "Alive, ready, how busy."},
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
    "Retry-After": "Seconds to wait before the next try; absent where waiting does not help.",
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
    "description": "ETags that the client holds; the reply is 304 when one of them is current.",
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
            _exemplify(operation["responses"], recorded.get(operation["operationId"], {}))
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            for example in schema.get("examples", ()):
                _give_back_nulls(example, schema, schemas)
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
    """Add what the framework cannot know: what the service does with headers, and that an operation
    without a security requirement is public.
    """
    if operation.setdefault("security", []) == security:
        del operation["security"]
    replies: dict[str, Any] = operation["responses"]
    if "application/json" in replies.get("422", {}).get("content", {}):
        # The framework's own description of a 422, which this service never sends.
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


def _exemplify(replies: dict[str, Any], recorded: dict[str, dict[str, Any]]) -> None:
    for status, reply in replies.items():
        for media_type, media in reply.get("content", {}).items():
            if media_type in recorded.get(status, {}):
                media["example"] = recorded[status][media_type]


def _give_back_nulls(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put back the members that are null: the framework takes every null out of the document, and
    with it out of the examples.
    """
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    for kind in schema.get("anyOf", ()):
        _give_back_nulls(example, kind, schemas)
    if isinstance(example, list) and "items" in schema:
        for one in example:
            _give_back_nulls(one, schema["items"], schemas)
    if isinstance(example, dict):
        members = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in example and {"type": "null"} in members[name].get("anyOf", ()):
                example[name] = None
        for name in example.keys() & members.keys():
            _give_back_nulls(example[name], members[name], schemas)


_WITHIN: Final = ("items", "additionalProperties", "propertyNames", "schema")
_AMONG: Final = ("anyOf", "oneOf", "allOf", "prefixItems", "properties", "$defs")


def _tidy(schema: Any) -> None:
    """Take out the titles, which only repeat names, give integers their format, and say more
    briefly that a plain value may be null.
    """
    if not isinstance(schema, dict):
        return
    schema.pop("title", None)
    if "$ref" in schema:
        schema.pop("examples", None)  # what is referred to lists its values
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
    """Put every error reply, and every parameter that several operations have, into `components`
    once, and refer to it.
    """
    components = document["components"]
    every = [one for operation in _operations(document) for one in operation.get("parameters", ())]
    for operation in _operations(document):
        tag = operation["tags"][0].capitalize()
        for place, parameter in enumerate(operation.get("parameters", ())):
            if every.count(parameter) > 1:
                name = _camel(parameter["name"])
                shared = _shared(components, "parameters", (name, tag + name), parameter)
                operation["parameters"][place] = shared
        for status, reply in operation["responses"].items():
            if status >= "4":
                name = _name_of(status, reply)
                shared = _shared(components, "responses", (name, tag + name), reply)
                operation["responses"][status] = shared


def _shared(
    components: dict[str, Any], kind: str, names: tuple[str, ...], value: dict[str, Any]
) -> dict[str, str]:
    kept: dict[str, Any] = components.setdefault(kind, {})
    alike = (name for name, other in kept.items() if other == value)
    free = (name for name in names if name not in kept)
    for name in (*alike, *free):
        kept[name] = value
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
