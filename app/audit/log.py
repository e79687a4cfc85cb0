"""Appends to the trail: an entry is written with the change it tells of, in one transaction,
without lock or chain; sealing follows.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from app.audit import tables
from app.audit.model import OF_NO_CASE, SALT_BYTES, Author, Event
from app.audit.tables import EntryRow
from app.kernel import canonical, clock, ids
from app.platform.db import Session
from app.platform.rows import values

VERSION: Final = 1
MAX_BODY: Final = 65_536


class EntryTooLarge(ValueError):
    """The entry's body is longer than a leaf may be: something that is no code, id or field name
    has been put into it.
    """


class OfNoCase(ValueError):
    """The event names a sharing request or a person, and its action is one that never does."""


def append(
    session: Session,
    event: Event,
    *,
    by: Author,
    at: datetime,
    request_id: str,
    id: UUID | None = None,
) -> UUID:
    """Gather the rows of one entry; gives its id, which the rows that the entry tells of cite as
    `audit_id`.

    Call it before adding those rows: the database refuses a change that cites no entry of its own
    transaction. `id` may be made beforehand with `new_id(at)`. Raises EntryTooLarge, OfNoCase and
    NotCanonical; all are faults of the caller's code.
    """
    if event.action in OF_NO_CASE and (event.request or event.subjects):
        raise OfNoCase(f"{event.action} tells of no sharing request and of no person")
    entry = ids.new_id(at) if id is None else id
    body = _body(entry, event, by, at, request_id)
    if len(body) > MAX_BODY:
        raise EntryTooLarge(f"an entry of {len(body)} bytes; {MAX_BODY} are allowed")
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
    """Say that what these entries sealed has been disposed of by the entry `by_entry`, so that its
    absence is no sign of tampering.

    The disposing entry concerns the same sharing request and comes later; verification holds it to
    that.
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
