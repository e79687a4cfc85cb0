"""What a session gathered as one statement for PostgreSQL: one statement for all rows of all tables
costs far less than one for each.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from pydantic_core import to_json

Row = Mapping[str, object]

Gathered = Mapping[sa.Table, Sequence[Row]]
"""The rows to be inserted into each table; all rows of a table have the same columns."""

Shape = tuple[tuple[str, tuple[str, ...]], ...]

_STATEMENTS: dict[Shape, str] = {}


def shape(gathered: Gathered) -> Shape:
    """Tables and columns: what the text of the statement depends on."""
    return tuple((table.name, tuple(rows[0])) for table, rows in gathered.items())


def merged(several: Sequence[Gathered]) -> Gathered:
    """The rows of several of one shape as one."""
    if len(several) == 1:
        return several[0]
    return {table: [row for gathered in several for row in gathered[table]] for table in several[0]}


def one_statement(gathered: Gathered) -> tuple[str, tuple[str, ...]]:
    """One INSERT for all rows of all tables, whose text depends only on their shape, and the rows
    as its values.
    """
    key = shape(gathered)
    if key not in _STATEMENTS:
        parts = []
        for position, (table, columns) in enumerate(key, start=1):
            listed = ", ".join(f'"{column}"' for column in columns)
            parts.append(
                f'w{position} AS (INSERT INTO "{table}" ({listed}) SELECT {listed} '  # noqa: S608 - names come from our own tables
                f'FROM json_populate_recordset(NULL::"{table}", CAST(${position} AS json)))'
            )
        _STATEMENTS[key] = f"WITH {', '.join(parts)} SELECT 1"
    return _STATEMENTS[key], tuple([_as_json(rows) for rows in gathered.values()])


def _as_json(rows: Sequence[Row]) -> str:
    # PostgreSQL reads a bytea from text as backslash, x and hexadecimal digits.
    plain = [
        {
            name: "\\x" + value.hex() if isinstance(value, bytes) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    return to_json(plain).decode()
