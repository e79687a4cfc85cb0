"""The version, of those that ship, that a school follows: its bytes, kept for good, so that a
release changes nobody's policy.
"""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards

revision = "0010_policy_adoption"
down_revision = "0009_outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_adoption",
        sa.Column("school", sa.String(6), primary_key=True),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("adopted_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    guards.append_only(op, "policy_adoption")
    guards.cites_entry(op, "policy_adoption")


def downgrade() -> None:
    guards.drop_cites_entry(op, "policy_adoption")
    guards.drop_append_only(op, "policy_adoption")
    op.drop_table("policy_adoption")
