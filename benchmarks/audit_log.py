"""A long audit log for measurements: the entries of a busy school with the leaves, nodes and
checkpoints that a sealer stores.

The bodies come from `append` and the tree from the sealer; only the rows are written by COPY, with
the indexes in place, so that these are as fragmented as indexes that grew. The random numbers are
seeded: each size has the same kinds of entries in the same proportions.
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
from benchmarks import temporary_database

SCHOOL: Final = "123456"
HOST: Final = "school.example"
BEGAN: Final = datetime(2026, 9, 1, 8, tzinfo=UTC)
EVERY: Final = timedelta(seconds=7)
BATCH: Final = 4096
"""Entries of one COPY and of one checkpoint."""

OPEN: Final = 24
"""The number of concurrent sharing requests, and of entries that each gets before the next ones."""
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
"""The actions, with their frequency."""
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
class AuditLog:
    """A database with an audit log: the actors, the requests and persons concerned, and every 64th
    entry.
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
        """A person with an account in this role and few entries of their own."""
        return Actor(id=new_id(BEGAN), role=role, school=SCHOOL, client="web")


@contextlib.contextmanager
def create_audit_log(size: int) -> Iterator[AuditLog]:
    """A migrated PostgreSQL database with `size` sealed entries of one school. Use it from one
    event loop at a time.
    """
    with temporary_database.database(f"audit_log_{size}") as (url, settings, server):
        audit_log = asyncio.run(_filled(url, settings, size))
        audit_log.server = server
        yield audit_log


async def _filled(url: str, settings: Settings, size: int) -> AuditLog:
    database = connect(settings)
    await migrations.upgrade(database)
    await database.close()
    audit_log = _begun(connect(settings), url, size)
    connection = await asyncpg.connect(url)
    try:
        await _fill(connection, audit_log)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return audit_log


def _begun(database: Database, url: str, size: int) -> AuditLog:
    roles = (Role.STAFF,) * 5 + (Role.DSL,)
    staff = [
        Actor(id=new_id(BEGAN), role=roles[at % len(roles)], school=SCHOOL, client="web")
        for at in range(36)
    ]
    recipients = [str(new_id(BEGAN)) for _ in range(12)]
    return AuditLog(
        database, url, Ed25519PrivateKey.generate(), size, staff, recipients, [], [], []
    )


async def _fill(connection: asyncpg.Connection, audit_log: AuditLog) -> None:
    frontier, dice = Frontier(), random.Random(20)
    for first in range(0, audit_log.size, BATCH):
        entries, further, hashes = [], [], []
        for number in range(first, min(first + BATCH, audit_log.size)):
            event, by = _event(audit_log, number, dice)
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
        notes = [
            (SCHOOL, frontier.size, frontier.to_bytes(), checkpoint.sign(signed, audit_log.key))
        ]
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
        audit_log.entries += [row[0] for row in entries[::64]]


def _event(audit_log: AuditLog, number: int, dice: random.Random) -> tuple[Event, Actor]:
    if number % (OPEN * EACH) == 0:
        at = BEGAN + EVERY * number
        audit_log.requests += [new_id(at) for _ in range(OPEN)]
        audit_log.subjects += [new_id(at) for _ in range(OPEN)]
    action, by, chosen = (
        dice.choice(ACTIONS),
        dice.choice(audit_log.staff),
        -1 - dice.randrange(OPEN),
    )
    if action in OF_NO_REQUEST:
        return Event(action=action, data={"filters": ["actor"], "shown": dice.randrange(51)}), by
    if dice.random() < 0.04:
        return Event(
            action=Action.ACCESS_DENIED,
            outcome=EntryOutcome.DENIED,
            reason_code="not-yours",
            target=str(audit_log.requests[chosen]),
        ), by
    subjects = (
        (audit_log.subjects[chosen], audit_log.subjects[-1])
        if chosen != -1 and dice.random() < 0.05
        else (audit_log.subjects[chosen],)
    )
    sealing = action in SEALING
    return (
        Event(
            action=action,
            request=audit_log.requests[chosen],
            subjects=subjects,
            recipient=dice.choice(audit_log.recipients)
            if sealing and dice.random() < 0.5
            else None,
            policy=f"sha256:{7:064x}" if sealing else None,
            content=content([dice.randbytes(32)]) if sealing else None,
            data={"records": [str(new_id(BEGAN))], "version": 1} if sealing else {"view": "full"},
        ),
        by,
    )
