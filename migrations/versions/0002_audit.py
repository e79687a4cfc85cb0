"""The audit trail: entries, the sealer's queue, the log's leaves, nodes and checkpoints, and the
triggers that let them only grow.
"""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards

revision = "0002_audit"
down_revision = "0001_platform"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_entry",
    "audit_subject",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "audit_disposed",
)
TEXT_C = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    guards.install_functions(op)
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.Uuid, nullable=True),
        sa.Column("action", TEXT_C, nullable=False),
        sa.Column("request", sa.Uuid, nullable=True),
        sa.Column("subject", sa.Uuid, nullable=True),
        sa.Column("recipient", TEXT_C, nullable=True),
        sa.Column("outcome", TEXT_C, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('success', 'denied', 'failure')", name="audit_entry_outcome"
        ),
    )
    op.create_index("ix_audit_entry_school", "audit_entry", ["school", "id"])
    op.create_index("ix_audit_entry_actor", "audit_entry", ["school", "actor", "id"])
    op.create_index("ix_audit_entry_action", "audit_entry", ["school", "action", "id"])
    op.create_index(
        "ix_audit_entry_actor_action", "audit_entry", ["school", "actor", "action", "id"]
    )
    # Most entries have no subject, recipient or refusal: partial indexes keep the appends cheap.
    for name, columns, where in (
        ("request", ["school", "request", "id"], "request IS NOT NULL"),
        ("subject", ["school", "subject", "id"], "subject IS NOT NULL"),
        ("recipient", ["school", "recipient", "id"], "recipient IS NOT NULL"),
        ("outcome", ["school", "outcome", "id"], "outcome <> 'success'"),
    ):
        op.create_index(
            f"ix_audit_entry_{name}",
            "audit_entry",
            columns,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )
    op.create_table(
        "audit_subject",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("subject", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("audit_entry.id"), nullable=False),
        sa.PrimaryKeyConstraint("school", "subject", "entry_id"),
        sqlite_with_rowid=False,
    )
    transaction = (
        sa.text("(pg_current_xact_id()::text)::bigint")
        if op.get_context().dialect.name == "postgresql"
        else None
    )
    op.create_table(
        "audit_pending",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("txid", sa.BigInteger, nullable=True, server_default=transaction),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_leaf",
        sa.Column("school", TEXT_C, nullable=False),
        sa.Column("idx", sa.BigInteger, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("school", "idx"),
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
    op.create_table(
        "audit_disposed",
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("what", TEXT_C, nullable=False),
        sa.Column("by_entry", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "what"),
        sa.CheckConstraint("what = 'value'", name="audit_disposed_what"),
        sqlite_with_rowid=False,
    )
    for table in APPEND_ONLY:
        guards.append_only(op, table)


def downgrade() -> None:
    for table in reversed(APPEND_ONLY):
        guards.drop_append_only(op, table)
    for table in (
        "audit_disposed",
        "audit_checkpoint",
        "audit_node",
        "audit_leaf",
        "audit_pending",
        "audit_subject",
        "audit_entry",
    ):
        op.drop_table(table)
    guards.drop_functions(op)
