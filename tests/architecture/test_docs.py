"""The documentation agrees with the code: the diagram of states, error codes, links, file names.

To rewrite the diagram: .venv/bin/python -m tests.architecture.test_docs
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app.kernel.errors import ServiceError
from app.platform.problems import STATUS
from app.sharing.case.model import TRANSITIONS, Status

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
LIFE = ROOT / "docs" / "life-of-a-request.md"
ERRORS = ROOT / "docs" / "errors.md"

FIRST = {Status.SUBMITTED: "submit", Status.EMERGENCY_RECORDED: "record_emergency"}
"""The states in which a request begins, with the act that creates it."""

DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTION = re.compile(r"^### ([a-z-]+)\n\n- Status: (\d{3}|any)\b", re.MULTILINE)
INDEXED = re.compile(r"\[`([a-z-]+)`\]\(#\1\)")

OTHER_CODES = {
    ("bad-request", "400"),
    ("method-not-allowed", "405"),
    ("invalid-request", "422"),
    ("http-error", "any"),
    ("internal-error", "500"),
    ("service-unavailable", "503"),
}
"""Codes without an exception class: those of the framework's own errors, and the proxy's."""

LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(
    r"`((?:app|tests|docs|migrations|benchmarks|deploy|requirements|openapi)/[\w./-]+)`"
)
"""A file or folder of the repository, named in a code span."""


def diagram() -> str:
    """The transition table `TRANSITIONS` as a Mermaid diagram."""
    lines = [f"    [*] --> {status.value}: {act}" for status, act in FIRST.items()]
    for status in Status:
        acts: dict[Status, list[str]] = {}
        for act, target in TRANSITIONS[status].items():
            acts.setdefault(target, []).append(act.value)
        lines += [
            f"    {status.value} --> {target.value}: {', '.join(names)}"
            for target, names in acts.items()
            if target is not status
        ]
        if not acts:
            lines.append(f"    {status.value} --> [*]")
    return "stateDiagram-v2\n" + "\n".join(lines) + "\n"


def rewrite_diagram() -> None:
    """Write the diagram into the page."""
    page = LIFE.read_text(encoding="utf-8")
    LIFE.write_text(DIAGRAM.sub(f"```mermaid\n{diagram()}```", page), encoding="utf-8")


def test_the_state_diagram_matches_the_transition_table():
    assert DIAGRAM.findall(LIFE.read_text(encoding="utf-8")) == [diagram()]


def codes() -> set[tuple[str, str]]:
    """Every code of a `ServiceError` of the application, with its HTTP status."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = set()
    kinds = [ServiceError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("app.") and kind is not ServiceError:
            found.add((kind.code, str(int(STATUS[kind.kind]))))
    return found


def test_every_error_code_has_a_section_with_its_status_and_there_is_no_other():
    page = ERRORS.read_text(encoding="utf-8")
    assert len(codes()) > 50
    assert sorted(SECTION.findall(page)) == sorted(codes() | OTHER_CODES)


def test_the_index_of_errors_names_every_section_once():
    page = ERRORS.read_text(encoding="utf-8")
    index = page[page.index("## Codes by status") : page.index("## All codes")]
    assert sorted(INDEXED.findall(index)) == sorted(code for code, _ in SECTION.findall(page))


PLACE = {"Fault": 2, "PydanticCustomError": 0, "fault": 0}
"""The functions that take the code of a fault, with the position of the argument."""

PARSING = {"date-parsing", "datetime-parsing"}
"""Codes of pydantic that the service uses with the same meaning."""


def fault_codes() -> set[str]:
    """Every code of a fault that is written in the application."""
    found = set()
    for module in (ROOT / "app").glob("**/*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func).rpartition(".")[2]
                arguments = node.args[PLACE.get(name, 99) :]
                if arguments and isinstance(arguments[0], ast.Constant):
                    found.add(str(arguments[0].value).replace("_", "-"))
    return found


def test_every_code_of_a_fault_is_documented():
    page = ERRORS.read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([^`]+)` \| ", page, re.MULTILINE)) | PARSING
    used = {code for code in fault_codes() if not code.startswith("unknown-")}
    assert len(used) > 50
    assert used <= documented


def anchors(page: Path) -> set[str]:
    """The anchors that a Markdown renderer gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.replace(" ", "-") for text in plain}


def broken_links(page: Path) -> Iterator[str]:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        outside = re.match(r"[a-z]+:", target)
        if not outside and not (
            file.exists() and (not anchor or (file.suffix == ".md" and anchor in anchors(file)))
        ):
            yield target


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_resolves(page: Path):
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_named_in_the_documentation_exists(page: Path):
    named = FILE.findall(page.read_text(encoding="utf-8"))
    assert [file for file in named if not (ROOT / file).exists()] == []


def test_there_are_pages_to_check():
    assert len(PAGES) > 30


if __name__ == "__main__":
    rewrite_diagram()
