"""The literal paths of an application, which take precedence over path patterns."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts


def literal_paths(app: FastAPI) -> frozenset[str]:
    """The paths of the application's routes that have no parameters, listed at the first request:
    FastAPI resolves routes only when they are needed, which takes a tenth of a second.
    """
    found: frozenset[str] | None = getattr(app.state, "literal_paths", None)
    if found is None:
        paths = (str(context.path) for context in iter_route_contexts(app.routes))
        found = app.state.literal_paths = frozenset(path for path in paths if "{" not in path)
    return found
