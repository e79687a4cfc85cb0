"""The operator's verbs. Each exits 0 when all is well, 1 when it found something wrong, 2 when it
could not do its work, and says why.
"""

import typer

from app.cli import data, demonstration, documents, evidence, people, serving

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
for part in (serving.verbs, data.verbs, documents.verbs):
    app.registered_commands.extend(part.registered_commands)
for name, group in (
    ("db", data.database_verbs),
    ("users", people.user_verbs),
    ("clients", people.client_verbs),
    ("policy", documents.policy_verbs),
    ("audit", evidence.verbs),
    ("demo", demonstration.verbs),
):
    app.add_typer(group, name=name)
