"""Helpers for the tests of invalid input: a text that no reply may repeat, and the checks of every
error reply.
"""

from typing import Any

import httpx

CANARY = "canary-7f3a"
"""A text in every invalid body and in no reply."""

EMERGENCY = {
    "recipient": {"organisation_type": "police"},
    "what": CANARY,
    "why": CANARY,
    "facts": {"urgency": "immediate"},
}


def fault_of(reply: httpx.Response, cell: object, status: int) -> dict[str, Any]:
    """The first fault of a problem document, after checking what every error reply must have."""
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
