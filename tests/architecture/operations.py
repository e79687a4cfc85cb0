"""Every operation that the application answers, taken from its document and from its routes, so
that none is passed over.
"""

import re
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
UNKNOWN_ID = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"
"""An id that nothing has."""

DIGEST = f"sha256:{'0' * 64}"


@dataclass(frozen=True, order=True)
class Operation:
    """A method on a path; `id` is empty for one that the document does not show."""

    method: str
    path: str
    id: str = ""

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in the path."""
        return re.findall(r"{(\w+)(?::\w+)?}", self.path)

    def url(self, **parts: str) -> str:
        """The path with its parameters filled in, by ids that nothing has unless they are given."""

        def fill(match: "re.Match[str]") -> str:
            name = match[1]
            return parts.get(name, DIGEST if name == "digest" else UNKNOWN_ID)

        return re.sub(r"{(\w+)(?::\w+)?}", fill, self.path)


def referred(document: dict[str, Any], value: Any) -> Any:
    """What a `$ref` of the document names; any other value as it is."""
    while isinstance(value, dict) and "$ref" in value:
        found: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def documented_operations(app: FastAPI) -> dict[Operation, dict[str, Any]]:
    """What the OpenAPI document shows, each with its description; shared parameters, replies and
    headers stand where they are used.
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
    """What the router answers, whether or not it is documented."""
    return {
        (method, re.sub(r":\w+}", "}", str(context.path)))
        for context in iter_route_contexts(app.routes)
        for method in getattr(context.original_route, "methods", None) or ()
    }


def all_operations(app: FastAPI) -> list[Operation]:
    """Documented and hidden operations together."""
    shown = {
        (operation.method, operation.path): operation for operation in documented_operations(app)
    }
    return sorted(shown.get(pair) or Operation(*pair) for pair in served_routes(app) | set(shown))
