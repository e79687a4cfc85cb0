"""A request from submission to disclosure, over HTTP."""

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from tests.api.sharing import (
    MASH,
    REFUSE,
    SHARE,
    consented_facts,
    decide,
    etag_for,
    facts,
    landlord_facts,
    submit,
)
from tests.running import MovableClock
from tests.service import Service


async def test_a_request_is_evaluated_on_submission(service: Service) -> None:
    staff = await service.caller("staff")
    reply = await staff.post("/v1/sharing-requests", json=MASH)
    made = reply.json()
    assert reply.status_code == 201
    assert reply.headers["Location"] == f"/v1/sharing-requests/{made['id']}"
    assert (made["outcome"], made["evaluation"]["decided_at"], made["release"]) == (
        "share",
        "lawful_reason",
        "ready",
    )
    assert made["status"] == "submitted"
    assert made["facts"]["purpose"] == MASH["purpose"]
    assert made["facts"]["items"][0]["description"] == "Attendance this term"
    assert (await staff.get(reply.headers["Location"])).json() == made


async def test_the_outcome_do_not_share_is_not_an_error(service: Service) -> None:
    made = await submit(await service.caller("staff"), landlord_facts())
    assert made["outcome"] == "do_not_share"
    assert {"record_reasons_for_not_sharing", "discuss_reasons_with_requester"} <= {
        a["code"] for a in made["evaluation"]["actions"]
    }


async def test_a_disclosure_contains_the_decided_items(
    service: Service, clock: MovableClock
) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made = await submit(staff)
    decision = await decide(dsl, made["id"])
    assert decision["outcome"] == "share"
    assert decision["items"] == [made["facts"]["items"][0]["id"]]
    body = {
        "decision_id": decision["id"],
        "recipient": {"named_individual": "A. Khan"},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    reply = await staff.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    assert reply.status_code == 201, reply.text
    whole = (await dsl.get(f"/v1/sharing-requests/{made['id']}")).json()
    assert whole["status"] == "disclosed"
    assert whole["disclosures"][0]["items"] == decision["items"]
    assert whole["disclosures"][0]["recipient"] == {
        "named_individual": "A. Khan",
        "role_title": None,
        "organisation": None,
    }
    assert (await dsl.post(f"/v1/sharing-requests/{made['id']}/closure")).status_code == 201


async def test_a_disclosure_needs_a_decision(service: Service, clock: MovableClock) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    body = {
        "decision_id": made["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    reply = await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    assert (reply.status_code, reply.json()["code"]) == (409, "disclosure-not-permitted")


async def test_a_disclosure_waits_until_the_how_checks_are_met(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await submit(
        dsl,
        facts(
            how={
                "amount": "yes",
                "fact_from_opinion": "yes",
                "right_recipient": "yes",
                "secure": "no",
            }
        ),
    )
    assert made["release"] == "hold"
    decision = await decide(dsl, made["id"])
    body = {
        "decision_id": decision["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    held = await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    assert held.status_code == 409
    assert [fault["pointer"] for fault in held.json()["errors"]] == ["/facts/how/secure"]
    tag = {"If-Match": await etag_for(dsl, made["id"])}
    mended = await dsl.patch(
        f"/v1/sharing-requests/{made['id']}", json={"how": {"secure": "yes"}}, headers=tag
    )
    assert (mended.status_code, mended.json()["release"], mended.json()["status"]) == (
        200,
        "ready",
        "decided",
    )
    assert (
        await dsl.post(f"/v1/sharing-requests/{made['id']}/disclosures", json=body)
    ).status_code == 201


async def test_only_the_how_checks_can_be_amended_after_a_decision(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    await decide(dsl, made["id"])
    tag = {"If-Match": await etag_for(dsl, made["id"])}
    reply = await dsl.patch(
        f"/v1/sharing-requests/{made['id']}", json={"urgency": "routine"}, headers=tag
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "facts-already-decided")


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


async def test_an_amendment_evaluates_again_and_keeps_the_earlier_evaluation(
    service: Service,
) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, facts(lawful_reason={"answer": "unsure"}))
    assert made["outcome"] == "seek_advice"
    path = f"/v1/sharing-requests/{made['id']}"
    reply = await staff.patch(
        path, json={"lawful_reason": {"answer": "yes"}}, headers={"If-Match": made["etag"]}
    )
    amended = reply.json()
    assert (reply.status_code, amended["outcome"], len(amended["evaluations"])) == (200, "share", 2)
    assert amended["facts"]["items"][0]["id"] == made["facts"]["items"][0]["id"]
    assert amended["facts"]["purpose"]["statement"] == "Section 47 enquiry opened today"


async def test_an_invalid_amendment_is_rejected_with_pointers(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff)
    body = {"purpose": {"code": "sectoin_47_enquiry"}, "urgncy": "routine"}
    reply = await staff.patch(
        f"/v1/sharing-requests/{made['id']}", json=body, headers={"If-Match": made["etag"]}
    )
    faults = {fault["pointer"]: fault["detail"] for fault in reply.json()["errors"]}
    assert reply.status_code == 422
    assert "section_47_enquiry" in faults["/purpose/code"]
    assert "urgency" in faults["/urgncy"]


async def test_a_submitter_can_withdraw_only_before_a_decision(service: Service) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made, other = await submit(staff), await submit(staff)
    assert (await dsl.post(f"/v1/sharing-requests/{made['id']}/withdrawal")).status_code == 403
    assert (
        await staff.post(
            f"/v1/sharing-requests/{made['id']}/withdrawal", json={"why": "Sent twice."}
        )
    ).status_code == 201
    await decide(dsl, other["id"])
    assert (await staff.post(f"/v1/sharing-requests/{other['id']}/withdrawal")).status_code == 409


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


async def test_a_repeated_idempotency_key_creates_one_request(service: Service) -> None:
    staff = await service.caller("staff")
    headers = {"Idempotency-Key": "k-1"}
    first = await staff.post("/v1/sharing-requests", json=MASH, headers=headers)
    again = await staff.post("/v1/sharing-requests", json=MASH, headers=headers)
    assert (again.status_code, again.headers["Idempotency-Replayed"], again.json()) == (
        201,
        "true",
        first.json(),
    )
    assert again.headers["ETag"] == first.headers["ETag"]
    reordered = json.dumps(dict(reversed(MASH.items())), indent=1)
    same = await staff.post(
        "/v1/sharing-requests",
        content=reordered,
        headers=headers | {"Content-Type": "application/json"},
    )
    assert (same.status_code, same.headers["Idempotency-Replayed"], same.json()) == (
        201,
        "true",
        first.json(),
    )
    other = await staff.post("/v1/sharing-requests", json=landlord_facts(), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len((await staff.get("/v1/sharing-requests")).json()["items"]) == 1


async def test_concurrent_first_requests_with_one_key_create_one_request(
    service: Service,
) -> None:
    staff = await service.caller("staff", raise_app_exceptions=False)
    headers = {"Idempotency-Key": "k-1"}
    sent = await asyncio.gather(
        *(staff.post("/v1/sharing-requests", json=MASH, headers=headers) for _ in range(5))
    )
    assert {reply.status_code for reply in sent} <= {201, 409}, [reply.text for reply in sent]
    assert len({reply.json()["id"] for reply in sent if reply.status_code == 201}) == 1
    assert (await staff.post("/v1/sharing-requests", json=MASH, headers=headers)).headers[
        "Idempotency-Replayed"
    ] == "true"
    assert len((await staff.get("/v1/sharing-requests")).json()["items"]) == 1


async def test_an_idempotency_key_belongs_to_its_caller(service: Service) -> None:
    one, other = await service.caller("staff"), await service.caller("staff")
    headers = {"Idempotency-Key": "k-1"}
    first = await one.post("/v1/sharing-requests", json=MASH, headers=headers)
    second = await other.post("/v1/sharing-requests", json=MASH, headers=headers)
    assert first.json()["id"] != second.json()["id"]


async def test_the_pages_of_the_list_are_complete_without_repetition(
    service: Service, clock: MovableClock
) -> None:
    staff = await service.caller("staff")
    made = []
    for _ in range(5):
        clock.forward(seconds=1)
        made.append((await submit(staff))["id"])
    seen: list[str] = []
    path: str | None = "/v1/sharing-requests?limit=2"
    while path:
        reply = await staff.get(path)
        seen += [item["id"] for item in reply.json()["items"]]
        link = reply.headers.get("Link")
        path = link[1 : link.index(">")] if link else None
    assert seen == made[::-1]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%00", "é", "WyJ4Il0"])
async def test_a_changed_cursor_is_rejected(service: Service, cursor: str) -> None:
    staff = await service.caller("staff")
    reply = await staff.get("/v1/sharing-requests", params={"cursor": cursor})
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid-cursor")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("outcome=share", 1),
        ("outcome=do_not_share", 1),
        ("recipient_type=mash", 1),
        ("direction=proactive", 0),
        ("status=submitted", 2),
        ("subject=mis:7781", 2),
        ("subject=mis:1", 0),
        ("overdue=true", 0),
        ("overdue=false", 2),
        ("submitted_from=2030-01-01T00:00:00Z", 0),
        ("submitted_to=2030-01-01T00:00:00Z", 2),
    ],
)
async def test_the_list_can_be_filtered(service: Service, query: str, count: int) -> None:
    staff = await service.caller("staff")
    await submit(staff)
    await submit(staff, landlord_facts())
    assert len((await staff.get(f"/v1/sharing-requests?{query}")).json()["items"]) == count


async def test_an_overdue_request_is_marked_and_not_blocked(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    made = await submit(await service.sign_in(account))
    clock.forward(days=5)
    dsl = await service.sign_in(account)
    listed = (await dsl.get("/v1/sharing-requests?overdue=true")).json()["items"]
    assert [(item["id"], item["overdue_clocks"]) for item in listed] == [(made["id"], ["decision"])]
    await decide(dsl, made["id"])


async def test_the_ig_lead_sees_no_names_references_or_free_text(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff)
    reply = await ig_lead.get(f"/v1/sharing-requests/{made['id']}")
    shown = reply.json()
    assert shown["view"] == "deidentified"
    for secret in (
        "mis:7781",
        "A. Khan",
        "Anytown",
        "SR-2231",
        "Section 47 enquiry opened",
        "Attendance this term",
        "Needed to decide",
    ):
        assert secret not in reply.text
    assert shown["facts"]["subjects"] == [
        {"role": "child", "person_ref": "child-1", "age_band": None}
    ]
    assert shown["submitted_at"].endswith("T00:00:00.000000Z")


@pytest.mark.parametrize(
    "born_on", ["2015-02-30", "2015-03-04T00:00:00Z", 1425427200, "1742-03-04"]
)
async def test_an_invalid_date_of_birth_is_rejected(service: Service, born_on: object) -> None:
    body = facts(subjects=[{"person_ref": "mis:7781", "born_on": born_on}])
    reply = await (await service.caller("staff")).post("/v1/sharing-requests", json=body)
    assert (reply.status_code, [fault["pointer"] for fault in reply.json()["errors"]]) == (
        422,
        ["/subjects/0/born_on"],
    )


async def test_a_request_of_another_person_looks_like_a_missing_one(service: Service) -> None:
    staff, other, far = (
        await service.caller("staff"),
        await service.caller("staff"),
        await service.caller("dsl", school="654321"),
    )
    made = await submit(staff)
    missing = "01a2048c-538b-7f43-a0cf-42edea9dbc8d"
    for caller in (other, far):
        hidden = await caller.get(
            f"/v1/sharing-requests/{made['id']}", headers={"X-Request-Id": "r"}
        )
        absent = await caller.get(f"/v1/sharing-requests/{missing}", headers={"X-Request-Id": "r"})
        assert (hidden.status_code, hidden.content) == (404, absent.content)


async def test_an_unchanged_request_is_304(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff)
    reply = await staff.get(
        f"/v1/sharing-requests/{made['id']}", headers={"If-None-Match": made["etag"]}
    )
    assert (reply.status_code, reply.content) == (304, b"")


async def test_a_commit_that_fails_is_a_500_and_stores_nothing(service: Service) -> None:
    staff = await service.caller("staff", raise_app_exceptions=False)
    failing: tuple[str, ...] = (
        (
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken';"
            " END $$"
        ),
        (
            "CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON sharing_request INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION broken()"
        ),
    )
    if service.database.dialect == "sqlite":
        # SQLite checks deferred constraints at the commit.
        failing = (
            "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
            "CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
            (
                "CREATE TRIGGER broken AFTER INSERT ON sharing_request BEGIN INSERT INTO child"
                " VALUES (1); END"
            ),
        )
    async with service.database.transaction() as session:
        for statement in failing:
            await session.execute(sa.text(statement))
    with structlog.testing.capture_logs() as lines:
        reply = await staff.post("/v1/sharing-requests", json=MASH)
    assert (reply.status_code, reply.json()["code"]) == (500, "internal-error")
    (failure,) = (line for line in lines if line["event"] == "request.failed")
    assert failure["request_id"] == reply.headers["X-Request-Id"]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    async with service.database.reading() as session:
        for table in ("sharing_request", "sharing_record", "sharing_narrative", "sharing_subject"):
            assert (await session.first(sa.text(f"SELECT count(*) FROM {table}")))[0] == 0  # type: ignore[index]


async def test_nothing_is_stored_when_the_audit_log_fails(service: Service) -> None:
    staff = await service.caller("staff", raise_app_exceptions=False)
    async with service.database.transaction() as session:
        await session.execute(sa.text("ALTER TABLE audit_pending RENAME TO audit_pending_gone"))
    assert (await staff.post("/v1/sharing-requests", json=MASH)).status_code in {500, 503}
    async with service.database.reading() as session:
        assert (await session.first(sa.text("SELECT count(*) FROM sharing_request")))[0] == 0  # type: ignore[index]


async def test_concurrent_submissions_are_all_stored_once(service: Service) -> None:
    staff = await service.caller("staff")
    replies = await asyncio.gather(
        *(
            staff.post("/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": f"k-{n}"})
            for n in range(200)
        )
    )
    assert {reply.status_code for reply in replies} == {201}
    async with service.database.reading() as session:
        stored = await session.first(
            sa.text("SELECT count(*), count(DISTINCT id) FROM sharing_request")
        )
    assert tuple(stored or ()) == (200, 200)
    assert len({reply.json()["id"] for reply in replies}) == 200
