"""When an approved policy is looked at again; versions taken back before they began; what a draft
would change, as it was worked out.
"""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards

revision = "0008_policy_impact"
down_revision = "0007_retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policy_approval", sa.Column("next_review_on", sa.String(10), nullable=True))
    op.create_table(
        "policy_withdrawal",
        sa.Column("version_id", sa.Uuid, sa.ForeignKey("policy_version.id"), primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid, nullable=False),
        sa.Column("withdrawn_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    guards.append_only(op, "policy_withdrawal")
    guards.cites_entry(op, "policy_withdrawal")
    op.create_table(
        "policy_impact",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("against", sa.String(71), nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("result", sa.Text, nullable=True),
        sa.CheckConstraint(
            "status IN ('running', 'finished', 'failed')", name="ck_policy_impact_status"
        ),
    )
    op.create_index("ix_policy_impact_version", "policy_impact", ["school", "digest", "id"])


def downgrade() -> None:
    op.drop_table("policy_impact")
    guards.drop_cites_entry(op, "policy_withdrawal")
    guards.drop_append_only(op, "policy_withdrawal")
    op.drop_table("policy_withdrawal")
    op.drop_column("policy_approval", "next_review_on")
