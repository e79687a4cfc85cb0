"""A temporary empty database for measurements, and its settings."""

import asyncio
import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.platform.settings import Settings
from tests import postgres


@contextlib.contextmanager
def database(name: str) -> Iterator[tuple[str, Settings, int | None]]:
    """The URL of a PostgreSQL database, settings with it, and the first process of the server (None
    if it is not visible).
    """
    with postgres.running(durable=True) as cluster, tempfile.TemporaryDirectory() as folder:
        called = f"bench_{name}_{os.getpid()}_{secrets.token_hex(3)}"
        url = asyncio.run(cluster.create(called))
        try:
            yield url, Settings(data_dir=Path(folder), database_url=url), cluster.pid
        finally:
            asyncio.run(cluster.drop(called))
