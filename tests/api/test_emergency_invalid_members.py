"""Invalid optional members of an emergency are set aside, listed, stored as personal data, and
completed later.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.api.sharing import EMERGENCY, SHARE, decide
from tests.running import MovableClock
from tests.service import Service

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
    reply = await staff.post("/v1/emergency-disclosures", json=EMERGENCY | more)
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
        "/v1/emergency-disclosures", json=EMERGENCY | nothing
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
    body = EMERGENCY | {
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
    body = EMERGENCY | {
        "recipient": {"organisation_type": "polcie", "organisation": "Anytown police"}
    }
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
    made = (await staff.post("/v1/emergency-disclosures", json=EMERGENCY | {"what": LONG})).json()
    assert made["not_understood"][0]["sent"] == LONG
    assert made["sharing_request"]["facts"]["items"][0]["description"] == LONG[:4000]


async def test_of_very_many_invalid_members_some_are_listed_and_all_are_stored(
    service: Service,
) -> None:
    staff = await service.caller("staff")
    odd = {f"odd{n}": n for n in range(60)}
    made = (
        await staff.post("/v1/emergency-disclosures", json=EMERGENCY | odd | {"facts": odd})
    ).json()
    assert made["flags"] == ["facts_not_understood", "members_not_understood", "no_subject_named"]
    assert len(made["not_understood"]) == 102
    whole = {
        one["pointer"]: one["sent"]
        for one in made["not_understood"]
        if one["code"] == "too-many-faults"
    }
    assert whole == {"": EMERGENCY | odd | {"facts": odd}, "/facts": odd}


async def test_invalid_members_are_personal_and_erased_by_disposal(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    dsl, ig_lead = await service.sign_in(account), await service.caller("ig_lead")
    secret = "canary-of-the-emergency"
    body = EMERGENCY | {
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
    made = await dsl.post("/v1/emergency-disclosures", json=EMERGENCY | named)
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
