"""Helpers for the tests of the directory: valid bodies, and calls that must succeed."""

from typing import Any, Final

import httpx

from tests.service import Caller

HUB: Final[dict[str, Any]] = {
    "organisation": "Anytown MASH",
    "organisation_type": "mash",
    "call_back_number": "01632 960123",
    "call_back_source": "the council's website",
    "secure_routes": ["phone_verified", "secure_email"],
}

KHAN: Final[dict[str, Any]] = {
    "name": "Aisha Khan",
    "role_title": "Social worker",
    "email": "aisha.khan@mash.example",
    "phone": "01632 960124",
}

CALLED: Final[dict[str, Any]] = {
    "method": "call_back_published_number",
    "result": "yes",
    "note": "The switchboard knew Mrs Khan.",
}


async def create(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await caller.post(path, json=body)
    assert reply.status_code == httpx.codes.CREATED, reply.text
    created: dict[str, Any] = reply.json()
    return created


async def create_hub(caller: Caller, **other: Any) -> str:
    return str((await create(caller, "/v1/recipients", HUB | other))["id"])


async def read(caller: Caller, path: str) -> httpx.Response:
    reply = await caller.get(path)
    assert reply.status_code == httpx.codes.OK, reply.text
    return reply


async def patch(caller: Caller, path: str, body: dict[str, Any]) -> httpx.Response:
    etag = (await read(caller, path)).headers["etag"]
    return await caller.patch(path, json=body, headers={"If-Match": etag})


def problem(reply: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert reply.headers["content-type"] == "application/problem+json", reply.text
    document: dict[str, Any] = reply.json()
    assert (reply.status_code, document["status"], document["code"]) == (status, status, code), (
        document
    )
    return document


def pointers(reply: httpx.Response) -> list[str]:
    assert reply.status_code == httpx.codes.UNPROCESSABLE_ENTITY, reply.text
    return [fault["pointer"] for fault in reply.json()["errors"]]


async def ids(caller: Caller, path: str) -> list[str]:
    """The ids of all items of a list, page by page."""
    found: list[str] = []
    while True:
        page = await read(caller, path)
        found += [item["id"] for item in page.json()["items"]]
        if page.json()["next_cursor"] is None:
            assert "link" not in page.headers
            return found
        path = page.headers["link"].removeprefix("<").removesuffix('>; rel="next"')
