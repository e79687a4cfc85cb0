"""Looks into the trail past what is not asked for: the actor at the end of the narrow indexes, the
index beside the entry of a leaf.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_audit_looks"
down_revision = "0010_policy_adoption"
branch_labels = None
depends_on = None

NARROW = {
    "request": "request IS NOT NULL",
    "subject": "subject IS NOT NULL",
    "recipient": "recipient IS NOT NULL",
    "outcome": "outcome <> 'success'",
}


def upgrade() -> None:
    _narrow("id", "actor")
    _leaves(" INCLUDE (idx)")


def downgrade() -> None:
    _leaves("")
    _narrow("id")


def _narrow(*last: str) -> None:
    for column, condition in NARROW.items():
        name, where = f"ix_audit_entry_{column}", sa.text(condition)
        op.drop_index(name, "audit_entry")
        op.create_index(
            name,
            "audit_entry",
            ["school", column, *last],
            postgresql_where=where,
            sqlite_where=where,
        )


def _leaves(beside: str) -> None:
    """On SQLite the key of a table without row ids, and with it the index, stands in every one of
    its indexes.
    """
    if op.get_context().dialect.name == "postgresql":
        key = "audit_leaf_entry_id_key"
        op.execute(
            f"ALTER TABLE audit_leaf DROP CONSTRAINT {key}, ADD CONSTRAINT {key} UNIQUE"
            f" (entry_id){beside}"
        )
