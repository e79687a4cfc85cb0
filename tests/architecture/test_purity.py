"""Every module that says "Pure" is under the purity contract, and the contract finds violations."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED_IN = Path("app/sharing/decisions/rules.py")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def claimed() -> set[str]:
    return {
        module_name(path)
        for path in (ROOT / "app").rglob("*.py")
        if re.search(r"\bPure\b", ast.get_docstring(ast.parse(path.read_text())) or "")
    }


def contracted() -> list[str]:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = [each for each in options["contracts"] if each["id"] == "pure"]
    modules: list[str] = contract["source_modules"]
    return modules


def broken_chains(root: Path) -> str:
    """The report of the purity contract for the package in a folder; empty if it is kept."""
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [tool, "--no-cache", "--no-logo", "--contract", "pure"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout if done.returncode else ""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the application's source with the import contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for path in (ROOT / "app").rglob("*.py"):
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def test_the_contract_lists_exactly_the_modules_that_say_pure():
    assert len(contracted()) > 30
    assert contracted() == sorted(claimed())


@pytest.mark.parametrize("planted", ["structlog", "app.platform.db", "app.kernel.ids"])
def test_an_impure_import_in_a_pure_module_breaks_the_contract(copy: Path, planted: str):
    module = copy / PLANTED_IN
    source = module.read_text()
    assert module_name(ROOT / PLANTED_IN) in contracted()
    module.write_text(source.replace("\nfrom ", f"\nimport {planted}\nfrom ", 1))
    assert f"app.sharing.decisions.rules -> {planted}" in broken_chains(copy)
    module.write_text(source)
    assert broken_chains(copy) == ""
