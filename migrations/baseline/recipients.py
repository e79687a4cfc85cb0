"""The recipient directory: organisations, contacts, records of checks, and the personal data in a
table of its own.
"""

import sqlalchemy as sa
from alembic.operations import Operations

from app.platform.types import Instant
from migrations import guards
from migrations.baseline import one_of, references, school

# fmt: off
TYPES = (
    "police", "ambulance_or_emergency_service", "childrens_social_care", "mash", "nspcc",
    "adult_social_care", "lado", "safeguarding_partners", "health_provider",
    "educational_psychologist", "school", "court", "cafcass", "prevent_team", "marac", "probation",
    "prison", "youth_offending_team", "immigration_enforcement", "local_authority_other", "charity",
    "researcher", "vendor", "parent", "solicitor", "landlord", "governor", "internal_staff",
    "other",
)
# fmt: on
TABLES = ("recipients_recipient", "recipients_contact", "recipients_record", "recipients_narrative")

# Names sort and compare by code point on both databases, so that a page ends at the same place on
# either.
SORT_KEY = sa.String(50).with_variant(sa.String(50, collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    _heads(op)
    _records(op)
    guards.append_only(op, "recipients_record")
    for table in TABLES:
        guards.cites_entry(op, table)


def _heads(op: Operations) -> None:
    op.create_table(
        "recipients_recipient",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("identity_version", sa.Integer, nullable=False),
        sa.Column("organisation", sa.Text, nullable=False),
        sa.Column("sort_key", SORT_KEY, nullable=False),
        sa.Column("organisation_type", sa.String(64), nullable=False),
        sa.Column("call_back_number", sa.Text, nullable=True),
        sa.Column("call_back_source", sa.Text, nullable=True),
        sa.Column("secure_routes", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        one_of("recipients_recipient", "organisation_type", TYPES),
    )
    for name, columns in (
        ("name", ["sort_key", "id"]),
        ("type", ["organisation_type", "sort_key", "id"]),
    ):
        op.create_index(
            f"ix_recipients_recipient_{name}", "recipients_recipient", ["school", *columns]
        )
    op.create_table(
        "recipients_contact",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("identity_version", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("details_id", sa.Uuid, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        references("recipient_id", "recipients_recipient"),
    )
    op.create_index(
        "ix_recipients_contact_recipient", "recipients_contact", ["school", "recipient_id", "id"]
    )


def _records(op: Operations) -> None:
    op.create_table(
        "recipients_record",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("recipient_id", sa.Uuid, nullable=False),
        sa.Column("contact_id", sa.Uuid, nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("verified_on", sa.String(10), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_id", sa.Uuid, nullable=False),
        sa.Column("by_role", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        references("recipient_id", "recipients_recipient"),
        references("contact_id", "recipients_contact"),
        one_of("recipients_record", "kind", ("details", "verification")),
    )
    op.create_index(
        "ix_recipients_record_recipient",
        "recipients_record",
        ["school", "recipient_id", "kind", "id"],
    )
    op.create_table(
        "recipients_narrative",
        school(),
        sa.Column("record_id", sa.Uuid, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "record_id"),
        references("record_id", "recipients_record"),
    )


def downgrade(op: Operations) -> None:
    for table in reversed(TABLES):
        guards.drop_cites_entry(op, table)
    guards.drop_append_only(op, "recipients_record")
    for table in reversed(TABLES):
        op.drop_table(table)
