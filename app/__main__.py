"""`python -m app …`: the operator's verbs."""

from app.cli import app

app(prog_name="python -m app")
