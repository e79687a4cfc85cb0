"""Triggers that hold the trail's laws in the database itself: append-only tables stay so, and no
change goes without an entry.
"""

from typing import Protocol

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect


class Op(Protocol):
    """What is needed of `alembic.op`."""

    def execute(self, sqltext: str) -> None: ...

    def get_bind(self) -> Connection: ...

    def get_context(self) -> MigrationContext: ...


REFUSE = "audit_refuse_change"
CITED = "audit_require_entry"


def install_functions(op: Op) -> None:
    """The functions that PostgreSQL's triggers call; SQLite's triggers carry their own bodies."""
    if not _is_postgresql(op):
        return
    op.execute(f"""
        CREATE FUNCTION {REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'table % only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
        END $$
    """)  # noqa: E501
    op.execute(f"""
        CREATE FUNCTION {CITED}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT 1 FROM audit_pending
                WHERE entry_id = NEW.audit_id AND txid = (pg_current_xact_id()::text)::bigint
            ) THEN
                RAISE EXCEPTION 'a change to % cites no audit entry of its own transaction', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NULL;
        END $$
    """)  # noqa: E501, S608


def drop_functions(op: Op) -> None:
    """Undo `install_functions`."""
    if _is_postgresql(op):
        op.execute(f"DROP FUNCTION {CITED}()")
        op.execute(f"DROP FUNCTION {REFUSE}()")


def append_only(op: Op, table: str) -> None:
    """Refuse UPDATE, DELETE and TRUNCATE on the table; on SQLite, INSERT OR REPLACE as well. Call
    after its primary key is in place.
    """
    if _is_postgresql(op):
        op.execute(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {REFUSE}()"
        )
        # ALWAYS: a session that calls itself a replica would pass by an ordinary trigger.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_grows")
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'table {table} only grows: {verb} is refused'); END"
        )
    # REPLACE removes the old row without a DELETE trigger where recursive triggers are off.
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {_taken(op, table)} "
        f"BEGIN SELECT RAISE(ABORT, 'table {table} only grows: the row exists'); END"
    )


def drop_append_only(op: Op, table: str) -> None:
    """Undo `append_only`."""
    if _is_postgresql(op):
        op.execute(f"DROP TRIGGER {table}_only_grows ON {table}")
        return
    for name in ("no_update", "no_delete", "no_replace"):
        op.execute(f"DROP TRIGGER {table}_{name}")


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
            f" {_uncited()} BEGIN SELECT RAISE(ABORT, 'a change to {table} cites no audit entry of"
            " its own transaction'); END"
        )


def drop_cites_entry(op: Op, table: str) -> None:
    """Undo `cites_entry`."""
    if _is_postgresql(op):
        op.execute(f"DROP TRIGGER {table}_cites_entry ON {table}")
        return
    for verb in ("insert", "update"):
        op.execute(f"DROP TRIGGER {table}_cites_entry_{verb}")


def _uncited() -> str:
    return (
        "NEW.audit_id IS NULL OR NOT EXISTS (SELECT 1 FROM audit_pending WHERE entry_id ="
        " NEW.audit_id)"
    )


def _taken(op: Op, table: str) -> str:
    """SQL for: some row already holds the new row's primary key, or one of its unique keys."""
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
