"""The guidance beside the recommendation: legal obligations, other procedures, people to protect.
It rejects nothing.
"""

from typing import Any

import pytest

from tests.api.sharing import decide, facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent

STATUTORY: dict[str, Any] = {
    "power": "section_16h",
    "burden_explained": "yes",
    "explanation": "The letter says what the review is about.",
    "compelled_reason": "A practice review.",
    "detriment": {"more_detrimental": "no", "why": "It is about how she was protected."},
}


def compelled(**changed: Any) -> dict[str, Any]:
    return facts(
        recipient={
            "organisation_type": "safeguarding_partners",
            "identity_verified": "yes",
            "secure_route": "secure_email",
        },
        purpose={"code": "statutory_request", "statement": "A practice review", "answer": "yes"},
        lawful_reason={"answer": "yes", "code": "statutory_request"},
        statutory=STATUTORY | changed,
    )


def hints(shown: dict[str, Any]) -> list[str]:
    return [hint["code"] for hint in shown["hints"]]


async def test_a_request_with_a_statutory_power_shows_its_obligation(
    service: Service, dsl: Caller, ig_lead: Caller
) -> None:
    made = await submit(dsl, compelled())
    assert made["compelled"]["source"] == "Children Act 2004, section 16H"
    assert made["compelled"]["explanation"] == STATUTORY["explanation"]
    assert made["facts"]["statutory"] == STATUTORY
    assert hints(made) == []
    for form in ("text/html", "application/json"):
        page = await dsl.get(f"/v1/sharing-requests/{made['id']}/record", headers={"Accept": form})
        assert "section 16H" in page.text
    hidden = await ig_lead.get(f"/v1/sharing-requests/{made['id']}")
    assert hidden.json()["compelled"]["power"] == "section_16h"
    assert STATUTORY["explanation"] not in hidden.text
    assert STATUTORY["detriment"]["why"] not in hidden.text


@pytest.mark.parametrize("explained", ["no", "unsure", None])
async def test_an_unexplained_detriment_gives_a_hint_and_no_rejection(
    service: Service, dsl: Caller, explained: str | None
) -> None:
    valid = await submit(dsl, compelled())
    made = await submit(
        dsl,
        compelled(burden_explained=explained) if explained else compelled() | {"statutory": None},
    )
    assert hints(made) == ["ask_partner_why"]
    same = [{**shown["evaluation"], "id": "", "actions": []} for shown in (made, valid)]
    assert same[0] == same[1]
    assert made["compelled"]["burden_explained"] == (explained or "unsure")


async def test_a_request_without_a_power_has_no_obligation(service: Service, dsl: Caller) -> None:
    made = await submit(dsl)
    assert (made["compelled"], made["routed"], made["hints"]) == (None, None, [])


async def test_a_court_order_is_an_obligation(service: Service, dsl: Caller) -> None:
    made = await submit(
        dsl, facts(purpose={"code": "court_order", "statement": "Order", "answer": "yes"})
    )
    assert made["compelled"]["power"] == "court_order"


async def test_harm_from_sharing_gives_a_hint_only(service: Service, dsl: Caller) -> None:
    made = await submit(
        dsl,
        compelled(detriment={"more_detrimental": "yes", "why": "He would learn where she lives."}),
    )
    assert (hints(made), made["outcome"]) == (["weigh_detriment"], "share")


async def test_an_unknown_statutory_power_is_rejected(service: Service, dsl: Caller) -> None:
    reply = await dsl.post("/v1/sharing-requests", json=compelled(power="section_99"))
    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/statutory/power")


@pytest.mark.parametrize("code", ["subject_access_request", "bulk_or_pre_agreed"])
async def test_requests_with_their_own_procedure_go_to_the_ig_lead(
    service: Service, staff: Caller, code: str
) -> None:
    made = await submit(
        staff, facts(purpose={"code": code, "statement": "Everything you hold", "answer": "yes"})
    )
    assert made["routed"]["to"] == "ig_lead"
    assert made["outcome"] == "seek_advice"


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-01-30", "2026-03-02"),
        ("2026-03-03", "2026-04-07"),
        ("2026-05-31", "2026-06-30"),
        ("2026-09-10", "2026-10-12"),
    ],
)
async def test_a_subject_access_request_has_a_deadline_of_one_calendar_month(
    service: Service, clock: MovableClock, received: str, due: str
) -> None:
    clock.now = clock.now.fromisoformat(f"{received}T10:00:00+00:00")
    staff = await service.caller("staff")
    made = await submit(
        staff, facts(purpose={"code": "subject_access_request", "answer": "yes"}, urgency="urgent")
    )
    assert made["due_at"][:10] == due


ITEMS: list[dict[str, Any]] = [
    {"description": "Attendance", "category": "attendance"},
    {
        "description": "What a neighbour reported",
        "category": "welfare_concern",
        "include": "redact",
        "withheld_because": "Names her.",
    },
    {
        "description": "Her own words",
        "category": "disclosure_by_child",
        "include": "withhold",
        "withheld_because": "She asked us.",
    },
    {"description": "Marks", "category": "attainment"},
]


async def test_a_withheld_item_needs_a_reason(service: Service, staff: Caller) -> None:
    bare = [ITEMS[0], {**ITEMS[2], "withheld_because": " "}]
    reply = await staff.post("/v1/sharing-requests", json=facts(items=bare))
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        ["/items/1/withheld_because"],
    )


@pytest.mark.parametrize("outcome", ["share", "share_partially"])
async def test_a_decision_cannot_share_a_withheld_item(
    dsl: Caller, clock: MovableClock, outcome: str
) -> None:
    made = await submit(dsl, facts(items=ITEMS))
    shared, redacted, withheld, _ = (item["id"] for item in made["facts"]["items"])
    path = f"/v1/sharing-requests/{made['id']}"
    decision = {"outcome": outcome, "items": [shared, withheld], "reasons": "Both."}
    refused = await dsl.post(f"{path}/decisions", json=decision, headers={"If-Match": made["etag"]})
    assert refused.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in refused.json()["errors"]] == [
        ("/items/1", "item-withheld")
    ]
    items = [{**item, "include": "share"} if item is ITEMS[2] else item for item in ITEMS]
    amended = await dsl.patch(path, json={"items": items}, headers={"If-Match": made["etag"]})
    shared, redacted, opened, _ = (item["id"] for item in amended.json()["facts"]["items"])
    taken = await decide(dsl, made["id"], decision | {"items": [shared, redacted, opened]})
    went = {
        "decision_id": taken["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    gone = (await dsl.post(f"{path}/disclosures", json=went)).json()
    assert (gone["items"], [one["item"] for one in gone["items_redacted"]]) == (
        [shared, redacted, opened],
        [redacted],
    )


async def test_an_emergency_decision_needs_no_amendment_first(
    dsl: Caller, clock: MovableClock
) -> None:
    made = await submit(dsl, facts(items=ITEMS))
    withheld = made["facts"]["items"][2]["id"]
    taken = await decide(
        dsl,
        made["id"],
        {"outcome": "share_emergency", "items": [withheld], "reasons": "Danger now."},
    )
    assert taken["items"] == [withheld]
    went = {
        "decision_id": taken["id"],
        "recipient": {},
        "route": "in_person",
        "sent_at": clock().isoformat(),
    }
    gone = (await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=went)).json()
    assert gone["items"] == [withheld]
    assert withheld not in {one["item"] for one in gone["items_left_out"]}


async def test_a_partial_disclosure_records_shared_and_withheld_items_with_reasons(
    service: Service, dsl: Caller, ig_lead: Caller, clock: MovableClock
) -> None:
    made = await submit(dsl, facts(items=ITEMS))
    ids = [item["id"] for item in made["facts"]["items"]]
    part = {
        "outcome": "share_partially",
        "items": [ids[0], ids[1]],
        "reasons": "Marks are not needed.",
    }
    decision = await decide(dsl, made["id"], part)
    went = {
        "decision_id": decision["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    path = f"/v1/sharing-requests/{made['id']}"
    gone = (await dsl.post(f"{path}/disclosures", json=went | {"items": [ids[1]]})).json()
    assert (gone["items"], gone["items_not_shared"]) == ([ids[1]], [ids[0], ids[2], ids[3]])
    assert gone["items_redacted"] == [{"item": ids[1], "because": "Names her."}]
    assert gone["items_left_out"] == [
        {"item": ids[0], "why": "not_sent", "because": None},
        {"item": ids[2], "why": "withheld", "because": "She asked us."},
        {"item": ids[3], "why": "not_permitted", "because": "Marks are not needed."},
    ]
    hidden = await ig_lead.get(path)
    assert {one["because"] for one in hidden.json()["disclosures"][0]["items_left_out"]} == {None}
    page = await dsl.get(f"{path}/record", headers={"Accept": "text/html"})
    assert "She asked us." in page.text
    pdf = await dsl.get(f"{path}/record", headers={"Accept": "application/pdf"})
    assert pdf.content.startswith(b"%PDF-")


async def test_the_hint_to_protect_a_reporter_is_shown(service: Service, staff: Caller) -> None:
    people = [
        {"person_ref": "mis:7781"},
        {"person_ref": "neighbour:1", "role": "reporter", "identity_to_protect": True},
    ]
    items = [{**ITEMS[0], "identity_to_protect": True}, {**ITEMS[1], "identity_to_protect": True}]
    made = await submit(staff, facts(subjects=people, items=items))
    assert hints(made) == ["protect_identity"]
    assert made["hints"][0]["items"] == [made["facts"]["items"][0]["id"]]
    assert made["facts"]["subjects"][1]["identity_to_protect"] is True
