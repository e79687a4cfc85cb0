"""The stored trail as verification reads it: plain rows in large pages, whatever somebody has put
into them.
"""

# ruff: noqa: S608 - every word of these queries is our own

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from app.audit import leaf
from app.audit.model import Action
from app.platform.db import Session

PAGE: Final = 2048
MAX_SIZE: Final = 2**53
"""No log is as long as this; an index beyond it was not written by the sealer."""


Row: TypeAlias = Sequence[Any]
"""An entry as stored: its body, then the columns in the order of `leaf.COLUMNS`, identifiers as a
body writes them."""


Stored: TypeAlias = tuple[Any, Any, Any]
"""A checkpoint as stored: size, frontier, note."""


class Places(NamedTuple):
    """A page of leaves, column by column: where they are, their hashes, and the entries they are
    of.
    """

    indexes: list[Any]
    hashes: list[Any]
    entries: list[Any]

    def only(self, positions: Sequence[int]) -> "Places":
        """A part of the page."""
        return Places(*([column[at] for at in positions] for column in self))


class Waiting(NamedTuple):
    """An entry in the queue. `body` is None where the entry is gone."""

    entry: str
    school: str
    body: bytes | None
    row: Row


_SQLITE: Final = (
    "CAST(e.body AS BLOB), e.action, e.actor, e.at, e.id, e.outcome, e.recipient, e.request,"
    " e.school, e.subject"
)
_SQLITE_BYTES: Final = re.sub(r"\be\.(?!body)\w+", r"CAST(\g<0> AS BLOB)", _SQLITE)
_SQLITE_IDS: Final = (2, 4, 7, 9)
_SQLITE_TEXT: Final = "e.body, " + ", ".join(f"e.{name}" for name in leaf.COLUMNS)
_SQLITE_PAGE: Final = (
    "SELECT {columns}, l.idx FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id WHERE"
    " l.school = ? AND l.idx >= ? AND l.idx <= ?"
)
_INSTANT: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
_POSTGRESQL: Final = (
    # A year before Christ is told from the other that is written alike.
    f"e.body, e.action, e.actor::text, rtrim(to_char(e.at, '{_INSTANT}BC'), 'AD'), "
    "e.id::text, e.outcome, e.recipient, e.request::text, e.school, e.subject::text"
)
_LINE: Final = (
    f"concat_ws(E'\\t', e.body, e.action, to_char(e.at, '{_INSTANT}'), e.id, e.outcome, "
    "'a', e.actor, 'r', e.request, 's', e.subject, 'p', e.recipient)"
)
ID, _SCHOOL = (1 + leaf.COLUMNS.index(name) for name in ("id", "school"))
_HEX_DIGITS: Final = 32


async def prepare(session: Session) -> None:
    """Have instants written in UTC, as bodies have them."""
    if session.dialect == "postgresql":
        await session.raw("SELECT set_config('TimeZone', 'UTC', true)")


async def schools(session: Session) -> list[str]:
    """Every school that has anything in the log."""
    rows = await session.raw(
        "SELECT school FROM audit_leaf UNION SELECT school FROM audit_checkpoint UNION SELECT"
        " school FROM audit_node"
    )
    return sorted(str(row[0]) for row in rows)


async def places(session: Session, school: str, first: int) -> Places:
    """A page of leaves from index `first` on."""
    if session.dialect == "sqlite":
        query = (
            "SELECT idx, hash, entry_id FROM audit_leaf WHERE school = ? AND idx >= ? ORDER BY idx"
            f" LIMIT {PAGE}"
        )
        sound = [
            row
            for row in await session.raw(query, school, first)
            if isinstance(row[0], int) and row[0] < MAX_SIZE
        ]
        return Places(
            [row[0] for row in sound], [row[1] for row in sound], [_dashed(row[2]) for row in sound]
        )
    rows = await session.raw(
        "SELECT array_agg(idx), array_agg(hash), array_agg(entry_id::text) FROM (SELECT * FROM"
        f" audit_leaf WHERE school = $1 AND idx >= $2 AND idx < {MAX_SIZE} ORDER BY idx LIMIT"
        f" {PAGE}) l",
        school,
        first,
    )
    return Places(*(column or [] for column in rows[0]))


async def lines(session: Session, school: str, page: Places) -> list[str]:
    """The entries of the page's leaves as lines for `body.Layout`; perhaps with others, and without
    those that are not as they should be.

    Leaves stand nearly in the order of their entries' ids: reading that range is much cheaper than
    looking up one after the other.
    """
    if session.dialect == "sqlite":
        return await _lines_from_sqlite(session, school, page)
    rows = await session.raw(
        f"SELECT {_LINE} FROM audit_entry e WHERE e.school = $1 AND e.id >= $2 AND e.id <= $3 AND"
        f" e.at >= '0001-01-01Z' ORDER BY e.id LIMIT {2 * PAGE}",
        school,
        min(page.entries),
        max(page.entries),
    )
    return [row[0] for row in rows]


async def entries(session: Session, school: str, page: Places) -> list[Row | None]:
    """The entry of each leaf of the page, column by column; None where it is gone."""
    if session.dialect == "sqlite":
        by_index = {
            row[-1]: row[:-1]
            for row in await _from_sqlite(
                session, _SQLITE_PAGE, school, page.indexes[0], page.indexes[-1]
            )
        }
        return [by_index.get(index) for index in page.indexes]
    rows = await session.raw(
        f"SELECT {_POSTGRESQL} FROM audit_entry e WHERE e.id = ANY($1::uuid[])", page.entries
    )
    found: dict[str, Row] = {row[ID]: row for row in rows}
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
            yield Waiting(str(row[-2]), str(row[-1]), stored_bytes(row[0]), row[:-2])
        if len(rows) < PAGE:
            return
        after = str(rows[-1][-2])


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
    return int(
        (
            await session.raw(
                f"SELECT count(*) FROM audit_leaf WHERE school = {_mark(session)}", school
            )
        )[0][0]
    )


async def disposals(session: Session) -> dict[str, bool]:
    """By entry: whether its disposal names a later disposing entry about the same sharing
    request.
    """
    as_hex = "{}" if session.dialect == "sqlite" else "replace({}::text, '-', '')"
    rows = await session.raw(
        f"SELECT {as_hex.format('d.entry_id')}, e.request = b.request AND b.at >= e.at AND b.action"
        f" = '{Action.REQUEST_DISPOSED}' AND b.id <> e.id FROM audit_disposed d LEFT JOIN"
        " audit_entry e ON e.id = d.entry_id LEFT JOIN audit_entry b ON b.id = d.by_entry"
    )
    return {str(row[0]): bool(row[1]) for row in rows}


async def count_entries(session: Session) -> int:
    """How many entries are stored."""
    return int((await session.raw("SELECT count(*) FROM audit_entry"))[0][0])


async def strays(session: Session) -> list[tuple[str, str]]:
    """School and id of some entries that are neither sealed nor waiting to be."""
    rows = await session.raw(
        "SELECT e.school, e.id FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l"
        " WHERE l.entry_id = e.id) AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.entry_id ="
        " e.id) LIMIT 1000"
    )
    return [(str(row[0]), str(row[1])) for row in rows]


async def subject_marks(session: Session) -> int:
    """The marks of all rows of further subjects, added without carry: equal sets give equal sums,
    in whatever order.
    """
    total = 0
    if session.dialect == "sqlite":
        rows = await session.raw("SELECT school, subject, entry_id FROM audit_subject")
    else:
        rows = await session.raw(
            "SELECT school, replace(subject::text, '-', ''), replace(entry_id::text, '-', '') FROM"
            " audit_subject"
        )
    for school, subject, entry in rows:
        total ^= mark(str(school), str(subject), str(entry))
    return total


def mark(school: str, subject: str, entry: str) -> int:
    """A number that stands for one row of further subjects."""
    return int.from_bytes(hashlib.sha256(f"{school}|{subject}|{entry}".encode()).digest(), "big")


def stored_bytes(value: object) -> bytes | None:
    """A stored body's bytes; None where it is no text."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return value if isinstance(value, bytes) else None


async def _lines_from_sqlite(session: Session, school: str, page: Places) -> list[str]:
    try:
        rows = await session.raw(
            _SQLITE_PAGE.format(columns=_SQLITE_TEXT), school, page.indexes[0], page.indexes[-1]
        )
    except Exception:  # noqa: BLE001 - text that is not UTF-8 stops the driver: each entry is looked at closely
        return []
    sound = [row for row in rows if row[_SCHOOL] == school and all(map(_is_plain, row[:-1]))]
    return [leaf.line(row[0], row[1:-1]) for row in map(_with_dashes, sound)]


def _is_plain(value: object) -> bool:
    """Whether it is what a body, a column or an empty column may hold, and not what separates
    them.
    """
    return value is None or (isinstance(value, str) and leaf.BETWEEN not in value)


async def _from_sqlite(session: Session, query: str, *values: object) -> Sequence[Row]:
    try:
        rows = await session.raw(query.format(columns=_SQLITE), *values)
    except Exception:  # noqa: BLE001 - text that is not UTF-8 stops the driver: read it as bytes
        rows = await session.raw(query.format(columns=_SQLITE_BYTES), *values)
        rows = [(row[0], *(_text(value) for value in row[1:])) for row in rows]
    return list(map(_with_dashes, rows))


def _text(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _with_dashes(row: Row) -> Row:
    return [_dashed(value) if at in _SQLITE_IDS else value for at, value in enumerate(row)]


def _dashed(id: object) -> object:
    """An identifier, kept as 32 hexadecimal digits, as a body writes it; anything else as it is."""
    return (
        f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"
        if isinstance(id, str) and len(id) == _HEX_DIGITS
        else id
    )


def _mark(session: Session, number: int = 1) -> str:
    return "?" if session.dialect == "sqlite" else f"${number}"
