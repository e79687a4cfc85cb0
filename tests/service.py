"""The service in this process, with callers who sign in over HTTP through `POST /v1/token`."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, Final, Self
from uuid import UUID

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.routing import BaseRoute

from app import audit_hooks
from app.identity import accounts
from app.identity.model import Role
from app.kernel.clock import Clock
from app.main import create_app
from app.platform.db import Database
from app.platform.settings import Settings
from tests.contract import CheckedTransport
from tests.running import started

PASSWORD: Final = "correct horse battery staple"
_KNOWN: Final[dict[int, BaseRoute]] = {}


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a person or a machine client. `login` and `secret` are an e-mail address and a
    password, or a client id and a client secret.
    """

    id: UUID
    role: Role
    school: str
    login: str
    secret: str


class Caller(httpx.AsyncClient):
    """A client with the bearer token of its account."""

    account: Account
    token: str


@dataclass
class Service:
    """A running application and its callers."""

    app: FastAPI
    settings: Settings
    clock: Clock
    _clients: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @classmethod
    @contextlib.asynccontextmanager
    async def started(cls, settings: Settings, clock: Clock) -> AsyncIterator[Self]:
        """Run the service during the block."""
        app = _with_known_routes(create_app(settings, clock))
        async with started(app):
            service = cls(app, settings, clock)
            async with service._clients:
                yield service

    @property
    def database(self) -> Database:
        """The database of the service."""
        database: Database = self.app.state.database
        return database

    async def anonymous(self, *, raise_app_exceptions: bool = True) -> httpx.AsyncClient:
        """A client without a token. Without `raise_app_exceptions` it receives a 500 instead of the
        exception.
        """
        transport = CheckedTransport(self.app, raise_app_exceptions=raise_app_exceptions)
        return await self._clients.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url=self.settings.public_url)
        )

    async def caller(
        self, role: Role | str, *, school: str | None = None, raise_app_exceptions: bool = True
    ) -> Caller:
        """A caller with a new account in this role at this school."""
        account = await self.add(role, school=school)
        return await self.sign_in(account, raise_app_exceptions=raise_app_exceptions)

    async def add(self, role: Role | str, *, school: str | None = None) -> Account:
        """Create an account of a person, or of a machine client for `integration`, as the operator
        commands do.
        """
        role, school, now, number = (
            Role(role),
            school or self.settings.school,
            self.clock(),
            next(self._numbers),
        )
        async with self.database.transaction() as session:
            save = audit_hooks.save_account(session, now)
            if role is Role.INTEGRATION:
                client, secret = await accounts.add_client(
                    session, name=f"MIS {number}", school=school, now=now, save=save
                )
                return Account(client.id, role, school, str(client.id), secret)
            email = f"{role.value}.{number}@school.example"
            user = await accounts.add_user(
                session,
                email=email,
                role=role,
                school=school,
                password_hash=_cheap_hash(),
                now=now,
                save=save,
            )
            return Account(user.id, role, school, email, PASSWORD)

    async def sign_in(self, account: Account, *, raise_app_exceptions: bool = True) -> Caller:
        """A caller with a new token for the account."""
        form = (
            {
                "grant_type": "client_credentials",
                "client_id": account.login,
                "client_secret": account.secret,
            }
            if account.role is Role.INTEGRATION
            else {"grant_type": "password", "username": account.login, "password": account.secret}
        )
        transport = CheckedTransport(self.app, raise_app_exceptions=raise_app_exceptions)
        caller = Caller(transport=transport, base_url=self.settings.public_url)
        await self._clients.enter_async_context(caller)
        reply = await caller.post("/v1/token", data=form)
        granted: dict[str, Any] = reply.json()
        assert reply.status_code == httpx.codes.OK, granted
        caller.account, caller.token = account, granted["access_token"]
        caller.headers["Authorization"] = f"Bearer {caller.token}"
        return caller


def _with_known_routes(app: FastAPI) -> FastAPI:
    """The application with the routes of each router from an earlier one: to resolve them is the
    slowest part of a start.
    """
    for place, route in enumerate(app.router.routes):
        if router := getattr(route, "original_router", None):
            app.router.routes[place] = _KNOWN.setdefault(id(router), route)
    return app


@cache
def _cheap_hash() -> str:
    """A fixed Argon2id hash of `PASSWORD` with parameters that make verification cheap."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(
        PASSWORD, salt=b"sixteen of salt!"
    )
