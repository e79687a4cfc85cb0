"""Creates every table, index, function and trigger of the first release."""

from alembic import op

from migrations import guards
from migrations.baseline import audit, identity, platform, policy, recipients, sharing

revision = "0001_baseline"
down_revision = None
branch_labels = None
depends_on = None

PACKAGES = (platform, audit, identity, policy, sharing, recipients)


def upgrade() -> None:
    guards.install_functions(op)
    for package in PACKAGES:
        package.upgrade(op)


def downgrade() -> None:
    for package in reversed(PACKAGES):
        package.downgrade(op)
    guards.drop_functions(op)
