"""What is stored is what the trail says was stored, on both databases; and what other rooms are
told of it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.audit import seal, verify
from app.audit.model import Sealed
from app.identity.model import Actor, Role
from app.kernel import ids
from app.platform.db import Database
from app.platform.preconditions import PreconditionFailed
from app.recipients import service, tables
from app.recipients.model import CheckMethod, Details, Verified, VerifiedWhy
from app.recipients.service import Check, Found, FoundContact
from tests.unit.audit.trail import HOST, KEY, tampering
from tests.unit.recipients.sound import NOW, TODAY, listing

DSL = Actor(ids.new_id(NOW), Role.DSL, "123456", "front-end")
STRANGER = "654321"


async def a_hub(database: Database) -> Found:
    async with database.transaction() as session:
        return await service.register(session, DSL, listing(), now=NOW, request_id="r")


async def khan(database: Database, hub: Found) -> FoundContact:
    async with database.transaction() as session:
        details = Details(name="A. Khan", email="a.khan@mash.example")
        return await service.add_contact(
            session, DSL, hub.recipient.id, details, now=NOW, request_id="r"
        )


async def verified(
    database: Database, hub: Found, contact_id: UUID | None = None, **other: Any
) -> None:
    check = Check(
        **{
            "method": CheckMethod.WARRANT_CARD,
            "result": Verified.YES,
            "contact_id": contact_id,
            "note": "Seen at the gate.",
        }
        | other
    )
    async with database.transaction() as session:
        await service.verify(session, DSL, hub.recipient.id, check, now=NOW, request_id="r")


async def sealed(database: Database) -> list[Sealed]:
    async with database.reading() as session:
        return [one async for one in service.sealed(session)]


async def findings(database: Database) -> set[str]:
    """What the verification of the trail finds wrong, everything having been sealed."""
    await seal.seal(database, KEY, host=HOST)
    report = await verify.verify(database, KEY.public_key(), (service.sealed,), now=NOW)
    assert report.records == len(await sealed(database)) > 0
    return {finding.code for finding in report.findings}


async def test_what_is_stored_is_what_the_trail_says(database: Database):
    hub = await a_hub(database)
    person = await khan(database, hub)
    await verified(database, hub)
    await verified(database, hub, person.contact.id, note=None)
    async with database.transaction() as session:
        await service.change(
            session, DSL, hub, {"organisation": "Anytown hub"}, now=NOW, request_id="r"
        )
        await service.change_contact(
            session, DSL, person, {"name": "Aisha Khan"}, now=NOW, request_id="r"
        )
    assert await findings(database) == set()
    assert len([one for one in await sealed(database) if one.mutable]) == 2
    assert len([one for one in await sealed(database) if not one.mutable]) == 4


@pytest.mark.parametrize(
    ("table", "column", "value", "found"),
    [
        ("recipients_recipient", "call_back_number", "01632 960666", "head-changed"),
        ("recipients_contact", "active", False, "head-changed"),
        ("recipients_record", "by_role", "ig_lead", "record-changed"),
        ("recipients_narrative", "body", '{"name":"Somebody else"}', "record-changed"),
    ],
)
async def test_what_is_altered_behind_the_trail_shows(
    database: Database, table: str, column: str, value: object, found: str
):
    hub = await a_hub(database)
    await khan(database, hub)
    async with tampering(database) as run:
        if database.dialect == "postgresql":
            await run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await run(f"UPDATE {table} SET {column} = :value", value=value)
    assert await findings(database) == {found}


async def test_a_destroyed_narrative_has_no_digest_and_one_that_never_was_has(database: Database):
    hub = await a_hub(database)
    await verified(database, hub, note=None)
    person = await khan(database, hub)
    async with database.transaction() as session:
        await session.execute(
            sa.delete(tables.NARRATIVE).where(
                tables.NARRATIVE.c.record_id == person.contact.details_id
            )
        )
    digests = {one.id: one.digest for one in await sealed(database) if not one.mutable}
    assert digests.pop(str(person.contact.details_id)) is None
    assert None not in digests.values()
    assert digests
    assert await findings(database) == {"record-missing"}


@pytest.mark.parametrize(
    "table",
    ["recipients_recipient", "recipients_contact", "recipients_record", "recipients_narrative"],
)
async def test_the_database_itself_refuses_a_change_without_an_entry(
    database: Database, table: str
):
    hub = await a_hub(database)
    await khan(database, hub)
    target = sa.Table(table, tables.RecipientRow.metadata)
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(sa.update(target).values(audit_id=ids.new_id(NOW)))


async def test_records_never_change(database: Database):
    await verified(database, await a_hub(database))
    for statement in (
        sa.delete(tables.RECORD),
        sa.update(tables.RECORD).values(verified_on="2020-01-01"),
    ):
        with pytest.raises(DBAPIError):
            async with database.transaction() as session:
                await session.execute(statement)


async def test_of_two_who_read_the_same_version_one_is_told(database: Database):
    hub = await a_hub(database)
    for name, stale in (("One", False), ("Two", True)):
        async with database.transaction() as session:
            work = service.change(
                session, DSL, hub, {"organisation": name}, now=NOW, request_id="r"
            )
            if not stale:
                await work
                continue
            with pytest.raises(PreconditionFailed):
                await work


async def test_other_rooms_are_told_who_is_verified(database: Database):
    hub = await a_hub(database)
    person = await khan(database, hub)
    recipient_id, contact_id = hub.recipient.id, person.contact.id
    async with database.reading() as session:
        known = await service.facts_about(session, "123456", recipient_id, contact_id, on=TODAY)
    assert known is not None
    assert (known.verified, known.standing.why) == (Verified.UNSURE, VerifiedWhy.NEVER_CHECKED)
    assert (known.named_individual, known.contact_active, known.active) == ("A. Khan", True, True)
    assert known.secure_routes == listing().secure_routes
    await verified(database, hub, contact_id)
    for on, answer in (
        (TODAY, Verified.YES),
        (TODAY + timedelta(days=365), Verified.YES),
        (TODAY + timedelta(days=366), Verified.UNSURE),
    ):
        async with database.reading() as session:
            person_facts = await service.facts_about(
                session, "123456", recipient_id, contact_id, on=on
            )
            hub_facts = await service.facts_about(session, "123456", recipient_id, on=on)
        assert person_facts is not None
        assert hub_facts is not None
        assert person_facts.verified is answer
        assert replace(hub_facts, standing=known.standing) == replace(
            known, contact_id=None, contact_active=None, named_individual=None
        )
        assert hub_facts.verified is Verified.UNSURE


async def test_other_rooms_are_told_nothing_of_whom_the_directory_does_not_know(database: Database):
    hub = await a_hub(database)
    nobody = ids.new_id(NOW)
    async with database.reading() as session:
        assert await service.facts_about(session, STRANGER, hub.recipient.id, on=TODAY) is None
        assert await service.facts_about(session, "123456", nobody, on=TODAY) is None
        assert (
            await service.facts_about(session, "123456", hub.recipient.id, nobody, on=TODAY) is None
        )
