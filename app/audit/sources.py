"""The stored trail as verification reads it: plain rows in large pages, whatever somebody has put into them."""

# ruff: noqa: S608 - every word of these queries is our own

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

from app.audit.model import Action
from app.platform.db import Session

PAGE: Final = 8192
MAX_SIZE: Final = 2**53
"""No log is as long as this; an index beyond it was not written by the sealer."""


class Leaves(NamedTuple):
    """A page of leaves, column by column: a tuple for each of a million rows would cost as much as hashing it."""

    indexes: list[Any]
    hashes: list[Any]
    bodies: list[bytes | None]
    columns: list[Sequence[Any]]


class Waiting(NamedTuple):
    """An entry in the queue. `body` is None where the entry is gone."""

    entry: str
    school: str
    body: bytes | None
    columns: Sequence[Any]


_SQLITE: Final = "e.action, e.actor, e.at, e.id, e.outcome, e.recipient, e.request, e.school, e.subject"
_SQLITE_BYTES: Final = ", ".join(f"CAST({name} AS BLOB)" for name in _SQLITE.split(", "))
_POSTGRESQL: Final = (
    "e.action, replace(e.actor::text, '-', ''), to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "replace(e.id::text, '-', ''), e.outcome, e.recipient, replace(e.request::text, '-', ''), e.school, replace(e.subject::text, '-', '')"
)


async def schools(session: Session) -> list[str]:
    """Every school that has anything in the log."""
    rows = await session.raw("SELECT school FROM audit_leaf UNION SELECT school FROM audit_checkpoint UNION SELECT school FROM audit_node")
    return sorted(str(row[0]) for row in rows)


async def leaves(session: Session, school: str, first: int) -> Leaves:
    """A page of leaves from index `first` on."""
    if session.dialect == "sqlite":
        query = (
            "SELECT l.idx, l.hash, CAST(e.body AS BLOB), {columns} "
            "FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id "
            f"WHERE l.school = ? AND l.idx >= ? ORDER BY l.idx LIMIT {PAGE}"
        )
        rows = await _from_sqlite(session, query, school, first)
    else:
        rows = await session.raw(
            f"SELECT l.idx, l.hash, e.body, {_POSTGRESQL} "
            "FROM audit_leaf l LEFT JOIN audit_entry e ON e.id = l.entry_id "
            f"WHERE l.school = $1 AND l.idx >= $2 ORDER BY l.idx LIMIT {PAGE}",
            school,
            first,
        )
    sound = [row for row in rows if isinstance(row[0], int) and row[0] < MAX_SIZE]
    bodies = [row[2] if type(row[2]) is bytes else _bytes(row[2]) for row in sound]
    return Leaves([row[0] for row in sound], [row[1] for row in sound], bodies, [row[3:] for row in sound])


async def waiting(session: Session) -> AsyncIterator[Waiting]:
    """Every entry in the queue that has no leaf."""
    after = "0" * 32
    while True:
        if session.dialect == "sqlite":
            query = (
                "SELECT p.entry_id, p.school, CAST(e.body AS BLOB), {columns} FROM audit_pending p "
                "LEFT JOIN audit_entry e ON e.id = p.entry_id "
                f"WHERE p.entry_id > ? ORDER BY p.entry_id LIMIT {PAGE}"
            )
            rows = await _from_sqlite(session, query, after)
        else:
            rows = await session.raw(
                f"SELECT replace(p.entry_id::text, '-', ''), p.school, e.body, {_POSTGRESQL} "
                "FROM audit_pending p LEFT JOIN audit_entry e ON e.id = p.entry_id "
                f"WHERE p.entry_id > $1 ORDER BY p.entry_id LIMIT {PAGE}",
                after,
            )
        for row in rows:
            yield Waiting(str(row[0]), str(row[1]), _bytes(row[2]), row[3:])
        if len(rows) < PAGE:
            return
        after = str(rows[-1][0])


async def nodes(session: Session, school: str) -> dict[tuple[int, int], bytes]:
    """The stored subtree roots of a school."""
    rows = await session.raw(f"SELECT level, idx, hash FROM audit_node WHERE school = {_mark(session)}", school)
    return {(row[0], row[1]): row[2] for row in rows if isinstance(row[0], int) and isinstance(row[1], int)}


async def checkpoints(session: Session, school: str, above: int, upto: int | None) -> list[tuple[Any, Any, Any]]:
    """Checkpoints with sizes in `(above, upto]`: size, frontier, note."""
    one, two, three = _mark(session), _mark(session, 2), _mark(session, 3)
    rows = await session.raw(
        f"SELECT size, frontier, note FROM audit_checkpoint WHERE school = {one} AND size > {two} AND size <= {three} ORDER BY size",
        school,
        above,
        2**62 if upto is None else upto,
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def count_leaves(session: Session, school: str) -> int:
    """How many leaves are stored, at whatever index."""
    return int((await session.raw(f"SELECT count(*) FROM audit_leaf WHERE school = {_mark(session)}", school))[0][0])


async def disposals(session: Session) -> dict[str, bool]:
    """By entry: whether its disposal names a later disposing entry about the same sharing request."""
    as_hex = "{}" if session.dialect == "sqlite" else "replace({}::text, '-', '')"
    rows = await session.raw(
        f"SELECT {as_hex.format('d.entry_id')}, e.request = b.request AND b.at >= e.at AND b.action = '{Action.REQUEST_DISPOSED}' "
        "AND b.id <> e.id FROM audit_disposed d LEFT JOIN audit_entry e ON e.id = d.entry_id LEFT JOIN audit_entry b ON b.id = d.by_entry"
    )
    return {str(row[0]): bool(row[1]) for row in rows}


async def count_entries(session: Session) -> int:
    """How many entries are stored."""
    return int((await session.raw("SELECT count(*) FROM audit_entry"))[0][0])


async def strays(session: Session) -> list[tuple[str, str]]:
    """School and id of some entries that are neither sealed nor waiting to be."""
    rows = await session.raw(
        "SELECT e.school, e.id FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id) "
        "AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.entry_id = e.id) LIMIT 1000"
    )
    return [(str(row[0]), str(row[1])) for row in rows]


async def subject_marks(session: Session) -> int:
    """The marks of all rows of further subjects, added without carry: equal sets give equal sums, in whatever order."""
    total = 0
    if session.dialect == "sqlite":
        rows = await session.raw("SELECT school, subject, entry_id FROM audit_subject")
    else:
        rows = await session.raw("SELECT school, replace(subject::text, '-', ''), replace(entry_id::text, '-', '') FROM audit_subject")
    for school, subject, entry in rows:
        total ^= mark(str(school), str(subject), str(entry))
    return total


def mark(school: str, subject: str, entry: str) -> int:
    """A number that stands for one row of further subjects."""
    return int.from_bytes(hashlib.sha256(f"{school}|{subject}|{entry}".encode()).digest(), "big")


async def _from_sqlite(session: Session, query: str, *values: object) -> Sequence[Sequence[Any]]:
    try:
        return await session.raw(query.format(columns=_SQLITE), *values)
    except Exception:  # noqa: BLE001 - text that is not UTF-8 stops the driver: read it as bytes
        rows = await session.raw(query.format(columns=_SQLITE_BYTES), *values)
        return [(*row[:3], *(_text(value) for value in row[3:])) for row in rows]


def _text(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else None


def _mark(session: Session, number: int = 1) -> str:
    return "?" if session.dialect == "sqlite" else f"${number}"
