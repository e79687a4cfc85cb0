"""Stored replies of idempotent calls, and the outbox of messages to deliver."""

import sqlalchemy as sa
from alembic.operations import Operations

from app.platform.types import Instant
from migrations import lz4
from migrations.baseline import school


def upgrade(op: Operations) -> None:
    op.create_table(
        "idempotency",
        school(),
        sa.Column("caller", sa.Uuid, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("request", sa.Uuid, nullable=True),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("school", "caller", "route", "key"),
    )
    lz4.compress(op, "idempotency", "body")
    op.create_index("ix_idempotency_used_at", "idempotency", ["school", "used_at"])
    op.create_index("ix_idempotency_request", "idempotency", ["school", "request"])
    op.create_table(
        "outbox",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("school", "id"),
    )
    # Only messages that wait are in this index, so that the look for those that are due is short.
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["school", "next_at"],
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_index("ix_outbox_made", "outbox", ["school", "made_at"])


def downgrade(op: Operations) -> None:
    op.drop_table("outbox")
    op.drop_table("idempotency")
