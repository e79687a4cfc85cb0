"""The script in an evidence bundle checks it in a process of its own, without the service."""

# ruff: noqa: ASYNC240 - small files of the test itself

import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import bundle_verifier, checkpoint, export, log, seal
from app.audit.errors import EntryNotSealed
from app.audit.model import Action, Event
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.unit.audit import rfc9162, trail
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, rows, sealed

VKEY = rfc9162.verifier_key(f"{HOST}/schools/{SCHOOL}", KEY.public_key())


@pytest.fixture
async def bundle(database: Database, tmp_path: Path) -> Path:
    """A log with a disposal in it."""
    await sealed(database, 5, 300, 7)
    case = new_id(NOON)
    async with database.transaction() as session:
        one = log.append(
            session,
            Event(action=Action.DECISION_RECORDED, request=case),
            by=trail.actor(),
            at=NOON,
            request_id="r",
        )
        at = NOON + timedelta(seconds=1)
        other = log.append(
            session,
            Event(action=Action.REQUEST_DISPOSED, request=case),
            by=trail.actor(),
            at=at,
            request_id="r",
        )
        log.dispose(session, SCHOOL, [one], by_entry=other)
    await seal.seal(database, KEY, host=HOST)
    out = tmp_path / "bundle.zip"
    made = await export.bundle(database, SCHOOL, out, at=NOON)
    assert (made.size, made.origin) == (314, f"{HOST}/schools/{SCHOOL}")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    return out


def check(bundle: Path, *options: str) -> int:
    return bundle_verifier.main([str(bundle), "--key", VKEY, *options])


async def test_the_script_in_the_bundle_finds_it_intact_without_the_service(
    bundle: Path, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    with zipfile.ZipFile(bundle) as archive:
        archive.extract("verify.py", home)
    (home / "key.pem").write_text(checkpoint.public_pem(KEY.public_key()))
    for key in (VKEY, "key.pem"):
        done = subprocess.run(  # noqa: ASYNC221
            [sys.executable, "-I", "verify.py", str(bundle), "--key", key],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "what #312 sealed was disposed of by #313\nintact: 314 entries\n"


async def test_a_bundle_is_compared_with_a_saved_checkpoint(
    bundle: Path, database: Database, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.txt"
    for size in (5, 305, 314):
        ((note,),) = await rows(database, f"SELECT note FROM audit_checkpoint WHERE size = {size}")
        saved.write_text(str(note), encoding="utf-8")
        assert check(bundle, "--checkpoint", str(saved)) == 0
    later = checkpoint.Checkpoint(f"{HOST}/schools/{SCHOOL}", 400, bytes(32))
    other = checkpoint.Checkpoint(f"{HOST}/schools/{SCHOOL}", 100, bytes(32))
    for head in (later, other):
        saved.write_text(checkpoint.sign(head, KEY), encoding="utf-8")
        assert check(bundle, "--checkpoint", str(saved)) == 1


async def test_another_key_is_a_violation_and_other_text_is_unreadable(
    bundle: Path,
) -> None:
    other = rfc9162.verifier_key(
        f"{HOST}/schools/{SCHOOL}", Ed25519PrivateKey.generate().public_key()
    )
    assert bundle_verifier.main([str(bundle), "--key", other]) == 1
    assert bundle_verifier.main([str(bundle), "--key", "nonsense"]) == 2


def rewrite(
    bundle: Path, change: Callable[[dict[str, bytes]], object], *, honest_manifest: bool = True
) -> None:
    """Change the files of a bundle and adapt its manifest."""
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if honest_manifest and "manifest.json" in files:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: __import__("hashlib").sha256(files[name]).hexdigest()
            for name in manifest["files"]
            if name in files
        }
        files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, raw in files.items():
            archive.writestr(name, raw)


def line(
    number: int, change: Callable[[list[bytes]], object]
) -> Callable[[dict[str, bytes]], None]:
    def apply(files: dict[str, bytes]) -> None:
        lines = files["entries.jsonl"].splitlines(keepends=True)
        change(lines)
        files["entries.jsonl"] = b"".join(lines)

    return apply


def forged_disposal(files: dict[str, bytes]) -> None:
    first, second = (json.loads(text)["id"] for text in files["entries.jsonl"].splitlines()[:2])
    files["disposals.jsonl"] += (
        json.dumps({"entry": first, "what": "value", "by_entry": second}).encode() + b"\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        line(3, lambda lines: lines.__setitem__(3, lines[3].replace(b"success", b"failure"))),
        line(3, lambda lines: lines.pop(3)),
        line(3, lambda lines: lines.pop()),
        line(3, lambda lines: lines.insert(3, lines[3])),
        line(3, lambda lines: lines.reverse()),
        line(3, lambda lines: lines.append(lines[3])),
        line(3, lambda lines: lines.__setitem__(3, b"[]\n")),
        line(3, lambda lines: lines.__setitem__(-1, lines[-1].rstrip())),
        lambda files: files.__setitem__(
            "checkpoint.txt", files["checkpoint.txt"].replace(b"314", b"313")
        ),
        lambda files: files.__setitem__("proofs.jsonl", files["proofs.jsonl"].replace(b"A", b"B")),
        lambda files: files.__setitem__("proofs.jsonl", b"[[]]\n"),
        lambda files: files.__setitem__(
            "manifest.json", files["manifest.json"].replace(b"123456", b"654321")
        ),
        forged_disposal,
    ],
)
async def test_every_change_of_a_bundle_is_found(
    bundle: Path, change: Callable[[dict[str, bytes]], object]
) -> None:
    rewrite(bundle, change)
    assert check(bundle) == 1


@pytest.mark.parametrize(
    "name", ["manifest.json", "checkpoint.txt", "entries.jsonl", "disposals.jsonl", "proofs.jsonl"]
)
async def test_a_bundle_with_a_file_missing_is_unreadable(bundle: Path, name: str) -> None:
    rewrite(bundle, lambda files: files.pop(name))
    assert check(bundle) == 2


async def test_no_changed_byte_of_the_archive_crashes_the_script(
    bundle: Path,
) -> None:
    intact = bundle.read_bytes()
    rng = random.Random(3)
    for _ in range(150):
        raw = bytearray(intact)
        raw[rng.randrange(len(raw))] ^= rng.randrange(1, 256)
        bundle.write_bytes(bytes(raw))
        assert check(bundle) in {0, 1, 2}  # 0: a byte of the archive's own book-keeping
    bundle.write_bytes(b"no archive")
    assert check(bundle) == 2


async def test_an_empty_log_has_no_bundle(database: Database, tmp_path: Path) -> None:
    with pytest.raises(EntryNotSealed):
        await export.bundle(database, SCHOOL, tmp_path / "x.zip", at=NOON)
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []
