"""Sign, parse and verify checkpoints of the log (C2SP tlog-checkpoint, as signed notes with
Ed25519).
"""

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.audit.merkle import HASH_BYTES
from app.platform import files

_ED25519: Final = b"\x01"
_ID_BYTES: Final = 4
_SIGNATURE: Final = re.compile(r"\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})\Z")
_SIZE: Final = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_ORIGIN: Final = re.compile(r"[^\s+]{1,255}\Z")
MAX_NOTE_BYTES: Final = 131_072
MAX_SIGNATURES: Final = 100


class CheckpointRefused(ValueError):
    """The text is not a checkpoint, or not signed by the key."""


class KeyRefused(ValueError):
    """The key file is missing, unreadable or not an Ed25519 key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The origin (name) of a log, its number of entries and their root hash."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """Write the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode('ascii')}\n"


def origin(host: str, school: str, epoch: int = 1) -> str:
    """The name of a school's log: `<host>/schools/<urn>`, and for a log that was reopened after a
    restore the number of its epoch after another slash.
    """
    return f"{host}/schools/{school}" + (f"/{epoch}" if epoch > 1 else "")


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Sign a checkpoint as a note; the name of the key is the log's origin."""
    if not _ORIGIN.match(checkpoint.origin):
        raise CheckpointRefused("the origin has a space or a plus sign")
    text = checkpoint.to_text()
    stamp = _key_id(checkpoint.origin, key.public_key()) + key.sign(text.encode("utf-8"))
    return f"{text}\n\u2014 {checkpoint.origin} {b64encode(stamp).decode('ascii')}\n"


def parse(note: str) -> Checkpoint:
    """Parse a signed note without checking its signature; raises CheckpointRefused."""
    return _parse(note)[0]


def verify(note: str, key: Ed25519PublicKey, *, origin: str | None = None) -> Checkpoint:
    """Parse a signed note and check the key's signature; raises CheckpointRefused.

    Signatures by other keys are ignored, as the signed-note specification requires.
    """
    checkpoint, text, signatures = _parse(note)
    if origin is not None and checkpoint.origin != origin:
        raise CheckpointRefused("the checkpoint belongs to another log")
    mine = _key_id(checkpoint.origin, key)
    for name, stamp in signatures:
        if name == checkpoint.origin and stamp[:_ID_BYTES] == mine:
            try:
                key.verify(stamp[_ID_BYTES:], text.encode("utf-8"))
            except InvalidSignature:
                raise CheckpointRefused("the signature does not match") from None
            return checkpoint
    raise CheckpointRefused("the checkpoint is not signed by this key")


def proof_text(index: int, path: Sequence[bytes], note: str) -> str:
    """Write an inclusion proof with its checkpoint as C2SP tlog-proof, version 1."""
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"index {index}",
        *(b64encode(sibling).decode("ascii") for sibling in path),
    ]
    return "\n".join(lines) + "\n\n" + note


def checkpoint_key(path: Path, *, make: bool = True) -> Ed25519PrivateKey:
    """Load the log's signing key from a PEM file (PKCS 8, mode 0600); raises KeyRefused.

    Without a file a key is generated and stored, unless `make` is False.
    """
    if not path.exists():
        if not make:
            raise KeyRefused("the audit log's signing key is missing")
        pem = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        files.create(path, pem)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefused("the audit log's signing key cannot be read") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused("the audit log's signing key is not an Ed25519 key")
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """Write the public key as PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def _parse(note: str) -> tuple[Checkpoint, str, list[tuple[str, bytes]]]:
    if len(note) > MAX_NOTE_BYTES or any(
        character < " " and character != "\n" for character in note
    ):
        raise CheckpointRefused("the note is too long or holds control characters")
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n"):
        raise CheckpointRefused("the note has no signature")
    text, tail = note[: at + 1], note[at + 2 : -1]
    lines = tail.split("\n")
    matches = [_SIGNATURE.match(line) for line in lines]
    if len(lines) > MAX_SIGNATURES:
        raise CheckpointRefused("the note has too many signatures")
    signatures = [(match[1], _base64(match[2])) for match in matches if match]
    if len(signatures) != len(lines) or any(len(stamp) <= _ID_BYTES for _, stamp in signatures):
        raise CheckpointRefused("a signature line cannot be read")
    return _body(text), text, signatures


def _body(text: str) -> Checkpoint:
    lines = text.split("\n")
    try:
        name, size, root, _ = lines
    except ValueError:
        raise CheckpointRefused("a checkpoint has three lines") from None
    if not _ORIGIN.match(name) or not _SIZE.match(size):
        raise CheckpointRefused("the origin or the size cannot be read")
    decoded = _base64(root)
    if len(decoded) != HASH_BYTES:
        raise CheckpointRefused("the root has the wrong length")
    return Checkpoint(name, int(size), decoded)


def _base64(text: str) -> bytes:
    try:
        value = b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise CheckpointRefused("base64 cannot be read") from None
    if b64encode(value).decode("ascii") != text:
        raise CheckpointRefused("base64 is not in its one canonical form")
    return value


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode("utf-8") + b"\n" + _ED25519 + _raw(key)).digest()[:_ID_BYTES]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
