"""Compute the Merkle tree of RFC 9162, section 2.1, over stored roots of complete 256-ary subtrees.
Pure: stored hashes come through a function.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

HASH_BYTES: Final = 32
STRIDE: Final = 8
"""Levels of the binary tree between one stored level and the next: 2^8 = 256 children."""

EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"

Reader: TypeAlias = Callable[[int, int], bytes]
"""`read(level, idx)`: the root of the complete subtree of 256^level leaves that is number `idx` of
its level; level 0 holds leaf hashes."""

Span: TypeAlias = tuple[int, int]
"""Leaves `[first, end)`."""

Subtree: TypeAlias = tuple[int, int]
"""`(height, idx)`: the complete subtree of 2^height leaves that is number `idx` of its height."""

Run: TypeAlias = tuple[int, int, int]
"""`(level, first, count)`: a run of stored hashes."""


class NotATree(ValueError):
    """No tree has such a size, index or hash."""


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(_LEAF + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(_NODE + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The right edge of a growing tree: the roots of its complete binary subtrees, largest first,
    one for each set bit of `size`.
    """

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def read(cls, size: int, blob: bytes) -> "Frontier":
        """Read the frontier that `to_bytes` wrote for a tree of `size` leaves; raises NotATree if
        the length does not fit.
        """
        if size < 0 or len(blob) != HASH_BYTES * size.bit_count():
            raise NotATree("a frontier holds one hash for each set bit of the size")
        return cls(size, [blob[at : at + HASH_BYTES] for at in range(0, len(blob), HASH_BYTES)])

    def to_bytes(self) -> bytes:
        """Join the hashes."""
        return b"".join(self.hashes)

    def extend(self, leaves: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
        """Append leaf hashes; gives `(level, idx, root)` of each 256-ary subtree that they
        complete, from level 1 up.
        """
        completed: list[tuple[int, int, bytes]] = []
        row, first, height, edge, sha256 = list(leaves), self.size, 0, list[bytes](), hashlib.sha256
        self.size += len(row)
        # Level by level: `row` holds the new nodes of a height, `first` is the number of the first
        # one, `edge` collects the nodes without a sibling.
        while row:
            if height and not height % STRIDE:
                completed += [(height // STRIDE, idx, root) for idx, root in enumerate(row, first)]
            if first & 1:
                row.insert(0, self.hashes.pop())
            if len(row) & 1:
                edge.append(row.pop())
            row = [
                sha256(_NODE + left + right).digest()
                for left, right in zip(row[::2], row[1::2], strict=True)
            ]
            first >>= 1
            height += 1
        self.hashes += reversed(edge)
        return completed

    def root(self) -> bytes:
        """The root of the whole tree."""
        return _fold(self.hashes) if self.hashes else EMPTY

    def subtrees(self) -> dict[Subtree, bytes]:
        """The hashes of the frontier by subtree."""
        return dict(zip(complete((0, self.size)), self.hashes, strict=True))


def complete(span: Span) -> list[Subtree]:
    """Split a span into complete subtrees, largest first; raises NotATree unless it begins on a
    boundary of its length.
    """
    first, end = span
    parts = []
    while first < end:
        height = (end - first).bit_length() - 1
        if first & (1 << height) - 1:
            raise NotATree("the span does not begin on a boundary of its length")
        parts.append((height, first >> height))
        first += 1 << height
    return parts


def inclusion(index: int, size: int) -> list[Span]:
    """The spans whose roots prove leaf `index` in a tree of `size` leaves, nearest to the leaf
    first (RFC 9162, section 2.1.3.1).
    """
    if not 0 <= index < size:
        raise NotATree("the leaf is not in the tree")
    spans = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first = middle
    return spans[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """The spans whose roots prove that the tree of `new` leaves extends that of `old` (RFC 9162,
    section 2.1.4.1).
    """
    if not 0 < old <= new:
        raise NotATree("the old tree is empty or larger than the new one")
    if old == new:
        return []
    spans = []
    first, end, whole = 0, new, True
    while old != end:
        middle = first + _split(end - first)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((first, middle))
            first, whole = middle, False
    if not whole:
        spans.append((first, end))
    return spans[::-1]


def runs(spans: Iterable[Span], known: Mapping[Subtree, bytes]) -> list[Run]:
    """The stored hashes that `roots` reads for these spans, given the known subtree roots."""
    return [_run(subtree) for span in spans for subtree in complete(span) if subtree not in known]


def roots(spans: Iterable[Span], read: Reader, known: Mapping[Subtree, bytes]) -> list[bytes]:
    """Compute the root of each span."""
    return [
        _fold(
            [known[part] if part in known else _subtree_root(part, read) for part in complete(span)]
        )
        for span in spans
    ]


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Compute the root over leaf hashes."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _fold(hashes: Sequence[bytes]) -> bytes:
    current = hashes[-1]
    for left in reversed(hashes[:-1]):
        current = node_hash(left, current)
    return current


def _run(subtree: Subtree) -> Run:
    height, idx = subtree
    level, above = divmod(height, STRIDE)
    return level, idx << above, 1 << above


def _subtree_root(subtree: Subtree, read: Reader) -> bytes:
    level, first, count = _run(subtree)
    row = [read(level, idx) for idx in range(first, first + count)]
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
