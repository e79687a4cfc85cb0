"""Triggers that enforce the rules of the audit log in the database itself: append-only tables,
changes that cite an audit entry, and personal data that is deleted only by disposal.
"""

from typing import Final, Protocol

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect


class Op(Protocol):
    """What these functions need of `alembic.op`."""

    def execute(self, sqltext: str) -> None: ...

    def get_bind(self) -> Connection: ...

    def get_context(self) -> MigrationContext: ...


REFUSE: Final = "audit_refuse_change"
CITED: Final = "audit_require_entry"
DISPOSED: Final = "retention_require_disposal"

_FUNCTIONS: Final = {
    REFUSE: """
        RAISE EXCEPTION 'table % is append-only: % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    """,
    CITED: """
        IF NOT EXISTS (
            SELECT 1 FROM audit_pending
            WHERE school = NEW.school AND entry_id = NEW.audit_id
                AND txid = (pg_current_xact_id()::text)::bigint
        ) THEN
            RAISE EXCEPTION 'a change to % cites no audit entry of its own transaction',
                TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    """,
    DISPOSED: """
        IF NOT EXISTS (
            SELECT 1 FROM audit_disposed WHERE school = OLD.school AND entry_id = OLD.audit_id
        ) THEN
            RAISE EXCEPTION 'a row of % is deleted only by disposal', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    """,
}
"""Bodies of the functions that PostgreSQL's triggers call, by name."""


def install_functions(op: Op) -> None:
    """Create the functions that PostgreSQL's triggers call; SQLite's triggers carry their own
    bodies.
    """
    if _is_postgresql(op):
        for name, body in _FUNCTIONS.items():
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
                f" AS $$ BEGIN {body} END $$"
            )


def drop_functions(op: Op) -> None:
    """Undo `install_functions`."""
    if _is_postgresql(op):
        for name in _FUNCTIONS:
            op.execute(f"DROP FUNCTION {name}()")


def append_only(op: Op, table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on the table; on SQLite, INSERT OR REPLACE as well. Call
    after its primary key is in place.
    """
    if _is_postgresql(op):
        _refuse_on_postgresql(op, table, "append_only", "UPDATE OR DELETE OR TRUNCATE")
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only: {verb} is refused'); END"
        )
    _refuse_replace(op, table)


def drop_append_only(op: Op, table: str) -> None:
    """Undo `append_only`."""
    _drop(op, table, ("append_only",), ("no_update", "no_delete", "no_replace"))


def cites_entry(op: Op, table: str) -> None:
    """Refuse an insert or update whose `audit_id` is no entry appended in the same transaction.

    An update must bring a new `audit_id`. PostgreSQL looks at the commit; SQLite, which has one
    writer and no transaction numbers, looks before the change, for an entry that is still unsealed.
    """
    if _is_postgresql(op):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_cites_entry AFTER INSERT OR UPDATE ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {CITED}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_cites_entry")
        return
    for verb in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER {table}_cites_entry_{verb.lower()} BEFORE {verb} ON {table} WHEN"
            f" {_UNCITED} BEGIN SELECT RAISE(ABORT, 'a change to {table} cites no audit entry of"
            " its own transaction'); END"
        )


def drop_cites_entry(op: Op, table: str) -> None:
    """Undo `cites_entry`."""
    _drop(op, table, ("cites_entry",), ("cites_entry_insert", "cites_entry_update"))


def deleted_by_disposal(op: Op, table: str) -> None:
    """Refuse UPDATE and TRUNCATE, and DELETE of a row unless `audit_disposed` names its entry."""
    if _is_postgresql(op):
        op.execute(
            f"CREATE TRIGGER {table}_disposal BEFORE DELETE ON {table} FOR EACH ROW EXECUTE"
            f" FUNCTION {DISPOSED}()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_disposal")
        _refuse_on_postgresql(op, table, "no_change", "UPDATE OR TRUNCATE")
        return
    op.execute(
        f"CREATE TRIGGER {table}_disposal BEFORE DELETE ON {table} WHEN NOT EXISTS (SELECT 1 FROM"  # noqa: S608 - the names are our own
        " audit_disposed WHERE school = OLD.school AND entry_id = OLD.audit_id) BEGIN SELECT"
        f" RAISE(ABORT, 'a row of {table} is deleted only by disposal'); END"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only: UPDATE is refused'); END"
    )
    _refuse_replace(op, table)


def drop_deleted_by_disposal(op: Op, table: str) -> None:
    """Undo `deleted_by_disposal`."""
    _drop(op, table, ("disposal", "no_change"), ("disposal", "no_change", "no_replace"))


def _refuse_on_postgresql(op: Op, table: str, name: str, verbs: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSE}()"
    )
    # ALWAYS: an ordinary trigger does not fire in a session that calls itself a replica.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")


def _refuse_replace(op: Op, table: str) -> None:
    """REPLACE removes the old row without a DELETE trigger where recursive triggers are off."""
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {_key_exists(op, table)} "
        f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only: the row exists'); END"
    )


def _drop(op: Op, table: str, postgresql: tuple[str, ...], sqlite: tuple[str, ...]) -> None:
    """Drop the table's triggers with these endings."""
    if _is_postgresql(op):
        for name in postgresql:
            op.execute(f"DROP TRIGGER {table}_{name} ON {table}")
        return
    for name in sqlite:
        op.execute(f"DROP TRIGGER {table}_{name}")


_UNCITED: Final = (
    "NEW.audit_id IS NULL OR NOT EXISTS (SELECT 1 FROM audit_pending WHERE school = NEW.school AND"
    " entry_id = NEW.audit_id)"
)


def _key_exists(op: Op, table: str) -> str:
    """SQL for: a row already has the new row's primary key, or one of its unique keys."""
    look = inspect(op.get_bind())
    keys = [look.get_pk_constraint(table)["constrained_columns"]]
    keys += [found["column_names"] for found in look.get_unique_constraints(table)]
    keys += [
        [str(name) for name in found["column_names"]]
        for found in look.get_indexes(table)
        if found["unique"]
    ]
    same = " OR ".join(
        "(" + " AND ".join(f"{column} = NEW.{column}" for column in key) + ")"
        for key in keys
        if key
    )
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - the names are our own


def _is_postgresql(op: Op) -> bool:
    return op.get_context().dialect.name == "postgresql"
