"""Documents: the OpenAPI description of the service, and policies."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from app.cli.console import fail
from app.main import create_app
from app.platform.settings import Settings
from app.policy import service as policies

OPENAPI: Final = Path(__file__).parents[2] / "openapi" / "openapi.json"

verbs = typer.Typer()
policy_verbs = typer.Typer(no_args_is_help=True, help="Policy documents.")


@verbs.command()
def openapi(check: Annotated[bool, typer.Option("--check", help="Only say whether the committed document is true.")] = False) -> None:
    """Write the OpenAPI document from the code."""
    text = json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if not check:
        OPENAPI.write_text(text, encoding="utf-8")
    elif not OPENAPI.exists() or OPENAPI.read_text(encoding="utf-8") != text:
        raise fail("openapi/openapi.json does not describe the code; run: make openapi", 1)


@policy_verbs.command("check")
def check_policy(file: Annotated[Path, typer.Argument(help="A policy document, YAML or JSON.", exists=True, dir_okay=False)]) -> None:
    """Say every fault of a policy document, with its line, what was expected and the nearest known name."""
    faults = policies.check(file)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise fail(f"{len(faults)} fault{'s' if len(faults) != 1 else ''}: the document may not be used", 1)
    typer.echo("the document may be used")
