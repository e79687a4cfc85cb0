"""Kept replies of idempotent calls."""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import lz4

revision = "0001_platform"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency",
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
        sa.PrimaryKeyConstraint("caller", "route", "key"),
    )
    lz4.compress(op, "idempotency", "body")
    op.create_index("ix_idempotency_used_at", "idempotency", ["used_at"])
    op.create_index("ix_idempotency_request", "idempotency", ["request"])


def downgrade() -> None:
    op.drop_table("idempotency")
