"""Append entries to the audit log.

Invariant: an entry and the change that it records are written in one transaction. Appending takes
no lock; the sealer gives entries their places in the log later.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from app.audit import tables
from app.audit.model import IDENTITY_ACTIONS, SALT_BYTES, Author, Event
from app.audit.tables import EntryRow
from app.kernel import canonical, clock, ids
from app.platform.db import Session
from app.platform.rows import values

VERSION: Final = 1
MAX_BODY: Final = 65_536


class EntryTooLarge(ValueError):
    """The body of an entry is longer than a leaf may be, so it holds more than codes, ids and field
    names.
    """


class UnexpectedCase(ValueError):
    """The event names a sharing request or a person, which its action does not permit."""


def append(
    session: Session,
    event: Event,
    *,
    by: Author,
    at: datetime,
    request_id: str,
    id: UUID | None = None,
) -> UUID:
    """Add the rows of one entry to the session; gives the entry's id.

    The rows of the change cite the id as `audit_id`. Append the entry before adding them: the
    database refuses a change that cites no entry of its own transaction. `id` is `new_id(at)` if it
    is not given. Raises EntryTooLarge, UnexpectedCase and NotCanonical, which are faults of the
    caller's code.
    """
    if event.action in IDENTITY_ACTIONS and (event.request or event.subjects):
        raise UnexpectedCase(f"{event.action} names a sharing request or a person")
    entry = ids.new_id(at) if id is None else id
    body = _body(entry, event, by, at, request_id)
    if len(body) > MAX_BODY:
        raise EntryTooLarge(f"the entry has {len(body)} bytes, more than {MAX_BODY}")
    session.add(
        tables.ENTRY,
        values(EntryRow)(
            school=by.school,
            id=entry,
            at=at,
            actor=by.id,
            action=event.action.value,
            request=event.request,
            subject=event.subjects[0] if event.subjects else None,
            recipient=event.recipient,
            outcome=event.outcome.value,
            body=body.decode("utf-8"),
        ),
    )
    session.add(tables.PENDING, {"entry_id": entry, "school": by.school})
    further = set(event.subjects[1:]) - set(event.subjects[:1])
    if further:
        session.add(
            tables.SUBJECT,
            *(
                {"school": by.school, "subject": subject, "entry_id": entry}
                for subject in sorted(further)
            ),
        )
    return entry


def dispose(session: Session, school: str, entries: Iterable[UUID], *, by_entry: UUID) -> None:
    """Record that the entry `by_entry` disposed of the records that these entries sealed, so that
    their absence is no sign of tampering.

    Invariant: the disposing entry names the same sharing request and is later; verification checks
    both.
    """
    rows = [
        {"school": school, "entry_id": entry, "what": "value", "by_entry": by_entry}
        for entry in entries
    ]
    if rows:
        session.add(tables.DISPOSED, *rows)


def _body(entry: UUID, event: Event, by: Author, at: datetime, request_id: str) -> bytes:
    return canonical.encode(
        {
            "v": VERSION,
            "id": str(entry),
            "at": clock.to_text(at),
            "school": by.school,
            "actor": {"id": _text(by.id), "role": str(by.role), "client": by.client},
            "action": event.action.value,
            "request": _text(event.request),
            "subjects": [str(subject) for subject in event.subjects],
            "recipient": event.recipient,
            "target": event.target,
            "outcome": event.outcome.value,
            "policy": event.policy,
            "reason_code": event.reason_code,
            "request_id": request_id,
            "salt": secrets.token_hex(SALT_BYTES),
            "data": event.data,
            "content": event.content,
        }
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
