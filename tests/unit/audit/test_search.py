"""Each filter finds its entries, newest first, and no caller sees more than they may."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.audit import log, seal, search
from app.audit.errors import AuditEntryNotFound
from app.audit.model import IDENTITY_ACTIONS, Action, EntryOutcome, Event
from app.audit.search import Filters
from app.identity.model import Actor, Role
from app.kernel.ids import new_id
from app.platform.db import Database
from tests.unit.audit.trail import HOST, KEY, NOON, actor, append

LEAD = actor(Role.IG_LEAD)


async def one(database: Database, event: Event, by: Actor, seconds: float = 0) -> UUID:
    async with database.transaction() as session:
        return log.append(
            session, event, by=by, at=NOON + timedelta(seconds=seconds), request_id="r"
        )


async def found(
    database: Database, filters: Filters, by: Actor = LEAD, limit: int = 50
) -> list[UUID]:
    """All matches, through pages of `limit`."""
    ids: list[UUID] = []
    async with database.reading() as session:
        while True:
            page = await search.search(
                session, by, filters, after=ids[-1] if ids else None, limit=limit
            )
            ids += [entry.id for entry in page]
            if len(page) < limit:
                return ids


async def test_each_filter_finds_its_entries(database: Database) -> None:
    mary, tom, case, child = actor(), actor(Role.DSL), new_id(NOON), new_id(NOON)
    a = await one(
        database,
        Event(action=Action.REQUEST_SUBMITTED, request=case, subjects=(child,), recipient="mash"),
        mary,
        0,
    )
    b = await one(database, Event(action=Action.REQUEST_READ, request=case), tom, 1)
    c = await one(
        database, Event(action=Action.ACCESS_DENIED, outcome=EntryOutcome.DENIED), mary, 2
    )
    d = await one(
        database, Event(action=Action.REQUEST_READ, subjects=(new_id(NOON), child, child)), mary, 3
    )
    for filters, expected in (
        (Filters(), [d, c, b, a]),
        (Filters(actor=mary.id), [d, c, a]),
        (Filters(action=(Action.REQUEST_READ,)), [d, b]),
        (Filters(actor=mary.id, action=(Action.REQUEST_READ,)), [d]),
        (Filters(request=case), [b, a]),
        (Filters(subject=(child,)), [d, a]),
        (Filters(subject=(child,), action=(Action.REQUEST_SUBMITTED,)), [a]),
        (Filters(recipient="mash"), [a]),
        (Filters(outcome=(EntryOutcome.DENIED,)), [c]),
        (Filters(outcome=(EntryOutcome.SUCCESS,)), [d, b, a]),
        (Filters(outcome=(EntryOutcome.FAILURE,)), []),
        (Filters(outcome=(EntryOutcome.DENIED, EntryOutcome.SUCCESS)), [d, c, b, a]),
        (Filters(action=(Action.REQUEST_READ, Action.REQUEST_SUBMITTED)), [d, b, a]),
        (Filters(since=NOON + timedelta(seconds=1)), [d, c, b]),
        (Filters(until=NOON + timedelta(seconds=1)), [a]),
        (Filters(since=NOON + timedelta(seconds=1), until=NOON + timedelta(seconds=3)), [c, b]),
        (Filters(since=NOON + timedelta(microseconds=1)), [d, c, b]),
        (Filters(until=NOON + timedelta(microseconds=1)), [a]),
        (Filters(subject=()), []),
    ):
        for limit in (1, 2, 50):
            assert await found(database, filters, limit=limit) == expected, filters


async def test_each_role_sees_the_entries_that_it_may(database: Database) -> None:
    staff, other, dsl, elsewhere = (
        actor(),
        actor(Role.INTEGRATION),
        actor(Role.DSL),
        actor(Role.IG_LEAD, "654321"),
    )
    case = await one(database, Event(action=Action.REQUEST_READ, request=new_id(NOON)), staff, 0)
    account = await one(
        database, Event(action=Action.SUBJECT_ACCOUNTED, subjects=(new_id(NOON),)), LEAD, 1
    )
    signed_in = await one(database, Event(action=Action.SESSION_OPENED), staff, 2)
    own = await one(database, Event(action=Action.SESSION_OPENED), dsl, 3)
    away = await one(database, Event(action=Action.SESSION_OPENED), elsewhere, 4)
    visible = {
        LEAD: [own, signed_in, account, case],
        dsl: [own, account, case],
        staff: [signed_in, case],
        other: [],
        elsewhere: [away],
    }
    async with database.reading() as session:
        for by, expected in visible.items():
            assert await found(database, Filters(), by) == expected
            sign_ins = [entry for entry in expected if entry in {signed_in, own, away}]
            assert await found(database, Filters(action=(Action.SESSION_OPENED,)), by) == sign_ins
            mixed = Filters(action=(Action.REQUEST_READ, Action.SESSION_OPENED))
            assert await found(database, mixed, by) == [e for e in expected if e != account]
            for entry in (case, account, signed_in, own, away):
                if entry in expected:
                    assert (await search.find(session, by, entry)).id == entry
                else:
                    with pytest.raises(AuditEntryNotFound):
                        await search.find(session, by, entry)


@pytest.mark.parametrize("names", [{"request": new_id(NOON)}, {"subjects": (new_id(NOON),)}])
@pytest.mark.parametrize("action", sorted(IDENTITY_ACTIONS))
async def test_entries_about_accounts_name_no_request_and_no_person(
    database: Database, action: Action, names: dict[str, Any]
) -> None:
    async with database.transaction() as session:
        with pytest.raises(log.UnexpectedCase):
            log.append(session, Event(action=action, **names), by=LEAD, at=NOON, request_id="r")


async def test_an_entry_is_found_once_by_any_of_its_persons(database: Database) -> None:
    child, other = new_id(NOON), new_id(NOON)
    persons = ((child,), (other,), (other, child), (child, other), (other,), (other, child, child))
    made = [
        await one(database, Event(action=Action.REQUEST_READ, subjects=given), LEAD, at)
        for at, given in enumerate(persons)
    ]
    of_child = [entry for entry, given in zip(made, persons, strict=True) if child in given][::-1]
    for limit in (1, 2, 3, 50):
        assert await found(database, Filters(subject=(child,)), limit=limit) == of_child
        assert (
            await found(database, Filters(subject=(child, new_id(NOON))), limit=limit) == of_child
        )


async def test_an_entry_has_its_index_once_it_is_sealed(database: Database) -> None:
    made = await append(database, 2)
    async with database.reading() as session:
        assert (await search.find(session, LEAD, made[1])).index is None
    await seal.seal(database, KEY, host=HOST)
    async with database.reading() as session:
        assert (await search.find(session, LEAD, made[1])).index == 1
        assert [
            entry.index
            for entry in await search.search(session, LEAD, Filters(), after=None, limit=9)
        ] == [1, 0]


async def test_an_export_begins_with_its_own_entry_without_repetition(
    database: Database,
) -> None:
    made = await append(database, search.EXPORT_PAGE + 20)
    pages = [page async for page in search.export(database, LEAD, Filters(), upto=made[-10])]
    assert [len(page) for page in pages] == [search.EXPORT_PAGE, 11]
    assert [entry.id for page in pages for entry in page] == made[:-9][::-1]


def test_the_entry_of_a_search_names_the_filters_and_not_their_values() -> None:
    assert Filters().named() == []
    assert Filters(subject=(new_id(NOON),), since=NOON).named() == ["subject", "since"]
