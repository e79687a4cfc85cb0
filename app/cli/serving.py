"""Serving, and the worker beside it."""

import asyncio
import gc
import os
import signal
from typing import Annotated, Any

import typer
import uvicorn

from app import housekeeping
from app.audit import checkpoint
from app.cli.console import fail, run, settings_or_exit
from app.identity.keys import Keyring
from app.kernel.clock import system_clock
from app.main import LOG_KEY, create_app, mailer_of, sealer_of
from app.platform import logs, migrations
from app.platform.db import Database
from app.platform.settings import Settings, read_settings

verbs = typer.Typer()


@verbs.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs PostgreSQL.")] = 1,
) -> None:
    """Serve the API."""
    settings = settings_or_exit()
    if workers > 1 and not settings.database_url:
        raise fail("SQLite has one writing process: use --workers 1, or PostgreSQL")
    run(_check_ready_to_serve)
    logs.configure(settings.log_level)
    os.umask(0o077)
    uvicorn.run(
        "app.cli.serving:served",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=20,
        h11_max_incomplete_event_size=32_768,
    )


def served() -> Any:
    """The application of a serving process."""
    app = create_app(read_settings())
    # What was made so far stays for good; without this each full collection would walk through all
    # of it again.
    gc.freeze()
    return app


async def _check_ready_to_serve(settings: Settings, database: Database) -> None:
    if not await migrations.is_at_head(database):
        raise fail("the database is not at the newest migration; run: python -m app db upgrade")
    # Made before the processes start, so that they do not make them against each other.
    Keyring.load(settings.keys_dir, create=not settings.keys_required)
    checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=not settings.keys_required)


@verbs.command()
def worker() -> None:
    """Seal the log, publish checkpoints, send notices: apart from the serving processes (with
    SHARING_EMBEDDED_WORKER=false there).
    """

    async def work(settings: Settings, database: Database) -> None:
        logs.configure(settings.log_level)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await asyncio.gather(
            sealer_of(settings, database).run(stop),
            mailer_of(settings, database).run(stop),
            housekeeping.run(database, system_clock, stop),
        )

    run(work)
