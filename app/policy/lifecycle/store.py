"""Reads and writes of policy versions. Law: each names the school and sees nothing of another; only
the trail's verification reads all.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.audit.model import Sealed, record_digest
from app.kernel import clock
from app.kernel.canonical import Json
from app.platform.batching import Lookup
from app.platform.db import Session
from app.policy.lifecycle.model import Standing
from app.policy.lifecycle.tables import ADOPTION, APPROVAL, IMPACT, VERSION, WITHDRAWAL


@dataclass(frozen=True, slots=True)
class Version:
    """A stored version with its approval, without its document."""

    id: UUID
    digest: str
    version: str
    review_due: str
    author: UUID
    created_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    starts_on: date | None
    next_review_on: str | None
    withdrawn_at: datetime | None

    @property
    def standing(self) -> Standing:
        """What has become of it so far."""
        return Standing(
            author=self.author, starts_on=self.starts_on, withdrawn=self.withdrawn_at is not None
        )


@dataclass(frozen=True, slots=True)
class InForce:
    """Which version a school follows, and when those who approved it want it looked at again."""

    digest: str
    next_review_on: str | None


_APPROVED: Final = sa.and_(
    APPROVAL.c.school == VERSION.c.school, APPROVAL.c.version_id == VERSION.c.id
)
_WITHDRAWN: Final = sa.and_(
    WITHDRAWAL.c.school == VERSION.c.school, WITHDRAWAL.c.version_id == VERSION.c.id
)

_HEAD: Final = (
    sa.select(
        VERSION.c.id,
        VERSION.c.digest,
        VERSION.c.version,
        VERSION.c.review_due,
        VERSION.c.author,
        VERSION.c.created_at,
        APPROVAL.c.approved_by,
        APPROVAL.c.approved_at,
        APPROVAL.c.starts_on,
        APPROVAL.c.next_review_on,
        WITHDRAWAL.c.withdrawn_at,
    )
    .select_from(VERSION.outerjoin(APPROVAL, _APPROVED).outerjoin(WITHDRAWAL, _WITHDRAWN))
    .where(VERSION.c.school == sa.bindparam("of_school"))
)

_STANDS: Final = sa.not_(
    sa.exists().where(
        WITHDRAWAL.c.school == APPROVAL.c.school, WITHDRAWAL.c.version_id == APPROVAL.c.version_id
    )
)

_BEGUN: Final = (
    sa.select(
        APPROVAL.c.digest,
        APPROVAL.c.next_review_on,
        APPROVAL.c.starts_on,
        APPROVAL.c.approved_at.label("since"),
    )
    .where(
        APPROVAL.c.school == sa.bindparam("of_school"),
        APPROVAL.c.starts_on <= sa.bindparam("on_day"),
        _STANDS,
    )
    .union_all(
        sa.select(
            ADOPTION.c.digest, sa.null(), sa.literal_column("''"), ADOPTION.c.adopted_at
        ).where(ADOPTION.c.school == sa.bindparam("of_school"))
    )
    .subquery("begun")
)

_IN_FORCE: Final = Lookup(
    sa.select(_BEGUN.c.digest, _BEGUN.c.next_review_on)
    .order_by(_BEGUN.c.starts_on.desc(), _BEGUN.c.since.desc())
    .limit(1)
)


async def in_force(session: Session, school: str, on: date) -> InForce | None:
    """The approved version that began last, else the one that was adopted; None while the school
    has neither.
    """
    row = await session.look_up(_IN_FORCE, of_school=school, on_day=on.isoformat())
    return None if row is None else InForce(row["digest"], row["next_review_on"])


async def adopted(session: Session, school: str) -> str | None:
    """The digest of the version, of those that ship, that the school has adopted."""
    row = await session.first(sa.select(ADOPTION.c.digest).where(ADOPTION.c.school == school))
    return None if row is None else str(row.digest)


async def held(session: Session, school: str, digest: str) -> InForce | None:
    """A version of the school's, drafted or adopted, and when those who approved it, if anybody
    has, want it looked at again.
    """
    row = await session.first(
        sa.select(APPROVAL.c.next_review_on)
        .select_from(VERSION.outerjoin(APPROVAL, _APPROVED))
        .where(VERSION.c.school == school, VERSION.c.digest == digest)
        .union_all(
            sa.select(sa.null()).where(ADOPTION.c.school == school, ADOPTION.c.digest == digest)
        )
    )
    return None if row is None else InForce(digest, row[0])


async def days_taken(session: Session, school: str) -> set[date]:
    """The days on which a version begins or began."""
    rows = await session.all(
        sa.select(APPROVAL.c.starts_on).where(APPROVAL.c.school == school, _STANDS)
    )
    return {date.fromisoformat(row.starts_on) for row in rows}


async def schools(session: Session) -> list[str]:
    """Every school that has approved a version of its own or adopted one that ships."""
    return sorted(
        str(row.school)
        for row in await session.all(
            sa.union(sa.select(APPROVAL.c.school), sa.select(ADOPTION.c.school))
        )
    )


async def take_turns(session: Session, school: str) -> None:
    """Wait until nobody else is changing the school's versions; SQLite has one writer anyway."""
    if session.dialect == "postgresql":
        await session.begin()
        await session.all(
            sa.select(
                sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"policy|{school}", 0))
            )
        )


async def document(session: Session, school: str, digest: str) -> str | None:
    """The bytes of a version, as text."""
    row = await session.first(
        sa.union_all(
            *(
                sa.select(of.c.document).where(of.c.school == school, of.c.digest == digest)
                for of in (VERSION, ADOPTION)
            )
        )
    )
    return None if row is None else str(row.document)


async def version(session: Session, school: str, digest: str) -> Version | None:
    """A version without its document."""
    row = await session.first(_HEAD.where(VERSION.c.digest == digest), {"of_school": school})
    return None if row is None else _version(row)


async def versions(
    session: Session, school: str, *, before: UUID | None, limit: int
) -> list[Version]:
    """Versions, newest first, from the one after `before` on."""
    page = _HEAD.order_by(VERSION.c.id.desc()).limit(limit)
    if before is not None:
        page = page.where(VERSION.c.id < before)
    rows: Sequence[sa.Row[Any]] = await session.all(page, {"of_school": school})
    return [_version(row) for row in rows]


def _version(row: sa.Row[Any]) -> Version:
    return Version(
        id=row.id,
        digest=row.digest,
        version=row.version,
        review_due=row.review_due,
        author=row.author,
        created_at=row.created_at,
        approved_by=row.approved_by,
        approved_at=row.approved_at,
        starts_on=None if row.starts_on is None else date.fromisoformat(row.starts_on),
        next_review_on=row.next_review_on,
        withdrawn_at=row.withdrawn_at,
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A row about to be stored: its name in the trail, its digest, its columns but the entry that
    it cites.
    """

    table: sa.Table
    name: str
    row: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """What the trail seals of it."""
        return record_digest(b"", record_of(self.row))

    def add(self, session: Session, entry: UUID) -> None:
        """Gather it, citing its entry."""
        session.add(self.table, {**self.row, "audit_id": entry})


def named(table: sa.Table, version_id: object) -> str:
    """The name under which the trail tells of a row: the version's id (of an adoption the school),
    with what became of it before it.
    """
    return {VERSION: "", APPROVAL: "approval:", WITHDRAWAL: "withdrawal:", ADOPTION: "adoption:"}[
        table
    ] + str(version_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one version would change against another, as far as it has been worked out."""

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
    """Gather a piece of work that has begun, or is done."""
    session.add(
        IMPACT,
        {
            **{field.name: getattr(impact, field.name) for field in fields(impact)},
            "school": school,
            "asked_by": by,
        },
    )


async def impact(session: Session, school: str, digest: str, job: UUID) -> Impact | None:
    """A piece of work of a school."""
    columns = [IMPACT.c[field.name] for field in fields(Impact)]
    row = await session.first(
        sa.select(*columns).where(
            IMPACT.c.id == job, IMPACT.c.school == school, IMPACT.c.digest == digest
        )
    )
    return None if row is None else Impact(**row._mapping)  # noqa: SLF001 - the documented way to a row's mapping


async def note_impact(session: Session, school: str, job: UUID, **changed: object) -> None:
    """How far a piece of work has come."""
    await session.execute(
        sa.update(IMPACT).where(IMPACT.c.school == school, IMPACT.c.id == job).values(**changed)
    )


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """Every version, approval, withdrawal and adoption as stored now. They tell of no child: no
    salt, and no disposal.
    """
    for table, key in (
        (VERSION, "id"),
        (APPROVAL, "version_id"),
        (WITHDRAWAL, "version_id"),
        (ADOPTION, "school"),
    ):
        async for row in session.stream(sa.select(table)):
            stored = row._mapping  # noqa: SLF001 - the documented way to a row's mapping
            digest = record_digest(b"", record_of(stored))
            yield Sealed(
                id=named(table, stored[key]), audit_id=row.audit_id, digest=digest, mutable=False
            )


def record_of(row: Mapping[Any, Any]) -> Json:
    """A row as the trail seals it: all its columns that have a value, but the entry that it
    cites.
    """
    return {
        str(name): _text(value)
        for name, value in row.items()
        if name != "audit_id" and value is not None
    }


def _text(value: object) -> str:
    return clock.to_text(value) if isinstance(value, datetime) else str(value)
