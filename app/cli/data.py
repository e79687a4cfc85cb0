"""The database: its migrations, its copies, and whether all is well."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import fail, run
from app.cli.copies import back_up, restore
from app.cli.doctor import findings
from app.platform import migrations

verbs = typer.Typer()
database_verbs = typer.Typer(no_args_is_help=True, help="The database.")


@database_verbs.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest migration."""
    run(lambda _settings, database: migrations.upgrade(database))


@verbs.command("backup")
def back_up_to(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
) -> None:
    """Copy the database while it is in use: a consistent copy of one instant."""
    run(lambda settings, database: back_up(settings, database, file))
    typer.echo(
        f"{file}: written and checked. Keep the keys folder and the newest checkpoint with it, in"
        " another place"
    )


@verbs.command("restore")
def restore_from(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
) -> None:
    """Put a backup in the place of the database; the service must not be running."""
    run(lambda settings, database: restore(settings, database, file))
    typer.echo(
        "restored. Disposals made since the backup must be made again; then run: python -m app"
        " audit reopen"
    )


@verbs.command("doctor")
def doctor() -> None:
    """Check settings, database, migrations, keys and sealing, and say what to do."""
    found = run(findings)
    for finding in found:
        typer.echo(str(finding))
    if not all(finding.well for finding in found):
        raise fail("something needs doing", 1)
