"""Accounts, machine clients, sessions, refresh tokens, and the two tables that are read before the
school of a caller is known.
"""

import sqlalchemy as sa
from alembic.operations import Operations

from app.platform.types import Instant
from migrations import guards
from migrations.baseline import SCHOOL, one_of, references, school


def upgrade(op: Operations) -> None:
    _accounts(op)
    _names(op)
    _sessions(op)


def _accounts(op: Operations) -> None:
    op.create_table(
        "identity_account",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        sa.UniqueConstraint("school", "email", name="uq_identity_account_email"),
        one_of("identity_account", "role", ("staff", "dsl", "ig_lead")),
        sa.CheckConstraint("length(school) = 6", name="ck_identity_account_school"),
    )
    op.create_table(
        "identity_client",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary, nullable=True),
        sa.Column("previous_until", Instant, nullable=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("audit_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("school", "id"),
        sa.UniqueConstraint("school", "name", name="uq_identity_client_name"),
        sa.CheckConstraint("length(school) = 6", name="ck_identity_client_school"),
    )
    for table in ("identity_account", "identity_client"):
        guards.cites_entry(op, table)


def _names(op: Operations) -> None:
    """The tables whose keys do not begin with a school, because they are read to find it, or before
    it is known that there is one.
    """
    op.create_table(
        "identity_sign_in_name",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("school", SCHOOL, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    if op.get_context().dialect.name == "postgresql":
        # With the rights of its owner, so that it can read past row-level security; it gives away
        # nothing but the school and the id.
        op.execute("""
            CREATE FUNCTION identity_find_school(name bytea)
            RETURNS TABLE (school varchar, id uuid)
            LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
            AS 'SELECT n.school, n.id FROM identity_sign_in_name n WHERE n.hash = $1'
        """)
        op.execute("REVOKE EXECUTE ON FUNCTION identity_find_school(bytea) FROM PUBLIC")
    op.create_table(
        "identity_throttle",
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("known_until", Instant, nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_identity_throttle_changed_at", "identity_throttle", ["changed_at"])


def _sessions(op: Operations) -> None:
    op.create_table(
        "identity_session",
        school(),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=True),
        sa.Column("client_id", sa.Uuid, nullable=True),
        sa.Column("opened_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("school", "id"),
        references("account_id", "identity_account"),
        references("client_id", "identity_client"),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR client_id IS NOT NULL", name="ck_identity_session_holder"
        ),
    )
    for column in ("account_id", "client_id", "ends_at"):
        op.create_index(f"ix_identity_session_{column}", "identity_session", ["school", column])
    op.create_table(
        "identity_refresh_token",
        school(),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("school", "hash"),
        references("session_id", "identity_session", ondelete="CASCADE"),
    )
    op.create_index(
        "ix_identity_refresh_token_session_id", "identity_refresh_token", ["school", "session_id"]
    )


def downgrade(op: Operations) -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION identity_find_school(bytea)")
    for table in ("identity_client", "identity_account"):
        guards.drop_cites_entry(op, table)
    op.drop_table("identity_refresh_token")
    op.drop_table("identity_session")
    for table in ("throttle", "sign_in_name", "client", "account"):
        op.drop_table(f"identity_{table}")
