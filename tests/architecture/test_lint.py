"""The linters of the OpenAPI document are pinned and run by one command, and every exception has a
reason.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.running import ROOT

LINTERS = ROOT / "openapi" / "lint"
TOOLS = ("python", "ruff", "mypy", "lint-imports", "deptry", "node", "npm", "pytest")
RULESETS = {"openapi/lint/redocly.yaml", "openapi/lint/.spectral.yaml"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with `dev` and a virtual environment that counts as installed; each tool in it
    writes its name and arguments into the file `calls`.
    """
    for name in ("dev", "requirements/dev.txt", "openapi/lint/package-lock.json"):
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in TOOLS:
        tool = tools / name
        tool.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\n'
            f"[ {name} != npm ] || mkdir -p node_modules\n"
            f'case " $FAILING " in *" {name} "*) exit 1;; esac\n'
        )
        tool.chmod(0o755)
    needed = (tmp_path / "requirements/dev.txt").read_bytes()
    digest = hashlib.sha256(needed + sys.version.encode()).hexdigest()
    (tmp_path / ".venv" / "installed").write_text(f"dev {digest}")
    return tmp_path


def dev(checkout: Path, chore: str, failing: str = "") -> tuple[int, list[str], str]:
    """The exit code of a command of `dev`, the calls that it made, and its output."""
    calls = checkout / "calls"
    calls.write_text("")
    done = subprocess.run(
        [sys.executable, checkout / "dev", chore],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"FAILING": failing},
    )
    return done.returncode, calls.read_text().splitlines(), done.stdout + done.stderr


@pytest.mark.parametrize("chore", ["lint", "test"])
def test_the_chore_lints_the_document_with_every_ruleset(checkout: Path, chore: str) -> None:
    code, calls, _ = dev(checkout, chore)
    linted = [call for call in calls if call.startswith("node ")]
    assert code == 0
    assert {rules for call in linted for rules in RULESETS if rules in call} == RULESETS
    assert all("openapi/openapi.json" in call.split() for call in linted)
    assert [name for name in RULESETS if not (ROOT / name).is_file()] == []


def test_a_finding_of_a_linter_fails_the_chore(checkout: Path) -> None:
    assert dev(checkout, "lint", failing="node")[0] == 1


def test_the_linters_are_installed_once_and_again_when_the_lock_changes(checkout: Path) -> None:
    def installs() -> int:
        return sum(call.startswith("npm ci ") for call in dev(checkout, "lint")[1])

    assert (installs(), installs()) == (1, 0)
    lock = checkout / "openapi" / "lint" / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    assert (installs(), installs()) == (1, 0)


def test_an_unreachable_registry_is_reported_in_a_sentence(checkout: Path) -> None:
    code, _, said = dev(checkout, "lint", failing="npm")
    assert code == 1
    assert "is the npm registry reachable from here?" in said
    assert "Traceback" not in said


def test_the_linters_are_pinned_and_the_lock_names_no_registry() -> None:
    package = json.loads((LINTERS / "package.json").read_text())
    lock = json.loads((LINTERS / "package-lock.json").read_text())
    wanted = package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    locked = {name: one for name, one in lock["packages"].items() if name}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, one in locked.items() if "integrity" not in one] == []
    assert [name for name, one in locked.items() if "resolved" in one] == []


def test_redocly_has_no_exception_and_each_of_spectral_has_a_reason() -> None:
    redocly = YAML(typ="safe").load(LINTERS / "redocly.yaml")
    assert redocly == {"extends": ["recommended-strict"]}
    text = (LINTERS / ".spectral.yaml").read_text()
    spectral = YAML(typ="safe").load(text)
    assert spectral["extends"] == ["spectral:oas", "@stoplight/spectral-owasp-ruleset"]
    changed = [
        *spectral["rules"],
        *(name for one in spectral["overrides"] for name in one["rules"]),
    ]
    assert len(changed) > 5
    assert [name for name in changed if not name.startswith("owasp:")] == []
    paragraphs = [part for part in text.split("\n\n") if '"owasp:' in part]
    assert [part for part in paragraphs if not re.search(r"# Exception \d+: ", part)] == []
