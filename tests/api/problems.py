"""What the tests of bad input share: a word that no answer may repeat, and what every refusal must
be.
"""

from typing import Any

import httpx

CANARY = "canary-7f3a"
"""Stands in every bad body; must stand in no answer."""

EMERGENCY = {
    "recipient": {"organisation_type": "police"},
    "what": CANARY,
    "why": CANARY,
    "facts": {"urgency": "immediate"},
}


def fault_of(reply: httpx.Response, cell: object, status: int) -> dict[str, Any]:
    """The first fault of a problem; everything that every refusal must be is asserted here."""
    assert reply.status_code == status, (cell, reply.status_code, reply.text[:500])
    assert reply.headers["Content-Type"] == "application/problem+json", cell
    problem = reply.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "instance", "code"}, cell
    assert problem["status"] == status, cell
    assert problem["type"] == f"/problems/{problem['code']}", cell
    assert problem["detail"], cell
    assert CANARY not in reply.text, (cell, reply.text)
    assert len(reply.content) < 4000, cell
    faults: list[dict[str, Any]] = problem.get("errors") or [
        {"pointer": None, "code": None, "detail": ""}
    ]
    return faults[0]
