"""What a session gathered as one statement for PostgreSQL: one statement for all rows of all tables costs far less than one for each."""

from collections.abc import Mapping

import sqlalchemy as sa
from pydantic_core import to_json

_STATEMENTS: dict[tuple[tuple[str, tuple[str, ...]], ...], str] = {}


def one_statement(gathered: Mapping[sa.Table, list[Mapping[str, object]]]) -> tuple[str, tuple[str, ...]]:
    """One INSERT for all rows of all tables, whose text depends only on tables and columns, and the rows as its values."""
    key = tuple((table.name, tuple(rows[0])) for table, rows in gathered.items())
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


def _as_json(rows: list[Mapping[str, object]]) -> str:
    # PostgreSQL reads a bytea from text as backslash, x and hexadecimal digits.
    plain = [{name: "\\x" + value.hex() if isinstance(value, bytes) else value for name, value in row.items()} for row in rows]
    return to_json(plain).decode()
