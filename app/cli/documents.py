"""Documents: the OpenAPI description of the service, policies, and past evaluations made again
under theirs.
"""

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

verbs = typer.Typer()
policy_verbs = typer.Typer(no_args_is_help=True, help="Policy documents.")


@verbs.command()
def openapi(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the committed document is true.")
    ] = False,
) -> None:
    """Write the OpenAPI document from the code."""
    text = (
        json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False, sort_keys=True)
        + "\n"
    )
    if not check:
        OPENAPI.write_text(text, encoding="utf-8")
    elif not OPENAPI.exists() or OPENAPI.read_text(encoding="utf-8") != text:
        raise fail("openapi/openapi.json does not describe the code; run: make openapi", 1)


@policy_verbs.command("check")
def check_policy(
    file: Annotated[
        Path, typer.Argument(help="A policy document, YAML or JSON.", exists=True, dir_okay=False)
    ],
) -> None:
    """Say every fault of a policy document, with its line, what was expected and the nearest known
    name; without any, its digest.
    """
    try:
        policy = document_loader.load(file.read_bytes())
    except InvalidPolicy as refused:
        for fault in refused.found:
            typer.echo(str(fault))
        faults = len(refused.found)
        raise fail(
            f"{faults} fault{'s' if faults != 1 else ''}: the document may not be used", 1
        ) from None
    typer.echo(f"the document may be used: version {policy.version}, {policy.digest}")


@policy_verbs.command("replay")
def replay_evaluations(
    request: Annotated[
        UUID | None, typer.Argument(help="A sharing request; every one when left out.")
    ] = None,
    school: Annotated[str | None, typer.Option(help="URN; every school when left out.")] = None,
) -> None:
    """Make past evaluations again, each from its stored facts under its own version; exits 1 where
    one differs by a single byte.
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
        raise fail(
            f"{len(differing)} of {seen} evaluations come out otherwise than they were recorded", 1
        )
    typer.echo(f"{seen} evaluation{'s' if seen != 1 else ''} reproduced byte for byte")
