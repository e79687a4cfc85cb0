"""What disposal destroys, what is left, and that nobody can do it, undo it or forge it unseen."""

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
from tests.api.disposing import (
    DISPOSE,
    LET_GO,
    SECRETS,
    at,
    disposed,
    made,
    people,
    verified,
    whole,
)
from tests.api.sharing import REFUSE, SHARE, decided, etag_for, landlord, submitted
from tests.running import MovableClock
from tests.service import Caller, Service
from tests.unit.audit.trail import rows, tampering


async def test_disposal_leaves_codes_and_no_word(service: Service, clock: MovableClock) -> None:
    gone, staff, dsl, ig_lead = await disposed(service, clock)
    for caller in (staff, dsl, ig_lead):
        reply = await caller.get(at(gone))
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


async def test_the_search_for_words_finds_them_before_disposal(
    service: Service, clock: MovableClock
) -> None:
    """That the search above can fail."""
    staff, dsl, ig_lead = await people(service)
    await whole(staff, dsl, ig_lead, clock)
    assert {"sharing_narrative", "sharing_subject", "idempotency"} <= await _tables_holding(
        service.database, SECRETS
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_disposal_leaves_no_word_in_the_file(service: Service, clock: MovableClock) -> None:
    await disposed(service, clock)
    async with service.database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    stored = service.settings.sqlite_file.read_bytes()
    assert b"safeguarding" in stored
    assert not [word for word in SECRETS if word.encode() in stored]


async def test_after_disposal_every_other_act_is_refused(
    service: Service, clock: MovableClock
) -> None:
    gone, staff, dsl, ig_lead = await disposed(service, clock)
    shown = (await dsl.get(at(gone))).json()
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
        (ig_lead, "/retention-reviews", LET_GO),
        (ig_lead, "/disposal", DISPOSE),
    )
    for caller, path, body in acts:
        tag = await etag_for(caller, gone)
        reply = await caller.post(at(gone, path), json=body, headers={"If-Match": tag})
        assert reply.status_code == 409, (path, reply.text)
    reply = await dsl.patch(
        at(gone), json={"urgency": "routine"}, headers={"If-Match": await etag_for(dsl, gone)}
    )
    assert reply.status_code == 409, reply.text


async def test_the_papers_of_a_disposed_request_are_still_made(
    service: Service, clock: MovableClock
) -> None:
    gone, _, dsl, _ = await disposed(service, clock)
    for path, media in (
        ("/record", "application/json"),
        ("/record", "text/html"),
        ("/flowchart.svg", "image/svg+xml"),
    ):
        reply = await dsl.get(at(gone, path), headers={"Accept": media})
        assert reply.status_code == httpx.codes.OK, reply.text
        assert not [secret for secret in SECRETS if secret in reply.text]


async def test_a_disposal_is_done_once_and_replayed(service: Service, clock: MovableClock) -> None:
    staff, dsl, ig_lead = await people(service)
    gone = await whole(staff, dsl, ig_lead, clock)
    await made(ig_lead, at(gone, "/retention-reviews"), LET_GO)
    first = await made(ig_lead, at(gone, "/disposal"), DISPOSE, **{"Idempotency-Key": "k"})
    assert await made(ig_lead, at(gone, "/disposal"), DISPOSE, **{"Idempotency-Key": "k"}) == first
    again = await staff.post(
        "/v1/sharing-requests", json=landlord(), headers={"Idempotency-Key": "submit"}
    )
    assert (
        again.status_code == httpx.codes.CREATED
    )  # the kept reply is gone, and with it the memory of the key


async def test_the_trail_is_intact_before_and_after_a_disposal(
    service: Service, clock: MovableClock
) -> None:
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
    assert (
        report.disposed > 8
    )  # several entries told of decision and disclosure, one for each child


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
async def test_what_is_left_after_disposal_cannot_be_changed_unseen(
    service: Service, clock: MovableClock, change: str, code: str
) -> None:
    await disposed(service, clock)
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
async def test_the_database_itself_refuses_to_change_or_lose_what_is_personal(
    service: Service, table: str, change: str
) -> None:
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


async def test_a_disposal_that_somebody_forges_in_the_trail_is_found(
    service: Service, clock: MovableClock
) -> None:
    """A row of disposal whose entry is no disposal lets the database delete, and verification
    tells.
    """
    await submitted(await service.caller("staff"))
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
    assert "disposal-forged" in {finding.code for finding in (await verified(service)).findings}
