"""Run the sealer as a background task, twice a second.

Invariant: no fault ends the task or stops requests; faults are logged.
"""

import asyncio
import contextlib
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import seal
from app.audit.checkpoint import CheckpointRefused
from app.audit.publisher import CheckpointFolder
from app.audit.seal import BATCH, SealRefused
from app.platform.db import Database, DatabaseUnavailable

PAUSE_S: Final = 0.5


class Sealer:
    """Seals the entries of one database. `trouble` is the reason why it does not sign, or None."""

    def __init__(
        self,
        database: Database,
        key: Ed25519PrivateKey,
        *,
        host: str,
        folder: CheckpointFolder,
        pause: float = PAUSE_S,
    ) -> None:
        self._database = database
        self._key = key
        self._host = host
        self._shelf = folder
        self._pause = pause
        self._log = structlog.get_logger()
        self.trouble: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until `stop` is set, and once more afterwards."""
        started = False
        while not stop.is_set():
            if not started:
                started = await self._publish()
            while await self._pass() >= BATCH:
                pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause)
        await self._pass()

    async def _publish(self) -> bool:
        try:
            await seal.publish(self._database, self._shelf)
        except (CheckpointRefused, DatabaseUnavailable, OSError) as fault:
            self._alarm(str(fault))
            return False
        return True

    async def _pass(self) -> int:
        try:
            count = await seal.seal(self._database, self._key, host=self._host, folder=self._shelf)
        except SealRefused as refused:
            self._alarm(str(refused))
            return 0
        except DatabaseUnavailable:
            return 0
        except Exception as fault:  # noqa: BLE001 - the next pass may succeed, and the service continues
            self._alarm(type(fault).__name__)
            return 0
        if self.trouble is not None and count:
            self._log.info("audit.seal.resumed")
            self.trouble = None
        return count

    def _alarm(self, why: str) -> None:
        if why != self.trouble:
            self._log.critical("audit.seal.refused", reason=why)
        self.trouble = why
