"""Accounts and clients for the identity tests: created by the operator's functions, signed in over
HTTP.
"""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa

from app.audit_hooks import save_account
from app.identity import accounts
from app.identity.accounts import Client
from app.identity.model import Role
from tests.contract import CheckedTransport
from tests.service import PASSWORD, Service, _cheap_hash

EMAIL = "dsl@school.example"


async def add_person(
    service: Service, email: str = EMAIL, role: Role = Role.DSL, password: str = PASSWORD
) -> UUID:
    password_hash = (
        _cheap_hash()
        if password == PASSWORD
        else await service.app.state.identity.passwords.hash(password)
    )
    now = service.clock()
    async with service.database.transaction() as session:
        made = await accounts.add_user(
            session,
            email=email,
            role=role,
            school="123456",
            password_hash=password_hash,
            now=now,
            save=save_account(session, now),
        )
    return made.id


async def add_machine(
    service: Service, name: str = "mis", school: str = "123456"
) -> tuple[Client, str]:
    now = service.clock()
    async with service.database.transaction() as session:
        return await accounts.add_client(
            session, name=name, school=school, now=now, save=save_account(session, now)
        )


async def at(
    service: Service, address: str = "192.0.2.1", token: str | None = None
) -> httpx.AsyncClient:
    """A client that calls from a network address of its own."""
    transport = CheckedTransport(service.app, client=(address, 50_000))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await service._clients.enter_async_context(
        httpx.AsyncClient(
            transport=transport, base_url=service.settings.public_url, headers=headers
        )
    )


async def ask(
    client: httpx.AsyncClient, auth: tuple[str, str] | None = None, **form: str
) -> httpx.Response:
    return (
        await client.post("/v1/token", data=form, auth=auth)
        if auth
        else await client.post("/v1/token", data=form)
    )


async def sign_in(
    client: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD
) -> httpx.Response:
    return await ask(client, grant_type="password", username=email, password=password)


async def tokens(
    client: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD
) -> dict[str, Any]:
    reply = await sign_in(client, email, password)
    assert reply.status_code == 200, reply.text
    given: dict[str, Any] = reply.json()
    return given


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await ask(client, grant_type="refresh_token", refresh_token=token)


async def revoke(
    client: httpx.AsyncClient, token: str, auth: tuple[str, str] | None = None
) -> httpx.Response:
    if auth:
        return await client.post("/v1/token/revocation", data={"token": token}, auth=auth)
    return await client.post("/v1/token/revocation", data={"token": token})


async def me(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


async def trail(service: Service) -> list[Mapping[str, Any]]:
    """What the audit trail holds: action, actor, outcome and body of each entry, oldest first."""
    async with service.database.reading() as session:
        rows = await session.all(
            sa.text("SELECT action, actor, outcome, body FROM audit_entry ORDER BY id")
        )
    return [dict(row._mapping) for row in rows]


def seen(entries: list[Mapping[str, Any]]) -> Counter[str]:
    """How often each sign-in event happened: result, outcome and reason. While the clock stands
    still, entries have no order.
    """
    events = [entry for entry in entries if entry["action"].startswith("identity.session.")]
    reasons = [json.loads(entry["body"]).get("reason_code") for entry in events]
    return Counter(
        f"{entry['action'].rpartition('.')[2]} {entry['outcome']} {reason}"
        for entry, reason in zip(events, reasons, strict=True)
    )


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token, unverified."""
    header, claims, _ = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    )
    return json.loads(header), json.loads(claims)
