"""The tables of the baseline migration, one module for each package of `app`.

Invariant: every primary key, unique constraint, index and foreign key of a table that has a school
begins with `school`. Published migrations are never edited, and neither are these modules.
"""

from collections.abc import Iterable

import sqlalchemy as sa

TEXT_C = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that sorts and compares by code point on both databases."""

SCHOOL = sa.String(6).with_variant(sa.String(6, collation="C"), "postgresql")
"""A school's URN: six digits."""


def school() -> sa.Column[str]:
    """The column that every key of a table begins with."""
    return sa.Column("school", SCHOOL, nullable=False)


def one_of(table: str, column: str, values: Iterable[str]) -> sa.CheckConstraint:
    """A CHECK that a column holds one of these values, or NULL."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def references(
    column: str, table: str, *, key: str = "id", ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    """A foreign key to a row of the same school."""
    return sa.ForeignKeyConstraint(
        ["school", column], [f"{table}.school", f"{table}.{key}"], ondelete=ondelete
    )
