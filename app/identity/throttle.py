"""Slows down guessing. Law: it stands before a password is tried and nowhere else, so no live
session is ever locked out.

Failures are counted by account and by network address. An address from which the account signed in
within the last month is known to it and is counted by itself: strangers who guess cannot lock the
owner out. Names are keyed pseudonyms, the same for accounts that do not exist.
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
from app.platform.db import Instant, Session
from app.platform.rows import all_rows, col, values

FREE_BY_ACCOUNT: Final = 5
FREE_BY_KNOWN: Final = 10
FREE_BY_ADDRESS: Final = 100
"""Many people share a school's address."""
FIRST_WAIT_S: Final = 15
LONGEST_WAIT_S: Final = 15 * 60
FORGOTTEN_AFTER: Final = timedelta(days=1)
KNOWN_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Names:
    """Under which pseudonyms an attempt is counted; `account` and `known` are None where no account
    is named.
    """

    address: bytes
    account: bytes | None = None
    known: bytes | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered about an attempt's names, and so which of them count."""

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


async def standing(session: Session, names: Names, now: datetime) -> Standing:
    """How long to wait before the attempt may be made: 0 for most."""
    asked = [name for name in (names.known, names.account, names.address) if name is not None]
    found = await all_rows(session, ThrottleRow, _STANDING, {"names": asked})
    rows = {row.name: row for row in found}
    known = rows.get(names.known or b"")
    if (
        known is not None
        and names.known is not None
        and known.known_until is not None
        and known.known_until > now
    ):
        return Standing(_wait(known, FREE_BY_KNOWN, now), (names.known,))
    waits = [_wait(rows.get(names.address), FREE_BY_ADDRESS, now)]
    if names.account is not None:
        waits.append(_wait(rows.get(names.account), FREE_BY_ACCOUNT, now))
    return Standing(
        max(waits), tuple(name for name in (names.account, names.address) if name is not None)
    )


def admit(standing: Standing) -> None:
    """Raises `TooManyAttempts` while there is time to wait."""
    if standing.waits_s > 0:
        raise TooManyAttempts(standing.waits_s)


async def failed(session: Session, standing: Standing, now: datetime) -> None:
    """Count a failure."""
    changed_at, failures = col(ThrottleRow.changed_at), col(ThrottleRow.failures)
    for name in standing.counted:
        row = values(ThrottleRow)(name=name, failures=1, changed_at=now, known_until=None)
        counted = sa.case((changed_at < now - FORGOTTEN_AFTER, 1), else_=failures + 1)
        await _upsert(session, row, {failures: counted, changed_at: sa.literal(now, Instant)})


async def succeeded(session: Session, names: Names, standing: Standing, now: datetime) -> None:
    """Forget this caller's own failures, and know the address from now on. What strangers are
    counted by is left alone.
    """
    if names.known is None:
        return
    if names.known not in standing.counted and names.account is not None:
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


async def forget(session: Session, now: datetime) -> int:
    """Delete what no longer counts; gives how many."""
    over = sa.or_(col(ThrottleRow.known_until).is_(None), col(ThrottleRow.known_until) < now)
    return await session.execute(
        sa.delete(THROTTLE).where(col(ThrottleRow.changed_at) < now - FORGOTTEN_AFTER, over)
    )


_STANDING: Final = sa.select(THROTTLE).where(
    col(ThrottleRow.name).in_(sa.bindparam("names", expanding=True))
)


def _wait(row: ThrottleRow | None, free: int, now: datetime) -> int:
    if row is None or row.failures < free or now - row.changed_at > FORGOTTEN_AFTER:
        return 0
    # Bounded before it is raised to a power: the count is not.
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
