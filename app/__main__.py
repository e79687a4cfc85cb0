"""`python -m app …`: the commands for the operator."""

from app.cli import app

app(prog_name="python -m app")
