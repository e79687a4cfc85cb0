"""What is stored agrees with the audit log, and what other packages are told of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.audit import seal, verify
from app.audit.model import Action, Sealed
from app.identity.model import Actor, Role
from app.kernel import ids
from app.kernel.vocabulary import Answer
from app.platform.db import Database
from app.platform.preconditions import PreconditionFailed
from app.recipients import changes, tables
from app.recipients.changes import Change
from app.recipients.contacts import service as contacts
from app.recipients.model import CheckMethod, ContactDetails
from app.recipients.organisations import service as organisations
from app.recipients.status import ListedContact, ListedRecipient, recipient_facts
from app.recipients.verification import VerificationReason
from app.recipients.verifications import service as verifications
from app.recipients.verifications.service import Check
from tests.unit.audit.trail import HOST, KEY, tampering
from tests.unit.recipients.valid import NOW, TODAY, details

DSL = Actor(ids.new_id(NOW), Role.DSL, "123456", "front-end")
STRANGER = "654321"


async def a_hub(database: Database) -> ListedRecipient:
    async with database.transaction() as session:
        return await organisations.register(session, DSL, details(), now=NOW, request_id="r")


async def khan(database: Database, hub: ListedRecipient) -> ListedContact:
    async with database.transaction() as session:
        given = ContactDetails(name="A. Khan", email="a.khan@mash.example")
        return await contacts.add(session, DSL, hub.recipient.id, given, now=NOW, request_id="r")


async def verified(
    database: Database, hub: ListedRecipient, contact_id: UUID | None = None, **other: Any
) -> None:
    check = Check(
        **{
            "method": CheckMethod.WARRANT_CARD,
            "result": Answer.YES,
            "contact_id": contact_id,
            "note": "Seen at the gate.",
        }
        | other
    )
    async with database.transaction() as session:
        await verifications.record(session, DSL, hub.recipient.id, check, now=NOW, request_id="r")


async def sealed(database: Database) -> list[Sealed]:
    async with database.reading() as session:
        return [one async for one in changes.sealed(session)]


async def findings(database: Database) -> set[str]:
    """What the verification of the trail finds wrong, everything having been sealed."""
    await seal.seal(database, KEY, host=HOST)
    report = await verify.verify(database, KEY.public_key(), (changes.sealed,), now=NOW)
    assert report.records == len(await sealed(database)) > 0
    return {finding.code for finding in report.findings}


async def test_what_is_stored_is_what_the_trail_says(database: Database):
    hub = await a_hub(database)
    person = await khan(database, hub)
    await verified(database, hub)
    await verified(database, hub, person.contact.id, note=None)
    async with database.transaction() as session:
        await organisations.change(
            session,
            DSL,
            hub.recipient.id,
            {"organisation": "Anytown hub"},
            check=lambda _: None,
            now=NOW,
            request_id="r",
        )
        await contacts.change(
            session,
            DSL,
            hub.recipient.id,
            person.contact.id,
            {"name": "Aisha Khan"},
            check=lambda _: None,
            now=NOW,
            request_id="r",
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
        ("recipients_narrative", "body", '{"name":"B. Jones"}', "record-changed"),
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


async def test_a_narrative_that_vanishes_without_a_disposal_is_found(database: Database):
    hub = await a_hub(database)
    await verified(database, hub, note=None)
    person = await khan(database, hub)
    async with database.transaction() as session:
        await session.execute(
            sa.delete(tables.NARRATIVE).where(
                tables.NARRATIVE.c.record_id == person.contact.details_id
            )
        )
    assert await findings(database) == {"record-changed"}


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


async def test_a_change_of_a_version_that_is_no_longer_stored_is_refused(database: Database):
    hub = await a_hub(database)
    after, _ = hub.recipient.with_changes({"organisation": "Anytown hub"}, NOW)
    change = Change(
        action=Action.RECIPIENT_CHANGED, recipient_id=after.id, recipient=after, data={}
    )
    async with database.transaction() as session:
        await changes.save_change(session, change, by=DSL, at=NOW, request_id="r")
    with pytest.raises(PreconditionFailed):
        async with database.transaction() as session:
            await changes.save_change(session, change, by=DSL, at=NOW, request_id="r")


async def test_other_packages_are_told_who_is_verified(database: Database):
    hub = await a_hub(database)
    person = await khan(database, hub)
    recipient_id, contact_id = hub.recipient.id, person.contact.id
    async with database.reading() as session:
        known = await recipient_facts(session, "123456", recipient_id, contact_id, on=TODAY)
    assert known is not None
    assert (known.verified, known.status.why) == (Answer.UNSURE, VerificationReason.NEVER_CHECKED)
    assert (known.named_individual, known.contact_active, known.active) == ("A. Khan", True, True)
    assert known.secure_routes == details().secure_routes
    await verified(database, hub, contact_id)
    for on, answer in (
        (TODAY, Answer.YES),
        (TODAY + timedelta(days=365), Answer.YES),
        (TODAY + timedelta(days=366), Answer.UNSURE),
    ):
        async with database.reading() as session:
            person_facts = await recipient_facts(session, "123456", recipient_id, contact_id, on=on)
            hub_facts = await recipient_facts(session, "123456", recipient_id, on=on)
        assert person_facts is not None
        assert hub_facts is not None
        assert person_facts.verified is answer
        assert replace(hub_facts, status=known.status) == replace(
            known, contact_id=None, contact_active=None, named_individual=None
        )
        assert hub_facts.verified is Answer.UNSURE


async def test_other_packages_are_told_nothing_about_unknown_recipients(database: Database):
    hub = await a_hub(database)
    unknown = ids.new_id(NOW)
    async with database.reading() as session:
        assert await recipient_facts(session, STRANGER, hub.recipient.id, on=TODAY) is None
        assert await recipient_facts(session, "123456", unknown, on=TODAY) is None
        assert await recipient_facts(session, "123456", hub.recipient.id, unknown, on=TODAY) is None
