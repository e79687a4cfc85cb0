"""Reads and writes policy versions.

Invariant: every statement is limited to one school, except those that verification and start-up
read with.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from app.audit import log
from app.audit.model import Action, Author, Event, Sealed, content, record_digest
from app.audit.sealed_storage import canonical_row
from app.kernel.canonical import Json
from app.platform.dataloader import Lookup
from app.platform.db import Session
from app.platform.rows import all_rows, col, first_row
from app.policy.lifecycle.model import VersionState
from app.policy.lifecycle.tables import (
    ADOPTION,
    APPROVAL,
    IMPACT,
    VERSION,
    WITHDRAWAL,
    AdoptionRow,
    ApprovalRow,
    ImpactRow,
    VersionRow,
    WithdrawalRow,
)

_NAMES: Final[Mapping[sa.Table, tuple[str, str]]] = {
    VERSION: ("", "id"),
    APPROVAL: ("approval:", "version_id"),
    WITHDRAWAL: ("withdrawal:", "version_id"),
    ADOPTION: ("adoption:", "school"),
}
"""The name of a row in the audit log, for each table: a prefix and the column that follows it."""


@dataclass(frozen=True, slots=True)
class Version:
    """The columns of a version with its approval and withdrawal, without its document."""

    id: UUID
    digest: str
    version: str
    review_due: str
    author: UUID
    created_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    starts_on: str | None
    next_review_on: str | None
    withdrawn_at: datetime | None


def state_of(version: Version) -> VersionState:
    """The properties that the status of a version and the rules depend on."""
    return VersionState(
        author=version.author,
        starts_on=None if version.starts_on is None else date.fromisoformat(version.starts_on),
        withdrawn=version.withdrawn_at is not None,
    )


@dataclass(frozen=True, slots=True)
class VersionRef:
    """The digest of a version, and the month or day of the next review set on its approval."""

    digest: str
    next_review_on: str | None


_APPROVAL_OF_VERSION: Final = sa.and_(
    col(ApprovalRow.school) == col(VersionRow.school),
    col(ApprovalRow.version_id) == col(VersionRow.id),
)

_VERSION: Final = (
    sa.select(
        col(VersionRow.id),
        col(VersionRow.digest),
        col(VersionRow.version),
        col(VersionRow.review_due),
        col(VersionRow.author),
        col(VersionRow.created_at),
        col(ApprovalRow.approved_by),
        col(ApprovalRow.approved_at),
        col(ApprovalRow.starts_on),
        col(ApprovalRow.next_review_on),
        col(WithdrawalRow.withdrawn_at),
    )
    .select_from(
        VERSION.outerjoin(APPROVAL, _APPROVAL_OF_VERSION).outerjoin(
            WITHDRAWAL,
            sa.and_(
                col(WithdrawalRow.school) == col(VersionRow.school),
                col(WithdrawalRow.version_id) == col(VersionRow.id),
            ),
        )
    )
    .where(col(VersionRow.school) == sa.bindparam("of_school"))
)

_NOT_WITHDRAWN: Final = sa.not_(
    sa.exists().where(
        col(WithdrawalRow.school) == col(ApprovalRow.school),
        col(WithdrawalRow.version_id) == col(ApprovalRow.version_id),
    )
)

_STARTED: Final = (
    sa.select(
        col(ApprovalRow.digest),
        col(ApprovalRow.next_review_on),
        col(ApprovalRow.starts_on),
        col(ApprovalRow.approved_at).label("since"),
    )
    .where(
        col(ApprovalRow.school) == sa.bindparam("of_school"),
        col(ApprovalRow.starts_on) <= sa.bindparam("on_day"),
        _NOT_WITHDRAWN,
    )
    .union_all(
        sa.select(
            col(AdoptionRow.digest), sa.null(), sa.literal_column("''"), col(AdoptionRow.adopted_at)
        ).where(col(AdoptionRow.school) == sa.bindparam("of_school"))
    )
    .subquery("started")
)

_IN_FORCE: Final = Lookup(
    sa.select(_STARTED.c.digest, _STARTED.c.next_review_on)
    .order_by(_STARTED.c.starts_on.desc(), _STARTED.c.since.desc())
    .limit(1)
)


async def in_force(session: Session, school: str, on: date) -> VersionRef | None:
    """The approved version that started last, otherwise the adopted one, otherwise None."""
    row = await session.look_up(_IN_FORCE, of_school=school, on_day=on.isoformat())
    return None if row is None else VersionRef(row["digest"], row["next_review_on"])


async def find_adopted(session: Session, school: str) -> str | None:
    """The digest of the shipped version that the school adopted."""
    query = sa.select(col(AdoptionRow.digest)).where(col(AdoptionRow.school) == school)
    row = await first_row(session, AdoptionRow, query)
    return None if row is None else row.digest


async def find(session: Session, school: str, digest: str) -> VersionRef | None:
    """A version that the school drafted or adopted."""
    row = await first_row(
        session,
        ApprovalRow,
        sa.select(col(ApprovalRow.next_review_on))
        .select_from(VERSION.outerjoin(APPROVAL, _APPROVAL_OF_VERSION))
        .where(col(VersionRow.school) == school, col(VersionRow.digest) == digest)
        .union_all(
            sa.select(sa.null()).where(
                col(AdoptionRow.school) == school, col(AdoptionRow.digest) == digest
            )
        ),
    )
    return None if row is None else VersionRef(digest, row.next_review_on)


async def start_days(session: Session, school: str) -> set[date]:
    """The first days of all approved versions that were not withdrawn."""
    query = sa.select(col(ApprovalRow.starts_on)).where(
        col(ApprovalRow.school) == school, _NOT_WITHDRAWN
    )
    rows = await all_rows(session, ApprovalRow, query)
    return {date.fromisoformat(row.starts_on) for row in rows}


async def schools(session: Session) -> list[str]:
    """Every school with an approved or adopted version."""
    query = sa.union(sa.select(col(ApprovalRow.school)), sa.select(col(AdoptionRow.school)))
    return sorted(row.school for row in await all_rows(session, ApprovalRow, query))


async def lock(session: Session, school: str) -> None:
    """Lock the school's versions for the rest of the transaction; SQLite has only one writer."""
    if session.dialect == "postgresql":
        await session.begin()
        await session.all(
            sa.select(
                sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"policy|{school}", 0))
            )
        )


async def document(session: Session, school: str, digest: str) -> str | None:
    """The text of a version's document."""
    query = sa.union_all(
        *(
            sa.select(col(row.document)).where(col(row.school) == school, col(row.digest) == digest)
            for row in (VersionRow, AdoptionRow)
        )
    )
    found = await first_row(session, VersionRow, query)
    return None if found is None else found.document


async def version(session: Session, school: str, digest: str) -> Version | None:
    """A version without its document."""
    query = _VERSION.where(col(VersionRow.digest) == digest)
    return await first_row(session, Version, query, {"of_school": school})


async def versions(
    session: Session, school: str, *, before: UUID | None, limit: int
) -> list[Version]:
    """A page of versions, newest first; `before` is the id of the last version of the page before
    it.
    """
    query = _VERSION.order_by(col(VersionRow.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(VersionRow.id) < before)
    return await all_rows(session, Version, query, {"of_school": school})


def add(
    session: Session,
    table: sa.Table,
    row: Mapping[str, object],
    action: Action,
    *,
    by: Author,
    at: datetime,
    request_id: str,
    data: Mapping[str, Json],
) -> None:
    """Add a row with the audit entry that seals it; the row names the entry in `audit_id`."""
    policy = str(row["digest"])
    event = Event(
        action=action,
        target=policy,
        policy=policy,
        data={**data, "records": [_name(table, row)]},
        content=content([record_digest(b"", canonical_row(row))]),
    )
    log.append(session, event, by=by, at=at, request_id=request_id, id=UUID(str(row["audit_id"])))
    session.add(table, row)


def _name(table: sa.Table, row: Mapping[str, object]) -> str:
    prefix, column = _NAMES[table]
    return f"{prefix}{row[column]}"


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """Every version, approval, withdrawal and adoption as stored now, for the verification of the
    audit log. They hold nothing about a child, so they have no salt and are never disposed of.
    """
    for table in _NAMES:
        async for row in session.stream(sa.select(table)):
            stored = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's mapping
            yield Sealed(
                id=_name(table, stored),
                audit_id=row.audit_id,
                digest=record_digest(b"", canonical_row(stored)),
                mutable=False,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """An impact assessment of one version against another, with its progress."""

    id: UUID
    digest: str
    against: str
    asked_at: datetime
    status: str
    total: int
    done: int
    seen_at: datetime
    result: str | None


def add_impact(session: Session, impact: Impact, *, school: str, by: UUID) -> None:
    """Add an assessment."""
    members = {field.name: getattr(impact, field.name) for field in fields(impact)}
    session.add(IMPACT, {**members, "school": school, "asked_by": by})


async def impact(session: Session, school: str, digest: str, job: UUID) -> Impact | None:
    """An assessment of a version of the school."""
    return await first_row(
        session,
        Impact,
        sa.select(IMPACT).where(
            col(ImpactRow.school) == school,
            col(ImpactRow.id) == job,
            col(ImpactRow.digest) == digest,
        ),
    )


async def update_impact(session: Session, school: str, job: UUID, **changed: object) -> None:
    """Update the progress or result of an assessment."""
    await session.execute(
        sa.update(IMPACT)
        .where(col(ImpactRow.school) == school, col(ImpactRow.id) == job)
        .values(**changed)
    )
