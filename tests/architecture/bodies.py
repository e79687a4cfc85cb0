"""Every model that describes a request body, or an object in one, taken from the routes."""

from collections.abc import Iterator
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel


def bodies(app: FastAPI) -> set[type[BaseModel]]:
    """The models of every body of the application, with those nested in them."""
    found: set[type[BaseModel]] = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.body_field is not None:
            found.update(models_in(route.body_field.field_info.annotation))
    return found


def models_in(hint: Any) -> Iterator[type[BaseModel]]:
    """The models that a type hint names, with those nested in them."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
        for field in hint.model_fields.values():
            yield from models_in(field.annotation)
    for argument in get_args(hint):
        yield from models_in(argument)
