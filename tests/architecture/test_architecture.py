"""Rules of the architecture: import contracts, commits and the clock in one place each, size and
docstrings of modules.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "app").glob("**/*.py"))
ALL_FILES = sorted(
    file
    for folder in ("app", "benchmarks", "migrations", "tests")
    for file in (ROOT / folder).glob("**/*.py")
)
LONGEST = 400
NO_PACKAGE = {"utils", "util", "common", "helpers", "helper", "managers", "manager", "base", "misc"}


def name(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def calls(module: Path, attribute: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(module.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == attribute
        ):
            yield node.lineno


def lint_imports(*arguments: str) -> "subprocess.CompletedProcess[str]":
    tool = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [tool, "--no-cache", "--no-logo", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_import_contracts_are_kept():
    done = lint_imports()
    assert done.returncode == 0, done.stdout
    assert " kept, 0 broken" in done.stdout


def test_there_are_modules_to_check():
    assert len(MODULES) > 10


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_the_docstring_of_a_module_starts_with_a_sentence(module: Path):
    said = ast.get_docstring(ast.parse(module.read_text()))
    assert said
    assert said.splitlines()[0].rstrip().endswith((".", ":")) or said.split("\n\n")[
        0
    ].rstrip().endswith(".")


@pytest.mark.parametrize("module", ALL_FILES, ids=name)
def test_a_module_has_at_most_400_lines(module: Path):
    lines = len(module.read_text().splitlines())
    assert lines <= LONGEST


def test_no_module_has_a_meaningless_name():
    assert {
        name(module) for module in MODULES if {module.stem, *module.parent.parts} & NO_PACKAGE
    } == set()


def test_only_the_database_module_and_migrations_commit():
    """`platform.migrations` commits migrations; `platform.db` commits everything else."""
    committers = {
        name(module)
        for module in MODULES
        if any(calls(module, "commit")) or '"COMMIT"' in module.read_text()
    }
    assert committers == {"app/platform/db.py", "app/platform/migrations.py"}


def test_only_the_clock_module_reads_the_clock():
    """Finds what ruff's banned names cannot: `.now()`, `.utcnow()` and `.today()` on any object."""
    readers = {
        name(module)
        for module in MODULES
        for attribute in ("now", "utcnow", "today")
        if any(calls(module, attribute))
    }
    assert readers == {"app/kernel/clock.py"}


def test_only_problems_maps_kinds_to_statuses():
    """No other module has a table with keys of `Kind`."""
    tables = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Dict) and any(
                ast.unparse(key).startswith("Kind.") for key in node.keys if key
            ):
                tables.add(name(module))
    assert tables == {"app/platform/problems.py"}


def imported(module: Path) -> set[str]:
    """The dotted names that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


def test_routes_import_no_store_and_no_table():
    """A route that loads data would decide on data read before the lock."""
    routes = [module for module in MODULES if module.stem == "routes"]
    assert len(routes) > 10
    assert {
        name(module): found
        for module in routes
        if (found := {one for one in imported(module) if {"store", "tables"} & {*one.split(".")}})
    } == {}
