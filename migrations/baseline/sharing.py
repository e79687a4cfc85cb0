"""Sharing requests: heads that change, records that never do, and the personal data in tables of
its own.
"""

import sqlalchemy as sa
from alembic.operations import Operations

from app.platform.types import Instant
from migrations import guards, lz4
from migrations.baseline import one_of, references, school

STATUSES = (
    "submitted",
    "awaiting_information",
    "advice_sought",
    "decided",
    "disclosed",
    "closed",
    "withdrawn",
    "emergency_recorded",
    "disposed",
)
OUTCOMES = ("share", "share_emergency", "do_not_share", "seek_advice")
DECISIONS = ("share", "share_partially", "do_not_share", "share_emergency")

TABLES = ("sharing_request", "sharing_record", "sharing_narrative", "sharing_subject")
DISPOSABLE = ("sharing_narrative", "sharing_subject")


def upgrade(op: Operations) -> None:
    _requests(op)
    _records(op)
    for table in ("sharing_record", "sharing_narrative"):
        lz4.compress(op, table, "body")
    guards.append_only(op, "sharing_record")
    for table in TABLES:
        guards.cites_entry(op, table)
    for table in DISPOSABLE:
        guards.deleted_by_disposal(op, table)


def _requests(op: Operations) -> None:
    op.create_table(
        "sharing_request",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
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
        sa.PrimaryKeyConstraint("school", "id"),
        one_of("sharing_request", "status", STATUSES),
        one_of("sharing_request", "outcome", OUTCOMES),
        one_of("sharing_request", "decision", DECISIONS),
    )
    for name, columns in (
        ("submitter", ["submitted_by", "id"]),
        ("status", ["status", "id"]),
        ("submitted", ["submitted_at"]),
        ("retain", ["retain_until"]),
        ("review", ["review_on"]),
    ):
        op.create_index(f"ix_sharing_request_{name}", "sharing_request", ["school", *columns])


def _records(op: Operations) -> None:
    op.create_table(
        "sharing_record",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_id", sa.Uuid, nullable=False),
        sa.Column("by_role", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        references("request_id", "sharing_request"),
    )
    op.create_index("ix_sharing_record_request", "sharing_record", ["school", "request_id"])
    op.create_index("ix_sharing_record_kind", "sharing_record", ["school", "kind", "id"])
    op.create_table(
        "sharing_narrative",
        school(),
        sa.Column("record_id", sa.Uuid, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "record_id"),
        references("record_id", "sharing_record"),
    )
    op.create_table(
        "sharing_subject",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("record_id", sa.Uuid, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        references("record_id", "sharing_record"),
    )
    op.create_index("ix_sharing_subject_ref", "sharing_subject", ["school", "ref"])
    op.create_index("ix_sharing_subject_request", "sharing_subject", ["school", "request_id"])


def downgrade(op: Operations) -> None:
    for table in DISPOSABLE:
        guards.drop_deleted_by_disposal(op, table)
    for table in TABLES:
        guards.drop_cites_entry(op, table)
    guards.drop_append_only(op, "sharing_record")
    for table in reversed(TABLES):
        op.drop_table(table)
