"""Signed checkpoints (C2SP tlog-checkpoint, signed note, Ed25519) and proofs (C2SP tlog-proof). A
bad one raises `CheckpointRefused`.
"""

import binascii
import hashlib
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.audit.merkle import HASH_BYTES

_ED25519: Final = b"\x01"
_ID_BYTES: Final = 4
_SIGNATURE: Final = re.compile(r"\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})\Z")
_SIZE: Final = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_ORIGIN: Final = re.compile(r"[^\s+]{1,255}\Z")
MAX_NOTE_BYTES: Final = 131_072
MAX_SIGNATURES: Final = 100


class CheckpointRefused(ValueError):
    """The text is not a checkpoint, or not one signed by the key."""


class KeyRefused(ValueError):
    """The key file is missing, unreadable or not an Ed25519 key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, its number of entries and the root over them."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode('ascii')}\n"


def origin(host: str, school: str, epoch: int = 1) -> str:
    """The name of a school's log: `<host>/schools/<urn>`; a log that was reopened after a restore
    carries the number of its epoch.
    """
    return f"{host}/schools/{school}" + (f"/{epoch}" if epoch > 1 else "")


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The signed note. The key's name is the log's origin."""
    if not _ORIGIN.match(checkpoint.origin):
        raise CheckpointRefused("the origin has a space or a plus sign")
    text = checkpoint.to_text()
    stamp = _key_id(checkpoint.origin, key.public_key()) + key.sign(text.encode("utf-8"))
    return f"{text}\n\u2014 {checkpoint.origin} {b64encode(stamp).decode('ascii')}\n"


def parse(note: str) -> Checkpoint:
    """What a signed note says, its signature unchecked; raises CheckpointRefused."""
    return _parse(note)[0]


def verify(note: str, key: Ed25519PublicKey, *, origin: str | None = None) -> Checkpoint:
    """What the note says once the key's signature over it has been checked; raises
    CheckpointRefused.

    Signatures of other keys (witnesses) are passed over, as the signed-note specification asks.
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
    """An inclusion proof to keep beside a record: C2SP tlog-proof, version 1, with the checkpoint
    in it.
    """
    lines = [
        "c2sp.org/tlog-proof@v1",
        f"index {index}",
        *(b64encode(sibling).decode("ascii") for sibling in path),
    ]
    return "\n".join(lines) + "\n\n" + note


def checkpoint_key(path: Path, *, make: bool = True) -> Ed25519PrivateKey:
    """The log's signing key from a PEM file (PKCS 8, mode 0600); made at the first start unless
    `make` is off. Raises KeyRefused.
    """
    if not path.exists():
        if not make:
            raise KeyRefused("the audit log's signing key is missing")
        _write_key(path, Ed25519PrivateKey.generate())
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefused("the audit log's signing key cannot be read") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused("the audit log's signing key is not an Ed25519 key")
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as PEM."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode("ascii")


def _write_key(path: Path, key: Ed25519PrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link never replaces: of two workers that start together, one makes the key and both read
        # it.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


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
