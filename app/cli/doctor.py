"""Check whether the service can run here, part by part, and word what the operator can do."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from app.audit import checkpoint, seal
from app.audit.checkpoint import CheckpointRefused, KeyRefused
from app.identity.keys import Keyring
from app.kernel.clock import system_clock
from app.kernel.errors import ServiceError
from app.main import LOG_KEY, checkpoint_folder
from app.platform import migrations
from app.platform.db import Database
from app.platform.settings import Settings

OPEN_TO_OTHERS: Final = 0o077
LATE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of one part, or what to do about it."""

    part: str
    ok: bool
    words: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'TO DO'} {self.part}: {self.words}"


async def findings(settings: Settings, database: Database) -> list[Finding]:
    """Check every part that the service needs."""
    return [_folder(settings), *_keys(settings), *await _database(database), _checkpoints(settings)]


def _folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    if not folder.is_dir():
        return Finding(
            "data folder",
            ok=False,
            words=f"{folder} does not exist; make it, or set SHARING_DATA_DIR",
        )
    if folder.stat().st_mode & OPEN_TO_OTHERS:
        return Finding(
            "data folder",
            ok=False,
            words=f"other users can read {folder}; run: chmod 700 {folder}",
        )
    return Finding("data folder", ok=True, words=str(folder))


def _keys(settings: Settings) -> list[Finding]:
    files = sorted(settings.keys_dir.glob("*.pem")) if settings.keys_dir.is_dir() else []
    found = [
        Finding("keys", ok=False, words=f"other users can read {file.name}; run: chmod 600 {file}")
        for file in files
        if file.stat().st_mode & OPEN_TO_OTHERS
    ]
    try:
        Keyring.load(settings.keys_dir, create=False)
        checkpoint.checkpoint_key(settings.keys_dir / LOG_KEY, make=False)
    except ServiceError as error:
        found.append(
            Finding(
                "keys",
                ok=False,
                words=f"{error.detail or error.title}; `serve` creates them at its first start",
            )
        )
    except KeyRefused as error:
        found.append(
            Finding("keys", ok=False, words=f"{error}; `serve` creates one at its first start")
        )
    return found or [
        Finding("keys", ok=True, words=f"in {settings.keys_dir}, readable only by their owner")
    ]


async def _database(database: Database) -> list[Finding]:
    try:
        if not await migrations.is_at_head(database):
            return [
                Finding(
                    "database",
                    ok=False,
                    words="not at the newest migration; run: python -m app db upgrade",
                )
            ]
        async with database.reading() as session:
            waiting, oldest = await seal.backlog(session, system_clock())
    except (ServiceError, OSError) as error:
        return [
            Finding(
                "database",
                ok=False,
                words=f"not reachable ({type(error).__name__}); check SHARING_DATABASE_URL",
            )
        ]
    late = oldest > LATE
    words = f"{waiting} entries wait; start `serve` or `worker`" if late else "up to date"
    return [
        Finding("database", ok=True, words=f"{database.dialect}, at the newest migration"),
        Finding("sealing", ok=not late, words=words),
    ]


def _checkpoints(settings: Settings) -> Finding:
    try:
        note = checkpoint_folder(settings).newest(settings.school)
    except CheckpointRefused as error:
        return Finding("checkpoints", ok=False, words=f"{error}; check {settings.checkpoints_dir}")
    words = (
        "none published yet"
        if note is None
        else f"newest of size {checkpoint.parse(note).size}; store copies on another machine"
    )
    return Finding("checkpoints", ok=True, words=words)
