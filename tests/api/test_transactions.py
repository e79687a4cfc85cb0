"""A request is stored once or not at all: idempotency keys, failed commits, concurrency."""

import asyncio
import json

import sqlalchemy as sa
import structlog

from tests.api.sharing import (
    MASH,
    landlord_facts,
)
from tests.service import Service


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
