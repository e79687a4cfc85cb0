"""Messages that are owed to somebody, written with the change that they tell of."""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant

revision = "0009_outbox"
down_revision = "0008_policy_impact"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("about", sa.Uuid, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", Instant, nullable=True),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["next_at"],
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_index("ix_outbox_made", "outbox", ["made_at"])


def downgrade() -> None:
    op.drop_table("outbox")
