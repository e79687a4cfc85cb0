"""The OpenAPI document: what the framework generates, completed with the problem schema, what every
reply carries, and examples.
"""

import json
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.platform.problems import FaultOut, Problem

DESCRIPTION: Final = """\
Decides, records and proves the sharing of information about a child, under a school's Information Sharing Policy.

* An emergency is never held up, and an *unsure* never becomes a refusal: it becomes *ask*.
* The service advises; a person decides; a decision not to share is recorded like one to share.
* Every change and every look at personal data leaves an entry in a log that cannot be altered unseen.

Errors are RFC 9457 problem documents. Lists page by cursor. Every POST takes an `Idempotency-Key`.

The examples of replies are what the service answered about an invented school; long lists, tables and texts are cut short.
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


_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": (
        "ETags of what the caller has; if one of them is still the one, the answer is 304."
    ),
    "schema": {"type": "string"},
}
_ETAG: Final = {
    "ETag": {
        "description": "The version shown; send it as If-None-Match to read it again.",
        "schema": {"type": "string"},
    }
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            tags=app.openapi_tags,
            routes=app.routes,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        template = "#/components/schemas/{model}"
        schemas["Problem"] = Problem.model_json_schema(ref_template=template)
        schemas["Problem"].pop("$defs", None)
        schemas["FaultOut"] = FaultOut.model_json_schema(ref_template=template)
        recorded = json.loads(EXAMPLES.read_text(encoding="utf-8"))
        for path in document["paths"].values():
            for operation in path.values():
                _complete(operation)
                _exemplify(operation["responses"], recorded.get(operation["operationId"], {}))
        for schema in schemas.values():
            for example in schema.get("examples", ()):
                _give_back_nulls(example, schema, schemas)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: dict[str, Any]) -> None:
    replies: dict[str, Any] = operation["responses"]
    if "304" in replies:
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        for status in ("200", "304"):
            replies[status]["headers"] = _ETAG | replies[status].get("headers", {})
    if "application/json" in replies.get("422", {}).get("content", {}):
        # The framework's own description of a 422, which this service never sends.
        del replies["422"]
    for status, reply in replies.items():
        headers = reply.setdefault("headers", {})
        headers["X-Request-Id"] = {
            "description": "The request's id; quote it to the operator.",
            "schema": {"type": "string"},
        }
        if status in {"429", "503"}:
            headers["Retry-After"] = {
                "description": "Seconds to wait.",
                "schema": {"type": "integer"},
            }


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
