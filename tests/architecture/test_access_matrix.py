"""The access matrix over HTTP: every operation by every role on own, other and another school's
resources. A denied call changes nothing and is audited.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa
from sqlmodel import SQLModel

from tests.architecture import access_matrix
from tests.architecture.access_matrix import ALONE, REQUEST, ROLES, ROWS, Row
from tests.architecture.operations import (
    UNKNOWN_ID,
    Operation,
    all_operations,
    documented_operations,
)
from tests.architecture.steps import STEPS, Ids, SchoolSetup
from tests.architecture.test_authentication import is_public
from tests.running import MovableClock
from tests.service import Caller, Service

FAR = "654321"
SEALING = {"audit_pending", "audit_leaf", "audit_node", "audit_checkpoint"}
"""Tables that the sealer changes at any time."""

CONCEALED = {"request_id", "entry_id"}
"""Path parameters of resources that one person of a school can see and another cannot."""

TRACE = "matrix"


@dataclass
class World:
    """Two schools with callers in every role, and resources in the states that rows need."""

    service: Service
    clock: MovableClock
    acting: dict[str, Caller]
    home: SchoolSetup
    far: SchoolSetup
    made: dict[tuple[str, ...], Ids] = field(default_factory=dict)

    @classmethod
    async def built(cls, service: Service, clock: MovableClock) -> "World":
        acting = {role: await service.caller(role) for role in ROLES}
        home = SchoolSetup(
            await service.caller("staff"),
            await service.caller("dsl"),
            await service.caller("ig_lead"),
        )
        far = SchoolSetup(
            await service.caller("staff", school=FAR),
            await service.caller("dsl", school=FAR),
            await service.caller("ig_lead", school=FAR),
        )
        return cls(service, clock, acting, home, far)

    async def thing(self, row: Row, scope: str, role: str, *, consumed: bool) -> Ids:
        """The resource of the row in the state that it needs; reused by the next cell unless this
        one changes it.
        """
        side = self.far if scope == "far" else self.home
        if scope == "own":
            side = SchoolSetup(self.acting[role], side.dsl, side.ig_lead)
        key = (row.needs, scope, role if scope == "own" else "")
        ids = self.made.pop(key, None) or await STEPS[row.needs](side)
        if not consumed:
            self.made[key] = ids
        return ids

    async def counts(self) -> dict[str, int]:
        tables = [table for name, table in SQLModel.metadata.tables.items() if name not in SEALING]
        queries = [
            sa.select(
                sa.literal(table.name).label("name"), sa.func.count().label("rows")
            ).select_from(table)
            for table in tables
        ]
        async with self.service.database.reading() as session:
            return {row.name: int(row.rows) for row in await session.all(sa.union_all(*queries))}

    async def newest_entry(self) -> str:
        entry = SQLModel.metadata.tables["audit_entry"].c
        async with self.service.database.reading() as session:
            row = await session.first(
                sa.select(entry.body)
                .order_by(entry.id.desc())
                .where(entry.action == "access.denied")
            )
        return str(row.body) if row else ""


async def call(
    caller: Caller, operation: Operation, row: Row, ids: Ids, **headers: str
) -> httpx.Response:
    body = row.body(ids) if callable(row.body) else row.body
    return await caller.request(
        operation.method,
        operation.url(**ids),
        json=body,
        params=row.query,
        headers={"X-Request-Id": TRACE, **headers},
    )


async def tag(caller: Caller, row: Row, ids: Ids) -> dict[str, str]:
    if row.read is None:
        return {}
    seen = await caller.get(row.read.format(**ids))
    return {"If-Match": seen.headers.get("ETag", '"1.full"')}


async def judge(
    world: World, operation: Operation, row: Row, role: str, scope: str, expected: str
) -> str | None:
    """The difference from the cell, or None."""
    caller = world.acting[role]
    ids = await world.thing(
        row, scope, role, consumed=expected == "ok" and operation.method != "GET"
    )
    if row.many:  # a second one with the same name would be a duplicate
        row = Row(cells=row.cells, body={**row.body, "organisation": f"For {role} {scope}"})  # type: ignore[dict-item]
    headers = await tag(caller, row, ids)
    world.clock.forward(milliseconds=1)  # ids of one instant have no order
    before = await world.counts()
    reply = await call(caller, operation, row, ids, **headers)
    cell = f"{operation.id} by {role} on {scope}: expected {expected}, got {reply.status_code}"
    if expected == "ok":
        return None if reply.is_success else f"{cell} {reply.text}"
    if str(reply.status_code) != expected:
        return f"{cell} {reply.text[:300]}"
    grown = {
        name: count - before[name]
        for name, count in (await world.counts()).items()
        if count != before[name]
    }
    # A resource of a whole school looks like a missing one to another school, for the service too:
    # nothing is denied.
    denied = (
        {}
        if (scope, expected) == ("far", "404") and not CONCEALED & set(operation.parameters)
        else {"audit_entry": 1}
    )
    if grown != denied:
        return f"{cell}, and the refusal left {grown}"
    newest = await world.newest_entry()
    if denied and f'"operation":"{operation.id}"' not in newest:
        return f"{cell}, and the newest denial is {newest}"
    if expected == "404":
        world.clock.forward(milliseconds=1)
        missing = await absent(caller, operation, row, ids)
        said, of_nothing = (
            [str(reply.status_code), reply.text],
            [str(missing.status_code), missing.text],
        )
        if denied:
            said.append(masked(newest, *ids.values()))
            of_nothing.append(masked(await world.newest_entry(), UNKNOWN_ID))
        return (
            None
            if said == of_nothing
            else f"{cell}: {said} differs from what is said of nothing: {of_nothing}"
        )
    return None


def masked(entry: str, *asked_for: str) -> str:
    """An entry without its unique members and without the ids that the caller sent."""
    for sent in asked_for:
        entry = entry.replace(f'"{sent}"', '"asked for"')
    return json.dumps(
        {
            name: value
            for name, value in json.loads(entry).items()
            if name not in {"id", "at", "salt"}
        }
    )


async def absent(caller: Caller, operation: Operation, row: Row, ids: Ids) -> httpx.Response:
    """The same call for a resource that does not exist."""
    body = row.body(ids) if callable(row.body) else row.body
    return await caller.request(
        operation.method,
        operation.url(),
        json=body,
        params=row.query,
        headers={"X-Request-Id": TRACE, "If-Match": '"1.full"'},
    )


async def test_every_cell_of_the_access_matrix(service: Service, clock: MovableClock) -> None:
    world = await World.built(service, clock)
    operations = {operation.id: operation for operation in documented_operations(service.app)}
    faults: list[str] = []
    judged = 0
    for name, row in ROWS.items():
        if name not in operations:
            continue  # see the test below
        for role in ROLES:
            cells = getattr(row.cells, role).split()
            assert len(cells) == len(row.scope), (name, role)
            for scope, expected in zip(row.scope, cells, strict=True):
                fault = await judge(world, operations[name], row, role, scope, expected)
                faults += [fault] if fault else []
                judged += 1
    assert not faults, "\n".join(faults)
    assert judged > 250


async def test_every_operation_has_a_row_and_every_row_an_operation(service: Service) -> None:
    guarded = {
        operation.id for operation in all_operations(service.app) if not is_public(operation)
    }
    assert len(guarded) > 35
    assert guarded == ROWS.keys()


async def test_every_step_of_the_matrix_can_be_made(service: Service) -> None:
    assert {row.needs for row in ROWS.values()} == STEPS.keys()
    assert {row.scope for row in ROWS.values()} <= {ALONE, REQUEST, access_matrix.SCHOOL}


async def test_a_list_shows_exactly_the_resources_that_the_caller_can_read(
    service: Service, clock: MovableClock
) -> None:
    world = await World.built(service, clock)
    requests: dict[str, Ids] = {}
    for role in ROLES:
        requests[role] = await STEPS["submitted"](
            SchoolSetup(world.acting[role], world.home.dsl, world.home.ig_lead)
        )
    requests["colleague"] = await STEPS["submitted"](world.home)
    requests["far"] = await STEPS["submitted"](world.far)
    everything = {ids["request_id"] for ids in requests.values()}
    entries = await all_entries(service)
    for role in ROLES:
        caller = world.acting[role]
        listed = {
            item["id"]
            for item in (await caller.get("/v1/sharing-requests?limit=200")).json()["items"]
        }
        single = {
            one
            for one in everything
            if (await caller.get(f"/v1/sharing-requests/{one}")).status_code == 200
        }
        assert listed == single
        assert listed == (
            {requests[role]["request_id"]}
            if role in {"staff", "integration"}
            else everything - {requests["far"]["request_id"]}
        )
        seen = {
            item["id"] for item in (await caller.get("/v1/audit/entries?limit=200")).json()["items"]
        } & entries
        assert seen == {
            one
            for one in entries
            if (await caller.get(f"/v1/audit/entries/{one}")).status_code == 200
        }
        assert 0 < len(seen) < len(entries)
    exported = (await world.acting["ig_lead"].get("/v1/audit/export")).text.splitlines()
    assert {json.loads(line)["id"] for line in exported} & entries == {
        one
        for one in entries
        if (await world.acting["ig_lead"].get(f"/v1/audit/entries/{one}")).status_code == 200
    }


async def test_operations_reply_304_exactly_where_documented(
    service: Service, clock: MovableClock
) -> None:
    world = await World.built(service, clock)
    reader = SchoolSetup(world.acting["ig_lead"], world.home.dsl, world.home.ig_lead)
    await STEPS["entry"](reader)  # at least one entry is sealed
    answered, declared = set(), set()
    for operation, described in documented_operations(service.app).items():
        if operation.method != "GET" or operation.id not in ROWS:
            continue
        row = ROWS[operation.id]
        if "304" in described["responses"]:
            declared.add(operation.id)
            assert [
                one["in"] for one in described["parameters"] if one["name"] == "If-None-Match"
            ] == ["header"], operation
            assert all(
                "ETag" in described["responses"][status]["headers"] for status in ("200", "304")
            ), operation
        url = operation.url(**await STEPS[row.needs](reader))
        first = await reader.owner.get(url, params=row.query)
        assert first.status_code == 200, (operation, first.text)
        if etag := first.headers.get("ETag"):
            again = await reader.owner.get(
                url, params=row.query, headers={"If-None-Match": f'"other", W/{etag}'}
            )
            changed = await reader.owner.get(
                url, params=row.query, headers={"If-None-Match": '"other"'}
            )
            assert (
                again.status_code,
                again.content,
                again.headers["ETag"],
                changed.status_code,
            ) == (304, b"", etag, 200), operation
            answered.add(operation.id)
    assert answered == declared
    assert len(answered) >= 9


async def all_entries(service: Service) -> set[str]:
    table: Any = SQLModel.metadata.tables["audit_entry"]
    async with service.database.reading() as session:
        return {str(row.id) for row in await session.all(sa.select(table.c.id))}
