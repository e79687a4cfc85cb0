"""Core columns by the attributes of their SQLModel classes, so that mypy knows their names and
types.
"""

from typing import Any, TypeVar, cast

import sqlalchemy as sa

T = TypeVar("T")


def col(attribute: T, of: sa.FromClause | None = None) -> sa.ColumnElement[T]:
    """The column of an attribute, as in `col(RequestRow.status)`; with `of`, the column of the same
    name in an alias of the table.
    """
    column = cast("Any", attribute).property.columns[0]
    return cast("sa.ColumnElement[T]", column if of is None else of.c[column.key])
