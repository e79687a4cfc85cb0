"""Recording an emergency: it is never rejected for anything but what, with whom and why."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.api.sharing import SHARE, decide, facts, submit
from tests.running import MovableClock
from tests.service import Service

BARE: dict[str, Any] = {
    "recipient": {"organisation_type": "police"},
    "what": "Name, address, what she said",
    "why": "Child in danger now",
}


@pytest.mark.parametrize("role", ["staff", "dsl", "ig_lead"])
async def test_an_emergency_needs_only_what_with_whom_and_why(service: Service, role: str) -> None:
    caller = await service.caller(role)
    reply = await caller.post("/v1/emergency-disclosures", json=BARE)
    made = reply.json()
    assert reply.status_code == 201, reply.text
    assert made["sharing_request"]["status"] == "emergency_recorded"
    assert made["task"]["due"].startswith("2026-03-04T")
    assert made["disclosure"]["items"] == [
        item["id"] for item in made["sharing_request"]["facts"]["items"]
    ]
    assert "notify_police_immediately" in {
        action["code"] for action in made["sharing_request"]["evaluation"]["actions"]
    }


@pytest.mark.parametrize(
    ("more", "flag"),
    [
        ({"facts": {"nonsense": 1, "direction": 7}}, "facts_not_understood"),
        ({"facts": {"risk": "yes"}}, "facts_not_understood"),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, "recorded_late"),
        ({"occurred_at": "2036-01-01T00:00:00Z"}, "occurs_in_the_future"),
        ({}, "no_subject_named"),
    ],
)
async def test_a_late_incomplete_or_odd_emergency_is_flagged_and_not_rejected(
    service: Service, more: dict[str, Any], flag: str
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/emergency-disclosures", json=BARE | more)
    assert reply.status_code == 201, reply.text
    assert flag in reply.json()["flags"]


POLICE: dict[str, Any] = {"organisation_type": "police"}
LONG = "She said that " * 300


@pytest.mark.parametrize(
    ("more", "flag", "pointers"),
    [
        ({"facts": "any"}, "facts_not_understood", ["/facts"]),
        ({"facts": [1]}, "facts_not_understood", ["/facts"]),
        ({"occurred_at": "2026-03-02T14:00:00"}, "occurred_at_not_understood", ["/occurred_at"]),
        ({"occurred_at": "14:52"}, "occurred_at_not_understood", ["/occurred_at"]),
        ({"occurred_at": 5}, "occurred_at_not_understood", ["/occurred_at"]),
        ({"subjects": "mis:1"}, "subjects_not_understood", ["/subjects"]),
        ({"subjects": ["mis:1"]}, "subjects_not_understood", ["/subjects/0"]),
        (
            {"subjects": [{"person_ref": "mis:1", "role": "kid"}]},
            "subjects_not_understood",
            ["/subjects/0/role"],
        ),
        ({"purpose": {"code": "missing"}}, "purpose_not_understood", ["/purpose/code"]),
        ({"purpose": "she is missing"}, "purpose_not_understood", ["/purpose"]),
        (
            {"recipient": POLICE | {"identity_verified": "probably"}},
            "recipient_not_understood",
            ["/recipient/identity_verified"],
        ),
        (
            {"recipient": POLICE | {"directory_id": "abc"}},
            "recipient_not_understood",
            ["/recipient/directory_id"],
        ),
        (
            {"recipient": POLICE | {"phone": "999"}},
            "recipient_not_understood",
            ["/recipient/phone"],
        ),
        (
            {"recipient": {"organisation_type": "polcie"}},
            "organisation_type_not_understood",
            ["/recipient/organisation_type"],
        ),
        ({"foo": 1}, "members_not_understood", ["/foo"]),
        ({"what": LONG}, "what_cut_short", ["/what"]),
        ({"why": LONG}, "why_cut_short", ["/why"]),
        (
            {"subjects": [{"person_ref": f"mis:{n}"} for n in range(60)]},
            "subjects_cut_short",
            ["/subjects"],
        ),
        (
            {"facts": {"needed_by": "soon", "risk": {"immediate_risk": "yess"}}},
            "facts_not_understood",
            ["/facts/risk/immediate_risk", "/facts/needed_by"],
        ),
        (
            {"facts": {"items": [{"description": "Her words", "include": "withhold"}]}},
            "facts_not_understood",
            ["/facts/items", "/facts/items/0/withheld_because"],
        ),
        (
            {"facts": {"purpose": "missing", "items": []}},
            "facts_not_understood",
            ["/facts/purpose", "/facts/items"],
        ),
        (
            {"facts": {"external_id": {"value": "SR-1"}}},
            "facts_not_understood",
            ["/facts/external_id/system"],
        ),
        ({"subjects": [{"person_ref": "upn:A801200005001"}]}, "pupil_number_invalid", []),
        (
            {"facts": {"subjects": [{"person_ref": "upn:A801200005001"}]}},
            "pupil_number_invalid",
            [],
        ),
    ],
)
async def test_an_invalid_optional_member_never_rejects_an_emergency(
    service: Service, more: dict[str, Any], flag: str, pointers: list[str]
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/emergency-disclosures", json=BARE | more)
    made = reply.json()
    assert reply.status_code == 201, reply.text
    assert flag in made["flags"]
    assert sorted(one["pointer"] for one in made["not_understood"]) == sorted(pointers)
    request = (await staff.get(f"/v1/sharing-requests/{made['sharing_request']['id']}")).json()
    assert request["emergency"]["flags"] == made["flags"]
    assert (request["emergency"]["not_understood"] or []) == made["not_understood"]


@pytest.mark.parametrize(
    "nothing",
    [
        {"facts": None},
        {"subjects": None},
        {"purpose": None, "occurred_at": None},
        {"facts": {"risk": None}},
    ],
)
async def test_a_null_member_is_ignored(service: Service, nothing: dict[str, Any]) -> None:
    reply = await (await service.caller("staff")).post(
        "/v1/emergency-disclosures", json=BARE | nothing
    )
    assert (reply.status_code, reply.json()["flags"], reply.json()["not_understood"]) == (
        201,
        ["no_subject_named"],
        [],
    )
    assert reply.json()["sharing_request"]["facts"]["risk"] == {"immediate_risk": "yes"}


async def test_only_the_invalid_value_is_set_aside(service: Service) -> None:
    staff = await service.caller("staff")
    facts = {
        "risk": {"emergency_kind": "medical"},
        "recipient": {"identity_verified": "yes"},
        "needed_by": "soon",
        "subjects": [
            {"person_ref": "mis:1", "role": "kid"},
            {"role": "sibling"},
            {"person_ref": " mis:3 "},
        ],
    }
    body = BARE | {
        "recipient": {"organisation_type": "ambulance_or_emergency_service"},
        "facts": facts,
    }
    made = (await staff.post("/v1/emergency-disclosures", json=body)).json()
    assert made["evaluation"] == made["sharing_request"]["evaluation"]
    assert made["evaluation"]["outcome"] == "share_emergency"
    assert "call_999_ambulance" in {
        action["code"] for action in made["sharing_request"]["evaluation"]["actions"]
    }
    assert [one["person_ref"] for one in made["sharing_request"]["facts"]["subjects"]] == [
        "mis:1",
        "mis:3",
    ]
    kept = {one["pointer"]: one["sent"] for one in made["not_understood"]}
    assert kept == {
        "/facts/needed_by": "soon",
        "/facts/subjects/0/role": "kid",
        "/facts/subjects/1/person_ref": {"role": "sibling"},
    }


async def test_an_unknown_organisation_type_counts_as_other_and_the_nearest_is_suggested(
    service: Service,
) -> None:
    staff = await service.caller("staff")
    body = BARE | {"recipient": {"organisation_type": "polcie", "organisation": "Anytown police"}}
    made = (await staff.post("/v1/emergency-disclosures", json=body)).json()
    assert made["sharing_request"]["recipient_type"] == "other"
    assert made["sharing_request"]["facts"]["recipient"]["organisation"] == "Anytown police"
    (one,) = made["not_understood"]
    assert (one["sent"], one["code"], "did you mean 'police'?" in one["detail"]) == (
        "polcie",
        "unknown-value",
        True,
    )


async def test_a_text_that_is_too_long_is_shortened_and_stored_whole(service: Service) -> None:
    staff = await service.caller("staff")
    made = (await staff.post("/v1/emergency-disclosures", json=BARE | {"what": LONG})).json()
    assert made["not_understood"][0]["sent"] == LONG
    assert made["sharing_request"]["facts"]["items"][0]["description"] == LONG[:4000]


async def test_of_very_many_invalid_members_some_are_listed_and_all_are_stored(
    service: Service,
) -> None:
    staff = await service.caller("staff")
    odd = {f"odd{n}": n for n in range(60)}
    made = (await staff.post("/v1/emergency-disclosures", json=BARE | odd | {"facts": odd})).json()
    assert made["flags"] == ["facts_not_understood", "members_not_understood", "no_subject_named"]
    assert len(made["not_understood"]) == 102
    whole = {
        one["pointer"]: one["sent"]
        for one in made["not_understood"]
        if one["code"] == "too-many-faults"
    }
    assert whole == {"": BARE | odd | {"facts": odd}, "/facts": odd}


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"what": " \n"}, "/what"),
        ({"why": ""}, "/why"),
        ({"why": None}, "/why"),
        ({"what": 7}, "/what"),
        ({"recipient": None}, "/recipient"),
        ({"recipient": "the police"}, "/recipient"),
        ({"recipient": {"organisation": "Police"}}, "/recipient/organisation_type"),
        ({"recipient": {"organisation_type": " "}}, "/recipient/organisation_type"),
        ({"recipient": {"organisation_type": 7}}, "/recipient/organisation_type"),
    ],
)
async def test_each_missing_required_member_is_listed(
    service: Service, said: dict[str, Any], pointer: str
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post(
        "/v1/emergency-disclosures", json=BARE | {"occurred_at": "soon", "foo": 1} | said
    )
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        [pointer],
    ), reply.text
    assert (await staff.get("/v1/sharing-requests")).json()["items"] == []


async def test_invalid_members_are_personal_and_erased_by_disposal(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    dsl, ig_lead = await service.sign_in(account), await service.caller("ig_lead")
    secret = "canary-of-the-emergency"
    body = BARE | {
        "name_of_child": secret,
        secret: 1,
        "subjects": [{"person_ref": secret, "role": secret}],
        "facts": {"needed_by": secret},
    }
    made = (await dsl.post("/v1/emergency-disclosures", json=body)).json()["sharing_request"]
    path = f"/v1/sharing-requests/{made['id']}"
    assert (await dsl.get(path)).text.count(secret) >= 4
    assert secret in (await dsl.get(f"{path}/record", headers={"Accept": "text/html"})).text
    assert secret not in (await ig_lead.get(path)).text
    assert secret not in (await ig_lead.get(f"{path}/record", headers={"Accept": "text/html"})).text
    assert secret not in (await ig_lead.get("/v1/audit/export")).text
    await decide(dsl, made["id"], SHARE | {"outcome": "share_emergency"})
    assert (
        await ig_lead.post(f"{path}/retention-reviews", json={"keep": "dispose", "why": "Over."})
    ).status_code == 201
    assert (
        await ig_lead.post(f"{path}/disposal", json={"basis": "Over.", "approved_by": "Head"})
    ).status_code == 201
    async with service.database.reading() as session:
        for table in (
            "sharing_request",
            "sharing_record",
            "sharing_narrative",
            "sharing_subject",
            "audit_entry",
            "idempotency",
        ):
            rows = await session.all(sa.text(f"SELECT * FROM {table}"))
            assert secret not in str([tuple(row) for row in rows]), table


async def test_invalid_members_are_an_open_task_and_do_not_block_an_amendment(
    service: Service,
) -> None:
    dsl = await service.caller("dsl")
    named = {
        "subjects": [{"person_ref": "upn:A801200005001"}],
        "purpose": {"code": "missing_child"},
        "occurred_at": "14:52",
    }
    made = await dsl.post("/v1/emergency-disclosures", json=BARE | named)
    (waits,) = (await dsl.get("/v1/attention", params={"kind": "emergency_incomplete"})).json()[
        "items"
    ]
    assert waits["missing"] == ["occurred_at_not_understood", "pupil_number_invalid"]
    path = made.headers["Location"]
    reply = await dsl.patch(
        path, json={"consent": {"answer": "no"}}, headers={"If-Match": made.headers["ETag"]}
    )
    assert reply.status_code == 200, reply.text
    assert (await dsl.get("/v1/attention", params={"kind": "emergency_incomplete"})).json()[
        "items"
    ] == []


async def test_a_withheld_item_was_not_shared_in_an_emergency(service: Service) -> None:
    staff = await service.caller("staff")
    held = {
        "description": "Her father's address",
        "include": "withhold",
        "withheld_because": "He is a risk to her.",
    }
    made = (
        await staff.post(
            "/v1/emergency-disclosures",
            json=BARE | {"facts": {"items": [{"description": "Her name"}, held]}},
        )
    ).json()
    name, address = (item["id"] for item in made["sharing_request"]["facts"]["items"])
    assert (made["disclosure"]["items"], made["disclosure"]["items_not_shared"]) == (
        [name],
        [address],
    )
    made = (
        await staff.post("/v1/emergency-disclosures", json=BARE | {"facts": {"items": [held]}})
    ).json()
    said, address = made["sharing_request"]["facts"]["items"]
    assert (said["description"], made["disclosure"]["items"], address["include"]) == (
        BARE["what"],
        [said["id"]],
        "withhold",
    )


@pytest.mark.parametrize("missing", sorted(BARE))
async def test_an_emergency_without_a_required_member_names_it(
    service: Service, missing: str
) -> None:
    staff = await service.caller("staff")
    reply = await staff.post(
        "/v1/emergency-disclosures",
        json={name: value for name, value in BARE.items() if name != missing},
    )
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, f"/{missing}")


async def test_a_verified_protective_body_gives_share_emergency(service: Service) -> None:
    staff = await service.caller("staff")
    recipient = {"organisation_type": "police", "identity_verified": "yes"}
    made = (
        await staff.post("/v1/emergency-disclosures", json=BARE | {"recipient": recipient})
    ).json()
    assert (
        made["sharing_request"]["evaluation"]["outcome"],
        made["sharing_request"]["evaluation"]["release"],
    ) == (
        "share_emergency",
        "ready",
    )


async def test_an_overdue_emergency_record_can_be_completed(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    dsl = await service.sign_in(account)
    made = (await dsl.post("/v1/emergency-disclosures", json=BARE)).json()["sharing_request"]
    clock.forward(days=7)
    dsl = await service.sign_in(account)
    late = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert late["overdue_clocks"] == ["record"]
    await decide(dsl, made["id"], SHARE | {"outcome": "share_emergency"})
    whole = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert (whole["status"], whole["overdue"]) == ("decided", False)
    assert whole["tasks"][0]["done_at"] is not None


async def test_an_integration_cannot_record_an_emergency(service: Service) -> None:
    machine = await service.caller("integration")
    assert (await machine.post("/v1/emergency-disclosures", json=BARE)).status_code == 403


async def test_an_unverified_recipient_does_not_take_the_emergency_branch(service: Service) -> None:
    body = facts(
        recipient={"organisation_type": "health_provider", "identity_verified": "unsure"},
        requester={"identity_verified": "unsure"},
        purpose={"code": "unknown", "answer": "unsure"},
        lawful_reason={"answer": "unsure"},
        risk={"immediate_risk": "yes", "crime_suspected": "no", "emergency_kind": "medical"},
    )
    made = await submit(await service.caller("staff"), body)
    assert made["outcome"] == "seek_advice"
    assert "call_999_ambulance" in {action["code"] for action in made["evaluation"]["actions"]}
