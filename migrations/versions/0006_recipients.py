"""The directory of recipients: organisations, their contacts, the checks of their identity, and the
personal data apart.
"""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards

revision = "0006_recipients"
down_revision = "0005_sharing"
branch_labels = None
depends_on = None

# fmt: off
TYPES = [
    "police", "ambulance_or_emergency_service", "childrens_social_care", "mash", "nspcc", "adult_social_care", "lado",  # noqa: E501
    "safeguarding_partners", "health_provider", "educational_psychologist", "school", "court", "cafcass", "prevent_team", "marac",  # noqa: E501
    "probation", "prison", "youth_offending_team", "immigration_enforcement", "local_authority_other", "charity", "researcher", "vendor",  # noqa: E501
    "parent", "solicitor", "landlord", "governor", "internal_staff", "other",
]
# fmt: on
KINDS = ["details", "verification"]
TABLES = ("recipients_recipient", "recipients_contact", "recipients_record", "recipients_narrative")

# Names sort and compare by code point on both databases, so that a page ends at the same place on
# either.
SORT_KEY = sa.String(50).with_variant(sa.String(50, collation="C"), "postgresql")


def _one_of(table: str, column: str, values: list[str]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def upgrade() -> None:
    op.create_table(
        "recipients_recipient",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
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
        _one_of("recipients_recipient", "organisation_type", TYPES),
    )
    op.create_index(
        "ix_recipients_recipient_name", "recipients_recipient", ["school", "sort_key", "id"]
    )
    op.create_index(
        "ix_recipients_recipient_type",
        "recipients_recipient",
        ["school", "organisation_type", "sort_key", "id"],
    )
    op.create_table(
        "recipients_contact",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column(
            "recipient_id", sa.Uuid, sa.ForeignKey("recipients_recipient.id"), nullable=False
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("identity_version", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("details_id", sa.Uuid, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    op.create_index("ix_recipients_contact_recipient", "recipients_contact", ["recipient_id", "id"])
    op.create_table(
        "recipients_record",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column(
            "recipient_id", sa.Uuid, sa.ForeignKey("recipients_recipient.id"), nullable=False
        ),
        sa.Column("contact_id", sa.Uuid, sa.ForeignKey("recipients_contact.id"), nullable=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("verified_on", sa.String(10), nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_id", sa.Uuid, nullable=False),
        sa.Column("by_role", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        _one_of("recipients_record", "kind", KINDS),
    )
    op.create_index(
        "ix_recipients_record_recipient", "recipients_record", ["recipient_id", "kind", "id"]
    )
    op.create_table(
        "recipients_narrative",
        sa.Column("record_id", sa.Uuid, sa.ForeignKey("recipients_record.id"), primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
    )
    guards.append_only(op, "recipients_record")
    for table in TABLES:
        guards.cites_entry(op, table)


def downgrade() -> None:
    for table in reversed(TABLES):
        guards.drop_cites_entry(op, table)
    guards.drop_append_only(op, "recipients_record")
    for table in reversed(TABLES):
        op.drop_table(table)
