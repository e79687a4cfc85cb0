"""The de-identified view of a request: age bands, days instead of times, and no person."""

import re

import sqlalchemy as sa

from tests.api.sharing import decide, facts, submit
from tests.running import MovableClock
from tests.service import Service


async def test_advisers_see_the_age_band_and_never_the_date_of_birth(
    service: Service, clock: MovableClock
) -> None:
    staff, ig_lead = await service.add("staff"), await service.add("ig_lead")
    people = [
        {
            "person_ref": "mis:7781",
            "role": "child",
            "born_on": "2015-03-04",
        },  # the eleventh birthday is the day after the submission
        {"person_ref": "mis:7782", "role": "sibling", "born_on": "2010-03-03"},
        {"person_ref": "mis:7783", "role": "parent_or_carer"},
    ]
    asking = await service.sign_in(staff)
    made = await submit(asking, facts(subjects=people))
    path = f"/v1/sharing-requests/{made['id']}"
    assert made["facts"]["subjects"] == people
    for released in (False, True):
        question = {
            "ask": "ig_lead",
            "question": "Is this a disclosure?",
            "release_free_text": released,
        }
        assert (await asking.post(f"{path}/advice", json=question)).status_code == 201
        clock.forward(days=400)
        asking, lead = await service.sign_in(staff), await service.sign_in(ig_lead)
        for form in ("application/json", "text/html"):
            paper = (await lead.get(f"{path}/record", headers={"Accept": form})).text
            assert re.search("5_to_10|5 to 10", paper)
            assert not re.search(r"born_on|\bBorn\b|2015-|March 2015|2010-|March 2010", paper)
        seen = await lead.get(path)
        assert not re.search("born_on|2015-|2010-", seen.text)
        assert [
            (one["person_ref"], one["age_band"]) for one in seen.json()["facts"]["subjects"]
        ] == [
            ("child-1", "5_to_10"),
            ("sibling-2", "16_to_17"),
            ("parent-or-carer-3", None),
        ]
    async with service.database.reading() as session:
        bodies = [
            str(row[0]) for row in await session.all(sa.text("SELECT body FROM sharing_record"))
        ]
    assert len(bodies) >= 4
    assert not [body for body in bodies if "2015-03-04" in body or "born_on" in body]


async def test_advisers_see_days_and_no_times(service: Service, clock: MovableClock) -> None:
    clock.forward(hours=3, minutes=14, seconds=15)
    staff, dsl, lead = [await service.caller(role) for role in ("staff", "dsl", "ig_lead")]
    body = facts(
        risk={"immediate_risk": "unsure", "crime_suspected": "yes"},
        consent={"answer": "no", "status": "given", "given_at": "2026-02-20T09:26:53+01:00"},
    )
    made = await submit(staff, body)
    assert made["facts"]["consent"]["given_at"] == "2026-02-20T09:26:53+01:00"
    path = f"/v1/sharing-requests/{made['id']}"
    at = clock().isoformat()
    asked = (
        await staff.post(
            f"{path}/advice",
            json={"ask": "ig_lead", "question": "May we?", "release_free_text": True},
        )
    ).json()
    consent = {"person_ref": "mis:7781", "status": "given", "given_at": "2026-02-21T09:26:53Z"}
    given = (await staff.post(f"{path}/consents", json=consent)).json()
    seen = [
        await lead.post(
            f"{path}/advice/{asked['id']}/answer",
            json={"advice": "Yes.", "outcome_of_discussion": "Agreed."},
        )
    ]
    decision = await decide(dsl, made["id"])
    sent = {
        "decision_id": decision["id"],
        "recipient": {"named_individual": "A. Khan"},
        "route": "secure_email",
        "sent_at": at,
    }
    for about, content in (
        ("disclosures", sent | {"receipt": {"acknowledged_by": "A. Khan", "at": at}}),
        (
            "notices",
            {
                "person_ref": "mis:7781",
                "decision": "deferred",
                "reason": "would_prejudice_enquiry",
                "revisit_on": "2026-03-04",
            },
        ),
        (f"consents/{given['id']}/withdrawal", {"withdrawn_by": "Mother", "at": at}),
    ):
        assert (await staff.post(f"{path}/{about}", json=content)).status_code == 201, about
    emergency = {
        "recipient": {"organisation_type": "police"},
        "what": "Address",
        "why": "Danger now",
        "occurred_at": at,
    }
    recorded = (await staff.post("/v1/emergency-disclosures", json=emergency)).json()[
        "sharing_request"
    ]
    clock.forward(minutes=5)
    seen += [
        await lead.post(f"{path}/evaluations"),
        await lead.post(f"{path}/retention-reviews", json={"keep": "dispose", "why": "Done."}),
    ]
    seen += [
        await lead.get(paper)
        for paper in (
            path,
            f"{path}/record",
            f"{path}/flowchart.svg",
            f"/v1/sharing-requests/{recorded['id']}",
        )
    ]
    lists = [
        await lead.get(f"/v1/{one}")
        for one in (
            "sharing-requests",
            "attention",
            "retention/due",
            "subjects/mis:7781/disclosures",
        )
    ]
    for reply in (*seen, *lists):
        assert reply.is_success, reply.text
        assert not re.search(r"T(?!00:00:00(?:\.0+)?Z)\d\d:\d\d", reply.text), reply.text
    assert all(reply.json()["items"] for reply in lists)
    page = (await lead.get(f"{path}/record", headers={"Accept": "text/html"})).text
    assert len(re.findall(r"\d\d:\d\d", page)) == page.count("Printed") == 1
