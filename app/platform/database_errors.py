"""Classifies the errors that SQLAlchemy and the two database drivers raise."""

import re
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_OUTAGES: Final = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE in which the database could not work at all: connection exceptions, resources
exhausted, operator intervention (time-outs and shutdown among them)."""

LOCKED: Final = frozenset({"40P01", "55P03"})
"""SQLSTATE of a deadlock, and of a lock that was not granted in time."""


def table_taken(error: IntegrityError) -> str | None:
    """The table whose unique key was violated; None for any other violation."""
    cause = getattr(error.orig, "__cause__", None)
    if isinstance(cause, asyncpg.UniqueViolationError):
        return str(cause.table_name)
    found = re.match(r"UNIQUE constraint failed: (\w+)\.", str(error.orig))
    return found[1] if found else None


def sqlstate_of(error: Exception) -> str | None:
    """The SQLSTATE with which PostgreSQL rejected a statement, if the error has one."""
    return getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)


def is_outage(error: Exception) -> bool:
    """Whether the database could not be reached or could not work at all, rather than rejecting a
    statement.
    """
    if isinstance(error, (PoolTimeout, OSError, asyncpg.InterfaceError)):
        return True
    if state := sqlstate_of(error):
        return state[:2] in _OUTAGES
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    )
