"""The audit log: entries, the sealer's queue, leaves, nodes and checkpoints."""

import sqlalchemy as sa
from alembic.operations import Operations

from app.platform.types import Instant
from migrations import guards
from migrations.baseline import TEXT_C, references

APPEND_ONLY = (
    "audit_entry",
    "audit_subject",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "audit_disposed",
)


def upgrade(op: Operations) -> None:
    _entries(op)
    _log(op)
    for table in APPEND_ONLY:
        guards.append_only(op, table)


def _entries(op: Operations) -> None:
    op.create_table(
        "audit_entry",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Uuid, nullable=True),
        sa.Column("action", TEXT_C, nullable=False),
        sa.Column("request", sa.Uuid, nullable=True),
        sa.Column("subject", sa.Uuid, nullable=True),
        sa.Column("recipient", TEXT_C, nullable=True),
        sa.Column("outcome", TEXT_C, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        sa.CheckConstraint(
            "outcome IN ('success', 'denied', 'failure')", name="audit_entry_outcome"
        ),
    )
    op.create_index("ix_audit_entry_actor", "audit_entry", ["school", "actor", "id"])
    op.create_index("ix_audit_entry_action", "audit_entry", ["school", "action", "id"])
    op.create_index(
        "ix_audit_entry_actor_action", "audit_entry", ["school", "actor", "action", "id"]
    )
    # Most entries have no subject, recipient or refusal: partial indexes keep the appends cheap.
    # The actor at their end lets a search for one's own entries skip those of others.
    for column, condition in (
        ("request", "request IS NOT NULL"),
        ("subject", "subject IS NOT NULL"),
        ("recipient", "recipient IS NOT NULL"),
        ("outcome", "outcome <> 'success'"),
    ):
        op.create_index(
            f"ix_audit_entry_{column}",
            "audit_entry",
            ["school", column, "id", "actor"],
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )
    op.create_table(
        "audit_subject",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "subject", "entry_id"),
        references("entry_id", "audit_entry"),
        sqlite_with_rowid=False,
    )
    transaction = (
        sa.text("(pg_current_xact_id()::text)::bigint")
        if op.get_context().dialect.name == "postgresql"
        else None
    )
    op.create_table(
        "audit_pending",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("txid", sa.BigInteger, nullable=True, server_default=transaction),
        sa.PrimaryKeyConstraint("school", "entry_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_disposed",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("what", TEXT_C, nullable=False),
        sa.Column("by_entry", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "entry_id", "what"),
        sa.CheckConstraint("what = 'value'", name="audit_disposed_what"),
        sqlite_with_rowid=False,
    )


def _log(op: Operations) -> None:
    op.create_table(
        "audit_leaf",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("school", "idx"),
        # The index of an entry is read from this key alone. On SQLite every index of a table
        # without row ids has the primary key, and with it `idx`, anyway.
        sa.UniqueConstraint(
            "school", "entry_id", name="uq_audit_leaf_entry", postgresql_include=["idx"]
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_node",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("school", "level", "idx"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("school", "size"),
        sqlite_with_rowid=False,
    )


def downgrade(op: Operations) -> None:
    for table in reversed(APPEND_ONLY):
        guards.drop_append_only(op, table)
    for table in (
        "audit_checkpoint",
        "audit_node",
        "audit_leaf",
        "audit_disposed",
        "audit_pending",
        "audit_subject",
        "audit_entry",
    ):
        op.drop_table(table)
