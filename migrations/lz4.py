"""Compression of long texts by LZ4 where the PostgreSQL server supports it: the default algorithm
takes ten times as long to write them.
"""

import sqlalchemy as sa

from migrations.guards import Op

_SUPPORTED = (
    "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
)


def compress(op: Op, table: str, column: str) -> None:
    """Compress the column's values by LZ4 from now on. Does nothing on SQLite, which does not
    compress.
    """
    bind = op.get_bind()
    if bind.dialect.name == "postgresql" and bind.execute(sa.text(_SUPPORTED)).scalar():
        op.execute(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" SET COMPRESSION lz4')
