"""Temporary data is deleted when it expires."""

import pytest

from app import housekeeping
from app.platform.idempotency import RETENTION
from tests.api.sharing import MASH
from tests.running import MovableClock
from tests.service import Service

pytestmark = pytest.mark.database_independent


async def test_a_stored_reply_is_deleted_when_it_expires_and_not_before(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("staff")
    headers = {"Idempotency-Key": "k"}
    first = await (await service.sign_in(account)).post(
        "/v1/sharing-requests", json=MASH, headers=headers
    )
    await housekeeping.tidy(service.database, clock)
    again = await (await service.sign_in(account)).post(
        "/v1/sharing-requests", json=MASH, headers=headers
    )
    assert again.json()["id"] == first.json()["id"]
    clock.forward(seconds=RETENTION.total_seconds() + 1)
    await housekeeping.tidy(service.database, clock)
    later = await (await service.sign_in(account)).post(
        "/v1/sharing-requests", json=MASH, headers=headers
    )
    assert later.json()["id"] != first.json()["id"]
