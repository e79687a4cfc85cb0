"""Commands for the operator. Exit code: 0 success, 1 a problem was found, 2 the command failed."""

import typer

from app.cli import data, demonstration, documents, evidence, people, serving

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
for part in (serving.commands, data.commands, documents.commands):
    app.registered_commands.extend(part.registered_commands)
for name, group in (
    ("db", data.database_commands),
    ("users", people.user_commands),
    ("clients", people.client_commands),
    ("policy", documents.policy_commands),
    ("audit", evidence.commands),
    ("demo", demonstration.commands),
):
    app.add_typer(group, name=name)
