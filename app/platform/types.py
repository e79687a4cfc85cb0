"""Column types that store and compare the same values on both databases."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

from app.kernel import clock


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant: TIMESTAMPTZ on PostgreSQL, fixed-width RFC 3339 text on SQLite, so that
    both sort and compare alike.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Text where the database has no instant of its own."""
        return dialect.type_descriptor(
            sa.String(27) if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive values at the border."""
        if value is None:
            return None
        text = clock.to_text(value)
        return text if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware UTC, always."""
        if value is None:
            return None
        return clock.from_text(value) if isinstance(value, str) else value.astimezone(UTC)
