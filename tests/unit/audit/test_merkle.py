"""The tree equals the recursive definitions of RFC 9162, section 2.1."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audit import merkle
from tests.unit.audit import rfc9162

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "merkle.json").read_text(encoding="utf-8")
)


def mth(bodies: Sequence[bytes]) -> bytes:
    """Merkle Tree Hash, RFC 9162, section 2.1.1."""
    if not bodies:
        return hashlib.sha256(b"").digest()
    if len(bodies) == 1:
        return hashlib.sha256(b"\x00" + bodies[0]).digest()
    k = split(len(bodies))
    return hashlib.sha256(b"\x01" + mth(bodies[:k]) + mth(bodies[k:])).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, bodies: Sequence[bytes]) -> list[bytes]:
    """PATH, section 2.1.3.1."""
    if len(bodies) == 1:
        return []
    k = split(len(bodies))
    if m < k:
        return [*path(m, bodies[:k]), mth(bodies[k:])]
    return [*path(m - k, bodies[k:]), mth(bodies[:k])]


def subproof(m: int, bodies: Sequence[bytes], whole: bool) -> list[bytes]:  # noqa: FBT001 - the RFC's own parameter
    """SUBPROOF, section 2.1.4.1."""
    if m == len(bodies):
        return [] if whole else [mth(bodies)]
    k = split(len(bodies))
    if m <= k:
        return [*subproof(m, bodies[:k], whole), mth(bodies[k:])]
    return [*subproof(m - k, bodies[k:], False), mth(bodies[:k])]


class Store:
    """The stored hashes: leaf hashes and the roots of complete 256-ary subtrees."""

    def __init__(self, bodies: Sequence[bytes], batch: int = 7) -> None:
        self.frontier = merkle.Frontier()
        self.stored: dict[tuple[int, int], bytes] = {}
        leaves = [merkle.leaf_hash(body) for body in bodies]
        self.stored.update({(0, idx): leaf for idx, leaf in enumerate(leaves)})
        for at in range(0, len(leaves), batch):
            self.stored.update(
                {
                    (level, idx): root
                    for level, idx, root in self.frontier.extend(leaves[at : at + batch])
                }
            )

    def read(self, level: int, idx: int) -> bytes:
        return self.stored[level, idx]


def bodies_of(size: int) -> list[bytes]:
    return [b"entry %d" % n for n in range(size)]


SIZES = st.one_of(st.integers(0, 80), st.integers(250, 262), st.integers(505, 1030))


@given(SIZES, st.integers(1, 300))
def test_the_root_is_the_merkle_tree_hash(size: int, batch: int) -> None:
    bodies = bodies_of(size)
    store = Store(bodies, batch)
    assert store.frontier.root() == mth(bodies) == merkle.root_of(map(merkle.leaf_hash, bodies))
    assert merkle.Frontier.read(size, store.frontier.to_bytes()) == store.frontier


@given(st.data())
def test_an_inclusion_proof_is_the_rfc_path_and_verifies(data: st.DataObject) -> None:
    size = data.draw(SIZES.filter(bool))
    index = data.draw(st.integers(0, size - 1))
    bodies = bodies_of(size)
    store = Store(bodies_of(data.draw(st.integers(size, size + 300))))
    proof = merkle.roots(merkle.inclusion(index, size), store.read, {})
    assert proof == path(index, bodies)
    assert rfc9162.included(index, size, merkle.leaf_hash(bodies[index]), proof, mth(bodies))


@given(st.data())
def test_a_consistency_proof_is_the_rfc_proof_and_verifies(data: st.DataObject) -> None:
    new = data.draw(SIZES.filter(bool))
    old = data.draw(st.integers(1, new))
    bodies = bodies_of(new)
    proof = merkle.roots(merkle.consistency(old, new), Store(bodies).read, {})
    assert proof == subproof(old, bodies, True)
    assert rfc9162.consistent(old, new, mth(bodies[:old]), mth(bodies), proof)


@given(st.data())
def test_a_frontier_replaces_reads_of_the_right_edge(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1030))
    index = data.draw(st.integers(0, size - 1))
    store = Store(bodies_of(size))
    known = store.frontier.subtrees()
    spans = merkle.inclusion(index, size)
    wanted = {
        (level, first + n)
        for level, first, count in merkle.runs(spans, known)
        for n in range(count)
    }
    only = {key: store.stored[key] for key in wanted}
    assert merkle.roots(spans, lambda level, idx: only[level, idx], known) == path(
        index, bodies_of(size)
    )
    assert len(wanted) <= 255 * 2 + 8


@given(st.data())
def test_any_change_invalidates_an_inclusion_proof(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    bodies = bodies_of(size)
    proof = path(index, bodies)
    leaf, root = merkle.leaf_hash(bodies[index]), mth(bodies)
    at = data.draw(st.integers(0, len(proof) - 1))
    byte, bit = data.draw(st.integers(0, 31)), data.draw(st.integers(0, 7))
    changed = bytearray(proof[at])
    changed[byte] ^= 1 << bit
    assert not rfc9162.included(
        index, size, leaf, [*proof[:at], bytes(changed), *proof[at + 1 :]], root
    )
    assert not rfc9162.included(index, size, leaf, proof[:-1], root)
    assert not rfc9162.included(index, size, leaf, [*proof, leaf], root)
    other = data.draw(st.integers(-1, size + 1).filter(lambda n: n != index))
    assert not rfc9162.included(other, size, leaf, proof, root)


@given(st.data())
def test_any_change_invalidates_a_consistency_proof(data: st.DataObject) -> None:
    new = data.draw(st.integers(3, 300))
    old = data.draw(st.integers(1, new - 1))
    bodies = bodies_of(new)
    proof = subproof(old, bodies, True)
    at = data.draw(st.integers(0, len(proof) - 1))
    changed = bytearray(proof[at])
    changed[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    old_root, new_root = mth(bodies[:old]), mth(bodies)
    assert not rfc9162.consistent(
        old, new, old_root, new_root, [*proof[:at], bytes(changed), *proof[at + 1 :]]
    )
    assert not rfc9162.consistent(old, new, old_root, new_root, proof[:-1])
    assert not rfc9162.consistent(old, new, old_root, new_root, [*proof, new_root])
    assert not rfc9162.consistent(old, new, new_root, new_root, proof)


@pytest.mark.parametrize("case", VECTORS["roots"], ids=lambda case: str(case["size"]))
def test_roots_equal_the_test_vectors(case: dict[str, object]) -> None:
    inputs = [bytes.fromhex(text) for text in VECTORS["leaves"]]
    assert (
        merkle.root_of(merkle.leaf_hash(body) for body in inputs[: int(str(case["size"]))]).hex()
        == case["root"]
    )


def test_impossible_trees_are_refused() -> None:
    for call in (
        lambda: merkle.inclusion(3, 3),
        lambda: merkle.inclusion(-1, 3),
        lambda: merkle.consistency(4, 3),
        lambda: merkle.consistency(0, 3),
        lambda: merkle.Frontier.read(3, b"\x00" * 32),
        lambda: merkle.Frontier.read(-1, b""),
        lambda: merkle.complete((1, 3)),
    ):
        with pytest.raises(merkle.NotATree):
            call()
