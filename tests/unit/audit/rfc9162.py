"""Check proofs as a client does, by RFC 9162, C2SP tlog-proof and C2SP signed-note."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.audit import bundle_verifier


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def included(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves the leaf hash at `index` in a tree of `size` leaves: section 2.1.3.2,
    word for word.
    """
    if index < 0 or index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree of `new` leaves extends that of `old`, as the script in
    the evidence bundle checks it.
    """
    if old == new:
        return not path and old_root == new_root
    return 0 < old < new and bundle_verifier.consistent(old, new, old_root, new_root, list(path))


def parse_proof(text: str) -> tuple[int, list[bytes], str]:
    """Index, path and signed note of a tlog-proof."""
    head, _, note = text.partition("\n\n")
    first, index, *path = head.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    assert index.startswith("index ")
    return int(index.removeprefix("index ")), [b64decode(line) for line in path], note


def verifier_key(name: str, key: Ed25519PublicKey) -> str:
    """The public key as the signed-note specification writes it: `name+id+base64`."""
    raw = b"\x01" + key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return f"{name}+{key_id.hex()}+{b64encode(raw).decode()}"
