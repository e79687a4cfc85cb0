"""A long audit trail for measuring: entries such as a busy school makes, with the leaves, nodes and
checkpoints that a sealer would store.

The bodies are those that `append` makes and the tree is the sealer's; only the way into the tables
is shorter: COPY, with the indexes in place, so that they are as loose as indexes that grew. The
dice are loaded: each size gets the same kinds of entries in the same shares.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.audit import checkpoint, log, merkle
from app.audit.checkpoint import Checkpoint
from app.audit.merkle import Frontier
from app.audit.model import Action, EntryOutcome, Event, content
from app.identity.model import Actor, Role
from app.kernel.ids import new_id
from app.platform import migrations
from app.platform.db import Database, connect
from app.platform.settings import Settings
from benchmarks import scratch

SCHOOL: Final = "123456"
HOST: Final = "school.example"
BEGAN: Final = datetime(2026, 9, 1, 8, tzinfo=UTC)
EVERY: Final = timedelta(seconds=7)
BATCH: Final = 4096
"""Entries of one COPY and of one checkpoint."""

OPEN: Final = 24
"""Sharing requests that are worked on at the same time, and about how many entries each one gets
before the next come."""
EACH: Final = 96

ACTIONS: Final = (
    *(Action.REQUEST_READ,) * 8,
    *(Action.REQUESTS_LISTED, Action.RECORD_READ, Action.ATTENTION_LISTED) * 2,
    *(
        Action.REQUEST_SUBMITTED,
        Action.REQUEST_EVALUATED,
        Action.DECISION_RECORDED,
        Action.DISCLOSURE_RECORDED,
        Action.NOTICE_RECORDED,
    ),
    *(Action.SESSION_OPENED, Action.TRAIL_SEARCHED),
)
"""What is done, as often as it stands here."""
OF_NO_REQUEST: Final = frozenset(
    {Action.REQUESTS_LISTED, Action.ATTENTION_LISTED, Action.SESSION_OPENED, Action.TRAIL_SEARCHED}
)
SEALING: Final = frozenset(
    {
        Action.REQUEST_SUBMITTED,
        Action.REQUEST_EVALUATED,
        Action.DECISION_RECORDED,
        Action.DISCLOSURE_RECORDED,
        Action.NOTICE_RECORDED,
    }
)
_COLUMNS: Final = (
    "id",
    "school",
    "at",
    "actor",
    "action",
    "request",
    "subject",
    "recipient",
    "outcome",
    "body",
)


@dataclass(slots=True)
class Trail:
    """A filled database and what is in it: who acts, the requests and persons it is about, and
    every 64th entry.
    """

    database: Database
    url: str
    key: Ed25519PrivateKey
    size: int
    staff: list[Actor]
    recipients: list[str]
    requests: list[UUID]
    subjects: list[UUID]
    entries: list[UUID]
    server: int | None = None

    def reader(self, role: Role) -> Actor:
        """Somebody of this role who has an account of the school and few acts of their own."""
        return Actor(id=new_id(BEGAN), role=role, school=SCHOOL, client="web")


@contextlib.contextmanager
def filled(size: int) -> Iterator[Trail]:
    """A migrated PostgreSQL database that holds `size` sealed entries of one school; use it on
    loops of your own, one at a time.
    """
    with scratch.database(f"trail_{size}") as (url, settings, server):
        trail = asyncio.run(_filled(url, settings, size))
        trail.server = server
        yield trail


async def _filled(url: str, settings: Settings, size: int) -> Trail:
    database = connect(settings)
    await migrations.upgrade(database)
    await database.close()
    trail = _begun(connect(settings), url, size)
    connection = await asyncpg.connect(url)
    try:
        await _fill(connection, trail)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return trail


def _begun(database: Database, url: str, size: int) -> Trail:
    roles = (Role.STAFF,) * 5 + (Role.DSL,)
    staff = [
        Actor(id=new_id(BEGAN), role=roles[at % len(roles)], school=SCHOOL, client="web")
        for at in range(36)
    ]
    recipients = [str(new_id(BEGAN)) for _ in range(12)]
    return Trail(database, url, Ed25519PrivateKey.generate(), size, staff, recipients, [], [], [])


async def _fill(connection: asyncpg.Connection, trail: Trail) -> None:
    frontier, dice = Frontier(), random.Random(20)
    for first in range(0, trail.size, BATCH):
        entries, further, hashes = [], [], []
        for number in range(first, min(first + BATCH, trail.size)):
            event, by = _event(trail, number, dice)
            at = BEGAN + EVERY * number + timedelta(microseconds=dice.randrange(1_000_000))
            entry = new_id(at)
            body = log._body(entry, event, by, at, f"req-{number:032x}")  # noqa: SLF001 - what `append` would store
            subject, *others = event.subjects or (None,)
            entries.append(
                (
                    entry,
                    SCHOOL,
                    at,
                    by.id,
                    event.action.value,
                    event.request,
                    subject,
                    event.recipient,
                    event.outcome.value,
                    body.decode(),
                )
            )
            further += [(SCHOOL, other, entry) for other in others]
            hashes.append(merkle.leaf_hash(body))
        leaves = [
            (SCHOOL, first + at, row[0], hashed)
            for at, (row, hashed) in enumerate(zip(entries, hashes, strict=True))
        ]
        nodes = [(SCHOOL, *node) for node in frontier.extend(hashes)]
        signed = Checkpoint(checkpoint.origin(HOST, SCHOOL), frontier.size, frontier.root())
        notes = [(SCHOOL, frontier.size, frontier.to_bytes(), checkpoint.sign(signed, trail.key))]
        await connection.copy_records_to_table("audit_entry", records=entries, columns=_COLUMNS)
        await connection.copy_records_to_table(
            "audit_subject", records=further, columns=("school", "subject", "entry_id")
        )
        await connection.copy_records_to_table(
            "audit_leaf", records=leaves, columns=("school", "idx", "entry_id", "hash")
        )
        await connection.copy_records_to_table(
            "audit_node", records=nodes, columns=("school", "level", "idx", "hash")
        )
        await connection.copy_records_to_table(
            "audit_checkpoint", records=notes, columns=("school", "size", "frontier", "note")
        )
        trail.entries += [row[0] for row in entries[::64]]


def _event(trail: Trail, number: int, dice: random.Random) -> tuple[Event, Actor]:
    if number % (OPEN * EACH) == 0:
        at = BEGAN + EVERY * number
        trail.requests += [new_id(at) for _ in range(OPEN)]
        trail.subjects += [new_id(at) for _ in range(OPEN)]
    action, by, chosen = dice.choice(ACTIONS), dice.choice(trail.staff), -1 - dice.randrange(OPEN)
    if action in OF_NO_REQUEST:
        return Event(action=action, data={"filters": ["actor"], "shown": dice.randrange(51)}), by
    if dice.random() < 0.04:
        return Event(
            action=Action.ACCESS_DENIED,
            outcome=EntryOutcome.DENIED,
            reason_code="not-yours",
            target=str(trail.requests[chosen]),
        ), by
    subjects = (
        (trail.subjects[chosen], trail.subjects[-1])
        if chosen != -1 and dice.random() < 0.05
        else (trail.subjects[chosen],)
    )
    sealing = action in SEALING
    return (
        Event(
            action=action,
            request=trail.requests[chosen],
            subjects=subjects,
            recipient=dice.choice(trail.recipients) if sealing and dice.random() < 0.5 else None,
            policy=f"sha256:{7:064x}" if sealing else None,
            content=content([dice.randbytes(32)]) if sealing else None,
            data={"records": [str(new_id(BEGAN))], "version": 1} if sealing else {"view": "full"},
        ),
        by,
    )
