"""Reads of policy versions. Law: every read names the school and sees nothing of another; only the trail's verification reads all."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from app.audit.model import Sealed, record_digest
from app.kernel import clock
from app.kernel.canonical import Json
from app.platform.db import Session
from app.policy.tables import APPROVAL, VERSION


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
    )
    .select_from(VERSION.outerjoin(APPROVAL, APPROVAL.c.version_id == VERSION.c.id))
    .where(VERSION.c.school == sa.bindparam("of_school"))
)

_IN_FORCE: Final = (
    sa.select(APPROVAL.c.digest)
    .where(APPROVAL.c.school == sa.bindparam("of_school"), APPROVAL.c.starts_on <= sa.bindparam("on_day"))
    .order_by(APPROVAL.c.starts_on.desc(), APPROVAL.c.approved_at.desc())
    .limit(1)
)


async def digest_in_force(session: Session, school: str, on: date) -> str | None:
    """The digest of the approved version that began last; None while the school has approved none."""
    row = await session.first(_IN_FORCE, {"of_school": school, "on_day": on.isoformat()})
    return None if row is None else str(row.digest)


async def document(session: Session, school: str, digest: str) -> str | None:
    """The bytes of a version, as text."""
    row = await session.first(sa.select(VERSION.c.document).where(VERSION.c.school == school, VERSION.c.digest == digest))
    return None if row is None else str(row.document)


async def version(session: Session, school: str, digest: str) -> Version | None:
    """A version without its document."""
    row = await session.first(_HEAD.where(VERSION.c.digest == digest), {"of_school": school})
    return None if row is None else _version(row)


async def versions(session: Session, school: str, *, before: UUID | None, limit: int) -> list[Version]:
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
    )


async def sealed(session: Session) -> AsyncIterator[Sealed]:
    """Every version and approval as stored now. They hold nothing personal, so they have no salt and are never disposed of."""
    for table, key in ((VERSION, "id"), (APPROVAL, "version_id")):
        async for row in session.stream(sa.select(table)):
            stored = row._mapping  # noqa: SLF001 - the documented way to a row's mapping
            yield Sealed(id=str(stored[key]), audit_id=row.audit_id, digest=record_digest(b"", record_of(stored)), mutable=False)


def record_of(row: Mapping[Any, Any]) -> Json:
    """A version or approval as the trail seals it: all its columns but the entry that it cites."""
    return {str(name): _text(value) for name, value in row.items() if name != "audit_id"}


def _text(value: object) -> str:
    return clock.to_text(value) if isinstance(value, datetime) else str(value)
