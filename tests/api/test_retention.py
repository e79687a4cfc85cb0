"""Retention over HTTP: periods, reviews and disposal, each decided by a person."""

from typing import Any

import httpx
import pytest

from app.retention.service import list_due
from tests.api.disposal import (
    DISPOSE,
    DISPOSE_REVIEW,
    SECRETS,
    create,
    dispose_request,
    path_of,
    retention_dates,
    sign_in_roles,
)
from tests.api.sharing import consented_facts, decide, submit
from tests.running import MovableClock
from tests.service import Service
from tests.unit.audit.trail import rows


async def test_the_retention_period_starts_at_the_last_step(
    service: Service, clock: MovableClock
) -> None:
    account, dsl_account = await service.add("staff"), await service.add("dsl")
    staff, dsl = await service.sign_in(account), await service.sign_in(dsl_account)
    one, other = await submit(staff), await submit(staff, consented_facts())
    assert await retention_dates(staff, one["id"]) == (None, None)
    await decide(dsl, one["id"])
    await create(staff, path_of(other["id"], "/withdrawal"), {})
    assert await retention_dates(staff, one["id"]) == ("2051-03-03", None)
    assert await retention_dates(staff, other["id"]) == ("2032-03-03", None)
    clock.forward(days=10)
    dsl = await service.sign_in(dsl_account)
    await create(dsl, path_of(one["id"], "/closure"), {})
    assert await retention_dates(dsl, one["id"]) == ("2051-03-13", None)
    emergency = {
        "recipient": {"organisation_type": "police"},
        "what": "Address",
        "why": "Danger now",
    }
    recorded = await create(dsl, "/v1/emergency-disclosures", emergency)
    assert recorded["sharing_request"]["retention"]["retain_until"] == "2051-03-13"


async def test_requests_due_are_listed_in_pages(service: Service, clock: MovableClock) -> None:
    account = await service.add("ig_lead")
    staff, dsl, ig_lead = (
        await service.caller("staff"),
        await service.caller("dsl"),
        await service.sign_in(account),
    )
    until = {"keep": "until", "why": "Needed until then."}
    ids = []
    for day in (9, 5, 7, 30):
        made_one = await submit(staff)
        ids.append(made_one["id"])
        await decide(dsl, made_one["id"])
        await create(
            ig_lead,
            path_of(made_one["id"], "/retention-reviews"),
            until | {"until": f"2026-03-{day:02}"},
        )
    looked = {
        "keep": "indefinitely",
        "next_review_on": "2026-03-06",
        "why": "An inquiry asks for it.",
        "legal_hold": True,
    }
    await create(ig_lead, path_of(ids[3], "/retention-reviews"), looked)
    assert (await ig_lead.get("/v1/retention/due")).json() == {"items": [], "next_cursor": None}
    clock.forward(days=6)
    ig_lead = await service.sign_in(account)
    seen: list[dict[str, Any]] = []
    path: str | None = "/v1/retention/due?limit=1"
    while path:
        reply = await ig_lead.get(path)
        assert reply.status_code == httpx.codes.OK, reply.text
        assert not [secret for secret in SECRETS if secret in reply.text]
        seen += reply.json()["items"]
        link = reply.headers.get("Link")
        path = link[1 : link.index(">")] if link else None
    shown = [
        (one["id"], one["due_on"], one["reasons"], one["disposable"], one["obstacles"])
        for one in seen
    ]
    assert shown == [
        (ids[1], "2026-03-05", ["retention_ended"], True, []),
        (ids[3], "2026-03-06", ["review_due"], False, ["legal_hold"]),
        (ids[2], "2026-03-07", ["retention_ended"], True, []),
        (ids[0], "2026-03-09", ["retention_ended"], True, []),
    ]
    assert {one["view"] for one in seen} == {"deidentified"}


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WyJ4Il0"])
async def test_a_changed_cursor_of_the_list_of_due_requests_is_rejected(
    service: Service, cursor: str
) -> None:
    reply = await (await service.caller("ig_lead")).get(
        "/v1/retention/due", params={"cursor": cursor}
    )
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid-cursor")


async def test_requests_of_another_school_are_not_listed_as_due(
    service: Service, clock: MovableClock
) -> None:
    _, staff, dsl, ig_lead = await dispose_request(service, clock)
    one = await submit(staff)
    await decide(dsl, one["id"])
    await create(ig_lead, path_of(one["id"], "/retention-reviews"), DISPOSE_REVIEW)
    far = await service.caller("ig_lead", school="654321")
    assert (await far.get("/v1/retention/due")).json()["items"] == []
    assert [item["id"] for item in (await ig_lead.get("/v1/retention/due")).json()["items"]] == [
        one["id"]
    ]
    for path, body in (("/retention-reviews", DISPOSE_REVIEW), ("/disposal", DISPOSE)):
        assert (await far.post(path_of(one["id"], path), json=body)).status_code == 404


async def test_a_later_step_never_shortens_a_reviewed_period(service: Service) -> None:
    staff, dsl, ig_lead = await sign_in_roles(service)
    one = await submit(staff)
    body = {
        "keep": "until",
        "until": "2061-09-01",
        "next_review_on": None,
        "why": "For the whole of the inquiry.",
        "legal_hold": True,
    }
    review = await create(
        ig_lead, path_of(one["id"], "/retention-reviews"), body, **{"Idempotency-Key": "k"}
    )
    assert (review["until"], review["next_review_on"], review["legal_hold"], review["why"]) == (
        "2061-09-01",
        None,
        True,
        body["why"],
    )
    assert (
        await create(
            ig_lead, path_of(one["id"], "/retention-reviews"), body, **{"Idempotency-Key": "k"}
        )
        == review
    )
    await decide(dsl, one["id"])
    shown = (await ig_lead.get(path_of(one["id"]))).json()
    assert shown["retention"] == {
        "class": "safeguarding",
        "retain_until": "2061-09-01",
        "review_on": None,
        "legal_hold": True,
    }
    assert [record["id"] for record in shown["retention_reviews"]] == [review["id"]]
    await create(ig_lead, path_of(one["id"], "/retention-reviews"), body)
    assert await retention_dates(dsl, one["id"]) == ("2061-09-01", "2027-03-03")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"keep": "until"}, "/until"),
        ({"keep": "indefinitely"}, "/next_review_on"),
        ({"keep": "indefinitely", "next_review_on": "2028-01-01"}, "/next_review_on"),
        ({"keep": "until", "until": "2026-03-03"}, "/until"),
        ({"keep": "for_ever"}, "/keep"),
        ({"keep": "dispose", "why": "  "}, "/why"),
        ({"keep": "dispose", "untill": "2041-01-01"}, "/untill"),
    ],
)
async def test_an_invalid_retention_review_is_rejected_with_pointers(
    service: Service, body: dict[str, Any], pointer: str
) -> None:
    staff, _, ig_lead = await sign_in_roles(service)
    one = await submit(staff)
    reply = await ig_lead.post(
        path_of(one["id"], "/retention-reviews"), json={"why": "Needed.", **body}
    )
    assert reply.status_code == 422, reply.text
    assert [fault["pointer"] for fault in reply.json()["errors"]] == [pointer]


async def test_a_request_that_is_not_due_on_hold_or_undecided_cannot_be_disposed_of(
    service: Service,
) -> None:
    staff, dsl, ig_lead = await sign_in_roles(service)
    one = await submit(staff)
    await create(ig_lead, path_of(one["id"], "/retention-reviews"), DISPOSE_REVIEW)
    refused = await ig_lead.post(path_of(one["id"], "/disposal"), json=DISPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid-state")
    await decide(dsl, one["id"])
    refused = await ig_lead.post(path_of(one["id"], "/disposal"), json=DISPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "disposal-not-due")
    await create(
        ig_lead, path_of(one["id"], "/retention-reviews"), DISPOSE_REVIEW | {"legal_hold": True}
    )
    refused = await ig_lead.post(path_of(one["id"], "/disposal"), json=DISPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "legal-hold")
    await create(
        ig_lead, path_of(one["id"], "/retention-reviews"), DISPOSE_REVIEW | {"legal_hold": False}
    )
    for name in DISPOSE:
        refused = await ig_lead.post(path_of(one["id"], "/disposal"), json=DISPOSE | {name: " "})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    assert (await dsl.get(path_of(one["id"]))).json()["facts"]["purpose"][
        "statement"
    ] == "Section 47 enquiry opened today"
    await create(ig_lead, path_of(one["id"], "/disposal"), DISPOSE)


@pytest.mark.parametrize("role", ["staff", "dsl", "integration"])
async def test_only_the_ig_lead_reviews_and_disposes(service: Service, role: str) -> None:
    caller = await service.caller(role)
    one = await submit(caller)
    assert (await caller.get("/v1/retention/due")).status_code == 403
    for path, body in (("/retention-reviews", DISPOSE_REVIEW), ("/disposal", DISPOSE)):
        assert (await caller.post(path_of(one["id"], path), json=body)).status_code == 403


# PostgreSQL frees the space when it vacuums.


async def test_the_service_lists_due_requests_daily_and_disposes_of_none(
    service: Service, clock: MovableClock
) -> None:
    staff, dsl, ig_lead = await sign_in_roles(service)
    await list_due(service.database, clock())
    assert await _daily(service) == 0
    one = await submit(staff)
    await decide(dsl, one["id"])
    await create(ig_lead, path_of(one["id"], "/retention-reviews"), DISPOSE_REVIEW)
    for _ in range(2):
        await list_due(service.database, clock())
        assert await _daily(service) == 1
    await list_due(service.database, clock.forward(days=1))
    assert await _daily(service) == 2
    ((body,),) = await rows(
        service.database,
        "SELECT body FROM audit_entry WHERE action = 'retention.due.listed' AND actor IS NULL ORDER"
        " BY id LIMIT 1",
    )
    assert '"due":1,"legal_hold":0,"retention_ended":1,"review_due":0' in str(body)
    assert (await rows(service.database, "SELECT status FROM sharing_request"))[0] == ("decided",)


async def _daily(service: Service) -> int:
    ((count,),) = await rows(
        service.database,
        "SELECT count(*) FROM audit_entry WHERE action = 'retention.due.listed' AND actor IS NULL",
    )
    return int(str(count))
