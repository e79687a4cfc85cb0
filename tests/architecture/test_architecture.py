"""The laws of the house that a reader would otherwise have to believe: direction, purity, one
committer, one sentence for each module.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "app").glob("**/*.py"))
LONGEST = 400
NO_ROOM = {"utils", "util", "common", "helpers", "helper", "managers", "manager", "base", "misc"}


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


def test_the_contracts_of_the_house_are_kept():
    done = lint_imports()
    assert done.returncode == 0, done.stdout
    assert " kept, 0 broken" in done.stdout


def test_there_is_something_to_check():
    assert len(MODULES) > 10


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_opens_with_one_sentence_for_what_it_is(module: Path):
    said = ast.get_docstring(ast.parse(module.read_text()))
    assert said
    assert said.splitlines()[0].rstrip().endswith((".", ":")) or said.split("\n\n")[
        0
    ].rstrip().endswith(".")


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_fits_in_a_reading(module: Path):
    lines = len(module.read_text().splitlines())
    assert lines <= LONGEST


def test_no_module_is_named_for_nothing():
    assert {
        name(module) for module in MODULES if {module.stem, *module.parent.parts} & NO_ROOM
    } == set()


def test_one_committer():
    """`platform.migrations` brings the schema up; everything else is committed by `platform.db`."""
    committers = {
        name(module)
        for module in MODULES
        if any(calls(module, "commit")) or '"COMMIT"' in module.read_text()
    }
    assert committers == {"app/platform/db.py", "app/platform/migrations.py"}


def test_one_reader_of_the_clock():
    """Besides ruff's ban on names: no call of `.now()`, `.utcnow()` or `.today()` under whatever
    name it was imported.
    """
    readers = {
        name(module)
        for module in MODULES
        for attribute in ("now", "utcnow", "today")
        if any(calls(module, attribute))
    }
    assert readers == {"app/kernel/clock.py"}


def test_one_table_of_kinds_and_statuses():
    """Only the edge turns a kind of failure into an HTTP status: no other module keys anything by
    `Kind`.
    """
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


def test_routes_reach_no_store_and_no_table():
    """A route that loads what a service then changes would decide on what it read before the
    lock.
    """
    routes = [module for module in MODULES if module.stem == "routes"]
    assert len(routes) > 10
    assert {
        name(module): found
        for module in routes
        if (found := {one for one in imported(module) if {"store", "tables"} & {*one.split(".")}})
    } == {}
