"""The composition root: assembles the packages into one application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app import audit_hooks, housekeeping, operations
from app.apidocs import routes as apidocs_routes
from app.audit import checkpoint
from app.audit import routes as audit_routes
from app.audit.publisher import CheckpointFolder
from app.audit.sealer import Sealer
from app.identity import routes as identity_routes
from app.identity.service import Identity
from app.kernel.clock import (
    Clock,
    system_clock,  # noqa: TID251
)
from app.mail import sender
from app.mail.sender import Sender
from app.openapi import DESCRIPTION, TAGS, describe
from app.platform import db, logs, problems
from app.platform.body_limit import BodyLimit
from app.platform.db import Database
from app.platform.middleware import HeadAsGet, Metrics, RequestMiddleware
from app.platform.settings import Settings
from app.policy.evaluation import routes as evaluation_routes
from app.policy.impact import routes as impact_routes
from app.policy.impact.jobs import Assessor
from app.policy.lifecycle import in_force as policies
from app.policy.lifecycle import routes as policy_routes
from app.policy.publication import routes as wording_routes
from app.recipients import changes as recipients_changes
from app.recipients import routes as recipients_routes
from app.reports import routes as reports_routes
from app.retention import routes as retention_routes
from app.sharing.evaluation.replay import PastRequests
from app.sharing.requests import service as sharing_service
from app.sharing.router import router as sharing_router

VERSION: Final = "0.1.0"

LOG_KEY: Final = "audit-log.pem"

ROUTERS: Final[tuple[APIRouter, ...]] = (
    # Routers are tried in order, so the two most used come first.
    evaluation_routes.router,
    sharing_router,
    identity_routes.router,
    policy_routes.router,
    impact_routes.router,
    wording_routes.router,
    recipients_routes.router,
    retention_routes.router,
    reports_routes.router,
    audit_routes.router,
    operations.router,
)

RECORD_SOURCES: Final = (
    audit_hooks.sealed_accounts,
    policies.sealed,
    sharing_service.sealed,
    recipients_changes.sealed,
)
"""The sources of every domain record, for the verification of the audit log."""

Readiness = Callable[[Database, datetime], Awaitable[dict[str, str]]]

READINESS: Final[tuple[Readiness, ...]] = (sender.readiness,)


def create_app(settings: Settings, clock: Clock = system_clock) -> FastAPI:
    """Create the application.

    It opens the database and starts its tasks at start-up, and closes them at shutdown.
    """
    metrics = Metrics()
    app = FastAPI(
        title="Information sharing",
        version=VERSION,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.docs else None,
        lifespan=_lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_name_of,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.metrics = metrics
    app.state.record_sign_in = audit_hooks.sign_in_recorder(settings.school)
    app.state.readiness = (*READINESS, partial(policies.reviews_overdue, settings.school))
    app.state.person = sharing_service.ids_of_person
    problems.install(app, audit_hooks.record_denial)
    for router in ROUTERS:
        app.include_router(router)
    if settings.metrics:
        app.include_router(operations.metrics_router)
    if settings.docs:
        app.include_router(apidocs_routes.router)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "Idempotency-Key",
                "X-Request-Id",
                "Prefer",
            ],
            expose_headers=[
                "ETag",
                "Link",
                "Location",
                "Idempotency-Replayed",
                "X-Request-Id",
                "Retry-After",
            ],
        )
    if settings.allowed_hosts:
        # Health checks on the same machine use these names.
        hosts = [*settings.allowed_hosts, "127.0.0.1", "localhost"]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(BodyLimit)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestMiddleware, metrics=metrics)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def log_host(settings: Settings) -> str:
    """The host of the public URL, which begins the origin of audit logs."""
    return urlsplit(settings.public_url).netloc


def checkpoint_folder(settings: Settings) -> CheckpointFolder:
    """The folder in which checkpoints are published."""
    return CheckpointFolder(settings.checkpoints_dir)


def sealer_of(settings: Settings, database: Database) -> Sealer:
    """Create the sealer; at the first start, also create the log's key unless keys are required."""
    key = checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=not settings.keys_required)
    return Sealer(database, key, host=log_host(settings), folder=checkpoint_folder(settings))


def mailer_of(settings: Settings, database: Database, clock: Clock = system_clock) -> Sender:
    """Create the task that sends e-mail to the DSL."""
    return Sender(settings, database, clock)


def _name_of(route: APIRoute) -> str:
    return route.name


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    logs.configure(settings.log_level)
    app.state.identity = identity = Identity(settings, app.state.clock)
    app.state.database = database = db.connect(settings)
    app.state.sealer = sealer_of(settings, database) if settings.embedded_worker else None
    mailer = mailer_of(settings, database, app.state.clock)
    app.state.assessor = assessor = Assessor(database, PastRequests(), app.state.clock)
    # Checking the default policy takes a third of a second, which would delay the first request.
    await asyncio.to_thread(policies.shipped)
    stop = asyncio.Event()
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(policies.prepare(database, app.state.clock()))
    ]
    if app.state.sealer is not None:
        tasks += [asyncio.create_task(task.run(stop)) for task in (app.state.sealer, mailer)]
        tasks.append(asyncio.create_task(housekeeping.run(database, app.state.clock, stop)))
    try:
        yield
    finally:
        stop.set()
        await assessor.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        await identity.close()
        await database.close()
