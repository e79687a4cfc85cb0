"""The version that a school follows on a day, and the listing of versions."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.audit import log
from app.audit.model import Action, Event
from app.identity.model import Actor, Role
from app.kernel import ids
from app.platform.db import Database, Session
from app.policy.document import loader as document_loader
from app.policy.document.source import read
from app.policy.lifecycle import in_force, versions
from app.policy.lifecycle import store as lifecycle_store
from app.policy.lifecycle.model import Status
from app.policy.lifecycle.tables import APPROVAL, VERSION

pytestmark = pytest.mark.database_independent

SCHOOL = "123456"
AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
TODAY = AT.date()
AUTHOR = Actor(uuid4(), Role.IG_LEAD, SCHOOL, "tests")


def source(number: int) -> str:
    meaning: Any = read(in_force.SHIPPED.read_bytes()).plain()
    meaning["policy"]["version"] = f"draft-{number}"
    return json.dumps(meaning)


def store_version(
    session: Session, number: int, starts_on: date | None, school: str = SCHOOL
) -> str:
    text = source(number)
    policy = document_loader.load(text.encode())
    entry = log.append(
        session, Event(action=Action.POLICY_DRAFTED), by=AUTHOR, at=AT, request_id="tests"
    )
    row = {
        "id": ids.new_id(AT),
        "school": school,
        "digest": policy.digest,
        "version": policy.version,
        "review_due": policy.document.policy.next_review,
        "document": text,
        "author": AUTHOR.id,
        "created_at": AT,
        "audit_id": entry,
    }
    session.add(VERSION, row)
    if starts_on is not None:
        approval = {
            "version_id": row["id"],
            "school": school,
            "digest": policy.digest,
            "approved_by": "Chair of Governors",
        }
        session.add(
            APPROVAL,
            {
                **approval,
                "recorded_by": uuid4(),
                "approved_at": AT,
                "starts_on": starts_on.isoformat(),
                "audit_id": entry,
            },
        )
    return policy.digest


async def test_a_school_follows_the_approved_version_that_started_last(database: Database):
    async with database.transaction() as session:
        old = store_version(session, 1, date(2026, 1, 1))
        current = store_version(session, 2, date(2026, 3, 3))
        coming = store_version(session, 3, date(2026, 9, 1))
        draft = store_version(session, 4, None)
    async with database.reading() as session:
        assert (await in_force.in_force(session, SCHOOL, TODAY)).digest == current
        assert (await in_force.in_force(session, SCHOOL, date(2026, 3, 2))).digest == old
        assert (await in_force.in_force(session, SCHOOL, date(2026, 9, 1))).digest == coming
        assert (
            await in_force.in_force(session, SCHOOL, date(2025, 12, 31))
        ).digest == in_force.shipped().digest
        page, following = await versions.list_versions(
            session, SCHOOL, TODAY, before=None, limit=50
        )
        assert following is None
        assert {listed.digest: str(listed.status) for listed in page} == {
            old: "superseded",
            current: "in_force",
            coming: "approved",
            draft: "draft",
            in_force.shipped().digest: "superseded",
        }
        assert (await in_force.at(session, SCHOOL, draft)).version == "draft-4"
        listed, meaning = await versions.load_version_with_meaning(session, SCHOOL, draft, TODAY)
        assert listed.status is Status.DRAFT
        assert meaning == read(source(4).encode()).plain()


async def test_another_school_neither_sees_nor_follows_a_version(database: Database):
    async with database.transaction() as session:
        theirs = store_version(session, 1, date(2026, 1, 1))
    async with database.reading() as session:
        assert (
            await in_force.in_force(session, "654321", TODAY)
        ).digest == in_force.shipped().digest
        with pytest.raises(in_force.PolicyNotFound):
            await in_force.at(session, "654321", theirs)
        page, _ = await versions.list_versions(session, "654321", TODAY, before=None, limit=50)
        assert [listed.digest for listed in page] == [in_force.shipped().digest]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_the_pages_show_every_version_once(database: Database, limit: int):
    async with database.transaction() as session:
        digests = {store_version(session, number, None) for number in range(2)} | {
            in_force.shipped().digest
        }
    seen: list[str] = []
    before = None
    async with database.reading() as session:
        for _ in range(5):
            page, before = await versions.list_versions(
                session, SCHOOL, TODAY, before=before, limit=limit
            )
            assert len(page) <= limit
            seen += [listed.digest for listed in page]
            if before is None:
                break
    assert sorted(seen) == sorted(digests)


async def test_versions_and_approvals_cannot_be_changed_or_deleted(database: Database):
    async with database.transaction() as session:
        store_version(session, 1, date(2026, 1, 1))
    for table in (VERSION, APPROVAL):
        with pytest.raises(DBAPIError):
            async with database.transaction() as session:
                await session.execute(sa.update(table).values(digest="sha256:other"))
        with pytest.raises(DBAPIError):
            async with database.transaction() as session:
                await session.execute(sa.delete(table))


async def test_versions_and_approvals_are_read_for_verification(database: Database):
    async with database.transaction() as session:
        store_version(session, 1, date(2026, 1, 1))
        store_version(session, 2, None)
    async with database.reading() as session:
        found = [each async for each in lifecycle_store.sealed(session)]
    assert len(found) == 3
    assert all(
        each.digest is not None and len(each.digest) == 32 and not each.mutable for each in found
    )
