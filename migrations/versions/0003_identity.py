"""Accounts, machine clients, sessions, refresh tokens and the sign-in throttle."""

import sqlalchemy as sa
from alembic import op

from app.platform.types import Instant
from migrations import guards

revision = "0003_identity"
down_revision = "0002_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_account",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.CheckConstraint("role IN ('staff', 'dsl', 'ig_lead')", name="identity_account_role"),
        sa.CheckConstraint("length(school) = 6", name="identity_account_school"),
    )
    op.create_index("ix_identity_account_school", "identity_account", ["school"])

    op.create_table(
        "identity_client",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary, nullable=True),
        sa.Column("previous_until", Instant, nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.UniqueConstraint("school", "name", name="identity_client_name"),
        sa.CheckConstraint("length(school) = 6", name="identity_client_school"),
    )
    op.create_index("ix_identity_client_school", "identity_client", ["school"])

    for table in ("identity_account", "identity_client"):
        guards.cites_entry(op, table)

    op.create_table(
        "identity_session",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("identity_account.id"), nullable=True),
        sa.Column("client_id", sa.Uuid, sa.ForeignKey("identity_client.id"), nullable=True),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR client_id IS NOT NULL", name="identity_session_holder"
        ),
    )
    op.create_index("ix_identity_session_account_id", "identity_session", ["account_id"])
    op.create_index("ix_identity_session_client_id", "identity_session", ["client_id"])
    op.create_index("ix_identity_session_ends_at", "identity_session", ["ends_at"])

    op.create_table(
        "identity_refresh_token",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column(
            "session_id",
            sa.Uuid,
            sa.ForeignKey("identity_session.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
    )
    op.create_index(
        "ix_identity_refresh_token_session_id", "identity_refresh_token", ["session_id"]
    )

    op.create_table(
        "identity_throttle",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("known_until", Instant, nullable=True),
    )
    op.create_index("ix_identity_throttle_changed_at", "identity_throttle", ["changed_at"])


def downgrade() -> None:
    for table in (
        "identity_throttle",
        "identity_refresh_token",
        "identity_session",
        "identity_client",
        "identity_account",
    ):
        op.drop_table(table)
