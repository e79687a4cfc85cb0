"""Serve health checks and metrics for operators. They show no data of a school."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from app.audit import seal
from app.audit.sealer import Sealer
from app.kernel.errors import ServiceError
from app.platform import migrations
from app.platform.db import Database
from app.platform.middleware import Metrics
from app.platform.problems import replies
from app.platform.web import CallDep, Public, StrictRoute

SEALING_LATE: Final = timedelta(seconds=30)

_NO_DATABASE: Final = {status: reply for status, reply in replies(422).items() if status != 503}
_FIGURES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The Prometheus text format.",
        "content": {
            "text/plain": {
                "schema": {"type": "string"},
                "example": "sharing_audit_unsealed_entries 0.0\n",
            }
        },
    }
}

router = APIRouter(tags=["operations"], route_class=StrictRoute, dependencies=[Public])
metrics_router = APIRouter(tags=["operations"], route_class=StrictRoute, dependencies=[Public])


class Alive(BaseModel):
    """A reply of a running process."""

    status: Annotated[str, Field(description="Always `alive`.", examples=["alive"])]


class Ready(BaseModel):
    """Whether the service is ready, and the state of each part."""

    status: Annotated[
        str,
        Field(
            description="`ready`, `degraded` (requests succeed; see `checks`) or `unavailable`.",
            examples=["ready"],
        ),
    ]
    checks: Annotated[
        dict[str, str],
        Field(
            description="The state of each part; `ok` if it has no problem.",
            examples=[{"database": "ok", "migrations": "ok", "sealing": "ok"}],
        ),
    ]


@router.get(
    "/livez",
    summary="Check that the process is alive",
    operation_id="check_alive",
    response_model=Alive,
    responses=_NO_DATABASE,
)
async def check_alive() -> Response:
    """Answers without looking at the database, so that a slow database does not cause a restart."""
    return JSONResponse({"status": "alive"})


@router.get(
    "/readyz",
    summary="Check that the service is ready",
    operation_id="check_ready",
    response_model=Ready,
    responses=replies(422) | {503: {"model": Ready, "description": "The service is not ready."}},
)
async def check_ready(request: Request, call: CallDep) -> Response:
    """The service is ready when the database is reachable and its migrations are up to date.

    Sealing that is late is reported as `degraded` and does not make the service unready: decisions
    are still recorded.
    """
    database: Database = request.app.state.database
    sealer: Sealer | None = request.app.state.sealer
    metrics: Metrics = request.app.state.metrics
    checks: dict[str, str] = {}
    try:
        async with database.reading() as session:
            waiting, oldest = await seal.backlog(session, call.now)
        checks["migrations"] = (
            "ok"
            if await migrations.is_at_head(database)
            else "migrations are missing; run: python -m app db upgrade"
        )
        checks["database"] = "ok"
        metrics.unsealed.set(waiting)
        late = oldest > SEALING_LATE
        trouble = sealer.trouble if sealer else None
        metrics.seal_refused.set(trouble is not None)
        checks["sealing"] = (
            "ok" if trouble is None and not late else trouble or "behind; is the worker running?"
        )
    except (ServiceError, OSError):
        checks["database"] = "not reachable"
    for check in request.app.state.readiness:
        if checks.get("database") == "ok":
            checks.update(await check(database, call.now))
    unable = checks.get("database") != "ok" or checks.get("migrations") != "ok"
    ok = all(state == "ok" for state in checks.values())
    status = "unavailable" if unable else "ready" if ok else "degraded"
    body: dict[str, Any] = {"status": status, "checks": checks}
    return JSONResponse(body, 503 if unable else 200)


@metrics_router.get(
    "/metrics",
    summary="Read the metrics",
    operation_id="read_metrics",
    response_class=Response,
    responses=_FIGURES | _NO_DATABASE,
)
async def read_metrics(request: Request) -> Response:
    """Counts and durations by route, and audit entries not yet sealed, in the Prometheus text
    format.
    """
    text, media_type = request.app.state.metrics.text()
    return Response(text, media_type=media_type)
