"""The stored trail as verification reads it: plain rows in large pages, whatever somebody has put into them."""

# ruff: noqa: S608 - every word of these queries is our own

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from app.audit.model import Action
from app.platform.db import Session

PAGE: Final = 8192
MAX_SIZE: Final = 2**53
"""No log is as long as this; an index beyond it was not written by the sealer."""


Row: TypeAlias = Sequence[Any]
"""An entry as stored: its body, then the columns in the order of `body.COLUMNS`, identifiers as a body writes them."""


class Places(NamedTuple):
    """A page of leaves, column by column: where they are, their hashes, and the entries they are of."""

    indexes: list[Any]
    hashes: list[Any]
    entries: list[Any]


class Waiting(NamedTuple):
    """An entry in the queue. `body` is None where the entry is gone."""

    entry: str
    school: str
    body: bytes | None
    row: Row


_SQLITE: Final = "CAST(e.body AS BLOB), e.action, e.actor, e.at, e.id, e.outcome, e.recipient, e.request, e.school, e.subject"
_SQLITE_BYTES: Final = re.sub(r"\be\.(?!body)\w+", r"CAST(\g<0> AS BLOB)", _SQLITE)
_SQLITE_IDS: Final = (2, 4, 7, 9)
_POSTGRESQL: Final = (
    "e.body, e.action, e.actor::text, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "
    "e.id::text, e.outcome, e.recipient, e.request::text, e.school, e.subject::text"
)
_ID: Final = 4
_HEX_DIGITS: Final = 32


async def schools(session: Session) -> list[str]:
    """Every school that has anything in the log."""
    rows = await session.raw("SELECT school FROM audit_leaf UNION SELECT school FROM audit_checkpoint UNION SELECT school FROM audit_node")
    return sorted(str(row[0]) for row in rows)


async def places(session: Session, school: str, first: int) -> Places:
    """A page of leaves from index `first` on."""
    entry, one, two = "entry_id" if session.dialect == "sqlite" else "entry_id::text", _mark(session), _mark(session, 2)
    rows = await session.raw(
        f"SELECT idx, hash, {entry} FROM audit_leaf WHERE school = {one} AND idx >= {two} ORDER BY idx LIMIT {PAGE}", school, first
    )
    sound = [row for row in rows if isinstance(row[0], int) and row[0] < MAX_SIZE]
    return Places([row[0] for row in sound], [row[1] for row in sound], [row[2] for row in sound])


async def entries(session: Session, school: str, page: Places) -> list[Row | None]:
    """The entry of each leaf of the page; None where it is gone."""
    if session.dialect == "sqlite":
        query = (
            "SELECT {columns}, l.idx FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id "
            "WHERE l.school = ? AND l.idx >= ? AND l.idx <= ?"
        )
        by_index = {row[-1]: row[:-1] for row in await _from_sqlite(session, query, school, page.indexes[0], page.indexes[-1])}
        return [by_index.get(index) for index in page.indexes]
    # Leaves stand nearly in the order of their entries' ids: reading that range is much cheaper than looking up one after the other.
    rows = await session.raw(
        f"SELECT {_POSTGRESQL} FROM audit_entry e WHERE e.school = $1 AND e.id >= $2 AND e.id <= $3 ORDER BY e.id LIMIT {2 * PAGE}",
        school,
        min(page.entries),
        max(page.entries),
    )
    found: dict[str, Row] = {row[_ID]: row for row in rows}
    others = [entry for entry in page.entries if entry not in found]
    if others:
        rows = await session.raw(f"SELECT {_POSTGRESQL} FROM audit_entry e WHERE e.id = ANY($1::uuid[])", others)
        found |= {row[_ID]: row for row in rows}
    return [found.get(entry) for entry in page.entries]


async def waiting(session: Session) -> AsyncIterator[Waiting]:
    """Every entry in the queue that has no leaf."""
    after = "0" * 32
    while True:
        if session.dialect == "sqlite":
            query = (
                "SELECT {columns}, p.entry_id, p.school FROM audit_pending p "
                "LEFT JOIN audit_entry e ON e.id = p.entry_id "
                f"WHERE p.entry_id > ? ORDER BY p.entry_id LIMIT {PAGE}"
            )
            rows = await _from_sqlite(session, query, after)
        else:
            rows = await session.raw(
                f"SELECT {_POSTGRESQL}, replace(p.entry_id::text, '-', ''), p.school "
                "FROM audit_pending p LEFT JOIN audit_entry e ON e.id = p.entry_id "
                f"WHERE p.entry_id > $1 ORDER BY p.entry_id LIMIT {PAGE}",
                after,
            )
        for row in rows:
            yield Waiting(str(row[-2]), str(row[-1]), _bytes(row[0]), row[:-2])
        if len(rows) < PAGE:
            return
        after = str(rows[-1][-2])


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


def bodies(rows: Sequence[Row | None]) -> list[bytes | None]:
    """The stored bodies' bytes; None where the entry is gone, or its body is no text."""
    try:
        return [row[0].encode() for row in rows]  # type: ignore[index]
    except (AttributeError, TypeError, UnicodeEncodeError):
        return [None if row is None else _bytes(row[0]) for row in rows]


def _bytes(value: object) -> bytes | None:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else None


async def _from_sqlite(session: Session, query: str, *values: object) -> Sequence[Row]:
    try:
        rows = await session.raw(query.format(columns=_SQLITE), *values)
    except Exception:  # noqa: BLE001 - text that is not UTF-8 stops the driver: read it as bytes
        rows = await session.raw(query.format(columns=_SQLITE_BYTES), *values)
        rows = [(row[0], *(_text(value) for value in row[1:])) for row in rows]
    return [[_dashed(value) if at in _SQLITE_IDS else value for at, value in enumerate(row)] for row in rows]


def _text(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _dashed(id: object) -> object:
    """An identifier, kept as 32 hexadecimal digits, as a body writes it; anything else as it is."""
    return f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}" if isinstance(id, str) and len(id) == _HEX_DIGITS else id


def _mark(session: Session, number: int = 1) -> str:
    return "?" if session.dialect == "sqlite" else f"${number}"
