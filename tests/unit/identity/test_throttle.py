"""Password guessing is slowed down, and only for the one who guesses."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from app.identity import throttle
from app.identity.errors import TooManyAttempts
from app.identity.keys import Keyring
from app.identity.tables import THROTTLE
from app.identity.throttle import (
    FREE_BY_ACCOUNT,
    FREE_BY_ADDRESS,
    FREE_BY_KNOWN,
    KNOWN_FOR,
    LONGEST_WAIT_S,
    Names,
    Throttled,
)
from app.platform.db import Database
from tests.running import TERM_TIME, MovableClock

KEYRING = Keyring(ec.generate_private_key(ec.SECP256R1()))
OWNER = "owner@school.example"
HOME, CAFE = "192.0.2.1", "203.0.113.9"


async def look(database: Database, names: Names, now: datetime = TERM_TIME) -> Throttled:
    async with database.reading() as session:
        return await throttle.load(session, names, now)


async def fail(database: Database, names: Names, times: int = 1, now: datetime = TERM_TIME) -> None:
    for _ in range(times):
        async with database.transaction() as session:
            await throttle.count_failure(session, await throttle.load(session, names, now), now)


async def succeed(database: Database, names: Names, now: datetime = TERM_TIME) -> None:
    async with database.transaction() as session:
        await throttle.count_success(session, names, await throttle.load(session, names, now), now)


def at(address: str | None, account: str | None = OWNER) -> Names:
    return throttle.names(KEYRING, address, account)


async def test_after_a_few_failures_each_wait_is_longer(database: Database) -> None:
    await fail(database, at(HOME), FREE_BY_ACCOUNT - 1)
    assert (await look(database, at(HOME))).waits_s == 0
    waits = []
    for _ in range(12):
        await fail(database, at(HOME))
        waits.append((await look(database, at(HOME))).waits_s)
    assert waits[:4] == [15, 30, 60, 120]
    assert waits[-1] == LONGEST_WAIT_S


async def test_after_the_wait_an_attempt_is_allowed(
    database: Database, clock: MovableClock
) -> None:
    await fail(database, at(HOME), FREE_BY_ACCOUNT)
    standing = await look(database, at(HOME), clock.forward(seconds=14, milliseconds=1))
    assert standing.waits_s == 1
    with pytest.raises(TooManyAttempts) as slowed:
        throttle.check(standing)
    assert slowed.value.headers["Retry-After"] == "1"
    throttle.check(await look(database, at(HOME), clock.forward(seconds=1)))


async def test_failures_expire_after_a_day(database: Database, clock: MovableClock) -> None:
    await fail(database, at(HOME), FREE_BY_ACCOUNT + 8)
    clock.forward(days=1, seconds=1)
    assert (await look(database, at(HOME), clock())).waits_s == 0
    await fail(database, at(HOME), 1, clock())
    assert (await look(database, at(HOME), clock())).waits_s == 0


async def test_a_sign_in_resets_the_failures_of_the_account(database: Database) -> None:
    await fail(database, at(HOME), FREE_BY_ACCOUNT - 1)
    await succeed(database, at(HOME))
    await fail(database, at(CAFE), FREE_BY_ACCOUNT - 1)
    assert (await look(database, at(CAFE))).waits_s == 0


async def test_failures_from_other_addresses_do_not_lock_out_a_known_address(
    database: Database, clock: MovableClock
) -> None:
    await succeed(database, at(HOME))
    await fail(database, at(CAFE), 50)
    assert (await look(database, at(CAFE))).waits_s > 0
    assert (await look(database, at(HOME))).waits_s == 0
    assert (
        await look(database, at(HOME), clock.forward(seconds=KNOWN_FOR.total_seconds() + 1))
    ).counted != (at(HOME).known,)


async def test_a_sign_in_from_a_known_address_does_not_reset_the_failures_of_others(
    database: Database,
) -> None:
    await succeed(database, at(HOME))
    await fail(database, at(CAFE), 50)
    await succeed(database, at(HOME))
    assert (await look(database, at(CAFE))).waits_s > 0


async def test_failures_from_a_known_address_are_counted_separately(database: Database) -> None:
    await succeed(database, at(HOME))
    await fail(database, at(HOME), FREE_BY_KNOWN)
    assert (await look(database, at(HOME))).waits_s > 0
    assert (await look(database, at(CAFE))).waits_s == 0


async def test_failures_for_many_accounts_slow_down_their_address(database: Database) -> None:
    for number in range(FREE_BY_ADDRESS):
        await fail(database, at(CAFE, f"{number}@school.example"))
    assert (await look(database, at(CAFE, "fresh@school.example"))).waits_s > 0
    assert (await look(database, at(CAFE, None))).waits_s > 0
    assert (await look(database, at(HOME, "fresh@school.example"))).waits_s == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        (None, "not an address", True),
    ],
)
def test_an_ipv6_address_counts_by_its_64_bit_network(
    one: str | None,
    other: str,
    same: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    assert (at(one).address == at(other).address) is same


async def test_stored_names_are_pseudonyms(database: Database) -> None:
    await succeed(database, at(CAFE))
    await fail(database, at(HOME))
    async with database.reading() as session:
        rows = await session.all(sa.select(THROTTLE))
    assert len(rows) == 3
    assert all(len(row.name) == 32 for row in rows)
    assert not any(text in str(row) for row in rows for text in (OWNER, HOME, CAFE))


async def test_expired_counters_are_deleted(database: Database) -> None:
    await succeed(database, at(CAFE))
    await fail(database, at(HOME))
    for later, deleted in (
        (timedelta(hours=23), 0),
        (timedelta(days=2), 2),
        (timedelta(days=31), 1),
    ):
        async with database.transaction() as session:
            assert await throttle.delete_expired(session, TERM_TIME + later) == deleted
