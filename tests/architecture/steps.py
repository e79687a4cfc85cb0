"""The steps that bring things into the state that a row of the access matrix needs, and the bodies
that they share with it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from tests.api.policies import changed_policy
from tests.api.sharing import REFUSE, SHARE, consented_facts
from tests.service import Caller

Ids = dict[str, str]
"""Ids by the names of path parameters."""

LET_GO: Final = {"keep": "dispose", "why": "No reason is left to keep it."}
GIVEN: Final = {
    "person_ref": "mis:7781",
    "status": "given",
    "explicit": True,
    "freely_given": "yes",
    "unambiguous": "yes",
}
ORGANISATION: Final = {
    "organisation": "Anytown MASH",
    "organisation_type": "mash",
    "call_back_number": "01632 960123",
}
REQUEST_URL: Final = "/v1/sharing-requests/{request_id}"
RECIPIENT_URL: Final = "/v1/recipients/{recipient_id}"


@dataclass(frozen=True, slots=True)
class SchoolSetup:
    """The people of one school who take part in the steps."""

    owner: Caller
    dsl: Caller
    ig_lead: Caller


async def _made(
    caller: Caller, path: str, body: Mapping[str, Any], **headers: str
) -> dict[str, Any]:
    reply = await caller.post(path, json=body, headers=headers)
    assert reply.status_code == 201, (path, reply.text)
    made: dict[str, Any] = reply.json()
    return made | {"etag": reply.headers.get("ETag", "")}


async def _tag(caller: Caller, path: str) -> str:
    reply = await caller.get(path)
    assert reply.status_code == 200, (path, reply.text)
    tag: str = reply.headers["ETag"]
    return tag


async def nothing(side: SchoolSetup) -> Ids:
    return {}


async def policy(side: SchoolSetup) -> Ids:
    return {"digest": (await side.dsl.get("/v1/policy")).json()["digest"]}


async def person(side: SchoolSetup) -> Ids:
    return {"person_ref": "mis:7781"}


async def drafted(side: SchoolSetup) -> Ids:
    """A draft by another IG lead, because an author cannot approve it."""
    return {
        "digest": (await _made(side.ig_lead, "/v1/policies", changed_policy(version=uuid4().hex)))[
            "digest"
        ]
    }


async def assessed(side: SchoolSetup) -> Ids:
    ids = await drafted(side)
    return ids | {
        "job": (await _made(side.ig_lead, f"/v1/policies/{ids['digest']}/impact", {}))["id"]
    }


async def submitted(side: SchoolSetup) -> Ids:
    body = consented_facts() | {"subjects": [{"person_ref": "mis:7781"}]}
    made = await _made(side.owner, "/v1/sharing-requests", body)
    return {"request_id": made["id"], "evaluation_id": made["evaluation"]["id"]}


async def evaluated(side: SchoolSetup) -> Ids:
    ids = await submitted(side)
    request = (await side.owner.get(REQUEST_URL.format(**ids))).json()
    return ids | {"evaluation_id": request["evaluations"][0]["id"]}


async def decided(side: SchoolSetup) -> Ids:
    ids = await submitted(side)
    path = REQUEST_URL.format(**ids)
    decision = await _made(
        side.dsl, f"{path}/decisions", SHARE, **{"If-Match": await _tag(side.dsl, path)}
    )
    return ids | {"decision_id": decision["id"]}


async def due(side: SchoolSetup) -> Ids:
    ids = await decided(side)
    await _made(side.ig_lead, REQUEST_URL.format(**ids) + "/retention-reviews", LET_GO)
    return ids


async def refused(side: SchoolSetup) -> Ids:
    ids = await submitted(side)
    path = REQUEST_URL.format(**ids)
    await _made(
        side.dsl,
        f"{path}/decisions",
        REFUSE | {"departs_because": "No answer."},
        **{"If-Match": await _tag(side.dsl, path)},
    )
    return ids


async def answered(side: SchoolSetup) -> Ids:
    ids = await refused(side)
    body = {"reasons": "It does not concern the child.", "contact": "The office"}
    return ids | {
        "letter_id": (await _made(side.dsl, REQUEST_URL.format(**ids) + "/letters", body))["id"]
    }


async def advised(side: SchoolSetup) -> Ids:
    ids = await submitted(side)
    asked = await _made(
        side.owner,
        REQUEST_URL.format(**ids) + "/advice",
        {"ask": "dsl", "question": "Is this a disclosure?"},
    )
    return ids | {"advice_id": asked["id"]}


async def consented_to(side: SchoolSetup) -> Ids:
    ids = await submitted(side)
    return ids | {
        "consent_id": (await _made(side.owner, REQUEST_URL.format(**ids) + "/consents", GIVEN))[
            "id"
        ]
    }


async def recipient(side: SchoolSetup) -> Ids:
    return {"recipient_id": (await _made(side.dsl, "/v1/recipients", ORGANISATION))["id"]}


async def contact(side: SchoolSetup) -> Ids:
    ids = await recipient(side)
    return ids | {
        "contact_id": (
            await _made(side.dsl, RECIPIENT_URL.format(**ids) + "/contacts", {"name": "A. Khan"})
        )["id"]
    }


async def entry(side: SchoolSetup) -> Ids:
    """The sealed audit entry of a submission."""
    ids = await submitted(side)
    found = (
        await side.ig_lead.get("/v1/audit/entries", params={"sharing_request": ids["request_id"]})
    ).json()["items"]
    entry_id = next(item["id"] for item in found if item["action"] == "sharing.request.submitted")
    for _ in range(600):
        proof = await side.ig_lead.get(f"/v1/audit/entries/{entry_id}/proof")
        if proof.status_code == 200:
            return ids | {"entry_id": entry_id}
        assert proof.status_code == 409, proof.text
    raise AssertionError("nothing is sealed")


STEPS: Final[dict[str, Callable[[SchoolSetup], Awaitable[Ids]]]] = {
    "nothing": nothing,
    "policy": policy,
    "drafted": drafted,
    "assessed": assessed,
    "person": person,
    "submitted": submitted,
    "evaluated": evaluated,
    "decided": decided,
    "due": due,
    "refused": refused,
    "answered": answered,
    "advised": advised,
    "consented": consented_to,
    "recipient": recipient,
    "contact": contact,
    "entry": entry,
}
