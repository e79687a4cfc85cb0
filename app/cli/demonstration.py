"""Invented requests to try the service out with."""

import typer

from app import audit_hooks
from app.cli.console import changing, run
from app.demo import load
from app.demo.load import Loaded
from app.identity.passwords import Passwords, new_password
from app.kernel.clock import system_clock
from app.platform.db import Database
from app.platform.settings import Settings

verbs = typer.Typer(no_args_is_help=True, help="Invented requests, to try the service out.")


@verbs.callback()
def demonstrate() -> None:
    """Invented requests, to try the service out."""


@verbs.command("load")
def load_demonstration() -> None:
    """Load an invented school's past months into a service that holds no requests yet."""
    password = new_password()

    async def work(settings: Settings, database: Database) -> Loaded:
        pool = Passwords()
        try:
            hashed = await pool.hash(password)
        finally:
            pool.close()
        now = system_clock()
        async with changing(database) as session:
            return await load.load(
                session,
                settings.school,
                password_hash=hashed,
                now=now,
                save=audit_hooks.save_account(session, now),
            )

    loaded = run(work)
    typer.echo(
        f"loaded {loaded.requests} requests and {loaded.recipients} recipients; all of it is"
        " invented"
    )
    for email in loaded.made:
        typer.echo(f"account {email}   password (shown this once): {password}")
