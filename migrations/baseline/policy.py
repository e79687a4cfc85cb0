"""Policy versions, their approvals and withdrawals, the shipped version a school follows, and
assessments of what a draft would change.
"""

import sqlalchemy as sa
from alembic.operations import Operations

from app.platform.types import Instant
from migrations import guards
from migrations.baseline import one_of, references, school

APPEND_ONLY = ("policy_version", "policy_approval", "policy_withdrawal", "policy_adoption")


def upgrade(op: Operations) -> None:
    op.create_table(
        "policy_version",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("review_due", sa.String(7), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("author", sa.Uuid, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        sa.UniqueConstraint("school", "digest", name="uq_policy_version_digest"),
    )
    op.create_table(
        "policy_approval",
        school(),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("approved_by", sa.String(200), nullable=False),
        sa.Column("recorded_by", sa.Uuid, nullable=False),
        sa.Column("approved_at", Instant, nullable=False),
        sa.Column("starts_on", sa.String(10), nullable=False),
        sa.Column("next_review_on", sa.String(10), nullable=True),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "version_id"),
        references("version_id", "policy_version"),
    )
    op.create_index("ix_policy_approval_in_force", "policy_approval", ["school", "starts_on"])
    op.create_table(
        "policy_withdrawal",
        school(),
        sa.Column("version_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid, nullable=False),
        sa.Column("withdrawn_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "version_id"),
        references("version_id", "policy_version"),
    )
    op.create_table(
        "policy_adoption",
        school(),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("adopted_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school"),
    )
    op.create_table(
        "policy_impact",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.Column("against", sa.String(71), nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("result", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("school", "id"),
        one_of("policy_impact", "status", ("running", "finished", "failed")),
    )
    op.create_index("ix_policy_impact_version", "policy_impact", ["school", "digest", "id"])
    for table in APPEND_ONLY:
        guards.append_only(op, table)
        guards.cites_entry(op, table)


def downgrade(op: Operations) -> None:
    op.drop_table("policy_impact")
    for table in reversed(APPEND_ONLY):
        guards.drop_cites_entry(op, table)
        guards.drop_append_only(op, table)
        op.drop_table(table)
