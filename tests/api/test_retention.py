"""Keeping, reviewing and destroying over HTTP: a person decides, nothing personal is left, and the trail still proves everything."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.audit import checkpoint, log
from app.audit.model import Action, Event
from app.audit.model import service as the_service
from app.audit.report import Report
from app.audit.verify import verify
from app.kernel.ids import new_id
from app.main import LOG_KEY, READERS
from app.platform.db import Database
from app.retention.service import list_due
from tests.api.sharing import REFUSE, SHARE, consented, decided, etag_for, facts, landlord, submitted
from tests.running import MovableClock
from tests.service import Caller, Service
from tests.unit.audit.trail import rows, tampering

CANARY: Final = "Zephyrine Quillfeather"
SECRETS: Final = (
    *(CANARY, "mis:7781", "mis:7782", "2014-05-09", "A. Khan", "Anytown", "SR-2231", "Section 47 enquiry opened"),
    "Attendance this term",
)
DISPOSE: Final = {"basis": "Retention ended.", "approved_by": "The head teacher"}
LET_GO: Final = {"keep": "dispose", "why": "No reason is left to keep it."}


async def people(service: Service) -> tuple[Caller, Caller, Caller]:
    return await service.caller("staff"), await service.caller("dsl"), await service.caller("ig_lead")


async def whole(staff: Caller, dsl: Caller, ig_lead: Caller, clock: MovableClock) -> str:
    """A request about two children with every kind of record, and with the canary in every text; decided, disclosed and closed."""
    child = {"person_ref": "mis:7781", "role": "child", "born_on": "2014-05-09"}
    body = facts(subjects=[child, {"person_ref": "mis:7782", "role": "sibling"}])
    body["purpose"]["statement"] = CANARY
    reply = await staff.post("/v1/sharing-requests", json=body, headers={"Idempotency-Key": "submit"})
    path = reply.headers["Location"]
    gone = str(reply.json()["id"])
    asked = await made(staff, f"{path}/advice", {"ask": "dsl", "question": f"What of {CANARY}?"})
    await made(ig_lead, f"{path}/advice/{asked['id']}/answer", {"advice": f"Share: {CANARY}", "outcome_of_discussion": CANARY})
    await made(staff, f"{path}/evaluations", {})
    decision = await decided(dsl, gone, SHARE | {"reasons": f"For {CANARY}"})
    sent = {"decision_id": decision["id"], "recipient": {"named_individual": CANARY}, "route": "secure_email"}
    await made(staff, f"{path}/disclosures", sent | {"sent_at": clock().isoformat()})
    await made(staff, f"{path}/notices", {"person_ref": "mis:7781", "decision": "informed_after", "how": f"{CANARY} was told"})
    await made(staff, f"{path}/consents", {"person_ref": "mis:7781", "status": "given", "evidence": f"Signed {CANARY}"})
    await made(dsl, f"{path}/closure", {"why": f"Done for {CANARY}"})
    return gone


async def made(caller: Caller, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    reply = await caller.post(path, json=body, headers=headers)
    assert reply.status_code == httpx.codes.CREATED, (path, reply.text)
    found: dict[str, Any] = reply.json()
    return found


def at(request: str, of: str = "") -> str:
    return f"/v1/sharing-requests/{request}{of}"


async def disposed(service: Service, clock: MovableClock) -> tuple[str, Caller, Caller, Caller]:
    staff, dsl, ig_lead = await people(service)
    gone = await whole(staff, dsl, ig_lead, clock)
    await made(ig_lead, at(gone, "/retention-reviews"), LET_GO)
    await made(ig_lead, at(gone, "/disposal"), DISPOSE)
    return gone, staff, dsl, ig_lead


async def verified(service: Service) -> Report:
    """What a verification finds, of the entries that wait to be sealed as well."""
    key = checkpoint.checkpoint_key(service.settings.keys_dir / LOG_KEY, make=False)
    return await verify(service.database, key.public_key(), READERS, now=service.clock())


async def days(caller: Caller, request: str) -> tuple[str | None, str | None]:
    kept = (await caller.get(at(request))).json()["retention"]
    return kept["retain_until"], kept["review_on"]


async def test_the_years_of_its_class_run_from_the_last_step(service: Service, clock: MovableClock) -> None:
    account, dsl_account = await service.add("staff"), await service.add("dsl")
    staff, dsl = await service.sign_in(account), await service.sign_in(dsl_account)
    one, other = await submitted(staff), await submitted(staff, consented())
    assert await days(staff, one["id"]) == (None, None)
    await decided(dsl, one["id"])
    await made(staff, at(other["id"], "/withdrawal"), {})
    assert await days(staff, one["id"]) == ("2051-03-03", None)
    assert await days(staff, other["id"]) == ("2032-03-03", None)
    clock.forward(days=10)
    dsl = await service.sign_in(dsl_account)
    await made(dsl, at(one["id"], "/closure"), {})
    assert await days(dsl, one["id"]) == ("2051-03-13", None)
    emergency = {"recipient": {"organisation_type": "police"}, "what": "Address", "why": "Danger now"}
    recorded = await made(dsl, "/v1/emergency-disclosures", emergency)
    assert recorded["sharing_request"]["retention"]["retain_until"] == "2051-03-13"


async def test_what_is_due_is_listed_and_pages(service: Service, clock: MovableClock) -> None:
    account = await service.add("ig_lead")
    staff, dsl, ig_lead = await service.caller("staff"), await service.caller("dsl"), await service.sign_in(account)
    until = {"keep": "until", "why": "Needed until then."}
    ids = []
    for day in (9, 5, 7, 30):
        made_one = await submitted(staff)
        ids.append(made_one["id"])
        await decided(dsl, made_one["id"])
        await made(ig_lead, at(made_one["id"], "/retention-reviews"), until | {"until": f"2026-03-{day:02}"})
    looked = {"keep": "indefinitely", "next_review_on": "2026-03-06", "why": "An inquiry asks for it.", "legal_hold": True}
    await made(ig_lead, at(ids[3], "/retention-reviews"), looked)
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
    shown = [(one["id"], one["due_on"], one["reasons"], one["disposable"], one["bars"]) for one in seen]
    assert shown == [
        (ids[1], "2026-03-05", ["retention_ended"], True, []),
        (ids[3], "2026-03-06", ["review_due"], False, ["legal_hold"]),
        (ids[2], "2026-03-07", ["retention_ended"], True, []),
        (ids[0], "2026-03-09", ["retention_ended"], True, []),
    ]
    assert {one["view"] for one in seen} == {"deidentified"}


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WyJ4Il0"])
async def test_a_mangled_cursor_of_what_is_due_is_refused(service: Service, cursor: str) -> None:
    reply = await (await service.caller("ig_lead")).get("/v1/retention/due", params={"cursor": cursor})
    assert (reply.status_code, reply.json()["code"]) == (422, "invalid-cursor")


async def test_another_schools_records_are_not_due_here(service: Service, clock: MovableClock) -> None:
    _, staff, dsl, ig_lead = await disposed(service, clock)
    one = await submitted(staff)
    await decided(dsl, one["id"])
    await made(ig_lead, at(one["id"], "/retention-reviews"), LET_GO)
    far = await service.caller("ig_lead", school="654321")
    assert (await far.get("/v1/retention/due")).json()["items"] == []
    assert [item["id"] for item in (await ig_lead.get("/v1/retention/due")).json()["items"]] == [one["id"]]
    for path, body in (("/retention-reviews", LET_GO), ("/disposal", DISPOSE)):
        assert (await far.post(at(one["id"], path), json=body)).status_code == 404


async def test_a_review_is_kept_and_a_later_step_never_cuts_it_short(service: Service) -> None:
    staff, dsl, ig_lead = await people(service)
    one = await submitted(staff)
    body = {"keep": "until", "until": "2061-09-01", "next_review_on": None, "why": "For the whole of the inquiry.", "legal_hold": True}
    review = await made(ig_lead, at(one["id"], "/retention-reviews"), body, **{"Idempotency-Key": "k"})
    assert (review["until"], review["next_review_on"], review["legal_hold"], review["why"]) == ("2061-09-01", None, True, body["why"])
    assert await made(ig_lead, at(one["id"], "/retention-reviews"), body, **{"Idempotency-Key": "k"}) == review
    await decided(dsl, one["id"])
    shown = (await ig_lead.get(at(one["id"]))).json()
    assert shown["retention"] == {"class": "safeguarding", "retain_until": "2061-09-01", "review_on": None, "legal_hold": True}
    assert [record["id"] for record in shown["retention_reviews"]] == [review["id"]]
    await made(ig_lead, at(one["id"], "/retention-reviews"), body)
    assert await days(dsl, one["id"]) == ("2061-09-01", "2027-03-03")


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
async def test_an_unsound_review_is_refused_where_it_is_wrong(service: Service, body: dict[str, Any], pointer: str) -> None:
    staff, _, ig_lead = await people(service)
    one = await submitted(staff)
    reply = await ig_lead.post(at(one["id"], "/retention-reviews"), json={"why": "Needed.", **body})
    assert reply.status_code == 422, reply.text
    assert [fault["pointer"] for fault in reply.json()["errors"]] == [pointer]


async def test_nothing_goes_before_its_time_under_a_hold_or_undecided(service: Service) -> None:
    staff, dsl, ig_lead = await people(service)
    one = await submitted(staff)
    await made(ig_lead, at(one["id"], "/retention-reviews"), LET_GO)
    refused = await ig_lead.post(at(one["id"], "/disposal"), json=DISPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-in-this-state")
    await decided(dsl, one["id"])
    refused = await ig_lead.post(at(one["id"], "/disposal"), json=DISPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-due")
    await made(ig_lead, at(one["id"], "/retention-reviews"), LET_GO | {"legal_hold": True})
    refused = await ig_lead.post(at(one["id"], "/disposal"), json=DISPOSE)
    assert (refused.status_code, refused.json()["code"]) == (409, "legal-hold")
    await made(ig_lead, at(one["id"], "/retention-reviews"), LET_GO | {"legal_hold": False})
    for name in DISPOSE:
        refused = await ig_lead.post(at(one["id"], "/disposal"), json=DISPOSE | {name: " "})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{name}")
    assert (await dsl.get(at(one["id"]))).json()["facts"]["purpose"]["statement"] == "Section 47 enquiry opened today"
    await made(ig_lead, at(one["id"], "/disposal"), DISPOSE)


@pytest.mark.parametrize("role", ["staff", "dsl", "integration"])
async def test_only_the_ig_lead_keeps_and_destroys(service: Service, role: str) -> None:
    caller = await service.caller(role)
    one = await submitted(caller)
    assert (await caller.get("/v1/retention/due")).status_code == 403
    for path, body in (("/retention-reviews", LET_GO), ("/disposal", DISPOSE)):
        assert (await caller.post(at(one["id"], path), json=body)).status_code == 403


async def test_disposal_leaves_codes_and_no_word(service: Service, clock: MovableClock) -> None:
    gone, staff, dsl, ig_lead = await disposed(service, clock)
    for caller in (staff, dsl, ig_lead):
        reply = await caller.get(at(gone))
        shown = reply.json()
        assert reply.status_code == httpx.codes.OK, reply.text
        assert not [secret for secret in SECRETS if secret in reply.text]
        assert (shown["status"], shown["decision"], shown["retention"]["class"]) == ("disposed", "share", "safeguarding")
        assert [item["category"] for item in shown["facts"]["items"]] == ["attendance"]
        unknown = {"age_band": None} if caller is ig_lead else {}
        assert shown["facts"]["subjects"] == [{"role": "child", **unknown}, {"role": "sibling", **unknown}]
        assert (shown["disposal"]["basis"], shown["disposal"]["approved_by"]) == tuple(DISPOSE.values())
        assert [decision["reasons"] for decision in shown["decisions"]] == [None]
    assert gone in {item["id"] for item in (await dsl.get("/v1/sharing-requests?status=disposed")).json()["items"]}
    assert (await dsl.get("/v1/sharing-requests?subject=mis:7781")).json()["items"] == []
    assert (await ig_lead.get("/v1/retention/due")).json()["items"] == []


async def test_disposal_leaves_no_word_in_any_table(service: Service, clock: MovableClock) -> None:
    await disposed(service, clock)
    found = await _tables_holding(service.database, SECRETS)
    assert found == set()


async def _tables_holding(database: Database, words: Sequence[str]) -> set[str]:
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        found = set()
        for name in names:
            for row in (await connection.execute(sa.text(f'SELECT * FROM "{name}"'))).all():
                text = " ".join(str(value) for value in row)
                if any(word in text for word in words):
                    found.add(name)
    return found


async def test_the_search_for_words_finds_them_before_disposal(service: Service, clock: MovableClock) -> None:
    """That the search above can fail."""
    staff, dsl, ig_lead = await people(service)
    await whole(staff, dsl, ig_lead, clock)
    assert {"sharing_narrative", "sharing_subject", "idempotency"} <= await _tables_holding(service.database, SECRETS)


# PostgreSQL reuses the space when it vacuums, in its own time.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_disposal_leaves_no_word_in_the_file(service: Service, clock: MovableClock) -> None:
    await disposed(service, clock)
    async with service.database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = service.settings.sqlite_file.read_bytes()
    assert b"safeguarding" in stored
    assert not [word for word in SECRETS if word.encode() in stored]


async def test_after_disposal_every_other_act_is_refused(service: Service, clock: MovableClock) -> None:
    gone, staff, dsl, ig_lead = await disposed(service, clock)
    shown = (await dsl.get(at(gone))).json()
    decision, consent = shown["decisions"][0]["id"], shown["consents"][0]["id"]
    sent = {"decision_id": decision, "recipient": {}, "route": "secure_email", "sent_at": clock().isoformat()}
    acts: tuple[tuple[Caller, str, dict[str, Any]], ...] = (
        (dsl, "/evaluations", {}),
        (dsl, "/advice", {"ask": "ig_lead", "question": "?"}),
        (dsl, "/decisions", SHARE),
        (dsl, "/decisions", SHARE | {"outcome": "share_emergency"}),
        (staff, "/disclosures", sent),
        (staff, "/notices", {"person_ref": "mis:7781", "decision": "informed_after"}),
        (staff, "/consents", {"person_ref": "mis:7781", "status": "refused"}),
        (staff, f"/consents/{consent}/withdrawal", {"withdrawn_by": "Mother"}),
        (staff, "/reconsiderations", {"new_information": "More"}),
        (staff, "/withdrawal", {}),
        (staff, "/closure", {}),
        (dsl, "/questions", {"question": "Why?"}),
        (ig_lead, "/retention-reviews", LET_GO),
        (ig_lead, "/disposal", DISPOSE),
    )
    for caller, path, body in acts:
        tag = await etag_for(caller, gone)
        reply = await caller.post(at(gone, path), json=body, headers={"If-Match": tag})
        assert reply.status_code == 409, (path, reply.text)
    reply = await dsl.patch(at(gone), json={"urgency": "routine"}, headers={"If-Match": await etag_for(dsl, gone)})
    assert reply.status_code == 409, reply.text


async def test_the_papers_of_a_disposed_request_are_still_made(service: Service, clock: MovableClock) -> None:
    gone, _, dsl, _ = await disposed(service, clock)
    for path, media in (("/record", "application/json"), ("/record", "text/html"), ("/flowchart.svg", "image/svg+xml")):
        reply = await dsl.get(at(gone, path), headers={"Accept": media})
        assert reply.status_code == httpx.codes.OK, reply.text
        assert not [secret for secret in SECRETS if secret in reply.text]


async def test_a_disposal_is_done_once_and_replayed(service: Service, clock: MovableClock) -> None:
    staff, dsl, ig_lead = await people(service)
    gone = await whole(staff, dsl, ig_lead, clock)
    await made(ig_lead, at(gone, "/retention-reviews"), LET_GO)
    first = await made(ig_lead, at(gone, "/disposal"), DISPOSE, **{"Idempotency-Key": "k"})
    assert await made(ig_lead, at(gone, "/disposal"), DISPOSE, **{"Idempotency-Key": "k"}) == first
    again = await staff.post("/v1/sharing-requests", json=landlord(), headers={"Idempotency-Key": "submit"})
    assert again.status_code == httpx.codes.CREATED  # the kept reply is gone, and with it the memory of the key


async def test_the_trail_is_intact_before_and_after_a_disposal(service: Service, clock: MovableClock) -> None:
    staff, dsl, ig_lead = await people(service)
    gone, stays = await whole(staff, dsl, ig_lead, clock), await submitted(dsl, landlord())
    await decided(ig_lead, stays["id"], REFUSE)
    assert (await verified(service)).lines()[-1].count("intact")
    before = await rows(service.database, "SELECT count(*) FROM audit_disposed")
    await made(ig_lead, at(gone, "/retention-reviews"), LET_GO)
    await made(ig_lead, at(gone, "/disposal"), DISPOSE)
    report = await verified(service)
    assert report.findings == []
    assert before == [(0,)]
    assert report.disposed > 8  # several entries told of decision and disclosure, one for each child


TAMPERING: Final = (
    ("UPDATE sharing_record SET body = replace(body, 'attendance', 'attainment') WHERE kind = 'facts'", "head-changed"),
    ("UPDATE sharing_record SET by_role = 'ig_lead' WHERE kind = 'decision'", "head-changed"),
    ("DELETE FROM sharing_record WHERE kind = 'notice'", "head-changed"),
    ("UPDATE sharing_request SET decision = 'do_not_share'", "head-changed"),
    ("UPDATE sharing_narrative SET body = replace(body, 'head teacher', 'caretaker')", "record-changed"),
    ("DELETE FROM sharing_narrative", "record-changed"),
)


@pytest.mark.parametrize(("change", "code"), TAMPERING, ids=[change[:50] for change, _ in TAMPERING])
async def test_what_is_left_after_disposal_cannot_be_changed_unseen(service: Service, clock: MovableClock, change: str, code: str) -> None:
    await disposed(service, clock)
    async with tampering(service.database) as run:
        if service.database.dialect == "postgresql":
            for table in ("sharing_record", "sharing_narrative", "sharing_request", "sharing_subject"):
                await run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        assert await run(change) > 0
    assert code in {finding.code for finding in (await verified(service)).findings}


async def test_words_that_vanish_without_a_disposal_are_found(service: Service) -> None:
    staff = await service.caller("staff")
    await submitted(staff)
    async with tampering(service.database) as run:
        if service.database.dialect == "postgresql":
            await run("ALTER TABLE sharing_narrative DISABLE TRIGGER ALL")
        await run("DELETE FROM sharing_narrative")
    assert {finding.code for finding in (await verified(service)).findings} == {"record-changed"}


@pytest.mark.parametrize("table", ["sharing_narrative", "sharing_subject"])
@pytest.mark.parametrize("change", ["UPDATE {} SET school = school", "DELETE FROM {}"])
async def test_the_database_itself_refuses_to_change_or_lose_what_is_personal(service: Service, table: str, change: str) -> None:
    await submitted(await service.caller("staff"))

    async def act() -> None:
        async with service.database.transaction() as session:
            await session.execute(sa.text(change.format(table)))

    with pytest.raises(DBAPIError):
        await act()
    assert await rows(service.database, f"SELECT count(*) FROM {table}") == [(1,)]


async def test_nothing_personal_is_replaced_or_truncated(service: Service) -> None:
    await submitted(await service.caller("staff"))
    act = "INSERT OR REPLACE INTO sharing_narrative SELECT * FROM sharing_narrative"
    if service.database.dialect == "postgresql":
        act = "TRUNCATE sharing_narrative"
    with pytest.raises(DBAPIError):
        async with service.database.transaction() as session:
            await session.execute(sa.text(act))
    assert await rows(service.database, "SELECT count(*) FROM sharing_narrative") == [(1,)]


async def test_the_service_lists_what_is_due_once_a_day_and_disposes_of_nothing(service: Service, clock: MovableClock) -> None:
    staff, dsl, ig_lead = await people(service)
    await list_due(service.database, clock())
    assert await _daily(service) == 0
    one = await submitted(staff)
    await decided(dsl, one["id"])
    await made(ig_lead, at(one["id"], "/retention-reviews"), LET_GO)
    for _ in range(2):
        await list_due(service.database, clock())
        assert await _daily(service) == 1
    await list_due(service.database, clock.forward(days=1))
    assert await _daily(service) == 2
    ((body,),) = await rows(
        service.database, "SELECT body FROM audit_entry WHERE action = 'retention.due.listed' AND actor IS NULL ORDER BY id LIMIT 1"
    )
    assert '"due":1,"legal_hold":0,"retention_ended":1,"review_due":0' in str(body)
    assert (await rows(service.database, "SELECT status FROM sharing_request"))[0] == ("decided",)


async def _daily(service: Service) -> int:
    ((count,),) = await rows(service.database, "SELECT count(*) FROM audit_entry WHERE action = 'retention.due.listed' AND actor IS NULL")
    return int(str(count))


async def test_a_disposal_that_somebody_forges_in_the_trail_is_found(service: Service, clock: MovableClock) -> None:
    """A row of disposal whose entry is no disposal lets the database delete, and verification tells."""
    await submitted(await service.caller("staff"))
    ((entry,),) = await rows(service.database, "SELECT audit_id FROM sharing_narrative")
    made_by = the_service("123456")
    async with service.database.transaction() as session:
        by = log.append(session, Event(action=Action.REQUEST_READ), by=made_by, at=clock(), request_id="r", id=new_id(clock()))
        log.dispose(session, [entry if isinstance(entry, UUID) else UUID(str(entry))], by_entry=by)
        await session.execute(sa.text("DELETE FROM sharing_narrative"))
    assert "disposal-forged" in {finding.code for finding in (await verified(service)).findings}
