"""The service with one more route, which authenticates the caller, validates the body of an
evaluation and returns it. Not part of the service.
"""

from typing import Annotated

from fastapi import APIRouter, FastAPI
from starlette.responses import Response

from app.identity.deps import Require
from app.identity.model import Actor, Permission
from app.main import create_app
from app.platform.settings import read_settings
from app.platform.web import CallDep, StrictRoute
from app.policy.facts.schemas import FactsIn

router = APIRouter(route_class=StrictRoute)


@router.post("/echo")
async def echo(
    actor: Annotated[Actor, Require(Permission.EVALUATION_RUN)], body: FactsIn, call: CallDep
) -> Response:
    """Return the body."""
    return Response(body.model_dump_json(), media_type="application/json")


def served() -> FastAPI:
    """The application."""
    app = create_app(read_settings())
    app.include_router(router)
    return app
