"""Replies match the OpenAPI document, with their headers."""

from typing import Any

import httpx

from tests.api.sharing import MASH, SHARE, decide, facts, submit
from tests.architecture.operations import referred
from tests.architecture.test_openapi import faults
from tests.running import MovableClock
from tests.service import Caller, Service


async def test_replies_match_the_document(  # noqa: PLR0915 - one reply after the other
    service: Service, clock: MovableClock, document: dict[str, Any]
) -> None:
    ig_lead, dsl = await service.caller("ig_lead"), await service.caller("dsl")
    made = await submit(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    decision = await decide(dsl, made["id"])
    sent = {
        "decision_id": decision["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    consent = {"person_ref": "mis:7781", "status": "given", "explicit": True}
    told = {"person_ref": "mis:7781", "decision": "informed_before"}
    danger = {
        "recipient": {"organisation_type": "police"},
        "what": "Address",
        "why": "Danger now",
        "facts": {"nonsense": 1},
    }
    organisation = {"organisation": "Anytown MASH", "organisation_type": "mash"}
    seen: list[str] = []

    async def check(
        caller: Caller, method: str, url: str, template: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        reply = await caller.request(method, url, json=body, headers=headers)
        described = document["paths"][template][method.lower()]["responses"]
        assert str(reply.status_code) in described, (method, url, reply.status_code, reply.text)
        said = dict(referred(document, described[str(reply.status_code)]))
        media = reply.headers.get("Content-Type", "").partition(";")[0]
        assert media in said["content"], (method, url, media)
        if media.endswith("json"):
            assert faults(document, said["content"][media]["schema"], reply.json()) == [], (
                method,
                url,
                reply.text,
            )
        seen.append(f"{method} {template} {reply.status_code}")
        return reply

    one = "/v1/sharing-requests/{request_id}"
    for caller in (dsl, ig_lead):
        await check(caller, "GET", path, one)
        await check(caller, "GET", "/v1/sharing-requests?limit=1", "/v1/sharing-requests")
        await check(caller, "GET", f"{path}/record", one + "/record", Accept="application/json")
        await check(caller, "GET", f"{path}/record", one + "/record", Accept="text/html")
        await check(caller, "GET", f"{path}/flowchart.svg", one + "/flowchart.svg")
    await check(dsl, "POST", "/v1/sharing-requests", "/v1/sharing-requests", MASH)
    await check(dsl, "POST", "/v1/sharing-requests", "/v1/sharing-requests", facts(direction="up"))
    await check(dsl, "POST", "/v1/evaluations", "/v1/evaluations", MASH)
    await check(dsl, "POST", f"{path}/disclosures", one + "/disclosures", sent)
    await check(
        dsl, "POST", f"{path}/disclosures", one + "/disclosures", sent | {"decision_id": made["id"]}
    )
    await check(dsl, "POST", f"{path}/consents", one + "/consents", consent)
    await check(dsl, "POST", f"{path}/notices", one + "/notices", told)
    await check(
        dsl, "POST", f"{path}/advice", one + "/advice", {"ask": "ig_lead", "question": "Enough?"}
    )
    await check(dsl, "POST", f"{path}/evaluations", one + "/evaluations", {})
    await check(dsl, "POST", f"{path}/decisions", one + "/decisions", SHARE)
    await check(
        dsl, "POST", f"{path}/decisions", one + "/decisions", SHARE, **{"If-Match": '"0.full"'}
    )
    await check(ig_lead, "POST", f"{path}/closure", one + "/closure")
    await check(dsl, "POST", f"{path}/closure", one + "/closure")
    await check(dsl, "POST", "/v1/emergency-disclosures", "/v1/emergency-disclosures", danger)
    await check(dsl, "GET", "/v1/me", "/v1/me")
    await check(dsl, "GET", "/v1/policy", "/v1/policy")
    policies = (await check(dsl, "GET", "/v1/policies", "/v1/policies")).json()["items"]
    await check(dsl, "GET", f"/v1/policies/{policies[0]['digest']}", "/v1/policies/{digest}")
    registered = (await check(dsl, "POST", "/v1/recipients", "/v1/recipients", organisation)).json()
    await check(dsl, "GET", f"/v1/recipients/{registered['id']}", "/v1/recipients/{recipient_id}")
    await check(dsl, "GET", "/v1/recipients", "/v1/recipients")
    entries = (await check(ig_lead, "GET", "/v1/audit/entries", "/v1/audit/entries")).json()[
        "items"
    ]
    await check(
        ig_lead, "GET", f"/v1/audit/entries/{entries[0]['id']}", "/v1/audit/entries/{entry_id}"
    )
    await check(dsl, "GET", "/v1/audit/export", "/v1/audit/export")
    await check(ig_lead, "GET", "/readyz", "/readyz")
    await check(ig_lead, "GET", "/livez?nonsense=1", "/livez")
    await check(ig_lead, "GET", "/v1/me?nonsense=1", "/v1/me")
    repeated = {"Idempotency-Key": "the-same-call"}
    await check(dsl, "POST", "/v1/recipients", "/v1/recipients", organisation, **repeated)
    replayed = await check(
        dsl, "POST", "/v1/recipients", "/v1/recipients", organisation, **repeated
    )
    assert replayed.headers["Idempotency-Replayed"] == "true"
    await check(ig_lead, "GET", "/metrics", "/metrics")
    await check(ig_lead, "GET", "/.well-known/jwks.json", "/.well-known/jwks.json")
    assert len(set(seen)) > 30
