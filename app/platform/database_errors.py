"""Classifies database errors: unavailable, or a row that is taken."""

import re
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kernel.errors import Kind, ServiceError

OUTAGES: Final = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE in which the database could not work at all: connection exceptions, resources
exhausted, operator intervention (time-outs and shutdown among them)."""


class DatabaseUnavailable(ServiceError):
    """The database did not answer, so the outcome of the call is unknown; sending it again with the
    same key settles it.
    """

    kind = Kind.UNAVAILABLE
    code = "database-unavailable"
    title = "Database unavailable"

    def __init__(self) -> None:
        super().__init__(
            "the database did not answer. If a child is at risk, share what is needed now and"
            " keep a note of what was shared, with whom and why. Send this request again with"
            " the same Idempotency-Key when the service is available",
            headers={"Retry-After": "5"},
        )


class RowTaken(Exception):
    """Another transaction has stored a row with this unique key. `table` names the table."""

    def __init__(self, table: str) -> None:
        super().__init__(table)
        self.table = table


def violated_table(error: IntegrityError) -> str | None:
    """The table whose unique key was violated; None for any other violation."""
    cause = getattr(error.orig, "__cause__", None)
    if isinstance(cause, asyncpg.UniqueViolationError):
        return str(cause.table_name)
    found = re.match(r"UNIQUE constraint failed: (\w+)\.", str(error.orig))
    return found[1] if found else None


def sqlstate(error: Exception) -> str | None:
    """The SQLSTATE of a driver error, or None."""
    return getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)


def is_outage(error: Exception) -> bool:
    """Whether the database could not be reached or could not work at all, rather than rejecting a
    statement.
    """
    if isinstance(error, (PoolTimeout, OSError, asyncpg.InterfaceError)):
        return True
    if state := sqlstate(error):
        return state[:2] in OUTAGES
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    )
