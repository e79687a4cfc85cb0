"""Queries that every request makes, answered for many callers by one statement."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import visitors


class Lookup:
    """A query for at most one row, which can be asked for one set of parameters or for many.

    `one` is the query for one caller. `many` answers several callers on PostgreSQL: each parameter
    is an array with one element for each caller, and the column `nth` says which caller the row
    answers, counted from 1. Callers without a row get none.
    """

    def __init__(self, one: sa.Select[Any]) -> None:
        self.one: Final = one
        self._types: Final = {
            str(element.key): element.type
            for element in visitors.iterate(one)
            if isinstance(element, sa.BindParameter) and element.required
        }
        arrays = [sa.bindparam(name, type_=ARRAY(type_)) for name, type_ in self._types.items()]
        asked = (
            sa.func.unnest(*arrays)
            .table_valued(*self._types, with_ordinality="nth")
            .render_derived(name="asked")
        )

        def replace(element: object, **_: object) -> sa.ColumnElement[Any] | None:
            if isinstance(element, sa.BindParameter) and element.required:
                # Not a column of `asked`, which SQLAlchemy would add to FROM in every subquery.
                return sa.literal_column(f"asked.{element.key}", element.type)
            return None

        query: sa.Select[Any] = visitors.replacement_traverse(one, {}, replace)  # type: ignore[assignment]
        found = query.lateral("found")
        self.many: Final = sa.select(asked.c.nth, found).join_from(asked, found, sa.true())

    def arrays(self, asked: Sequence[Mapping[str, object]]) -> dict[str, list[object]]:
        """The parameters of `many` for the parameters of several callers."""
        return {name: [values[name] for values in asked] for name in self._types}
