"""Commands for the OpenAPI document and for policy documents."""

import json
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from app.cli.console import fail, run
from app.main import create_app
from app.platform.db import Database
from app.platform.settings import Settings
from app.policy.document import loader as document_loader
from app.policy.document.loader import InvalidPolicy
from app.sharing.evaluation import replay as evaluation_replay
from app.sharing.evaluation.replay import Replayed

OPENAPI: Final = Path(__file__).parents[2] / "openapi" / "openapi.json"

commands = typer.Typer()
policy_commands = typer.Typer(no_args_is_help=True, help="Policy documents.")


@commands.command()
def openapi(
    check: Annotated[
        bool, typer.Option("--check", help="Only compare the committed document with the code.")
    ] = False,
) -> None:
    """Write the OpenAPI document to openapi/openapi.json."""
    text = (
        json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False, sort_keys=True)
        + "\n"
    )
    if not check:
        OPENAPI.write_text(text, encoding="utf-8")
    elif not OPENAPI.exists() or OPENAPI.read_text(encoding="utf-8") != text:
        raise fail("openapi/openapi.json does not describe the code; run: make openapi", 1)


@policy_commands.command("check")
def check_policy(
    file: Annotated[
        Path, typer.Argument(help="A policy document, YAML or JSON.", exists=True, dir_okay=False)
    ],
) -> None:
    """Print the faults of a policy document with their lines, or its digest if it has none."""
    try:
        policy = document_loader.load(file.read_bytes())
    except InvalidPolicy as refused:
        for fault in refused.found:
            typer.echo(str(fault))
        faults = len(refused.found)
        raise fail(
            f"{faults} fault{'s' if faults != 1 else ''}: the document is not valid", 1
        ) from None
    typer.echo(f"the document is valid: version {policy.version}, {policy.digest}")


@policy_commands.command("replay")
def replay_evaluations(
    request: Annotated[
        UUID | None, typer.Argument(help="Id of a sharing request; by default every request.")
    ] = None,
    school: Annotated[
        str | None, typer.Option(help="URN of the school; by default every school.")
    ] = None,
) -> None:
    """Repeat past evaluations from their stored facts under their own policy versions.

    Exits with 1 if a result differs from the stored one in a single byte.
    """

    async def work(_: Settings, database: Database) -> tuple[int, list[Replayed]]:
        seen, differing = 0, []
        async with database.reading() as session:
            async for one in evaluation_replay.replay(session, school, request=request):
                seen += 1
                if one.differs is not None:
                    differing.append(one)
        return seen, differing

    seen, differing = run(work)
    for one in differing:
        typer.echo(
            f"evaluation {one.id} of request {one.request} under {one.policy}: {one.differs}"
        )
    if differing:
        raise fail(f"{len(differing)} of {seen} evaluations differ from the stored ones", 1)
    typer.echo(f"{seen} evaluation{'s' if seen != 1 else ''} reproduced byte for byte")
