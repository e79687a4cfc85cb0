"""Decisions: who can record them, and what they must contain."""

from typing import Any

import pytest

from tests.api.sharing import (
    MASH,
    REFUSE,
    SHARE,
    consented_facts,
    decide,
    facts,
    landlord_facts,
    submit,
)
from tests.service import Service


@pytest.mark.parametrize(
    ("role", "body", "decision", "status"),
    [
        ("staff", consented_facts(), SHARE, 201),
        ("staff", MASH, SHARE, 403),
        ("dsl", MASH, SHARE, 201),
        ("ig_lead", MASH, SHARE, 403),
        ("staff", MASH, SHARE | {"outcome": "share_emergency"}, 201),
        ("ig_lead", MASH, SHARE | {"outcome": "share_emergency"}, 201),
        ("integration", consented_facts(), SHARE, 403),
    ],
)
async def test_the_policy_defines_who_can_decide(
    service: Service, role: str, body: dict[str, Any], decision: dict[str, Any], status: int
) -> None:
    caller = await service.caller(role)
    made = await submit(caller, body)
    headers = {"If-Match": made["etag"]}
    reply = await caller.post(
        f"/v1/sharing-requests/{made['id']}/decisions", json=decision, headers=headers
    )
    assert reply.status_code == status, reply.text


async def test_a_decision_against_the_recommendation_needs_a_reason(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    headers = {"If-Match": made["etag"]}
    reply = await dsl.post(
        f"/v1/sharing-requests/{made['id']}/decisions", json=REFUSE, headers=headers
    )
    assert reply.status_code == 422
    assert [fault["pointer"] for fault in reply.json()["errors"]] == ["/departs_because"]
    decision = await decide(
        dsl, made["id"], REFUSE | {"departs_because": "The request was withdrawn by telephone."}
    )
    assert decision["departs_from_evaluation"] is True


async def test_a_refusal_records_whether_it_was_discussed(service: Service) -> None:
    ig_lead = await service.caller("ig_lead")
    made = await submit(ig_lead, landlord_facts())
    bare = {name: value for name, value in REFUSE.items() if name != "refusal"}
    reply = await ig_lead.post(
        f"/v1/sharing-requests/{made['id']}/decisions",
        json=bare,
        headers={"If-Match": made["etag"]},
    )
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/refusal")


async def test_a_later_decision_supersedes_the_earlier_and_changes_nothing(
    service: Service,
) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    first = await decide(dsl, made["id"])
    second = await decide(
        dsl,
        made["id"],
        SHARE | {"outcome": "share_partially", "items": first["items"], "reasons": "Only this."},
    )
    whole = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert [decision["id"] for decision in whole["decisions"]] == [first["id"], second["id"]]
    assert second["supersedes"] == first["id"]
    assert whole["decisions"][0]["reasons"] == first["reasons"]


async def test_a_decision_needs_if_match(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    path = f"/v1/sharing-requests/{made['id']}/decisions"
    assert (await dsl.post(path, json=SHARE)).status_code == 428
    assert (await dsl.post(path, json=SHARE, headers={"If-Match": '"99.full"'})).status_code == 412
    assert (await dsl.post(path, json=SHARE, headers={"If-Match": made["etag"]})).status_code == 201
    assert (await dsl.post(path, json=SHARE, headers={"If-Match": made["etag"]})).status_code == 412


def about(ref: str) -> dict[str, Any]:
    return facts(subjects=[{"person_ref": ref, "role": "staff_member"}])


@pytest.mark.parametrize(
    "written",
    [
        "staff:{email}",
        "email:{email}",
        "mailto: {EMAIL}",
        "{email}",
        "{EMAIL}",
        "account:{id}",
        "user:{ID}",
        "{id}",
    ],
)
async def test_a_person_named_in_the_request_cannot_decide_it(
    service: Service, written: str
) -> None:
    dsl = await service.caller("dsl")
    email, me = dsl.account.login, (await dsl.get("/v1/me")).json()["subject"]
    ref = written.format(email=email, EMAIL=email.upper(), id=me, ID=me.upper())
    for body in (
        about(ref),
        facts(requester={"name": f"A. Khan <{ref}>", "identity_verified": "yes"}),
        facts(recipient=MASH["recipient"] | {"named_individual": ref}),
        facts(consent={"answer": "no", "person_ref": ref}),
    ):
        made = await submit(dsl, body)
        path, tag = f"/v1/sharing-requests/{made['id']}/decisions", {"If-Match": made["etag"]}
        reply = await dsl.post(path, json=SHARE, headers=tag)
        assert (reply.status_code, reply.json()["code"]) == (403, "decision-not-permitted"), body
        assert (
            await dsl.post(path, json=SHARE | {"outcome": "share_emergency"}, headers=tag)
        ).status_code == 201


async def test_a_person_with_a_similar_name_can_decide(service: Service) -> None:
    dsl = await service.caller("dsl")
    for ref in (
        f"staff:x{dsl.account.login}",
        f"{dsl.account.login}.example",
        "staff:",
        f"mis:{dsl.account.login.partition('@')[0]}",
    ):
        await decide(dsl, (await submit(dsl, about(ref)))["id"])


async def test_only_an_emergency_is_decided_while_information_is_awaited(
    service: Service,
) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    asked = await dsl.post(
        f"/v1/sharing-requests/{made['id']}/questions", json={"question": "Why all years?"}
    )
    assert asked.status_code == 201
    path = f"/v1/sharing-requests/{made['id']}/decisions"
    assert (
        await dsl.post(path, json=SHARE, headers={"If-Match": asked.headers["ETag"]})
    ).status_code == 409
    emergency = SHARE | {"outcome": "share_emergency"}
    assert (
        await dsl.post(path, json=emergency, headers={"If-Match": asked.headers["ETag"]})
    ).status_code == 201
