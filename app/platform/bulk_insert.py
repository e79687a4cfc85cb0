"""One PostgreSQL statement that inserts rows into several tables, which costs far less than one
statement for each table.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from pydantic_core import to_json

Row = Mapping[str, object]

Rows = Mapping[sa.Table, Sequence[Row]]
"""The rows to insert into each table. All rows of a table have the same columns."""

Shape = tuple[tuple[str, tuple[str, ...]], ...]

_STATEMENTS: dict[Shape, str] = {}


def shape_of(rows: Rows) -> Shape:
    """Tables and their columns, which determine the text of the statement."""
    return tuple((table.name, tuple(of_table[0])) for table, of_table in rows.items())


def insert_statement(rows: Rows) -> tuple[str, tuple[str, ...]]:
    """The INSERT for these rows, and its parameters: one JSON array for each table."""
    shape = shape_of(rows)
    if shape not in _STATEMENTS:
        parts = []
        for position, (table, columns) in enumerate(shape, start=1):
            listed = ", ".join(f'"{column}"' for column in columns)
            parts.append(
                f'w{position} AS (INSERT INTO "{table}" ({listed}) SELECT {listed} '  # noqa: S608 - names come from our own tables
                f'FROM json_populate_recordset(NULL::"{table}", CAST(${position} AS json)))'
            )
        _STATEMENTS[shape] = f"WITH {', '.join(parts)} SELECT 1"
    return _STATEMENTS[shape], tuple([_to_json(of_table) for of_table in rows.values()])


def _to_json(rows: Sequence[Row]) -> str:
    # PostgreSQL reads a bytea from text as backslash, x and hexadecimal digits.
    plain = [
        {
            name: "\\x" + value.hex() if isinstance(value, bytes) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    return to_json(plain).decode()
