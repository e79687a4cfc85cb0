"""Checkpoints and proofs are written and read as texts, and other texts are refused."""

import json
import stat
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from app.audit import bundle_verifier, checkpoint
from app.audit.checkpoint import Checkpoint, CheckpointRefused, KeyRefused
from tests.unit.audit import rfc9162

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "checkpoint.json").read_text(encoding="utf-8")
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["seed"]))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
NOTE = VECTORS["note"]
HEAD = Checkpoint("school.example/schools/123456", 8, bytes.fromhex(VECTORS["root"]))


def test_a_signed_note_equals_the_test_vector() -> None:
    assert checkpoint.sign(HEAD, KEY) == NOTE
    assert checkpoint.verify(NOTE, KEY.public_key()) == checkpoint.parse(NOTE) == HEAD


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_is_read_back(size: int, root: bytes) -> None:
    head = Checkpoint("host:8000/schools/123456", size, root)
    assert (
        checkpoint.verify(checkpoint.sign(head, KEY), KEY.public_key(), origin=head.origin) == head
    )


@given(st.data())
def test_any_single_byte_changed_is_refused(data: st.DataObject) -> None:
    raw = bytearray(NOTE.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises((CheckpointRefused, UnicodeDecodeError)):
        checkpoint.verify(raw.decode(), KEY.public_key())


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CheckpointRefused):
        checkpoint.parse(text)


def test_another_key_or_log_is_refused_and_other_signatures_are_ignored() -> None:
    with pytest.raises(CheckpointRefused, match="not signed by this key"):
        checkpoint.verify(NOTE, OTHER.public_key())
    with pytest.raises(CheckpointRefused, match="another log"):
        checkpoint.verify(NOTE, KEY.public_key(), origin="school.example/schools/654321")
    other = checkpoint.sign(HEAD, OTHER).splitlines()[-1]
    head, _, tail = NOTE.partition("\n\n")
    assert checkpoint.verify(f"{head}\n\n{other}\n{tail}", KEY.public_key()) == HEAD


@pytest.mark.parametrize(
    "breaking",
    [
        lambda note: note.replace("\n8\n", "\n08\n"),
        lambda note: note.replace("\n8\n", "\n8\nextension\n"),
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("\u2014", "-"),
        lambda note: note + "\u2014 x\n",
        lambda note: note + "\u2014 x AAAA\n" * 200,
        lambda note: note.replace("\n\n", "\n\r\n"),
        lambda note: "a" * checkpoint.MAX_NOTE_BYTES + note,
    ],
)
def test_malformed_checkpoints_are_refused(breaking) -> None:  # noqa: ANN001
    with pytest.raises(CheckpointRefused):
        checkpoint.verify(breaking(NOTE), KEY.public_key())


def test_an_origin_that_cannot_name_a_key_is_not_signed() -> None:
    with pytest.raises(CheckpointRefused):
        checkpoint.sign(Checkpoint("two words", 0, bytes(32)), KEY)


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_proof_is_read_back(index: int, path: list[bytes]) -> None:
    text = checkpoint.proof_text(index, path, NOTE)
    assert rfc9162.parse_proof(text) == (index, path, NOTE)


def test_the_key_is_created_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "audit.pem"
    with pytest.raises(KeyRefused, match="missing"):
        checkpoint.checkpoint_key(path, make=False)
    first = checkpoint.checkpoint_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = checkpoint.checkpoint_key(path, make=False)
    assert checkpoint.public_pem(again.public_key()) == checkpoint.public_pem(first.public_key())
    assert [child.name for child in path.parent.iterdir()] == ["audit.pem"]
    assert load_pem_public_key(checkpoint.public_pem(first.public_key()).encode()) == (
        first.public_key()
    )


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "audit.pem"
    rsa = generate_private_key(65537, 2048)
    path.write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(KeyRefused, match="not an Ed25519"):
        checkpoint.checkpoint_key(path)
    path.write_bytes(b"nothing")
    with pytest.raises(KeyRefused, match="cannot be read"):
        checkpoint.checkpoint_key(path)


def test_keys_and_signatures_agree_with_the_go_implementation() -> None:
    assert rfc9162.verifier_key(HEAD.origin, KEY.public_key()) == VECTORS["verifier_key"]
    foreign = VECTORS["go_note"]
    key = bundle_verifier.read_key(foreign["verifier_key"])
    assert rfc9162.verifier_key("PeterNeumann", key) == foreign["verifier_key"]
    stamp = b64decode(foreign["signature"])
    assert stamp[:4].hex() == foreign["verifier_key"].split("+")[1]
    key.verify(stamp[4:], foreign["text"].encode())
