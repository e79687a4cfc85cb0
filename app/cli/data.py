"""Commands for the database: migrations, backups and checks."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import fail, run
from app.cli.copies import back_up, restore
from app.cli.doctor import findings
from app.platform import migrations

commands = typer.Typer()
database_commands = typer.Typer(no_args_is_help=True, help="The database.")


@database_commands.command("upgrade")
def upgrade() -> None:
    """Run the database migrations that are missing."""
    run(lambda _settings, database: migrations.upgrade(database))


@commands.command("backup")
def back_up_to(
    file: Annotated[Path, typer.Argument(help="The file to create.")],
) -> None:
    """Write a consistent copy of the database, also while the service runs."""
    run(lambda settings, database: back_up(settings, database, file))
    typer.echo(
        f"{file}: written and checked. Store it on another machine; store the keys folder and the"
        " newest checkpoint separately"
    )


@commands.command("restore")
def restore_from(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
) -> None:
    """Replace the database with a backup. Stop the service first."""
    run(lambda settings, database: restore(settings, database, file))
    typer.echo(
        "restored. Repeat the disposals that were made since the backup; then run: python -m app"
        " audit reopen"
    )


@commands.command("doctor")
def doctor() -> None:
    """Check the settings, database, migrations, keys and sealing; print what to do."""
    found = run(findings)
    for finding in found:
        typer.echo(str(finding))
    if not all(finding.ok for finding in found):
        raise fail("some checks failed", 1)
