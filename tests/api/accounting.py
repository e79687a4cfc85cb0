"""Helpers for the tests of the accounting: share information, and read the account of a child."""

from typing import Any, Final

import httpx

from tests.api.sharing import decide, submit
from tests.running import MovableClock
from tests.service import Caller

CHILD: Final = "mis:7781"


async def share(
    dsl: Caller, clock: MovableClock, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Create, decide and disclose a request."""
    made = await submit(dsl, body)
    decision = await decide(dsl, made["id"])
    await disclose(dsl, clock, made["id"], decision["id"])
    return made


async def disclose(dsl: Caller, clock: MovableClock, request_id: str, decision_id: str) -> None:
    """Record a disclosure of the decided items."""
    sent = {
        "decision_id": decision_id,
        "recipient": {"role_title": "Team manager"},
        "route": "secure_email",
    }
    reply = await dsl.post(
        f"/v1/sharing-requests/{request_id}/disclosures",
        json=sent | {"sent_at": clock().isoformat()},
    )
    assert reply.status_code == httpx.codes.CREATED, reply.text


async def read_account(caller: Caller, ref: str = CHILD, **query: str) -> list[dict[str, Any]]:
    """The first page of the account of a person."""
    reply = await caller.get(f"/v1/subjects/{ref}/disclosures", params=query)
    assert reply.status_code == httpx.codes.OK, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items
