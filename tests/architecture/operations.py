"""Every operation of the application, from its OpenAPI document and from its routes, so that none
is missed.
"""

import re
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
UNKNOWN_ID = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"
"""An id of no resource."""

DIGEST = f"sha256:{'0' * 64}"


@dataclass(frozen=True, order=True)
class Operation:
    """A method on a path. `id` is empty for an operation that is not in the document."""

    method: str
    path: str
    id: str = ""

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in the path."""
        return re.findall(r"{(\w+)(?::\w+)?}", self.path)

    def url(self, **parts: str) -> str:
        """The path with its parameters filled in: the given values, and unknown ids otherwise."""

        def fill(match: "re.Match[str]") -> str:
            name = match[1]
            return parts.get(name, DIGEST if name == "digest" else UNKNOWN_ID)

        return re.sub(r"{(\w+)(?::\w+)?}", fill, self.path)


def referred(document: dict[str, Any], value: Any) -> Any:
    """The target of a `$ref` in the document; any other value unchanged."""
    while isinstance(value, dict) and "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def documented_operations(app: FastAPI) -> dict[Operation, dict[str, Any]]:
    """Every documented operation with its description, with references to shared parameters,
    replies and headers resolved.
    """
    document = app.openapi()

    def reply(said: Any) -> dict[str, Any]:
        whole: dict[str, Any] = referred(document, said)
        headers = {name: referred(document, one) for name, one in whole["headers"].items()}
        return {**whole, "headers": headers}

    return {
        Operation(method.upper(), path, described["operationId"]): {
            **described,
            "parameters": [referred(document, one) for one in described.get("parameters", ())],
            "responses": {status: reply(said) for status, said in described["responses"].items()},
        }
        for path, item in document["paths"].items()
        for method, described in item.items()
        if method in METHODS
    }


def served_routes(app: FastAPI) -> set[tuple[str, str]]:
    """The methods and paths of the routes, documented or not."""
    return {
        (method, re.sub(r":\w+}", "}", str(context.path)))
        for context in iter_route_contexts(app.routes)
        for method in getattr(context.original_route, "methods", None) or ()
    }


def all_operations(app: FastAPI) -> list[Operation]:
    """All operations, documented or not."""
    shown = {
        (operation.method, operation.path): operation for operation in documented_operations(app)
    }
    return sorted(shown.get(pair) or Operation(*pair) for pair in served_routes(app) | set(shown))
