"""The summary report over HTTP: exact counts, no identifiable person, as numbers and as a chart."""

import xml.etree.ElementTree as ET
from typing import Any

import httpx
import pytest

from tests.api.sharing import REFUSE, SHARE, consented_facts, decide, facts, landlord_facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service
from tests.unit.audit.trail import rows

PATH = "/v1/reports/summary"


async def report(caller: Caller, **query: str) -> dict[str, Any]:
    reply = await caller.get(PATH, params=query)
    assert reply.status_code == httpx.codes.OK, reply.text
    found: dict[str, Any] = reply.json()
    return found


def counts(found: dict[str, Any], table: str) -> dict[str, int | None]:
    for number in found[table].values():
        assert number["suppressed"] is (number["count"] is None)
    return {code: number["count"] for code, number in found[table].items()}


async def shares(dsl: Caller, count: int, body: dict[str, Any] | None = None) -> None:
    for _ in range(count):
        await decide(dsl, (await submit(dsl, body))["id"])


async def test_everything_is_counted_as_it_happened(service: Service, clock: MovableClock) -> None:
    dsl_account, lead_account = await service.add("dsl"), await service.add("ig_lead")
    dsl, ig_lead = await service.sign_in(dsl_account), await service.sign_in(lead_account)
    await shares(dsl, 5)
    await shares(dsl, 6, consented_facts())
    for _ in range(5):
        await decide(ig_lead, (await submit(dsl, landlord_facts()))["id"], REFUSE)
    for _ in range(5):
        refused = await submit(dsl)
        await decide(dsl, refused["id"], REFUSE | {"departs_because": "Asked in error."})
        again = await dsl.post(
            f"/v1/sharing-requests/{refused['id']}/reconsiderations",
            json={"new_information": "More"},
        )
        assert again.status_code == httpx.codes.CREATED, again.text
    for _ in range(7):
        one = await submit(dsl, facts(urgency="routine"))
        sought = await dsl.post(
            f"/v1/sharing-requests/{one['id']}/advice", json={"ask": "ig_lead", "question": "?"}
        )
        assert sought.status_code == httpx.codes.CREATED, sought.text
    clock.forward(days=7)
    dsl, ig_lead = await service.sign_in(dsl_account), await service.sign_in(lead_account)
    open_ones = (await dsl.get("/v1/sharing-requests?status=submitted")).json()["items"]
    assert len(open_ones) == 5
    for one in open_ones:
        await decide(dsl, one["id"], REFUSE | {"departs_because": "Still not needed."})
    found = await report(ig_lead)
    assert found["requests"] == {"count": 28, "suppressed": False}
    assert counts(found, "outcome") == {"share": 23, "do_not_share": 5}
    assert counts(found, "decision") == {"share": 11, "do_not_share": 10, "undecided": 7}
    assert counts(found, "purpose_group") == {"safeguarding": 17, "outside": 5, "other": 6}
    assert counts(found, "lawful_reason") == {"safeguarding_condition": 5, "consent": 6}
    assert counts(found, "timeliness") == {
        "decided_in_time": 16,
        "decided_late": 5,
        "waiting_in_time": 7,
    }
    assert counts(found, "departures") == {"followed": 16, "departed": 5}
    assert counts(found, "reconsideration") == {"reconsidered": 5, "not_reconsidered": 23}
    assert counts(found, "advice") == {"total": 7, "overdue": 7}


async def test_advice_and_emergencies_are_counted_by_their_own_clocks(
    service: Service, clock: MovableClock
) -> None:
    account, lead_account = await service.add("dsl"), await service.add("ig_lead")
    dsl, ig_lead = await service.sign_in(account), await service.sign_in(lead_account)
    emergency = {
        "recipient": {"organisation_type": "police"},
        "what": "Address",
        "why": "Danger now",
    }
    made = [
        (await dsl.post("/v1/emergency-disclosures", json=emergency)).json()["sharing_request"][
            "id"
        ]
        for _ in range(15)
    ]
    for one in made[:5]:
        await decide(dsl, one, SHARE | {"outcome": "share_emergency"})
    asked = []
    for one in made[:11]:
        reply = await dsl.post(
            f"/v1/sharing-requests/{one}/advice", json={"ask": "ig_lead", "question": "?"}
        )
        asked.append((one, reply.json()["id"]))
    answer = {"advice": "Yes", "outcome_of_discussion": "Go on"}
    for one, advice in asked[:6]:
        assert (
            await ig_lead.post(f"/v1/sharing-requests/{one}/advice/{advice}/answer", json=answer)
        ).status_code == 201
    clock.forward(days=3)
    dsl, ig_lead = await service.sign_in(account), await service.sign_in(lead_account)
    for one, advice in asked[6:]:
        assert (
            await ig_lead.post(f"/v1/sharing-requests/{one}/advice/{advice}/answer", json=answer)
        ).status_code == 201
    for one in made[5:10]:
        await decide(dsl, one, SHARE | {"outcome": "share_emergency"})
    found = await report(dsl)
    assert counts(found, "timeliness") == {
        "emergency_in_time": 5,
        "emergency_late": 5,
        "waiting_overdue": 5,
    }
    assert counts(found, "advice") == {"total": 11, "answered_in_time": 6, "answered_late": 5}


async def test_a_small_number_is_withheld_and_what_would_give_it_away(service: Service) -> None:
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    await shares(dsl, 6)
    await decide(ig_lead, (await submit(dsl, landlord_facts()))["id"], REFUSE)
    found = await report(dsl)
    assert found["requests"]["count"] == 7
    assert counts(found, "outcome") == dict.fromkeys(
        ("share", "share_emergency", "do_not_share", "seek_advice")
    )
    assert counts(found, "decision") == dict.fromkeys(
        ("share", "share_partially", "share_emergency", "do_not_share")
    )
    assert counts(found, "departures") == {"followed": None, "departed": None}


async def test_a_handful_shows_nothing(service: Service) -> None:
    dsl = await service.caller("dsl")
    await shares(dsl, 4)
    found = await report(dsl)
    tables = [
        name for name, value in found.items() if isinstance(value, dict) and name != "requests"
    ]
    assert found["requests"] == {"count": None, "suppressed": True}
    assert len(tables) == 8
    assert {count for table in tables for count in counts(found, table).values()} == {None}


async def test_the_days_from_and_to_are_both_counted(service: Service, clock: MovableClock) -> None:
    account = await service.add("dsl")
    await shares(await service.sign_in(account), 5)
    clock.forward(days=1)
    dsl = await service.sign_in(account)
    await shares(dsl, 6)
    assert (await report(dsl, **{"from": "2026-03-03", "to": "2026-03-03"}))["requests"][
        "count"
    ] == 5
    assert (await report(dsl, **{"from": "2026-03-04", "to": "2026-03-04"}))["requests"][
        "count"
    ] == 6
    assert (await report(dsl, **{"from": "2026-03-04"}))["requests"]["count"] == 6
    assert (await report(dsl, to="2026-03-03T12:00:00Z"))["requests"]["count"] == 5
    assert (await report(dsl))["requests"]["count"] == 11
    assert (await report(dsl))["from"] == "2025-03-05"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-04", "to": "2026-03-03"},
        {"from": "2025-01-01", "to": "2026-02-05"},
        {"from": "yesterday"},
        {"from": "0001-01-01"},
        {"to": "0001-01-01"},
        {"to": "9999-12-31"},
        {"from": "9999-12-31T23:59:59-12:00"},
        {"from": "0001-01-01T00:00:00+12:00"},
    ],
)
async def test_a_period_that_does_not_fit_is_refused(
    service: Service, query: dict[str, str]
) -> None:
    reply = await (await service.caller("dsl")).get(PATH, params=query)
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["pointer"].startswith("/query/")


async def test_400_days_are_not_too_many(service: Service) -> None:
    await report(await service.caller("dsl"), **{"from": "2025-01-01", "to": "2026-02-04"})


async def test_another_schools_requests_are_not_counted(service: Service) -> None:
    dsl, far = await service.caller("dsl"), await service.caller("dsl", school="654321")
    await shares(dsl, 5)
    await shares(far, 7)
    assert (await report(dsl))["requests"]["count"] == 5


async def test_what_was_disposed_of_still_counts(service: Service) -> None:
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    await shares(dsl, 5)
    (gone, *_) = [item["id"] for item in (await dsl.get("/v1/sharing-requests")).json()["items"]]
    path = f"/v1/sharing-requests/{gone}"
    assert (
        await ig_lead.post(f"{path}/retention-reviews", json={"keep": "dispose", "why": "Over."})
    ).status_code == 201
    assert (
        await ig_lead.post(f"{path}/disposal", json={"basis": "Over.", "approved_by": "Head"})
    ).status_code == 201
    assert counts(await report(dsl), "decision") == {"share": 5}


@pytest.mark.parametrize("role", ["staff", "integration"])
async def test_nobody_else_reads_a_report(service: Service, role: str) -> None:
    assert (await (await service.caller(role)).get(PATH)).status_code == 403


async def test_the_chart_shows_the_same_numbers(service: Service) -> None:
    dsl = await service.caller("dsl")
    await shares(dsl, 9)
    reply = await dsl.get(PATH, headers={"Accept": "image/svg+xml"})
    assert (reply.status_code, reply.headers["Content-Type"], reply.headers["Vary"]) == (
        200,
        "image/svg+xml",
        "Accept",
    )
    desc = ET.fromstring(reply.text).find("{http://www.w3.org/2000/svg}desc")
    assert desc is not None
    assert "Requests submitted. All: 9." in str(desc.text)
    assert "What people decided. Share: 9." in str(desc.text)


async def test_a_form_that_cannot_be_made_is_406(service: Service) -> None:
    reply = await (await service.caller("dsl")).get(PATH, headers={"Accept": "application/pdf"})
    assert (reply.status_code, reply.json()["code"]) == (406, "not-acceptable")


async def test_reading_a_report_is_an_entry_of_the_trail(service: Service) -> None:
    await report(await service.caller("dsl"), **{"from": "2026-03-01", "to": "2026-03-02"})
    ((body,),) = await rows(
        service.database, "SELECT body FROM audit_entry WHERE action = 'reports.summary.read'"
    )
    assert '"data":{"from":"2026-03-01","to":"2026-03-02"}' in str(body)
