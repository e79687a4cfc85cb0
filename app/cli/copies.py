"""Back up and restore the database: SQLite with its backup API, PostgreSQL with pg_dump and
pg_restore.
"""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from app.platform.connections import postgresql_url
from app.platform.db import Database
from app.platform.settings import Settings


async def back_up(settings: Settings, database: Database, file: Path) -> None:
    """Write a consistent copy to a new file and check it; raises OSError or ValueError."""
    if await asyncio.to_thread(file.exists):
        raise ValueError(f"{file} exists; name a new file")
    if database.dialect == "sqlite":
        await asyncio.to_thread(_copy_sqlite, settings.sqlite_file, file)
        return
    await _run_postgresql("pg_dump", settings, "--format=custom", "--no-owner", "--file", str(file))


async def restore(settings: Settings, database: Database, file: Path) -> None:
    """Replace the database with a copy. On SQLite the replaced file remains beside it, with the
    ending `.before-restore`.
    """
    if database.dialect == "sqlite":
        await asyncio.to_thread(_restore_sqlite, file, settings.sqlite_file)
        return
    await _run_postgresql(
        "pg_restore",
        settings,
        "--clean",
        "--if-exists",
        "--no-owner",
        "--single-transaction",
        "--dbname",
        "",
        str(file),
    )


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise ValueError(f"{source} does not exist")
    part = target.with_name(target.name + ".part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(part)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        _check(part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)


def _restore_sqlite(source: Path, target: Path) -> None:
    _check(source)
    for companion in ("-wal", "-shm"):
        beside = target.with_name(target.name + companion)
        if beside.exists() and beside.stat().st_size:
            with closing(sqlite3.connect(target)) as live:
                live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    part.chmod(0o600)
    with part.open("rb") as written:
        os.fsync(written.fileno())
    if target.exists():
        target.replace(target.with_name(target.name + ".before-restore"))
    for companion in ("-wal", "-shm"):
        target.with_name(target.name + companion).unlink(missing_ok=True)
    part.replace(target)


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as copy:
            found = copy.execute("PRAGMA integrity_check").fetchone()
            copy.execute("SELECT count(*) FROM audit_entry").fetchone()
    except sqlite3.Error as error:
        raise ValueError(f"{file} is no backup of this service: {error}") from error
    if found != ("ok",):
        raise ValueError(f"{file} is damaged: {found[0]}")


async def _run_postgresql(program: str, settings: Settings, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise ValueError(f"{program} is not installed; install the PostgreSQL client programs")
    url = postgresql_url(settings)
    wanted = {
        "PGHOST": url.host,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {name: value for name, value in wanted.items() if value}
    named = [argument or str(url.database) for argument in arguments]
    process = await asyncio.create_subprocess_exec(
        found, *named, env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    if process.returncode:
        raise ValueError(f"{program} failed: {complaint.decode(errors='replace').strip()}")
