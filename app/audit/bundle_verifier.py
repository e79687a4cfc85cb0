"""Check an evidence bundle of the audit log of an information sharing service, without the service.

    python verify.py bundle.zip --key KEY [--checkpoint checkpoint.txt]

KEY is the log's public key: a PEM file, a file with a verifier key, or the verifier key itself. Get
it from a person you trust, never from the bundle. A checkpoint that you saved earlier shows whether
the log was rolled back or rewritten since. Exit code: 0 intact, 1 tampered, 2 unreadable. The
script needs Python 3.11 and the package cryptography.
"""

import argparse
import base64
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

MAX_LINE = 65_536
MAX_TEXT = 131_072
MAX_MANIFEST = 1_048_576
FINDINGS_SHOWN = 1000
NAMES = ("checkpoint.txt", "entries.jsonl", "disposals.jsonl", "proofs.jsonl")


class Unreadable(Exception):
    """The bundle, the key or a checkpoint cannot be read."""


class Refused(Exception):
    """The key did not sign the checkpoint."""


def leaf_hash(body: bytes) -> bytes:
    """RFC 9162, section 2.1.1."""
    return hashlib.sha256(b"\x00" + body).digest()


def grow(edge: list[tuple[int, bytes]], leaf: bytes) -> None:
    """Append a leaf to the tree's right edge: `(height, root)` of the complete subtrees, largest
    first.
    """
    height, root = 0, leaf
    while edge and edge[-1][0] == height:
        root = hashlib.sha256(b"\x01" + edge.pop()[1] + root).digest()
        height += 1
    edge.append((height, root))


def root_of(edge: list[tuple[int, bytes]]) -> bytes:
    """The root of the tree with this right edge."""
    if not edge:
        return hashlib.sha256(b"").digest()
    root = edge[-1][1]
    for _, left in reversed(edge[:-1]):
        root = hashlib.sha256(b"\x01" + left + root).digest()
    return root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2, for 0 < old < new."""
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    from_old = from_new = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            from_old = hashlib.sha256(b"\x01" + sibling + from_old).digest()
            from_new = hashlib.sha256(b"\x01" + sibling + from_new).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            from_new = hashlib.sha256(b"\x01" + from_new + sibling).digest()
        at, last = at >> 1, last >> 1
    return not last and (from_old, from_new) == (old_root, new_root)


def read_key(given: str) -> Ed25519PublicKey:
    """Read the public key from a file or from the text itself."""
    try:
        text = (
            Path(given).read_text(encoding="utf-8").strip()
            if Path(given).is_file()
            else given.strip()
        )
        if text.startswith("-----BEGIN"):
            key = load_pem_public_key(text.encode("utf-8"))
        else:
            key = Ed25519PublicKey.from_public_bytes(
                base64.b64decode(text.split("+", 2)[2], validate=True)[1:]
            )
    except (OSError, ValueError, IndexError) as error:
        raise Unreadable("the key cannot be read") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable("the key is not an Ed25519 key")
    return key


def open_note(note: str, key: Ed25519PublicKey) -> tuple[str, int, bytes]:
    """Check a signed checkpoint; gives its origin, size and root."""
    text, blank, tail = note.rpartition("\n\n")
    lines = text.split("\n")
    if not blank or len(lines) != 3 or not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]):
        raise Refused("it is not a checkpoint")
    origin, size, root = lines
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    key_id = hashlib.sha256(origin.encode("utf-8") + b"\n\x01" + raw).digest()[:4]
    for line in tail.split("\n"):
        found = re.fullmatch("\u2014 (\\S+) ([A-Za-z0-9+/]+={0,2})", line)
        stamp = decode(found[2]) if found and found[1] == origin else b""
        if stamp[:4] == key_id:
            try:
                key.verify(stamp[4:], (text + "\n").encode("utf-8"))
            except InvalidSignature:
                raise Refused("its signature does not match") from None
            return origin, int(size), decode(root)
    raise Refused("it is not signed by this key")


def decode(text: str) -> bytes:
    """Decode base64 strictly; gives empty bytes if it is malformed."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


class Bundle:
    """The checks of a bundle and their findings."""

    def __init__(self, archive: zipfile.ZipFile, key: Ed25519PublicKey) -> None:
        self.archive = archive
        self.key = key
        self.findings: list[str] = []
        self.notes: list[str] = []
        self.size = 0
        self.requests: dict[str, tuple[int, str, Any]] = {}

    def find(self, words: str) -> None:
        """Add a finding."""
        if len(self.findings) < FINDINGS_SHOWN:
            self.findings.append(words)

    def check(self, saved: str | None) -> None:
        """Run every check; `saved` is a checkpoint from outside the bundle."""
        manifest = self.manifest()
        note = self.text("checkpoint.txt", MAX_TEXT)
        earlier = list(self.json_lines("proofs.jsonl"))
        disposals = list(self.json_lines("disposals.jsonl"))
        wanted: dict[int, bytes] = {}
        signed: list[tuple[str, str, int, bytes, Any]] = []
        for name, text, path in [
            ("the checkpoint", note, None),
            *(
                (f"earlier checkpoint {number}", line.get("checkpoint"), line.get("path"))
                for number, line in enumerate(earlier)
            ),
            *([("the saved checkpoint", saved, None)] if saved is not None else []),
        ]:
            try:
                origin, size, root = open_note(str(text), self.key)
            except Refused as refused:
                self.find(f"{name}: {refused}")
                continue
            signed.append((name, origin, size, root, path))
            wanted[size] = b""
        concerned = {str(line.get(end)) for line in disposals for end in ("entry", "by_entry")}
        head = next((found for found in signed if found[0] == "the checkpoint"), None)
        school = str(manifest.get("school"))
        if head is not None and not re.search(rf"/schools/{re.escape(school)}(/[0-9]+)?$", head[1]):
            self.find("the checkpoint belongs to another school's log")
        self.entries(wanted, concerned, school)
        for name, _, size, root, path in signed:
            self.compare(name, size, root, path, head)
        self.disposals(disposals)

    def compare(self, name: str, size: int, root: bytes, path: Any, head: Any) -> None:
        """Compare a signed checkpoint with the recomputed tree."""
        if size > self.size:
            self.find(
                f"{name} was signed over {size} entries, and the bundle holds {self.size}: the rest"
                " was cut off"
            )
        elif self.roots[size] != root:
            self.find(f"{name}: the first {size} entries are not those that were signed")
        if name == "the checkpoint" and size < self.size:
            self.find(f"entries from #{size} on are under no checkpoint")
        if isinstance(path, list) and head is not None and 0 < size < head[2]:
            hashes = [decode(str(sibling)) for sibling in path]
            if not consistent(size, head[2], root, head[3], hashes):
                self.find(f"{name}: the consistency proof does not hold")

    def entries(self, wanted: dict[int, bytes], concerned: set[str], school: str) -> None:
        """Hash every entry and compute the root at every size that was signed."""
        edge: list[tuple[int, bytes]] = []
        self.roots = wanted
        seen: set[str] = set()
        if 0 in wanted:
            wanted[0] = root_of(edge)
        for line in self.lines("entries.jsonl"):
            body = parse(line)
            if body is None or body.get("v") != 1:
                self.find(f"entry #{self.size} cannot be read")
            else:
                entry = str(body.get("id"))
                if entry in seen:
                    self.find(f"entry #{self.size} is in the log twice")
                seen.add(entry)
                if body.get("school") != school:
                    self.find(f"entry #{self.size} belongs to another school")
                if entry in concerned:
                    self.requests[entry] = (self.size, str(body.get("action")), body.get("request"))
            grow(edge, leaf_hash(line))
            self.size += 1
            if self.size in wanted:
                wanted[self.size] = root_of(edge)

    def disposals(self, disposals: list[dict[str, Any]]) -> None:
        """Check that each disposal names another disposing entry about the same request."""
        for line in disposals:
            one, other = (
                self.requests.get(str(line.get("entry"))),
                self.requests.get(str(line.get("by_entry"))),
            )
            if (
                one is None
                or other is None
                or other[1] != "retention.request.disposed"
                or one[2] is None
                or one[2] != other[2]
                or one == other
            ):
                self.find(
                    f"the disposal of what entry {str(line.get('entry'))[:36]} sealed names no"
                    " disposing entry"
                )
            else:
                self.notes.append(f"what #{one[0]} sealed was disposed of by #{other[0]}")

    def manifest(self) -> dict[str, Any]:
        """Read the list of files and compare the digests."""
        found = parse(self.text("manifest.json", MAX_MANIFEST).encode("utf-8"))
        files = found.get("files") if found else None
        if found is None or not isinstance(files, dict):
            raise Unreadable("the manifest cannot be read")
        for name in NAMES:
            digest = hashlib.sha256()
            with self.file(name) as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            if files.get(name) != digest.hexdigest():
                self.find(f"{name} is not the file that the manifest lists")
        return found

    def file(self, name: str) -> Any:
        """Open a file of the bundle."""
        try:
            return self.archive.open(name)
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise Unreadable(f"the bundle has no readable {name}") from error

    def text(self, name: str, limit: int) -> str:
        """Read a short text file."""
        with self.file(name) as file:
            raw: bytes = file.read(limit + 1)
        if len(raw) > limit:
            raise Unreadable(f"{name} is too long")
        return raw.decode("utf-8", "replace")

    def lines(self, name: str) -> Iterator[bytes]:
        """Read the lines of a file; a last line without its end was cut off."""
        with self.file(name) as file:
            reader = io.BufferedReader(file)
            while line := reader.readline(MAX_TEXT * 8):
                if not line.endswith(b"\n"):
                    self.find(f"{name} ends in the middle of a line")
                    return
                yield line[:-1]

    def json_lines(self, name: str) -> Iterator[dict[str, Any]]:
        """Read the JSON objects of a file, one on each line."""
        for number, line in enumerate(self.lines(name)):
            found = parse(line)
            if found is None:
                self.find(f"line {number} of {name} cannot be read")
            else:
                yield found


def parse(raw: bytes) -> dict[str, Any] | None:
    """Parse a JSON object; gives None for anything else."""
    try:
        value = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle that the command line names; gives the exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle of an audit log.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument(
        "--key", required=True, help="the log's public key, from a person you trust"
    )
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint that you saved")
    given = parser.parse_args(arguments)
    try:
        saved = given.checkpoint.read_text(encoding="utf-8") if given.checkpoint else None
        with zipfile.ZipFile(given.bundle) as archive:
            bundle = Bundle(archive, read_key(given.key))
            bundle.check(saved)
    except Unreadable as error:
        sys.stderr.write(f"unreadable: {error}\n")
        return 2
    except Exception as error:  # noqa: BLE001 - a hostile bundle is unreadable, never a crash
        sys.stderr.write(f"unreadable: {type(error).__name__}\n")
        return 2
    for words in bundle.findings:
        sys.stdout.write(f"VIOLATION: {words}\n")
    for words in bundle.notes[:FINDINGS_SHOWN]:
        sys.stdout.write(f"{words}\n")
    sys.stdout.write(f"{'VIOLATION' if bundle.findings else 'intact'}: {bundle.size} entries\n")
    return 1 if bundle.findings else 0


if __name__ == "__main__":
    sys.exit(main())
