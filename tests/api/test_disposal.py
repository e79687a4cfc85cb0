"""What disposal erases and what remains. Forged or undone disposals are detected."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.audit import log
from app.audit.model import Action, Event
from app.audit.model import service as the_service
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.api.disposal import (
    DISPOSE,
    DISPOSE_REVIEW,
    SECRETS,
    create,
    create_full_request,
    dispose_request,
    path_of,
    sign_in_roles,
    verify_log,
)
from tests.api.sharing import REFUSE, SHARE, decide, etag_for, landlord_facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service
from tests.unit.audit.trail import rows, tampering


async def test_a_disposed_request_shows_codes_and_no_personal_data(
    service: Service, clock: MovableClock
) -> None:
    gone, staff, dsl, ig_lead = await dispose_request(service, clock)
    for caller in (staff, dsl, ig_lead):
        reply = await caller.get(path_of(gone))
        shown = reply.json()
        assert reply.status_code == httpx.codes.OK, reply.text
        assert not [secret for secret in SECRETS if secret in reply.text]
        assert (shown["status"], shown["decision"], shown["retention"]["class"]) == (
            "disposed",
            "share",
            "safeguarding",
        )
        assert [item["category"] for item in shown["facts"]["items"]] == ["attendance"]
        unknown = {"age_band": None} if caller is ig_lead else {}
        assert shown["facts"]["subjects"] == [
            {"role": "child", **unknown},
            {"role": "sibling", **unknown},
        ]
        assert (shown["disposal"]["basis"], shown["disposal"]["approved_by"]) == tuple(
            DISPOSE.values()
        )
        assert [decision["reasons"] for decision in shown["decisions"]] == [None]
    assert gone in {
        item["id"]
        for item in (await dsl.get("/v1/sharing-requests?status=disposed")).json()["items"]
    }
    assert (await dsl.get("/v1/sharing-requests?subject=mis:7781")).json()["items"] == []
    assert (await ig_lead.get("/v1/retention/due")).json()["items"] == []


async def test_disposal_leaves_no_personal_data_in_any_table(
    service: Service, clock: MovableClock
) -> None:
    await dispose_request(service, clock)
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


async def test_the_search_for_personal_data_finds_it_before_disposal(
    service: Service, clock: MovableClock
) -> None:
    """Shows that the search used above can fail."""
    staff, dsl, ig_lead = await sign_in_roles(service)
    await create_full_request(staff, dsl, ig_lead, clock)
    assert {"sharing_narrative", "sharing_subject", "idempotency"} <= await _tables_holding(
        service.database, SECRETS
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_disposal_leaves_no_personal_data_in_the_database_file(
    service: Service, clock: MovableClock
) -> None:
    await dispose_request(service, clock)
    async with service.database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = service.settings.sqlite_file.read_bytes()
    assert b"safeguarding" in stored
    assert not [word for word in SECRETS if word.encode() in stored]


async def test_a_disposed_request_rejects_every_change(
    service: Service, clock: MovableClock
) -> None:
    gone, staff, dsl, ig_lead = await dispose_request(service, clock)
    shown = (await dsl.get(path_of(gone))).json()
    decision, consent = shown["decisions"][0]["id"], shown["consents"][0]["id"]
    sent = {
        "decision_id": decision,
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
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
        (ig_lead, "/retention-reviews", DISPOSE_REVIEW),
        (ig_lead, "/disposal", DISPOSE),
    )
    for caller, path, body in acts:
        tag = await etag_for(caller, gone)
        reply = await caller.post(path_of(gone, path), json=body, headers={"If-Match": tag})
        assert reply.status_code == 409, (path, reply.text)
    reply = await dsl.patch(
        path_of(gone), json={"urgency": "routine"}, headers={"If-Match": await etag_for(dsl, gone)}
    )
    assert reply.status_code == 409, reply.text


async def test_the_record_of_a_disposed_request_can_still_be_read(
    service: Service, clock: MovableClock
) -> None:
    gone, _, dsl, _ = await dispose_request(service, clock)
    for path, media in (
        ("/record", "application/json"),
        ("/record", "text/html"),
        ("/flowchart.svg", "image/svg+xml"),
    ):
        reply = await dsl.get(path_of(gone, path), headers={"Accept": media})
        assert reply.status_code == httpx.codes.OK, reply.text
        assert not [secret for secret in SECRETS if secret in reply.text]


async def test_a_repeated_disposal_is_replayed(service: Service, clock: MovableClock) -> None:
    staff, dsl, ig_lead = await sign_in_roles(service)
    gone = await create_full_request(staff, dsl, ig_lead, clock)
    await create(ig_lead, path_of(gone, "/retention-reviews"), DISPOSE_REVIEW)
    first = await create(ig_lead, path_of(gone, "/disposal"), DISPOSE, **{"Idempotency-Key": "k"})
    assert (
        await create(ig_lead, path_of(gone, "/disposal"), DISPOSE, **{"Idempotency-Key": "k"})
        == first
    )
    again = await staff.post(
        "/v1/sharing-requests", json=landlord_facts(), headers={"Idempotency-Key": "submit"}
    )
    assert (
        again.status_code == httpx.codes.CREATED
    )  # the stored reply is deleted, and with it the key


async def test_the_audit_log_is_intact_before_and_after_a_disposal(
    service: Service, clock: MovableClock
) -> None:
    staff, dsl, ig_lead = await sign_in_roles(service)
    gone, stays = (
        await create_full_request(staff, dsl, ig_lead, clock),
        await submit(dsl, landlord_facts()),
    )
    await decide(ig_lead, stays["id"], REFUSE)
    assert (await verify_log(service)).lines()[-1].count("intact")
    before = await rows(service.database, "SELECT count(*) FROM audit_disposed")
    await create(ig_lead, path_of(gone, "/retention-reviews"), DISPOSE_REVIEW)
    await create(ig_lead, path_of(gone, "/disposal"), DISPOSE)
    report = await verify_log(service)
    assert report.findings == []
    assert before == [(0,)]
    assert report.disposed > 8  # decision and disclosure have one entry for each child


TAMPERING: Final = (
    (
        (
            "UPDATE sharing_record SET body = replace(body, 'attendance', 'attainment') WHERE kind"
            " = 'facts'"
        ),
        "head-changed",
    ),
    ("UPDATE sharing_record SET by_role = 'ig_lead' WHERE kind = 'decision'", "head-changed"),
    ("DELETE FROM sharing_record WHERE kind = 'notice'", "head-changed"),
    ("UPDATE sharing_request SET decision = 'do_not_share'", "head-changed"),
    (
        "UPDATE sharing_narrative SET body = replace(body, 'head teacher', 'caretaker')",
        "record-changed",
    ),
    ("DELETE FROM sharing_narrative", "record-changed"),
)


@pytest.mark.parametrize(
    ("change", "code"), TAMPERING, ids=[change[:50] for change, _ in TAMPERING]
)
async def test_a_change_of_a_disposed_record_is_detected(
    service: Service, clock: MovableClock, change: str, code: str
) -> None:
    await dispose_request(service, clock)
    async with tampering(service.database) as run:
        if service.database.dialect == "postgresql":
            for table in (
                "sharing_record",
                "sharing_narrative",
                "sharing_request",
                "sharing_subject",
            ):
                await run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        assert await run(change) > 0
    assert code in {finding.code for finding in (await verify_log(service)).findings}


async def test_personal_data_deleted_without_a_disposal_is_detected(service: Service) -> None:
    staff = await service.caller("staff")
    await submit(staff)
    async with tampering(service.database) as run:
        if service.database.dialect == "postgresql":
            await run("ALTER TABLE sharing_narrative DISABLE TRIGGER ALL")
        await run("DELETE FROM sharing_narrative")
    assert {finding.code for finding in (await verify_log(service)).findings} == {"record-changed"}


@pytest.mark.parametrize("table", ["sharing_narrative", "sharing_subject"])
@pytest.mark.parametrize("change", ["UPDATE {} SET school = school", "DELETE FROM {}"])
async def test_the_database_rejects_changes_and_deletions_of_personal_data(
    service: Service, table: str, change: str
) -> None:
    await submit(await service.caller("staff"))

    async def act() -> None:
        async with service.database.transaction() as session:
            await session.execute(sa.text(change.format(table)))

    with pytest.raises(DBAPIError):
        await act()
    assert await rows(service.database, f"SELECT count(*) FROM {table}") == [(1,)]


async def test_the_database_rejects_replacing_or_truncating_personal_data(service: Service) -> None:
    await submit(await service.caller("staff"))
    act = "INSERT OR REPLACE INTO sharing_narrative SELECT * FROM sharing_narrative"
    if service.database.dialect == "postgresql":
        act = "TRUNCATE sharing_narrative"
    with pytest.raises(DBAPIError):
        async with service.database.transaction() as session:
            await session.execute(sa.text(act))
    assert await rows(service.database, "SELECT count(*) FROM sharing_narrative") == [(1,)]


async def test_a_forged_disposal_is_detected(service: Service, clock: MovableClock) -> None:
    """A disposal row that cites another entry lets the database delete; the verification detects
    it.
    """
    await submit(await service.caller("staff"))
    ((entry,),) = await rows(service.database, "SELECT audit_id FROM sharing_narrative")
    made_by = the_service("123456")
    async with service.database.transaction() as session:
        by = log.append(
            session,
            Event(action=Action.REQUEST_READ),
            by=made_by,
            at=clock(),
            request_id="r",
            id=new_id(clock()),
        )
        log.dispose(
            session, "123456", [entry if isinstance(entry, UUID) else UUID(str(entry))], by_entry=by
        )
        await session.execute(sa.text("DELETE FROM sharing_narrative"))
    assert "disposal-forged" in {finding.code for finding in (await verify_log(service)).findings}
