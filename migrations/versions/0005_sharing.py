"""Sharing requests: heads, immutable records, and the personal data apart."""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards, lz4

revision = "0005_sharing"
down_revision = "0004_policy"
branch_labels = None
depends_on = None

STATUSES = [
    "submitted",
    "awaiting_information",
    "advice_sought",
    "decided",
    "disclosed",
    "closed",
    "withdrawn",
    "emergency_recorded",
    "disposed",
]
OUTCOMES = ("share", "share_emergency", "do_not_share", "seek_advice")
DECISIONS = ("share", "share_partially", "do_not_share", "share_emergency")


def _one_of(column: str, values: tuple[str, ...] | list[str]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"ck_sharing_request_{column}")


def upgrade() -> None:
    op.create_table(
        "sharing_request",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(64), nullable=False),
        sa.Column("recipient_type", sa.String(64), nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=True),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("release", sa.String(16), nullable=False),
        sa.Column("decision", sa.String(32), nullable=True),
        sa.Column("departs", sa.Boolean, nullable=False),
        sa.Column("policy_digest", sa.String(80), nullable=False),
        sa.Column("submitted_by", sa.Uuid, nullable=False),
        sa.Column("submitted_role", sa.String(16), nullable=False),
        sa.Column("submitted_at", Instant, nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("task_due_at", Instant, nullable=True),
        sa.Column("advice_due_at", Instant, nullable=True),
        sa.Column("notice_due_on", sa.String(10), nullable=True),
        sa.Column("retention_class", sa.String(64), nullable=False),
        sa.Column("retain_until", sa.String(10), nullable=True),
        sa.Column("review_on", sa.String(10), nullable=True),
        sa.Column("legal_hold", sa.Boolean, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        _one_of("status", STATUSES),
        _one_of("outcome", OUTCOMES),
        _one_of("decision", DECISIONS),
    )
    op.create_index("ix_sharing_request_school", "sharing_request", ["school", "id"])
    op.create_index(
        "ix_sharing_request_submitter", "sharing_request", ["school", "submitted_by", "id"]
    )
    op.create_index("ix_sharing_request_status", "sharing_request", ["school", "status", "id"])
    op.create_table(
        "sharing_record",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("request_id", sa.Uuid, sa.ForeignKey("sharing_request.id"), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_id", sa.Uuid, nullable=False),
        sa.Column("by_role", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_sharing_record_request", "sharing_record", ["request_id"])
    op.create_table(
        "sharing_narrative",
        sa.Column("record_id", sa.Uuid, sa.ForeignKey("sharing_record.id"), primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_sharing_narrative_request", "sharing_narrative", ["request_id"])
    op.create_table(
        "sharing_subject",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("record_id", sa.Uuid, sa.ForeignKey("sharing_record.id"), nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_sharing_subject_ref", "sharing_subject", ["school", "ref"])
    op.create_index("ix_sharing_subject_request", "sharing_subject", ["request_id"])
    for table in ("sharing_record", "sharing_narrative"):
        lz4.compress(op, table, "body")
    guards.append_only(op, "sharing_record")
    for table in ("sharing_request", "sharing_record", "sharing_narrative", "sharing_subject"):
        guards.cites_entry(op, table)


def downgrade() -> None:
    for table in ("sharing_subject", "sharing_narrative", "sharing_record", "sharing_request"):
        guards.drop_cites_entry(op, table)
    guards.drop_append_only(op, "sharing_record")
    for table in ("sharing_subject", "sharing_narrative", "sharing_record", "sharing_request"):
        op.drop_table(table)
