"""The command that loads an invented school to try the service with."""

import typer

from app import audit_hooks
from app.cli.console import changing, hash_password, run
from app.demo import load
from app.demo.load import Loaded
from app.identity.passwords import new_password
from app.kernel.clock import system_clock
from app.platform.db import Database
from app.platform.settings import Settings

commands = typer.Typer(no_args_is_help=True, help="Invented requests to try the service with.")


@commands.callback()
def demonstrate() -> None:
    """Invented requests to try the service with."""


@commands.command("load")
def load_demonstration() -> None:
    """Load the past months of an invented school into a database without requests."""
    password = new_password()

    async def work(settings: Settings, database: Database) -> Loaded:
        hashed = await hash_password(password)
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
    typer.echo(f"loaded {loaded.requests} invented requests and {loaded.recipients} recipients")
    for email in loaded.made:
        typer.echo(f"account {email}   password (shown this once): {password}")
