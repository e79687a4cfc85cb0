"""Typed access to tables: mypy reports a misspelt column.

SQLAlchemy types neither the members of `table.c` nor the attributes of a `Row`. These functions
give the same Core columns, values and rows, named by the attributes of a SQLModel class.
"""

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, cast, overload

import sqlalchemy as sa
from sqlalchemy.sql.base import Executable
from sqlmodel import SQLModel

from app.platform.db import Session

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")


def table_of(row: type[SQLModel]) -> sa.Table:
    """The table of a row class."""
    return cast("sa.Table", sa.inspect(row).local_table)


@overload
def col(attribute: T) -> sa.Column[T]: ...
@overload
def col(attribute: T, of: sa.FromClause) -> sa.ColumnElement[T]: ...
def col(attribute: T, of: sa.FromClause | None = None) -> sa.ColumnElement[T]:
    """The column behind an attribute of a row class, such as `AccountRow.email`; `of` names an
    alias of the table.
    """
    column: sa.Column[T] = cast("Any", attribute).property.columns[0]
    return column if of is None else of.c[column.key]


def values(row: Callable[P, SQLModel]) -> Callable[P, dict[str, object]]:
    """A function that takes the columns of a row class as keywords and gives them as a mapping, for
    an insert. It constructs no SQLModel object, which would cost more than the insert.
    """
    del row
    return cast("Callable[P, dict[str, object]]", dict)


def changed_values(row: SQLModel, changes: Mapping[sa.Column[Any], object]) -> dict[str, object]:
    """The columns of a row that was read with some of them changed, for an update."""
    stored = dict(cast("sa.Row[Any]", row)._mapping)  # noqa: SLF001 - the documented way to a row's mapping
    return {**stored, **{column.key: value for column, value in changes.items()}}


async def first_row(
    session: Session,
    row: type[T],
    statement: Executable,
    params: Mapping[str, object] | None = None,
) -> T | None:
    """The first row of a query, or None. `row` is the class whose attributes are the selected
    columns: what is given has these attributes, and none of the methods.
    """
    del row  # is for the type checker alone
    return cast("T | None", await session.first(statement, params))


async def all_rows(
    session: Session,
    row: type[T],
    statement: Executable,
    params: Mapping[str, object] | None = None,
) -> list[T]:
    """Every row of a query, typed as by `first_row`."""
    del row
    return cast("list[T]", await session.all(statement, params))


async def first_row_with(
    session: Session, row: type[T], extra: type[U], statement: Executable
) -> tuple[T, U | None] | None:
    """The first row of a query, typed as by `first_row`, and the value of its last column, which is
    not one of the row class; or None.
    """
    del row, extra
    found = await session.first(statement)
    return None if found is None else (cast("T", found), cast("U | None", found[-1]))


async def all_rows_with(
    session: Session, row: type[T], extra: type[U], statement: Executable
) -> list[tuple[T, U | None]]:
    """Every row of a query, each as by `first_row_with`."""
    del row, extra
    return [
        (cast("T", found), cast("U | None", found[-1])) for found in await session.all(statement)
    ]
