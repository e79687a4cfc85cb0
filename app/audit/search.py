"""Search and read entries for a caller, newest first, in pages by key.

Invariant: callers read entries through this module only, and see no entry beyond their permission.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from app.audit import merkle, tables
from app.audit.errors import AuditEntryNotFound
from app.audit.model import IDENTITY_ACTIONS, Action, EntryOutcome
from app.audit.tables import EntryRow, LeafRow, SubjectRow
from app.identity.model import Actor, Permission
from app.platform.db import Database, Session
from app.platform.rows import all_rows, col, first_row

EXPORT_PAGE: Final = 500
_MILLISECOND: Final = timedelta(milliseconds=1)
_RANDOM: Final = (1 << 62) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filters of a search; None leaves a member open. `since` is included, `until` is not.

    An entry matches a tuple if it has one of its values.
    `subject` holds the random ids of one person, one for each request; an empty tuple matches no
    entry.
    """

    actor: UUID | None = None
    action: tuple[Action, ...] | None = None
    request: UUID | None = None
    subject: tuple[UUID, ...] | None = None
    recipient: str | None = None
    outcome: tuple[EntryOutcome, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def named(self) -> list[str]:
        """The names of the filters in use, for the entry of the search."""
        return [name for name in self.__slots__ if getattr(self, name) is not None]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a caller reads it. `body` is the exact text that is hashed, `fields` are its
    members, `index` is None until the entry is sealed.
    """

    id: UUID
    index: int | None
    body: str
    fields: dict[str, Any]

    @property
    def leaf_hash(self) -> bytes:
        """The leaf hash of the body."""
        return merkle.leaf_hash(self.body.encode("utf-8"))


class _Found(NamedTuple):
    """The columns that a search selects."""

    id: UUID
    body: str
    idx: int | None


async def search(
    session: Session, actor: Actor, filters: Filters, *, after: UUID | None, limit: int
) -> list[Entry]:
    """Load at most `limit` entries that the caller may see, newest first, older than the entry
    `after`.
    """
    found = await all_rows(session, _Found, _statement(actor, filters, after, limit))
    return [_entry(row) for row in found]


async def find(session: Session, actor: Actor, id: UUID) -> Entry:
    """Load one entry; raises AuditEntryNotFound also if the caller may not see it."""
    wanted = sa.select(col(EntryRow.id), col(EntryRow.body)).where(
        col(EntryRow.id) == id, col(EntryRow.school) == actor.school, *_visible(actor)
    )
    row = await first_row(session, _Found, _with_index(wanted.subquery(), actor.school))
    if row is None:
        raise AuditEntryNotFound
    return _entry(row)


async def load_cited_entries(session: Session, school: str, ids: Sequence[UUID]) -> list[Entry]:
    """Load the entries that records of the school cite, oldest first, for a caller who may read
    those records.
    """
    wanted = sa.select(col(EntryRow.id), col(EntryRow.body)).where(
        col(EntryRow.school) == school, col(EntryRow.id).in_(ids)
    )
    rows = await all_rows(session, _Found, _with_index(wanted.subquery(), school))
    return sorted((_entry(row) for row in rows), key=lambda entry: entry.id)


async def export(
    database: Database, actor: Actor, filters: Filters, *, upto: UUID
) -> AsyncIterator[list[Entry]]:
    """Load every entry that the caller may see, newest first, beginning with the entry `upto`, in
    pages.

    Each page is a transaction of its own, so that a slow client occupies no connection.
    """
    # Ids of one microsecond are in random order: none of them counts as after it.
    after = UUID(int=(upto.int | _RANDOM) + 1)
    while True:
        async with database.reading() as session:
            page = await search(session, actor, filters, after=after, limit=EXPORT_PAGE)
        if page:
            yield page
        if len(page) < EXPORT_PAGE:
            return
        after = page[-1].id


def _visible(
    actor: Actor, actions: tuple[Action, ...] | None = None
) -> list[sa.ColumnElement[bool]]:
    """The conditions of the entries that the caller may see; `actions` is the filter, if any.

    Invariant: this function alone determines who sees which entries.
    """
    if actor.may(Permission.AUDIT_READ_ALL):
        return []
    own = col(EntryRow.actor) == actor.id
    if actor.may(Permission.AUDIT_READ_SAFEGUARDING):
        # Of identity entries the DSL sees only their own. With this plain condition the database
        # uses the index on actors.
        return (
            [own]
            if actions is not None and IDENTITY_ACTIONS.issuperset(actions)
            else [
                sa.or_(col(EntryRow.request).is_not(None), col(EntryRow.subject).is_not(None), own)
            ]
        )
    if actor.may(Permission.AUDIT_READ_OWN):
        return [own]
    return [sa.false()]


def _statement(actor: Actor, filters: Filters, after: UUID | None, limit: int) -> sa.Select[Any]:
    narrowed = [*_visible(actor, filters.action), *_conditions(filters)]
    older = [] if after is None else [col(EntryRow.id) < after]
    page = sa.select(col(EntryRow.id), col(EntryRow.body)).where(
        col(EntryRow.school) == actor.school, *narrowed, *older
    )
    if filters.subject is None:
        found = page.order_by(col(EntryRow.id).desc()).limit(limit).subquery()
        return _with_index(found, actor.school).order_by(found.c.id.desc())
    # Two short index scans, of the first and of the further persons. The second looks up the entry
    # of each row; with a join the planner might begin at the entries, which are many more.
    first = (
        page.where(col(EntryRow.subject).in_(filters.subject))
        .order_by(col(EntryRow.id).desc())
        .limit(limit)
        .subquery()
    )
    concerning = [
        col(SubjectRow.school) == actor.school,
        col(SubjectRow.subject).in_(filters.subject),
    ]
    if after is not None:
        concerning.append(col(SubjectRow.entry_id) < after)
    if narrowed:
        concerning.append(
            sa.exists()
            .where(
                col(EntryRow.school) == col(SubjectRow.school),
                col(EntryRow.id) == col(SubjectRow.entry_id),
                *narrowed,
            )
            .correlate(tables.SUBJECT)
        )
    ids = (
        sa.select(col(SubjectRow.entry_id).label("id"))
        .where(*concerning)
        .order_by(col(SubjectRow.entry_id).desc())
        .limit(limit)
        .subquery()
    )
    further = (
        sa.select(ids.c.id, col(EntryRow.body))
        .join_from(
            ids,
            tables.ENTRY,
            sa.and_(col(EntryRow.school) == actor.school, col(EntryRow.id) == ids.c.id),
        )
        .order_by(ids.c.id.desc())
        .limit(limit)
        .subquery()
    )
    both = sa.union_all(sa.select(first), sa.select(further)).subquery()
    found = sa.select(both).order_by(both.c.id.desc()).limit(limit).subquery()
    return _with_index(found, actor.school).order_by(found.c.id.desc())


def _with_index(found: sa.Subquery, school: str) -> sa.Select[Any]:
    return sa.select(found.c.id, found.c.body, col(LeafRow.idx)).select_from(
        found.outerjoin(
            tables.LEAF, sa.and_(col(LeafRow.school) == school, col(LeafRow.entry_id) == found.c.id)
        )
    )


def _conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if filters.actor is not None:
        where.append(col(EntryRow.actor) == filters.actor)
    if filters.action is not None:
        where.append(col(EntryRow.action).in_([action.value for action in filters.action]))
    if filters.request is not None:
        where.append(col(EntryRow.request) == filters.request)
    if filters.recipient is not None:
        where.append(col(EntryRow.recipient) == filters.recipient)
    if filters.outcome is not None:
        where.append(col(EntryRow.outcome).in_([outcome.value for outcome in filters.outcome]))
        if EntryOutcome.SUCCESS not in filters.outcome:
            # Worded as in the partial index over the few entries that did not succeed.
            where.append(col(EntryRow.outcome) != sa.literal_column("'success'"))
    # An id begins with the entry's millisecond, so the primary key serves for the time too.
    if filters.since is not None:
        where += [col(EntryRow.id) >= _first_id(filters.since), col(EntryRow.at) >= filters.since]
    if filters.until is not None:
        where += [
            col(EntryRow.id) < _first_id(filters.until + _MILLISECOND),
            col(EntryRow.at) < filters.until,
        ]
    return where


def _first_id(instant: datetime) -> UUID:
    seconds = int(instant.timestamp())
    milliseconds = seconds * 1000 + instant.microsecond // 1000
    return UUID(int=max(0, min(milliseconds, (1 << 48) - 1)) << 80)


def _entry(row: _Found) -> Entry:
    return Entry(UUID(str(row.id)), row.idx, row.body, json.loads(row.body))
