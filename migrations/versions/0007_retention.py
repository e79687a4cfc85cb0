"""Disposal is the only way out: personal data never changes, and leaves only when the trail says
so. Indexes for what is due.
"""

# ruff: noqa: S608 - the names are our own

from alembic import op

from migrations import guards

revision = "0007_retention"
down_revision = "0006_recipients"
branch_labels = None
depends_on = None

DISPOSABLE = (("sharing_narrative", "record_id"), ("sharing_subject", "id"))
FUNCTION = "retention_require_disposal"


def upgrade() -> None:
    op.create_index("ix_sharing_request_retain", "sharing_request", ["school", "retain_until"])
    op.create_index("ix_sharing_request_review", "sharing_request", ["school", "review_on"])
    op.create_index("ix_sharing_request_submitted", "sharing_request", ["school", "submitted_at"])
    op.create_index("ix_sharing_record_kind", "sharing_record", ["school", "kind", "id"])
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"""
            CREATE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM audit_disposed WHERE entry_id = OLD.audit_id) THEN
                    RAISE EXCEPTION 'a row of % leaves only by disposal', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN OLD;
            END $$
        """)  # noqa: E501
        for table, _ in DISPOSABLE:
            op.execute(
                f"CREATE TRIGGER {table}_disposal BEFORE DELETE ON {table} FOR EACH ROW EXECUTE"
                f" FUNCTION {FUNCTION}()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {guards.REFUSE}()"
            )
            for name in ("disposal", "no_change"):
                op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}")
        return
    for table, key in DISPOSABLE:
        op.execute(
            f"CREATE TRIGGER {table}_disposal BEFORE DELETE ON {table} "
            "WHEN NOT EXISTS (SELECT 1 FROM audit_disposed WHERE entry_id = OLD.audit_id) "
            f"BEGIN SELECT RAISE(ABORT, 'a row of {table} leaves only by disposal'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT,"
            f" 'a row of {table} never changes'); END"
        )
        # REPLACE removes the old row without a DELETE trigger where recursive triggers are off.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, 'a row of {table} never changes'); END"
        )


def downgrade() -> None:
    postgresql = op.get_context().dialect.name == "postgresql"
    for table, _ in DISPOSABLE:
        for name in (
            ("disposal", "no_change") if postgresql else ("disposal", "no_change", "no_replace")
        ):
            op.execute(f"DROP TRIGGER {table}_{name}" + (f" ON {table}" if postgresql else ""))
    if postgresql:
        op.execute(f"DROP FUNCTION {FUNCTION}()")
    op.drop_index("ix_sharing_record_kind", "sharing_record")
    for name in ("submitted", "review", "retain"):
        op.drop_index(f"ix_sharing_request_{name}", "sharing_request")
