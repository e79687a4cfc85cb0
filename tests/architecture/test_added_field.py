"""A field added to a request schema alone is personal: it is in no de-identified reply, and
disposal erases it.
"""

import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, RootModel

from app.kernel.clock import system_clock
from app.main import create_app
from app.platform.settings import Settings
from tests.architecture.added_field import FIELD
from tests.architecture.bodies import bodies

ROOT = Path(__file__).parents[2]
NEEDED = ("app", "tests", "migrations", "openapi", "alembic.ini", "pyproject.toml")
STORY = "tests/architecture/added_field.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the code in which every request schema has one more field, without a mark."""
    app = create_app(Settings(data_dir=tmp_path / "data"), system_clock)
    for name in NEEDED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tmp_path / "copy" / name)
    _add_field(app, tmp_path / "copy")
    return tmp_path / "copy"


def _add_field(app: FastAPI, copy: Path) -> None:
    models = [model for model in bodies(app) if not issubclass(model, RootModel)]
    assert len(models) > 30
    by_file: dict[Path, list[type[BaseModel]]] = {}
    for model in models:
        file = Path(inspect.getfile(model)).relative_to(ROOT)
        by_file.setdefault(file, []).append(model)
    for file, found in by_file.items():
        lines = (copy / file).read_text().splitlines()
        names = {model.__name__ for model in found}
        ends = [
            node.end_lineno or node.lineno
            for node in ast.walk(ast.parse("\n".join(lines)))
            if isinstance(node, ast.ClassDef) and node.name in names
        ]
        for end in sorted(ends, reverse=True):
            lines.insert(end, f"    {FIELD}: str | None = None")
        (copy / file).write_text("\n".join(lines) + "\n")


def test_a_field_added_to_every_request_schema_is_personal(copy: Path):
    for arguments in (("app", "openapi"), ("pytest", "-q", "-p", "no:cacheprovider", STORY)):
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "2 passed" in done.stdout
