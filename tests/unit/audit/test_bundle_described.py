"""The evidence bundle is as docs/audit.md describes it: the verifier here is written from that page
and RFC 9162, without code of the application.
"""

import json
import subprocess
import sys
import zipfile
from base64 import b64decode
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from app.audit import checkpoint, export, log, seal
from app.audit.model import Action, Event
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.running import LiveServer
from tests.unit.audit import trail
from tests.unit.audit.trail import HOST, KEY, NOON, SCHOOL, sealed

pytestmark = pytest.mark.database_independent

PAGE = Path("docs/audit.md").read_text(encoding="utf-8")
PEM = checkpoint.public_pem(KEY.public_key())


def root(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def signed(note: str, key: Ed25519PublicKey) -> tuple[str, int, bytes]:
    text, _, signatures = note.partition("\n\n")
    origin, size, top = text.split("\n")
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    key_id = sha256(origin.encode() + b"\n\x01" + raw).digest()[:4]
    for line in signatures.splitlines():
        start, name, stamp = line.split(" ")
        assert (start, name) == ("\u2014", origin)
        if b64decode(stamp)[:4] == key_id:
            key.verify(b64decode(stamp)[4:], (text + "\n").encode())
            return origin, int(size), b64decode(top)
    raise AssertionError("no signature of this key")


def verify(bundle: Path, pem: str, saved: str | None = None) -> int:
    """Run the checks of the page; gives the number of entries, or raises."""
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, Ed25519PublicKey)
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {name: sha256(raw).hexdigest() for name, raw in files.items()}
    leaves = files["entries.jsonl"].split(b"\n")[:-1]
    earlier = [json.loads(line) for line in files["proofs.jsonl"].splitlines()]
    origin, size, _ = signed(files["checkpoint.txt"].decode(), key)
    assert (manifest["format"], manifest["origin"], manifest["size"]) == (
        "information-sharing-evidence/1",
        origin,
        size,
    )
    assert size == len(leaves)
    for note in [
        files["checkpoint.txt"].decode(),
        *(one["checkpoint"] for one in earlier),
        *([saved] if saved else []),
    ]:
        found = signed(note, key)
        assert found[0].endswith(f"/schools/{manifest['school']}")
        assert found[2] == root(leaves[: found[1]])
    entries = {json.loads(leaf)["id"]: (n, json.loads(leaf)) for n, leaf in enumerate(leaves)}
    assert len(entries) == size
    assert all(
        body["v"] == 1 and body["school"] == manifest["school"] for _, body in entries.values()
    )
    for line in files["disposals.jsonl"].splitlines():
        gone = json.loads(line)
        (first, one), (then, by) = entries[gone["entry"]], entries[gone["by_entry"]]
        assert (gone["what"], by["action"], by["request"]) == (
            "value",
            "retention.request.disposed",
            one["request"],
        )
        assert then != first
    return size


@pytest.fixture
async def bundle(database: Database, tmp_path: Path) -> Path:
    """A log of several checkpoints, with a disposal in it."""
    await sealed(database, 5, 30, 7)
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
    await export.bundle(database, SCHOOL, tmp_path / "bundle.zip", at=NOON)
    return tmp_path / "bundle.zip"


def altered(bundle: Path, name: str, old: bytes, new: bytes) -> Path:
    """The bundle with one file changed, and a manifest that agrees with it."""
    with zipfile.ZipFile(bundle) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    assert old in files[name]
    files[name] = files[name].replace(old, new, 1)
    manifest = json.loads(files["manifest.json"])
    manifest["files"][name] = sha256(files[name]).hexdigest()
    files["manifest.json"] = json.dumps(manifest).encode()
    out = bundle.with_name("altered.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for each, raw in files.items():
            archive.writestr(each, raw)
    return out


async def test_a_verifier_written_from_the_documentation_finds_alterations(
    bundle: Path,
):
    with zipfile.ZipFile(bundle) as archive:
        first = json.loads(archive.read("proofs.jsonl").splitlines()[0])
    assert verify(bundle, PEM, saved=first["checkpoint"]) == 44
    for name, old, new in (
        ("entries.jsonl", b'"outcome":"success"', b'"outcome":"failure"'),
        ("checkpoint.txt", b"\n44\n", b"\n43\n"),
        ("disposals.jsonl", b'"by_entry":"', b'"by_entry":"0'),
    ):
        with pytest.raises((AssertionError, InvalidSignature, KeyError)):
            verify(altered(bundle, name, old, new), PEM)


async def test_the_documentation_names_every_file_and_member_of_a_bundle(bundle: Path):
    section = PAGE[PAGE.index("## The evidence bundle") : PAGE.index("## What verification checks")]
    with zipfile.ZipFile(bundle) as archive:
        assert [name for name in archive.namelist() if f"| `{name}` |" not in section] == []
        members = {
            *json.loads(archive.read("manifest.json")),
            *json.loads(archive.read("proofs.jsonl").splitlines()[0]),
            *json.loads(archive.read("disposals.jsonl").splitlines()[0]),
        }
    assert len(members) == 11
    assert [member for member in sorted(members) if f"`{member}`" not in section] == []


@pytest.mark.live
def test_the_documented_commands_make_an_intact_bundle(live_server: LiveServer, tmp_path: Path):
    made = live_server.run(
        "users",
        "add",
        "dsl@school.example",
        "--role",
        "dsl",
        "--password-stdin",
        stdin="correct horse battery staple\n",
    )
    assert made.returncode == 0, made.stderr
    for command in (
        "python -m app audit key > key.pem",
        "python -m app audit export --out bundle.zip",
        "verify.py bundle.zip --key key.pem",
    ):
        assert command in PAGE
    printed = live_server.run("audit", "key")
    assert printed.stdout.startswith("-----BEGIN PUBLIC KEY-----")
    (tmp_path / "key.pem").write_text(printed.stdout)
    while (
        done := live_server.run("audit", "export", "--out", str(tmp_path / "bundle.zip"))
    ).returncode:
        assert "sealing takes about a second" in done.stderr
    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extract("verify.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "verify.py", "bundle.zip", "--key", "key.pem"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "intact"), done.stderr
    assert verify(tmp_path / "bundle.zip", printed.stdout) > 0
