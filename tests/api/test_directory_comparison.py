"""The comparison of the stated recipient with the directory: it is shown beside the facts and
changes no answer.
"""

from typing import Any

import pytest

from tests.api.sharing import MASH, SHARE, decide, etag_for, facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent

UNKNOWN_ID = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"


async def made(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await caller.post(path, json=body)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def listed(dsl: Caller, *, checked: bool = True) -> tuple[str, str]:
    """List Anytown MASH with A. Khan as a contact, both checked today."""
    hub = {
        "organisation": "Anytown MASH",
        "organisation_type": "mash",
        "call_back_number": "01632 960123",
        "call_back_source": "the council's website",
        "secure_routes": ["secure_email"],
    }
    recipient = (await made(dsl, "/v1/recipients", hub))["id"]
    contact = (
        await made(
            dsl,
            f"/v1/recipients/{recipient}/contacts",
            {"name": "A. Khan", "role_title": "Social worker"},
        )
    )["id"]
    if checked:
        for more in ({}, {"contact_id": contact}):
            await made(
                dsl,
                f"/v1/recipients/{recipient}/verifications",
                {"method": "call_back_published_number", "result": "yes", **more},
            )
    return recipient, contact


def citing(recipient: str, contact: str | None = None, **changed: Any) -> dict[str, Any]:
    """The MASH request citing the directory, without statements about identity."""
    stated = {
        "organisation": "Anytown MASH",
        "organisation_type": "mash",
        "named_individual": "A. Khan",
        "secure_route": "secure_email",
    }
    cites = {"directory_id": recipient, **({"contact_id": contact} if contact else {})}
    requester = {"name": "A. Khan", "organisation": "Anytown MASH"}
    return facts(requester=requester, recipient={**stated, **cites, **changed})


async def test_an_identity_check_is_shown_and_changes_no_answer(
    service: Service, dsl: Caller
) -> None:
    recipient, contact = await listed(dsl)
    cited = await submit(dsl, citing(recipient, contact))
    assert cited["recipient_check"] == {
        "directory_id": recipient,
        "contact_id": contact,
        "verified": "yes",
        "findings": [],
        "supports_identity": True,
        "checked_on": "2026-03-03",
    }
    assert "verify_recipient" in {action["code"] for action in cited["evaluation"]["actions"]}
    tried = await dsl.post("/v1/evaluations", json=citing(recipient, contact))
    assert tried.json()["outcome"] == cited["outcome"]
    uncited = citing(recipient) | {
        "recipient": {"organisation_type": "mash", "secure_route": "secure_email"}
    }
    plain = await submit(dsl, uncited)
    assert plain["recipient_check"] is None
    assert "verify_recipient" in {action["code"] for action in plain["evaluation"]["actions"]}


@pytest.mark.parametrize("answer", ["no", "unsure"])
async def test_the_directory_never_changes_a_stated_answer(
    service: Service, dsl: Caller, answer: str
) -> None:
    recipient, contact = await listed(dsl)
    for body in (
        citing(recipient, contact, identity_verified=answer),
        citing(recipient, contact) | {"requester": {"identity_verified": answer}},
    ):
        cited = await submit(dsl, body)
        assert cited["recipient_check"]["supports_identity"] is True
        assert "verify_recipient" in {action["code"] for action in cited["evaluation"]["actions"]}


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"organisation": "Othertown MASH"}, "organisation_differs"),
        ({"organisation_type": "police"}, "type_differs"),
        ({"named_individual": "B. Jones"}, "individual_differs"),
        ({"secure_route": "post_tracked"}, "route_not_listed"),
    ],
)
async def test_a_mismatch_with_the_directory_is_only_shown(
    service: Service, dsl: Caller, changed: dict[str, Any], finding: str
) -> None:
    recipient, contact = await listed(dsl)
    cited = await submit(dsl, citing(recipient, contact, **changed))
    assert [one["code"] for one in cited["recipient_check"]["findings"]] == [finding]
    assert cited["recipient_check"]["supports_identity"] is (finding == "route_not_listed")
    right = next(
        check for check in cited["evaluation"]["how"] if check["check"] == "right_recipient"
    )
    assert right["met"] == "yes"


async def test_a_check_of_the_organisation_is_not_a_check_of_the_contact(
    service: Service, dsl: Caller
) -> None:
    recipient, _ = await listed(dsl)
    cited = await submit(dsl, citing(recipient))
    assert [one["code"] for one in cited["recipient_check"]["findings"]] == [
        "individual_not_checked"
    ]
    assert cited["recipient_check"]["supports_identity"] is False


async def test_an_unchecked_entry_supports_no_answer(service: Service, dsl: Caller) -> None:
    recipient, contact = await listed(dsl, checked=False)
    cited = await submit(dsl, citing(recipient, contact))
    assert [one["code"] for one in cited["recipient_check"]["findings"]] == ["never_verified"]
    assert cited["recipient_check"]["verified"] == "unsure"


@pytest.mark.parametrize("cites", ["unknown organisation", "unknown contact", "contact alone"])
async def test_a_cited_entry_that_does_not_exist_is_named(
    service: Service, dsl: Caller, cites: str
) -> None:
    recipient, contact = await listed(dsl)
    body = {
        "unknown organisation": citing(UNKNOWN_ID),
        "unknown contact": citing(recipient, UNKNOWN_ID),
        "contact alone": facts(recipient={"organisation_type": "mash", "contact_id": contact}),
    }[cites]
    reply = await dsl.post("/v1/sharing-requests", json=body)
    pointer = "/recipient/contact_id" if cites == "unknown contact" else "/recipient/directory_id"
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        [pointer],
    )


async def test_an_entry_of_another_school_cannot_be_cited(service: Service, dsl: Caller) -> None:
    far = await service.caller("dsl", school="654321")
    recipient, _ = await listed(far)
    assert (await dsl.post("/v1/sharing-requests", json=citing(recipient))).status_code == 422


async def test_an_amendment_is_compared_with_the_directory_again(
    service: Service, dsl: Caller
) -> None:
    recipient, contact = await listed(dsl)
    cited = await submit(dsl, MASH)
    path = f"/v1/sharing-requests/{cited['id']}"
    bad = await dsl.patch(
        path, json={"recipient": {"directory_id": UNKNOWN_ID}}, headers={"If-Match": cited["etag"]}
    )
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/recipient/directory_id")
    cites = {"recipient": {"directory_id": recipient, "contact_id": contact}}
    good = await dsl.patch(path, json=cites, headers={"If-Match": cited["etag"]})
    assert (good.status_code, good.json()["recipient_check"]["verified"]) == (200, "yes")


async def test_an_expired_check_supports_no_answer(service: Service, clock: MovableClock) -> None:
    account = await service.add("dsl")
    dsl = await service.sign_in(account)
    recipient, contact = await listed(dsl)
    cited = await submit(dsl, citing(recipient, contact))
    clock.forward(days=800)
    dsl = await service.sign_in(account)
    assert (await dsl.post(f"/v1/sharing-requests/{cited['id']}/evaluations")).status_code == 201
    again = (await dsl.get(f"/v1/sharing-requests/{cited['id']}")).json()
    assert again["recipient_check"]["supports_identity"] is False
    assert [one["code"] for one in again["recipient_check"]["findings"]] == ["verification_expired"]


async def test_an_unknown_contact_is_not_verified_by_a_verified_organisation(
    service: Service, dsl: Caller
) -> None:
    recipient, _ = await listed(dsl)
    stated = {
        "organisation": "Anytown MASH",
        "organisation_type": "mash",
        "directory_id": recipient,
    }
    body = facts(
        requester={"name": "B. Jones"},
        recipient=stated,
        risk={"immediate_risk": "yes"},
        consent={"answer": "unsure"},
    )
    assert (await submit(dsl, body))["outcome"] != "share_emergency"


async def test_an_emergency_can_cite_any_entry(
    service: Service, staff: Caller, dsl: Caller
) -> None:
    recipient, _ = await listed(dsl)
    for cites, findings in ((UNKNOWN_ID, ["not_in_directory"]), (recipient, [])):
        body = {
            "recipient": {"organisation_type": "mash", "directory_id": cites},
            "what": "Her address",
            "why": "Danger now",
        }
        recorded = await made(staff, "/v1/emergency-disclosures", body)
        check = recorded["sharing_request"]["recipient_check"]
        assert [one["code"] for one in check["findings"]] == findings
        assert recorded["sharing_request"]["evaluation"]["outcome"] == "seek_advice"
    assert check["supports_identity"] is True


async def test_the_recipient_of_a_disclosure_is_compared_with_the_directory(
    service: Service, dsl: Caller, clock: MovableClock
) -> None:
    recipient, contact = await listed(dsl)
    cited = await submit(dsl, citing(recipient, contact))
    decision = await decide(dsl, cited["id"], SHARE)
    body = {
        "decision_id": decision["id"],
        "recipient": {"named_individual": "C. Other"},
        "route": "phone_verified",
    }
    gone = await made(
        dsl,
        f"/v1/sharing-requests/{cited['id']}/disclosures",
        body | {"sent_at": clock().isoformat()},
    )
    assert {one["code"] for one in gone["recipient_check"]["findings"]} == {
        "individual_differs",
        "route_not_listed",
    }


async def test_the_ig_lead_sees_the_mismatch_and_not_the_person(
    service: Service, dsl: Caller, ig_lead: Caller
) -> None:
    recipient, contact = await listed(dsl)
    cited = await submit(dsl, citing(recipient, contact, named_individual="B. Jones"))
    reply = await ig_lead.get(f"/v1/sharing-requests/{cited['id']}")
    assert [one["code"] for one in reply.json()["recipient_check"]["findings"]] == [
        "individual_differs"
    ]
    assert recipient not in reply.text
    assert contact not in reply.text
    assert (await etag_for(ig_lead, cited["id"])) != cited["etag"]
