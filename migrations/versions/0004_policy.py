"""Policy versions and their approvals; both only grow."""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards

revision = "0004_policy"
down_revision = "0003_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("review_due", sa.String(7), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("author", sa.Uuid, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.UniqueConstraint("school", "digest", name="uq_policy_version_digest"),
    )
    op.create_table(
        "policy_approval",
        sa.Column("version_id", sa.Uuid, sa.ForeignKey("policy_version.id"), primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("approved_by", sa.String(200), nullable=False),
        sa.Column("recorded_by", sa.Uuid, nullable=False),
        sa.Column("approved_at", Instant, nullable=False),
        sa.Column("starts_on", sa.String(10), nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_policy_approval_in_force", "policy_approval", ["school", "starts_on"])
    for table in ("policy_version", "policy_approval"):
        guards.append_only(op, table)
        guards.cites_entry(op, table)


def downgrade() -> None:
    for table in ("policy_approval", "policy_version"):
        guards.drop_cites_entry(op, table)
        guards.drop_append_only(op, table)
        op.drop_table(table)
