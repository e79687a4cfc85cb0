"""The lock files pin every package by hash, agree with each other, and name no host."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return {match["name"]: match["version"] for match in PIN.finditer(lock.read_text())}


def test_there_are_lock_files_for_runtime_and_development():
    assert [lock.name for lock in LOCKS] == ["dev.txt", "runtime.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_names_no_host(lock: Path):
    text = lock.read_text()
    assert not re.search(
        r"https?:|file:|git\+|--(index-url|extra-index-url|find-links|trusted-host)|@ ", text
    )
    assert not re.search(r"(?<![\w./-])/(?!\*)[a-z]+/", text), "a path of one machine"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_pinned_by_hash(lock: Path):
    entries = re.split(r"(?m)^(?=[a-z0-9])", re.sub(r"(?m)^#.*\n", "", lock.read_text()))
    entries = [entry for entry in entries if entry.strip()]
    assert len(entries) == len(pins(lock)) > 20
    assert [
        entry.splitlines()[0]
        for entry in entries
        if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)
    ] == []


def test_both_lock_files_pin_the_same_versions():
    developing, running = (
        pins(ROOT / "requirements" / "dev.txt"),
        pins(ROOT / "requirements" / "runtime.txt"),
    )
    assert {
        name: version for name, version in running.items() if developing.get(name) != version
    } == {}


def test_npm_lock_files_name_no_host():
    for lock in ROOT.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert '"resolved"' not in lock.read_text(), lock
