"""Slows down password guessing.

Failures are counted by account name and by network address. An address from which the account
signed in within the last month is known to the account, and its failures are counted separately, so
that failures from other addresses cannot lock the owner out. Names are stored as keyed pseudonyms,
of accounts that do not exist as well.

Invariant: the throttle is checked before a password is compared and nowhere else, so it never ends
or blocks a session.
"""

import ipaddress
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from app.identity.errors import TooManyAttempts
from app.identity.keys import Keyring
from app.identity.tables import THROTTLE, ThrottleRow
from app.platform.db import Session
from app.platform.rows import all_rows, col, values
from app.platform.types import Instant

FREE_BY_ACCOUNT: Final = 5
FREE_BY_KNOWN: Final = 10
FREE_BY_ADDRESS: Final = 100
"""More than for an account, since the people of a school share its address."""
FIRST_WAIT_S: Final = 15
LONGEST_WAIT_S: Final = 15 * 60
FORGOTTEN_AFTER: Final = timedelta(days=1)
KNOWN_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Names:
    """The pseudonyms under which an attempt is counted; `account` and `known` are None when it
    names no account.
    """

    address: bytes
    account: bytes | None = None
    known: bytes | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """How many seconds an attempt has to wait, and under which names its failure is counted."""

    waits_s: int
    counted: tuple[bytes, ...]


def names(keyring: Keyring, address: str | None, account: str | None = None) -> Names:
    """The pseudonyms for a network address (an IPv6 one by its /64) and an account's name."""
    network = _network(address)
    if account is None:
        return Names(keyring.pseudonym("address", network))
    return Names(
        keyring.pseudonym("address", network),
        keyring.pseudonym("account", account),
        keyring.pseudonym("known", account, network),
    )


async def load(session: Session, names: Names, now: datetime) -> Throttled:
    """Whether an attempt has to wait, and where its failure is counted."""
    asked = [name for name in (names.known, names.account, names.address) if name is not None]
    found = await all_rows(session, ThrottleRow, _COUNTERS, {"names": asked})
    rows = {row.name: row for row in found}
    known = rows.get(names.known or b"")
    if (
        known is not None
        and names.known is not None
        and known.known_until is not None
        and known.known_until > now
    ):
        return Throttled(_wait(known, FREE_BY_KNOWN, now), (names.known,))
    waits = [_wait(rows.get(names.address), FREE_BY_ADDRESS, now)]
    if names.account is not None:
        waits.append(_wait(rows.get(names.account), FREE_BY_ACCOUNT, now))
    return Throttled(
        max(waits), tuple(name for name in (names.account, names.address) if name is not None)
    )


def check(throttled: Throttled) -> None:
    """Raises `TooManyAttempts` while the attempt has to wait."""
    if throttled.waits_s > 0:
        raise TooManyAttempts(throttled.waits_s)


async def count_failure(session: Session, throttled: Throttled, now: datetime) -> None:
    """Count a failure."""
    changed_at, failures = col(ThrottleRow.changed_at), col(ThrottleRow.failures)
    for name in throttled.counted:
        row = values(ThrottleRow)(name=name, failures=1, changed_at=now, known_until=None)
        counted = sa.case((changed_at < now - FORGOTTEN_AFTER, 1), else_=failures + 1)
        await _upsert(session, row, {failures: counted, changed_at: sa.literal(now, Instant)})


async def count_success(
    session: Session, names: Names, throttled: Throttled, now: datetime
) -> None:
    """Reset the failures of the account and remember the address as known. Failures counted by
    address alone stay.
    """
    if names.known is None:
        return
    if names.known not in throttled.counted and names.account is not None:
        await session.execute(sa.delete(THROTTLE).where(col(ThrottleRow.name) == names.account))
    known_until = now + KNOWN_FOR
    row = values(ThrottleRow)(name=names.known, failures=0, changed_at=now, known_until=known_until)
    changed: dict[sa.Column[Any], sa.ColumnElement[Any]] = {
        col(ThrottleRow.failures): sa.literal(0),
        col(ThrottleRow.changed_at): sa.literal(now, Instant),
        col(ThrottleRow.known_until): sa.literal(known_until, Instant),
    }
    await _upsert(session, row, changed)


async def _upsert(
    session: Session,
    row: Mapping[str, object],
    changed: Mapping[sa.Column[Any], sa.ColumnElement[Any]],
) -> None:
    """Insert a row, or change the one that has its name already."""
    insert = postgresql.insert if session.dialect == "postgresql" else sqlite.insert
    statement = insert(THROTTLE).values(row)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[col(ThrottleRow.name)], set_=changed)
    )


async def delete_expired(session: Session, now: datetime) -> int:
    """Delete the counters that no longer matter; gives their number."""
    over = sa.or_(col(ThrottleRow.known_until).is_(None), col(ThrottleRow.known_until) < now)
    return await session.execute(
        sa.delete(THROTTLE).where(col(ThrottleRow.changed_at) < now - FORGOTTEN_AFTER, over)
    )


_COUNTERS: Final = sa.select(THROTTLE).where(
    col(ThrottleRow.name).in_(sa.bindparam("names", expanding=True))
)


def _wait(row: ThrottleRow | None, free: int, now: datetime) -> int:
    if row is None or row.failures < free or now - row.changed_at > FORGOTTEN_AFTER:
        return 0
    # The exponent is bounded, since the count is not.
    wait = min(FIRST_WAIT_S * 2 ** min(row.failures - free, 16), LONGEST_WAIT_S)
    left: float = (row.changed_at + timedelta(seconds=wait) - now).total_seconds()
    return max(0, math.ceil(left))


def _network(address: str | None) -> str:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)
