"""Deliver the messages in the outbox as a background task.

Invariant: a failure of the mail server is logged and tried again, and affects no request.
"""

import asyncio
import contextlib
import ssl
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.kernel.clock import Clock
from app.mail.message import compose
from app.mail.server import Server, deliver
from app.platform import outbox
from app.platform.db import Database, DatabaseUnavailable
from app.platform.settings import InvalidSettings, Settings

PAUSE_S: Final = 5.0
BATCH: Final = 10
LATE: Final = timedelta(minutes=10)
"""A message that waits longer is reported in `/readyz`."""


class Sender:
    """Delivers the messages of one database. Without a mail server it only deletes expired
    messages. `trouble` is the reason of the last failure, or None.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        trust: ssl.SSLContext | None = None,
        pause: float = PAUSE_S,
    ) -> None:
        if settings.smtp_url and not settings.mail_dsl:
            raise InvalidSettings(
                "SHARING_SMTP_URL is set, so SHARING_MAIL_DSL must give the DSL's address"
            )
        self._server = Server.of(settings.smtp_url) if settings.smtp_url else None
        self._settings = settings
        self._database = database
        self._clock = clock
        self._trust = trust
        self._pause = pause
        self._log = structlog.get_logger()
        self.trouble: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set."""
        while not stop.is_set():
            try:
                await self.send()
            except DatabaseUnavailable:
                pass
            except Exception as fault:  # noqa: BLE001 - the next pass may succeed, and the service continues
                self._log_change(type(fault).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._pause)

    async def send(self) -> int:
        """Deliver the messages that are due; gives how many the mail server accepted."""
        lost = await outbox.delete_expired(self._database, self._clock())
        if lost and self._server is not None:
            self._log.error("mail.given_up", count=lost)
        if self._server is None:
            return 0
        owed = await outbox.claim(self._database, self._clock(), limit=BATCH)
        if not owed:
            return 0
        settings = self._settings
        messages = [
            compose(
                one,
                sender=settings.mail_from,
                receiver=settings.mail_dsl,
                public_url=settings.public_url,
            )
            for one in owed
        ]
        refused = await asyncio.to_thread(deliver, self._server, messages, self._trust)
        for one, why in zip(owed, refused, strict=True):
            await outbox.record_attempt(
                self._database, one, delivered=why is None, now=self._clock()
            )
            self._log_change(why)
        return refused.count(None)

    def _log_change(self, why: str | None) -> None:
        if why != self.trouble:
            if why:
                self._log.warning("mail.refused", reason=why)
            else:
                self._log.info("mail.resumed")
        self.trouble = why


async def readiness(database: Database, now: datetime) -> dict[str, str]:
    """The state of e-mail for `/readyz`."""
    waiting = await outbox.count_undelivered(database, now, longer_than=LATE)
    return {
        "mail": f"{waiting} messages could not be delivered yet; check SHARING_SMTP_URL"
        if waiting
        else "ok"
    }
