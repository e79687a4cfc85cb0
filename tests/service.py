"""The service in this process, with people signed in. Its law: they sign in as anybody would, through `POST /v1/token`."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self

import httpx
from fastapi import FastAPI

from app.kernel.clock import Clock
from app.main import create_app
from app.platform.db import Database
from app.platform.settings import Settings
from tests.running import started


@dataclass
class Service:
    """A started application, and clients of it."""

    app: FastAPI
    settings: Settings
    clock: Clock
    clients: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, settings: Settings, clock: Clock) -> AsyncIterator[Self]:
        """The service for the length of the block."""
        app = create_app(settings, clock)
        async with started(app):
            service = cls(app, settings, clock)
            async with service.clients:
                yield service

    @property
    def database(self) -> Database:
        """The service's own database."""
        database: Database = self.app.state.database
        return database

    async def client(self, token: str | None = None, *, raise_app_exceptions: bool = True) -> httpx.AsyncClient:
        """A client, with a bearer token if one is given; without `raise_app_exceptions` a failure inside is the 500 that a caller sees."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=raise_app_exceptions)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        made = httpx.AsyncClient(transport=transport, base_url=self.settings.public_url, headers=headers)
        return await self.clients.enter_async_context(made)
