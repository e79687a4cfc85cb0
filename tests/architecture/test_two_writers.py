"""Two callers change one request at the same time, on PostgreSQL. For every pair of operations that
change a request, the result is that of one of the two orders, or one caller is rejected.

The operations come from the OpenAPI document; a new one fails here until it is prepared.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any, Final

import asyncpg
import httpx
import pytest

from tests.api.sharing import REFUSE, SHARE, consented_facts
from tests.architecture.operations import UNKNOWN_ID, Operation, documented_operations
from tests.service import Caller, Service

OPEN, DECIDED, REFUSED = "open", "decided", "refused"
CONSENT: Final = {
    "person_ref": "mis:7781",
    "status": "given",
    "explicit": True,
    "freely_given": "yes",
    "unambiguous": "yes",
}
LET_GO: Final = {"keep": "dispose", "why": "No reason is left to keep it."}
ADVICE: Final = {"ask": "dsl", "question": "Is this a disclosure?"}
TABLES: Final = ("sharing_request", "sharing_record", "sharing_narrative", "sharing_subject")
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The caller and body of an operation, and the states of the request in which it succeeds."""

    by: str = "staff"
    body: dict[str, Any]
    states: tuple[str, ...]


ALL: Final = (OPEN, DECIDED, REFUSED)
PREPARED: Final[dict[str, Prepared]] = {
    "amend_sharing_request": Prepared(body={"how": {"secure": "no"}}, states=ALL),
    "evaluate_sharing_request": Prepared(body={}, states=ALL),
    "withdraw_sharing_request": Prepared(body={"why": "Sent twice."}, states=(OPEN,)),
    "close_sharing_request": Prepared(body={"why": "Done."}, states=(DECIDED, REFUSED)),
    "ask_for_information": Prepared(by="dsl", body={"question": "Why?"}, states=(OPEN,)),
    "reconsider_sharing_request": Prepared(
        body={"new_information": "Explained.", "facts": {"urgency": "urgent"}}, states=(REFUSED,)
    ),
    "decide_sharing_request": Prepared(body=SHARE, states=ALL),
    "record_disclosure": Prepared(
        body={
            "decision_id": "{decision_id}",
            "recipient": {"named_individual": "A. Khan"},
            "route": "secure_email",
            "sent_at": "2026-03-03T10:00:00Z",
        },
        states=(DECIDED,),
    ),
    "seek_advice": Prepared(body=ADVICE, states=ALL),
    "answer_advice": Prepared(
        by="dsl", body={"advice": "Yes.", "outcome_of_discussion": "Refer."}, states=ALL
    ),
    "record_notice": Prepared(
        body={"person_ref": "mis:7781", "decision": "informed_before", "how": "By telephone"},
        states=ALL,
    ),
    "record_consent": Prepared(body=CONSENT | {"status": "refused"}, states=ALL),
    "withdraw_consent": Prepared(by="dsl", body={"withdrawn_by": "Mother"}, states=ALL),
    "release_letter": Prepared(body={"reasons": "None.", "contact": "Office"}, states=(REFUSED,)),
    "review_retention": Prepared(by="ig_lead", body=LET_GO, states=ALL),
    "dispose_of_sharing_request": Prepared(
        by="ig_lead", body={"basis": "Ended.", "approved_by": "Head"}, states=(DECIDED, REFUSED)
    ),
}

Result = tuple[int, int, Any]
"""The statuses of both replies, and the request afterwards."""


@dataclass
class Town:
    """A request in one state, which can be restored, and callers who change it."""

    callers: dict[str, Caller]
    gate: asyncpg.Connection
    ids: dict[str, str]

    async def put_back(self) -> None:
        """Restore the rows of the request, which is the only one, as they were."""
        statements = [f"DELETE FROM {name}" for name in ("audit_disposed", *reversed(TABLES))]
        statements += [f"INSERT INTO {name} SELECT * FROM before_{name}" for name in TABLES]
        await self.gate.execute(";".join(statements))

    async def call(self, operation: Operation) -> int:
        """Call an operation; returns the status of the reply."""
        prepared = PREPARED[operation.id]
        body = {
            name: value.format(**self.ids) if isinstance(value, str) else value
            for name, value in prepared.body.items()
        }
        reply = await self.callers[prepared.by].request(
            operation.method, operation.url(**self.ids), json=body, headers={"If-Match": "*"}
        )
        assert reply.status_code < 500, (operation, reply.text)
        return reply.status_code

    async def after(self) -> Any:
        """The request as the safeguarding lead reads it, with new ids numbered."""
        reply = await self.callers["dsl"].get(f"/v1/sharing-requests/{self.ids['request_id']}")
        assert reply.status_code == 200, reply.text
        known = {one: one for one in self.ids.values()}
        text = UUID.sub(lambda id_: known.setdefault(id_[0], f"new {len(known)}"), reply.text)
        shown = json.loads(text)
        if shown["disposal"]:
            shown["disposal"]["destroyed"].sort()
        return shown

    async def in_order(self, first: Operation, second: Operation) -> Result:
        """One call, then the other."""
        await self.put_back()
        statuses = await self.call(first), await self.call(second)
        return (*statuses, await self.after())

    async def alone(self, operation: Operation) -> Any:
        """The request after one call."""
        await self.put_back()
        await self.call(operation)
        return await self.after()

    async def together(self, first: Operation, second: Operation) -> Result:
        """Both calls at once: both have read before the lock and wait for it."""
        await self.put_back()
        async with self.locked():
            calls = []
            for number, operation in enumerate((first, second), 1):
                calls.append(asyncio.create_task(self.call(operation)))
                await self.waiting(number, calls)
        statuses = await asyncio.gather(*calls)
        return (statuses[0], statuses[1], await self.after())

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the lock on the request."""
        async with self.gate.transaction():
            await self.gate.execute(
                f"SELECT 1 FROM sharing_request WHERE id = '{self.ids['request_id']}' FOR UPDATE"
            )
            yield

    async def waiting(self, number: int, calls: "list[asyncio.Task[int]]") -> None:
        """Return when this number of callers wait for the lock or have their reply."""
        async with asyncio.timeout(20):
            while True:
                blocked = await self.gate.fetchval(
                    "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"
                )
                if blocked + sum(call.done() for call in calls) >= number:
                    return
                await asyncio.sleep(0.002)


def changing(service: Service) -> list[Operation]:
    """Every operation that changes a request, by the OpenAPI document."""
    return sorted(
        operation
        for operation in documented_operations(service.app)
        if operation.method != "GET" and "request_id" in operation.parameters
    )


async def made(caller: httpx.AsyncClient, path: str, body: Any) -> str:
    reply = await caller.post(path, json=body, headers={"If-Match": "*"})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


async def town(callers: dict[str, Caller], gate: asyncpg.Connection, state: str) -> Town:
    """A request in a state, with a consent, unanswered advice and where it was decided a
    decision.
    """
    staff = callers["staff"]
    body = consented_facts() | {"subjects": [{"person_ref": "mis:7781"}]}
    ids = {"decision_id": UNKNOWN_ID, "request_id": await made(staff, "/v1/sharing-requests", body)}
    path = f"/v1/sharing-requests/{ids['request_id']}"
    ids["consent_id"] = await made(staff, f"{path}/consents", CONSENT)
    ids["advice_id"] = await made(staff, f"{path}/advice", ADVICE)
    if state != OPEN:
        decision = SHARE if state == DECIDED else REFUSE | {"departs_because": "No answer."}
        ids["decision_id"] = await made(callers["dsl"], f"{path}/decisions", decision)
        await made(callers["ig_lead"], f"{path}/retention-reviews", LET_GO)
    # Only this test restores rows; the triggers that forbid it have their own tests.
    for name in (*TABLES, "audit_disposed"):
        await gate.execute(f"ALTER TABLE {name} DISABLE TRIGGER ALL")
    for name in TABLES:
        await gate.execute(f"CREATE TEMPORARY TABLE before_{name} AS SELECT * FROM {name}")
    return Town(callers, gate, ids)


def pairs(operations: list[Operation], state: str) -> Iterator[tuple[Operation, Operation]]:
    """The pairs to try in a state: both succeed in it, or one where no state has both."""
    for first, second in combinations_with_replacement(operations, 2):
        in_first, in_second = PREPARED[first.id].states, PREPARED[second.id].states
        common = [one for one in in_first if one in in_second]
        if state in common or (not common and state in {in_first[0], in_second[0]}):
            yield first, second


@pytest.fixture
async def gate(service: Service) -> AsyncIterator[asyncpg.Connection]:
    """A connection that holds the lock for which the callers wait."""
    connection = await asyncpg.connect(service.settings.database_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_operation_that_changes_a_request_is_covered(service: Service):
    assert {operation.id for operation in changing(service)} == set(PREPARED)
    assert len(PREPARED) > 10


@pytest.mark.parametrize("state", ALL)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_writers_give_the_result_of_one_order_or_reject_one(
    service: Service,
    gate: asyncpg.Connection,
    staff: Caller,
    dsl: Caller,
    ig_lead: Caller,
    state: str,
):
    at = await town({"staff": staff, "dsl": dsl, "ig_lead": ig_lead}, gate, state)
    wrong, tried = [], 0
    for first, second in pairs(changing(service), state):
        tried += 1
        found = await at.together(first, second)
        if found == await at.in_order(first, second):
            continue
        other = await at.in_order(second, first)
        if found == (other[1], other[0], other[2]):
            continue
        refused = [first] if found[0] in {409, 412} else [second] if found[1] in {409, 412} else []
        done = second if refused == [first] else first
        if not refused or found[2] != await at.alone(done):
            wrong.append((first.id, second.id, found[:2]))
    assert wrong == []
    assert tried > 40


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_two_writers_with_the_same_version_one_is_rejected(
    service: Service, gate: asyncpg.Connection, staff: Caller, dsl: Caller, ig_lead: Caller
):
    at = await town({"staff": staff, "dsl": dsl, "ig_lead": ig_lead}, gate, OPEN)
    path = f"/v1/sharing-requests/{at.ids['request_id']}"
    tag = {"If-Match": (await staff.get(path)).headers["ETag"]}
    async with at.locked():
        calls = [
            asyncio.create_task(_status(staff.patch(path, json=change, headers=tag)))
            for change in ({"urgency": "urgent"}, {"urgency": "routine"})
        ]
        await at.waiting(2, calls)
    assert sorted(await asyncio.gather(*calls)) == [200, 412]


async def _status(call: Any) -> int:
    reply: httpx.Response = await call
    return reply.status_code
