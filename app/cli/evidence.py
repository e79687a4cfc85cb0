"""Commands for the audit log: verify it, export evidence, reopen it after a restore."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.audit import checkpoint, export, seal, verify
from app.audit.publisher import CheckpointFolder
from app.audit.report import Report
from app.cli.console import fail, run
from app.kernel.clock import system_clock
from app.main import LOG_KEY, RECORD_SOURCES, checkpoint_folder, log_host
from app.platform.db import Database
from app.platform.settings import Settings

commands = typer.Typer(no_args_is_help=True, help="The audit log.")


@commands.command("verify")
def verify_log(
    saved: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            help="A checkpoint that was saved outside the service.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
) -> None:
    """Recompute the whole log from its stored bytes and print each sign of tampering.

    Exits with 1 if there is one. The log is compared with the given checkpoint, or without one with
    the checkpoints that the service published.
    """

    async def work(settings: Settings, database: Database) -> Report:
        key = checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False).public_key()
        # Read before the log: a checkpoint that is published meanwhile is no rollback.
        notes = (
            await asyncio.to_thread(_published, checkpoint_folder(settings))
            if saved is None
            else [await asyncio.to_thread(saved.read_text, "utf-8")]
        )
        return await verify.verify(database, key, RECORD_SOURCES, now=system_clock(), saved=notes)

    report = run(work)
    for line in report.lines():
        typer.echo(line)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _published(folder: CheckpointFolder) -> list[str]:
    return [note for school in folder.schools() if (note := folder.newest(school)) is not None]


@commands.command("export")
def export_bundle(
    out: Annotated[Path, typer.Option(help="The zip file to create.")],
    school: Annotated[
        str | None, typer.Option(help="URN of the school; by default the configured school.")
    ] = None,
) -> None:
    """Write an evidence bundle, which an auditor checks with the public key and without the
    service.
    """

    async def work(settings: Settings, database: Database) -> export.Bundled:
        return await export.bundle(database, school or settings.school, out, at=system_clock())

    made = run(work)
    typer.echo(f"{out}: {made.size} entries of {made.origin}")


@commands.command("key")
def show_key() -> None:
    """Print the public key of the log as PEM. Give it to those who check checkpoints."""

    async def work(settings: Settings, _: Database) -> str:
        return checkpoint.public_pem(
            checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False).public_key()
        )

    typer.echo(run(work), nl=False)


@commands.command("reopen")
def reopen_log(
    school: Annotated[
        str | None, typer.Option(help="URN of the school; by default the configured school.")
    ] = None,
) -> None:
    """Continue the log under a new name after a restore, and record where the old one ended."""

    async def work(settings: Settings, database: Database) -> str:
        key = checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False)
        return await seal.reopen(
            database,
            key,
            school=school or settings.school,
            host=log_host(settings),
            folder=checkpoint_folder(settings),
            at=system_clock(),
        )

    try:
        typer.echo(run(work))
    except seal.SealRefused as refused:
        raise fail(str(refused), 1) from None
