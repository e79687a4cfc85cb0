"""The demonstration has requests in every state, and their entries in the audit log."""

from collections import Counter
from typing import Any

import pytest

from app import audit_hooks
from app.audit import checkpoint, seal
from app.audit.verify import verify
from app.demo import load
from app.demo.load import DatabaseNotEmpty
from app.main import LOG_KEY, RECORD_SOURCES
from app.platform.db import Database
from app.sharing.case.model import Status
from app.sharing.case.outcomes import DecisionOutcome
from tests.running import MovableClock
from tests.service import Service

pytestmark = pytest.mark.database_independent


async def loaded(service: Service) -> load.Loaded:
    now = service.clock()
    async with service.database.transaction() as session:
        return await load.load(
            session,
            service.settings.school,
            password_hash="none",
            now=now,
            save=audit_hooks.save_account(session, now),
        )


async def every(service: Service) -> list[dict[str, Any]]:
    dsl = await service.caller("dsl")
    reply = await dsl.get("/v1/sharing-requests?limit=200")
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_sixty_requests_cover_every_state(service: Service, clock: MovableClock) -> None:
    made = await loaded(service)
    items = await every(service)
    assert len(items) == made.requests == 60
    assert {item["status"] for item in items} == {status.value for status in Status}
    assert {item["outcome"] for item in items} == {
        "share",
        "share_emergency",
        "do_not_share",
        "seek_advice",
    }
    assert {item["decision"] for item in items} == {
        None,
        *(outcome.value for outcome in DecisionOutcome),
    }
    assert {item["departs_from_evaluation"] for item in items} == {True, False}
    assert len({item["submitted_at"][:7] for item in items}) > 5
    assert max(item["submitted_at"] for item in items) <= clock().isoformat()
    assert min(Counter(item["status"] for item in items).values()) >= 1


async def test_advisers_see_the_age_bands_of_the_children(service: Service) -> None:
    await loaded(service)
    ig_lead = await service.caller("ig_lead")
    items = (await ig_lead.get("/v1/sharing-requests?limit=200")).json()["items"]
    cases = [(await ig_lead.get(f"/v1/sharing-requests/{item['id']}")).json() for item in items]
    bands = Counter(subject["age_band"] for case in cases for subject in case["facts"]["subjects"])
    assert bands.keys() == {None, "under_5", "5_to_10", "11_to_15", "16_to_17"}


async def test_some_requests_need_attention(service: Service) -> None:
    await loaded(service)
    dsl, ig_lead = await service.caller("dsl"), await service.caller("ig_lead")
    kinds = {one["kind"] for one in (await dsl.get("/v1/attention?limit=200")).json()["items"]}
    assert kinds >= {
        "decision_overdue",
        "emergency_open",
        "emergency_incomplete",
        "advice_waiting",
        "notice_due",
        "release_held",
    }
    assert len((await dsl.get("/v1/recipients")).json()["items"]) == 5
    assert (await ig_lead.get("/v1/reports/summary")).status_code in {200, 404}


async def test_the_audit_log_of_the_demonstration_is_intact(service: Service) -> None:
    await loaded(service)
    key = checkpoint.checkpoint_key(service.settings.keys_dir / LOG_KEY, make=False)
    while True:
        await seal.seal(service.database, key, host="127.0.0.1:8000")
        async with service.database.reading() as session:
            if (await seal.backlog(session, service.clock()))[0] == 0:
                break
    report = await verify(service.database, key.public_key(), RECORD_SOURCES, now=service.clock())
    assert report.exit_code == 0, "\n".join(report.lines())


async def test_it_is_loaded_only_into_an_empty_database(service: Service) -> None:
    await loaded(service)
    with pytest.raises(DatabaseNotEmpty):
        await loaded(service)
    assert len(await every(service)) == 60


async def test_existing_accounts_take_the_roles(service: Service, database: Database) -> None:
    staff = await service.caller("staff")
    made = await loaded(service)
    assert len(made.made) == 5
    own = (await (await service.sign_in(staff.account)).get("/v1/sharing-requests")).json()["items"]
    assert own
