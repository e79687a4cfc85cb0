"""Read the stored log for verification as plain rows, in large pages, whatever their values."""

# ruff: noqa: S608 - the queries are built from constants of this module alone

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from app.audit.leaf import COLUMNS
from app.audit.model import Action
from app.platform.db import Session

PAGE: Final = 2048
MAX_SIZE: Final = 2**53
"""The sealer writes no index as large as this."""

Stored: TypeAlias = tuple[Any, Any, Any]
"""A checkpoint as stored: size, frontier, note."""


Leaf: TypeAlias = Sequence[Any]
"""A leaf as stored: index, hash, the body of its entry (None where the entry is gone), then the
entry's columns, in the order of `COLUMNS`, with instants and identifiers written as in a body."""


class QueuedEntry(NamedTuple):
    """An entry in the sealer's queue; `body` and `columns` as in `Leaf`."""

    entry: str
    school: str
    body: Any
    columns: tuple[Any, ...]


_SQLITE: Final = "e.body, " + ", ".join(f"e.{name}" for name in COLUMNS)
_SQLITE_AS_BYTES: Final = re.sub(r"e\.\w+", r"CAST(\g<0> AS BLOB)", _SQLITE)
_POSTGRESQL: Final = (
    "e.body, e.action, e.actor::text,"
    # The era tells a year before Christ from the year with the same number after it.
    " rtrim(to_char(e.at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"BC'), 'AD'),"
    " e.id::text, e.outcome, e.recipient, e.request::text, e.school, e.subject::text"
)
_FIRST: Final = -len(COLUMNS)
"""Where the columns begin in a row that ends in them."""

_SQLITE_IDS: Final = tuple(
    _FIRST + COLUMNS.index(name) for name in ("actor", "id", "request", "subject")
)

_HEX_DIGITS: Final = 32


async def prepare(session: Session) -> None:
    """Make PostgreSQL write instants in UTC, as bodies do."""
    if session.dialect == "postgresql":
        await session.raw("SELECT set_config('TimeZone', 'UTC', true)")


async def schools(session: Session) -> list[str]:
    """Every school that has a row in the log."""
    rows = await session.raw(
        "SELECT school FROM audit_leaf UNION SELECT school FROM audit_checkpoint UNION SELECT"
        " school FROM audit_node"
    )
    return sorted(str(row[0]) for row in rows)


async def leaves(session: Session, school: str, first: int) -> Sequence[Leaf]:
    """A page of leaves from index `first` on."""
    return await _with_entries(
        session,
        "SELECT l.idx, l.hash, {columns} FROM (SELECT school, idx, hash, entry_id FROM audit_leaf"
        f" WHERE school = {{0}} AND idx >= {{1}} AND idx < {MAX_SIZE} ORDER BY idx LIMIT {PAGE}) l"
        " LEFT JOIN audit_entry e ON e.school = l.school AND e.id = l.entry_id ORDER BY l.idx",
        school,
        first,
    )


async def queue(session: Session) -> AsyncIterator[QueuedEntry]:
    """Every entry in the sealer's queue."""
    after = ("", "0" * _HEX_DIGITS)
    while True:
        rows = await _with_entries(
            session,
            "SELECT p.entry_id, p.school, {columns} FROM audit_pending p LEFT JOIN audit_entry e"
            " ON e.school = p.school AND e.id = p.entry_id WHERE (p.school, p.entry_id) >"
            f" ({{0}}, {{1}}) ORDER BY p.school, p.entry_id LIMIT {PAGE}",
            *after,
        )
        for row in rows:
            yield QueuedEntry(str(row[0]), str(row[1]), row[2], tuple(row[3:]))
        if len(rows) < PAGE:
            return
        after = (str(rows[-1][1]), str(rows[-1][0]))


async def nodes(session: Session, school: str) -> dict[tuple[int, int], bytes]:
    """The stored subtree roots of a school."""
    rows = await session.raw(
        f"SELECT level, idx, hash FROM audit_node WHERE school = {_mark(session)}", school
    )
    return {
        (row[0], row[1]): row[2]
        for row in rows
        if isinstance(row[0], int) and isinstance(row[1], int)
    }


async def checkpoints(session: Session, school: str, above: int, upto: int | None) -> list[Stored]:
    """Checkpoints with sizes in `(above, upto]`."""
    one, two, three = _mark(session), _mark(session, 2), _mark(session, 3)
    rows = await session.raw(
        f"SELECT size, frontier, note FROM audit_checkpoint WHERE school = {one} AND size > {two}"
        f" AND size <= {three} ORDER BY size",
        school,
        above,
        2**62 if upto is None else upto,
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def count_leaves(session: Session, school: str) -> int:
    """How many leaves are stored, at whatever index."""
    query = f"SELECT count(*) FROM audit_leaf WHERE school = {_mark(session)}"
    return int((await session.raw(query, school))[0][0])


async def disposals(session: Session) -> dict[str, bool]:
    """By entry: whether its disposal names a later disposing entry about the same sharing
    request.
    """
    as_hex = "{}" if session.dialect == "sqlite" else "replace({}::text, '-', '')"
    rows = await session.raw(
        f"SELECT {as_hex.format('d.entry_id')}, e.request = b.request AND b.at >= e.at AND b.action"
        f" = '{Action.REQUEST_DISPOSED}' AND b.id <> e.id FROM audit_disposed d LEFT JOIN"
        " audit_entry e ON e.school = d.school AND e.id = d.entry_id LEFT JOIN audit_entry b ON"
        " b.school = d.school AND b.id = d.by_entry"
    )
    return {str(row[0]): bool(row[1]) for row in rows}


async def count_entries(session: Session) -> int:
    """How many entries are stored."""
    return int((await session.raw("SELECT count(*) FROM audit_entry"))[0][0])


async def strays(session: Session) -> list[tuple[str, str]]:
    """School and id of some entries that have neither a leaf nor a place in the queue."""
    rows = await session.raw(
        "SELECT e.school, e.id FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l"
        " WHERE l.school = e.school AND l.entry_id = e.id) AND NOT EXISTS (SELECT 1 FROM"
        " audit_pending p WHERE p.school = e.school AND p.entry_id = e.id) LIMIT 1000"
    )
    return [(str(row[0]), str(row[1])) for row in rows]


async def subject_marks(session: Session) -> int:
    """The marks of all rows of further subjects, combined by exclusive or: equal sets give equal
    numbers, in any order.
    """
    total = 0
    ids = "subject, entry_id"
    if session.dialect == "postgresql":
        ids = "replace(subject::text, '-', ''), replace(entry_id::text, '-', '')"
    for school, subject, entry in await session.raw(f"SELECT school, {ids} FROM audit_subject"):
        total ^= mark(str(school), str(subject), str(entry))
    return total


def mark(school: str, subject: str, entry: str) -> int:
    """A number that stands for one row of further subjects."""
    return int.from_bytes(hashlib.sha256(f"{school}|{subject}|{entry}".encode()).digest(), "big")


async def _with_entries(session: Session, query: str, *values: object) -> Sequence[Leaf]:
    """Rows that end in the body and columns of an entry."""
    marks = [_mark(session, number) for number in range(1, len(values) + 1)]
    if session.dialect == "postgresql":
        return await session.raw(query.format(*marks, columns=_POSTGRESQL), *values)
    try:
        rows = await session.raw(query.format(*marks, columns=_SQLITE), *values)
    except Exception:  # noqa: BLE001 - the driver fails on text that is not UTF-8: read bytes
        rows = await session.raw(query.format(*marks, columns=_SQLITE_AS_BYTES), *values)
        rows = [(*row[:_FIRST], *map(_decoded, row[_FIRST:])) for row in rows]
    return list(map(_with_dashes, rows))


def body_bytes(value: object) -> bytes | None:
    """A stored body's bytes; None where it is no text."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else None


def _decoded(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _with_dashes(row: Leaf) -> Leaf:
    """Write the identifiers of a row from SQLite as a body does."""
    written = list(row)
    for at in _SQLITE_IDS:
        written[at] = _dashed(row[at])
    return tuple(written)


def _dashed(id: object) -> object:
    if isinstance(id, str) and len(id) == _HEX_DIGITS:
        return f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"
    return id


def _mark(session: Session, number: int = 1) -> str:
    return "?" if session.dialect == "sqlite" else f"${number}"
