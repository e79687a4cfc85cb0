"""Helpers for the tests of retention and disposal: a request with every kind of record, and its
disposal.
"""

from typing import Any, Final

import httpx

from app.audit import checkpoint
from app.audit.report import Report
from app.audit.verify import verify
from app.main import LOG_KEY, RECORD_SOURCES
from tests.api.sharing import SHARE, decide, facts
from tests.running import MovableClock
from tests.service import Caller, Service

CANARY: Final = "Zephyrine Quillfeather"

SECRETS: Final = (
    *(
        CANARY,
        "mis:7781",
        "mis:7782",
        "2014-05-09",
        "A. Khan",
        "Anytown",
        "SR-2231",
        "Section 47 enquiry opened",
    ),
    "Attendance this term",
)

DISPOSE: Final = {"basis": "Retention ended.", "approved_by": "The head teacher"}

DISPOSE_REVIEW: Final = {"keep": "dispose", "why": "No reason is left to keep it."}


async def sign_in_roles(service: Service) -> tuple[Caller, Caller, Caller]:
    return (
        await service.caller("staff"),
        await service.caller("dsl"),
        await service.caller("ig_lead"),
    )


async def create_full_request(
    staff: Caller, dsl: Caller, ig_lead: Caller, clock: MovableClock
) -> str:
    """Create a request about two children with every kind of record and the canary in every text;
    decide, disclose and close it.
    """
    child = {"person_ref": "mis:7781", "role": "child", "born_on": "2014-05-09"}
    body = facts(subjects=[child, {"person_ref": "mis:7782", "role": "sibling"}])
    body["purpose"]["statement"] = CANARY
    reply = await staff.post(
        "/v1/sharing-requests", json=body, headers={"Idempotency-Key": "submit"}
    )
    path = reply.headers["Location"]
    gone = str(reply.json()["id"])
    asked = await create(staff, f"{path}/advice", {"ask": "dsl", "question": f"What of {CANARY}?"})
    await create(
        ig_lead,
        f"{path}/advice/{asked['id']}/answer",
        {"advice": f"Share: {CANARY}", "outcome_of_discussion": CANARY},
    )
    await create(staff, f"{path}/evaluations", {})
    decision = await decide(dsl, gone, SHARE | {"reasons": f"For {CANARY}"})
    sent = {
        "decision_id": decision["id"],
        "recipient": {"named_individual": CANARY},
        "route": "secure_email",
    }
    await create(staff, f"{path}/disclosures", sent | {"sent_at": clock().isoformat()})
    await create(
        staff,
        f"{path}/notices",
        {"person_ref": "mis:7781", "decision": "informed_after", "how": f"{CANARY} was told"},
    )
    await create(
        staff,
        f"{path}/consents",
        {"person_ref": "mis:7781", "status": "given", "evidence": f"Signed {CANARY}"},
    )
    await create(dsl, f"{path}/closure", {"why": f"Done for {CANARY}"})
    return gone


async def create(caller: Caller, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    reply = await caller.post(path, json=body, headers=headers)
    assert reply.status_code == httpx.codes.CREATED, (path, reply.text)
    found: dict[str, Any] = reply.json()
    return found


def path_of(request: str, of: str = "") -> str:
    return f"/v1/sharing-requests/{request}{of}"


async def dispose_request(
    service: Service, clock: MovableClock
) -> tuple[str, Caller, Caller, Caller]:
    staff, dsl, ig_lead = await sign_in_roles(service)
    gone = await create_full_request(staff, dsl, ig_lead, clock)
    await create(ig_lead, path_of(gone, "/retention-reviews"), DISPOSE_REVIEW)
    await create(ig_lead, path_of(gone, "/disposal"), DISPOSE)
    return gone, staff, dsl, ig_lead


async def verify_log(service: Service) -> Report:
    """The report of a verification, including the entries that are not sealed yet."""
    key = checkpoint.checkpoint_key(service.settings.keys_dir / LOG_KEY, make=False)
    return await verify(service.database, key.public_key(), RECORD_SOURCES, now=service.clock())


async def retention_dates(caller: Caller, request: str) -> tuple[str | None, str | None]:
    kept = (await caller.get(path_of(request))).json()["retention"]
    return kept["retain_until"], kept["review_on"]
