"""Commands that run the service and its worker."""

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

commands = typer.Typer()


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[
        int, typer.Option(help="Number of processes; more than one needs PostgreSQL.")
    ] = 1,
) -> None:
    """Serve the HTTP API."""
    settings = settings_or_exit()
    if workers > 1 and not settings.database_url:
        raise fail("SQLite allows one writing process: use --workers 1, or PostgreSQL")
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
    """Create the application of a server process."""
    app = create_app(read_settings())
    # Objects made so far remain; without this each full garbage collection would visit them all.
    gc.freeze()
    return app


async def _check_ready_to_serve(settings: Settings, database: Database) -> None:
    if not await migrations.is_at_head(database):
        raise fail("the database is not at the newest migration; run: python -m app db upgrade")
    # Created before the processes start, which would otherwise create them at the same time.
    Keyring.load(settings.keys_dir, create=not settings.keys_required)
    checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=not settings.keys_required)


@commands.command()
def worker() -> None:
    """Seal the log, publish checkpoints and send e-mail in a process of its own.

    Set SHARING_EMBEDDED_WORKER=false for the server processes.
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
