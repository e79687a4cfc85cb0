"""The audit trail: verify it, take evidence from it, and begin a new one after a restore."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.audit import checkpoint, export, seal, verify
from app.audit.publisher import CheckpointFolder
from app.audit.report import Report
from app.cli.console import fail, run
from app.kernel.clock import system_clock
from app.main import LOG_KEY, READERS, checkpoint_folder, log_host
from app.platform.db import Database
from app.platform.settings import Settings

verbs = typer.Typer(no_args_is_help=True, help="The audit trail.")


@verbs.command("verify")
def verify_trail(
    kept: Annotated[
        Path | None,
        typer.Option(help="A checkpoint that was kept outside.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Recompute the whole trail from its stored bytes; exits 1 where anything was altered, and says
    where.

    It is held against the checkpoint that was kept outside, or, where none is named, against those
    that the service published.
    """

    async def work(settings: Settings, database: Database) -> Report:
        key = checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False).public_key()
        # Read before the trail is: what is published meanwhile is no rollback.
        notes = (
            await asyncio.to_thread(_published, checkpoint_folder(settings))
            if kept is None
            else [await asyncio.to_thread(kept.read_text, "utf-8")]
        )
        return await verify.verify(database, key, READERS, now=system_clock(), saved=notes)

    report = run(work)
    for line in report.lines():
        typer.echo(line)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


def _published(folder: CheckpointFolder) -> list[str]:
    return [note for school in folder.schools() if (note := folder.newest(school)) is not None]


@verbs.command("export")
def export_bundle(
    out: Annotated[Path, typer.Option(help="The zip file to write.")],
    school: Annotated[
        str | None, typer.Option(help="URN; the configured school when left out.")
    ] = None,
) -> None:
    """Write an evidence bundle that anybody can check with the public key and without the
    service.
    """

    async def work(settings: Settings, database: Database) -> export.Bundled:
        return await export.bundle(database, school or settings.school, out, at=system_clock())

    made = run(work)
    typer.echo(f"{out}: {made.size} entries of {made.origin}")


@verbs.command("key")
def show_key() -> None:
    """Print the public key that checkpoints are checked with; give it to whoever shall check
    them.
    """

    async def work(settings: Settings, _: Database) -> str:
        return checkpoint.public_pem(
            checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False).public_key()
        )

    typer.echo(run(work), nl=False)


@verbs.command("reopen")
def reopen_log(
    school: Annotated[
        str | None, typer.Option(help="URN; the configured school when left out.")
    ] = None,
) -> None:
    """Begin a new log after a restored backup; it records where the old one ended."""

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
