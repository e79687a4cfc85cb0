"""Helpers for the policy tests: the default policy with one change, and the steps to bring it into
force.
"""

import copy
from collections.abc import Callable
from typing import Any

import httpx

from app.kernel.canonical import encode
from app.policy.lifecycle import in_force

APPROVED = {
    "approved_by": "A. Example, Chair of Governors",
    "in_force_from": "2026-03-03",
    "next_review_on": "2027-03",
}
"""In force from the day after the date of the tests' clock."""

YAML = {"Content-Type": "application/yaml"}


def changed_policy(
    change: Callable[[Any], object] | None = None, *, version: str = "2026-03"
) -> dict[str, Any]:
    """The default policy document with another version name and a change."""
    document: Any = copy.deepcopy(in_force.shipped().meaning)
    document["policy"]["version"] = version
    if change is not None:
        change(document)
    found: dict[str, Any] = document
    return found


def without_health_providers(document: Any) -> None:
    """Remove health providers from the protective bodies, so that emergencies with them take the
    ordinary branch.
    """
    document["sets"]["protective"]["members"].remove("health_provider")
    document["cases"]["overdose"]["expected"] |= {
        "outcome": "share",
        "decided_at": "lawful_reason",
        "actions": [],
    }


async def create_draft(
    caller: httpx.AsyncClient,
    change: Callable[[Any], object] | None = None,
    *,
    version: str = "2026-03",
) -> str:
    """Create a draft; returns its digest."""
    reply = await caller.post(
        "/v1/policies",
        content=encode(changed_policy(change, version=version)),
        headers={"Content-Type": "application/json"},
    )
    assert reply.status_code == 201, reply.text
    digest: str = reply.json()["digest"]
    return digest


async def approve(caller: httpx.AsyncClient, digest: str, **changed: str) -> dict[str, Any]:
    """Approve a version; returns the reply."""
    reply = await caller.post(f"/v1/policies/{digest}/approval", json={**APPROVED, **changed})
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found
