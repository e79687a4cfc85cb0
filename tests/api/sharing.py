"""Builders of valid bodies for the sharing tests. A test takes one and breaks one thing."""

from copy import deepcopy
from typing import Any, Final

import httpx

MASH: Final[dict[str, Any]] = {
    "direction": "received",
    "external_id": {"system": "mis.example", "value": "SR-2231"},
    "requester": {
        "name": "A. Khan",
        "role_title": "Social worker",
        "organisation": "Anytown MASH",
        "identity_verified": "yes",
    },
    "recipient": {
        "organisation": "Anytown MASH",
        "organisation_type": "mash",
        "named_individual": "A. Khan",
        "identity_verified": "yes",
        "secure_route": "secure_email",
    },
    "purpose": {
        "code": "section_47_enquiry",
        "statement": "Section 47 enquiry opened today",
        "answer": "yes",
    },
    "subjects": [{"person_ref": "mis:7781", "role": "child"}],
    "items": [{"description": "Attendance this term", "category": "attendance", "nature": "fact"}],
    "consent": {"answer": "no", "status": "not_sought", "not_sought_reason": "would_increase_risk"},
    "identifiable": "yes",
    "lawful_reason": {
        "answer": "yes",
        "code": "safeguarding_condition",
        "necessity": "Needed to decide on the child's safety",
    },
    "risk": {"immediate_risk": "no", "crime_suspected": "no"},
    "how": {
        "amount": "yes",
        "fact_from_opinion": "yes",
        "right_recipient": "yes",
        "secure": "yes",
        "transparency": {"decision": "not_informed", "reason": "would_increase_risk"},
    },
    "urgency": "urgent",
}
"""A MASH request in a section 47 enquiry. Outcome: share, decided at the lawful reason, ready."""


EMERGENCY: Final[dict[str, Any]] = {
    "recipient": {"organisation_type": "police"},
    "what": "Name, address, what she said",
    "why": "Child in danger now",
}
"""The smallest valid record of an emergency."""


def facts(**changed: Any) -> dict[str, Any]:
    """The MASH request with top-level members replaced."""
    return deepcopy(MASH) | changed


def consented_facts() -> dict[str, Any]:
    """A request that a member of staff can decide: written consent and no special category data."""
    return facts(
        recipient={
            "organisation_type": "educational_psychologist",
            "identity_verified": "yes",
            "secure_route": "secure_email",
        },
        purpose={"code": "sen_support", "statement": "Assessment", "answer": "yes"},
        consent={
            "answer": "yes",
            "status": "given",
            "explicit": True,
            "freely_given": "yes",
            "unambiguous": "yes",
        },
        lawful_reason={"answer": "unsure"},
    )


def landlord_facts() -> dict[str, Any]:
    """A request without a purpose that concerns the child: do not share."""
    return facts(
        recipient={"organisation_type": "landlord", "identity_verified": "yes"},
        purpose={
            "code": "commercial_reference",
            "statement": "Are they any trouble?",
            "answer": "no",
        },
        lawful_reason={"answer": "no"},
    )


SHARE: Final[dict[str, Any]] = {
    "outcome": "share",
    "reasons": "Needed for the enquiry; only attendance.",
}
REFUSE: Final[dict[str, Any]] = {
    "outcome": "do_not_share",
    "reasons": "Not a purpose that concerns the child.",
    "refusal": {"discussed_with_requester": "yes", "how": "By telephone."},
}


async def submit(caller: httpx.AsyncClient, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Submit a request; returns the reply with its ETag as `etag`."""
    reply = await caller.post("/v1/sharing-requests", json=body or MASH)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found | {"etag": reply.headers["ETag"]}


async def etag_for(caller: httpx.AsyncClient, request_id: str) -> str:
    """The ETag of the request for this caller."""
    reply = await caller.get(f"/v1/sharing-requests/{request_id}")
    assert reply.status_code == 200, reply.text
    tag: str = reply.headers["ETag"]
    return tag


async def decide(
    caller: httpx.AsyncClient, request_id: str, decision: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Record a decision; returns the reply."""
    headers = {"If-Match": await etag_for(caller, request_id)}
    reply = await caller.post(
        f"/v1/sharing-requests/{request_id}/decisions", json=decision or SHARE, headers=headers
    )
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def post(
    caller: httpx.AsyncClient, request_id: str, path: str, body: dict[str, Any], status: int = 201
) -> dict[str, Any]:
    """Post to a path below a request; returns the reply."""
    reply = await caller.post(f"/v1/sharing-requests/{request_id}/{path}", json=body)
    assert reply.status_code == status, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def read(caller: httpx.AsyncClient, request_id: str) -> dict[str, Any]:
    """The request as this caller sees it."""
    reply = await caller.get(f"/v1/sharing-requests/{request_id}")
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found
