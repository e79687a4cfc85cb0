"""Make inclusion and consistency proofs from stored subtree roots.

A proof reads a few short runs of rows, whatever the size of the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from app.audit import merkle
from app.audit.errors import EntryNotSealed, InvalidTreeSize
from app.audit.merkle import Frontier, Run, Span, Subtree
from app.audit.tables import CheckpointRow, LeafRow, NodeRow
from app.platform.db import Session
from app.platform.rows import col

_NEAR: Final = 256
"""Runs of one level with fewer hashes between them are read as one."""

_NEWEST: Final = (
    sa.select(col(CheckpointRow.size), col(CheckpointRow.frontier), col(CheckpointRow.note))
    .where(col(CheckpointRow.school) == sa.bindparam("school"))
    .order_by(col(CheckpointRow.size).desc())
    .limit(1)
)
_AT_SIZE: Final = sa.select(
    col(CheckpointRow.size), col(CheckpointRow.frontier), col(CheckpointRow.note)
).where(
    col(CheckpointRow.school) == sa.bindparam("school"),
    col(CheckpointRow.size) == sa.bindparam("size"),
)
_LEAF_OF: Final = sa.select(col(LeafRow.idx), col(LeafRow.hash)).where(
    col(LeafRow.entry_id) == sa.bindparam("entry"), col(LeafRow.school) == sa.bindparam("school")
)
_LEAVES: Final = sa.select(col(LeafRow.idx), col(LeafRow.hash)).where(
    col(LeafRow.school) == sa.bindparam("school"),
    col(LeafRow.idx) >= sa.bindparam("first"),
    col(LeafRow.idx) < sa.bindparam("end"),
)
_NODES: Final = sa.select(col(NodeRow.idx), col(NodeRow.hash)).where(
    col(NodeRow.school) == sa.bindparam("school"),
    col(NodeRow.level) == sa.bindparam("level"),
    col(NodeRow.idx) >= sa.bindparam("first"),
    col(NodeRow.idx) < sa.bindparam("end"),
)


class LogDamaged(Exception):
    """Stored hashes are missing, by tampering or a failing disk; `audit verify` gives details."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed checkpoint of a school's log, with the subtree roots of its frontier in `known`."""

    size: int
    note: str
    known: dict[Subtree, bytes]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Proves that leaf `index` is in the tree of `size` leaves. `note` is the checkpoint of this
    size, if one was signed.
    """

    index: int
    size: int
    leaf_hash: bytes
    path: list[bytes]
    note: str | None


@dataclass(frozen=True, slots=True)
class Consistency:
    """Proves that the tree of `new` leaves extends that of `old`. `note` is the checkpoint of size
    `new`, if one was signed.
    """

    old: int
    new: int
    path: list[bytes]
    note: str | None


def unsigned(size: int) -> InvalidTreeSize:
    """The error for a proof that needs a signed checkpoint of a size that has none."""
    return InvalidTreeSize(
        "/query/size",
        f"no checkpoint of {size} entries was signed; leave size out, or ask for JSON",
    )


async def newest(session: Session, school: str) -> Signed:
    """Load the school's newest checkpoint; raises EntryNotSealed if there is none."""
    found = _signed(await session.first(_NEWEST, {"school": school}))
    if found is None:
        raise EntryNotSealed
    return found


async def inclusion(
    session: Session, school: str, entry: UUID, *, size: int | None = None
) -> Inclusion:
    """Prove that the entry is in the tree of `size` leaves, by default the newest.

    Raises EntryNotSealed, and InvalidTreeSize for a size without the entry or beyond the log.
    """
    leaf = await session.first(_LEAF_OF, {"entry": entry, "school": school})
    if leaf is None:
        raise EntryNotSealed
    head = await _head(session, school, size, "/query/size")
    if leaf.idx >= head.size:
        raise InvalidTreeSize(
            "/query/size", f"the entry has index {leaf.idx}; the size must be larger"
        )
    path = await _roots(session, school, merkle.inclusion(leaf.idx, head.size), head.known)
    return Inclusion(leaf.idx, head.size, bytes(leaf.hash), path, head.note or None)


async def consistency(
    session: Session, school: str, old: int, new: int | None = None
) -> Consistency:
    """Prove that the tree of `new` leaves, by default the newest, extends that of `old`.

    Raises EntryNotSealed and InvalidTreeSize.
    """
    head = await _head(session, school, new, "/query/to")
    if old > head.size:
        raise InvalidTreeSize("/query/from", "from must not be larger than to")
    known = head.known
    earlier = _signed(await session.first(_AT_SIZE, {"school": school, "size": old}))
    if earlier is not None:
        known = known | earlier.known
    path = await _roots(session, school, merkle.consistency(old, head.size), known)
    return Consistency(old, head.size, path, head.note or None)


async def _head(session: Session, school: str, size: int | None, where: str) -> Signed:
    head = await newest(session, school)
    if size is None or size == head.size:
        return head
    if size > head.size:
        raise InvalidTreeSize(where, f"the log has {head.size} entries so far")
    found = _signed(await session.first(_AT_SIZE, {"school": school, "size": size}))
    return found if found is not None else Signed(size, "", {})


def _signed(row: sa.Row[tuple[int, bytes, str]] | None) -> Signed | None:
    if row is None:
        return None
    return Signed(row.size, row.note, Frontier.read(row.size, bytes(row.frontier)).subtrees())


async def _roots(
    session: Session, school: str, spans: Sequence[Span], known: dict[Subtree, bytes]
) -> list[bytes]:
    found: dict[tuple[int, int], bytes] = {}
    for level, first, count in _joined(merkle.runs(spans, known)):
        values: dict[str, object] = {"school": school, "first": first, "end": first + count}
        rows = await (
            session.all(_NODES, values | {"level": level})
            if level
            else session.all(_LEAVES, values)
        )
        found.update({(level, row.idx): bytes(row.hash) for row in rows})
    try:
        return merkle.roots(spans, lambda level, idx: found[level, idx], known)
    except KeyError as missing:
        raise LogDamaged(f"level and index {missing} are missing") from missing


def _joined(runs: Iterable[Run]) -> list[Run]:
    joined: list[Run] = []
    for level, first, count in sorted(runs):
        if joined and joined[-1][0] == level and first - (joined[-1][1] + joined[-1][2]) < _NEAR:
            begin = joined[-1][1]
            joined[-1] = (level, begin, max(first + count, begin + joined[-1][2]) - begin)
        else:
            joined.append((level, first, count))
    return joined
