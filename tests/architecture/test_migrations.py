"""Migrations run up, down and up again with rows in every table; the tables agree with their
SQLModel classes and have the guards of their kind.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from app.platform import migrations
from app.platform.db import Database, connect
from app.platform.settings import Settings
from tests.api.sharing import SHARE, decide, facts, submit
from tests.running import MovableClock
from tests.service import Caller, Service

ROOT = Path(__file__).parents[2]

APPEND_ONLY = {
    *(
        "audit_entry",
        "audit_subject",
        "audit_leaf",
        "audit_node",
        "audit_checkpoint",
        "audit_disposed",
    ),
    *("policy_version", "policy_approval", "policy_withdrawal", "policy_adoption"),
    *("sharing_record", "recipients_record"),
}
"""Rows are never changed or deleted."""

DELETED_BY_DISPOSAL = {"sharing_narrative", "sharing_subject"}
"""Personal data: rows are never changed, and deleted by disposal alone."""

HEADS = {
    "sharing_request",
    "identity_account",
    "identity_client",
    "recipients_recipient",
    "recipients_contact",
    "recipients_narrative",
}
"""Rows that change, each time with an entry."""

WITHOUT_ENTRY = {
    *("idempotency", "outbox", "audit_pending", "policy_impact"),
    *("identity_session", "identity_refresh_token", "identity_throttle", "identity_sign_in_name"),
}
"""Queues, sessions and derived rows: a change needs no entry."""

CATALOGUE = (
    """SELECT table_name, column_name, data_type, is_nullable, character_maximum_length FROM information_schema.columns
       WHERE table_schema = 'public'""",  # noqa: E501
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    (
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE"
        " connamespace = 'public'::regnamespace"
    ),
    (
        "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid), tgenabled::text FROM pg_trigger"
        " WHERE NOT tgisinternal"
    ),
    "SELECT proname, md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)
"""Queries that describe a schema of PostgreSQL."""

LEAVES_TO_A_NODE = 256


def tables() -> dict[str, sa.Table]:
    return dict(SQLModel.metadata.tables)


def citing() -> list[str]:
    return sorted(name for name, table in tables().items() if "audit_id" in table.columns)


async def look(database: Database, work: Callable[[Connection], Any]) -> Any:
    async with database.engine.connect() as connection:
        return await connection.run_sync(work)


async def schema(database: Database) -> set[str]:
    """Every table, column, index, constraint, trigger and function, from the database's
    catalogue.
    """

    def read(connection: Connection) -> set[str]:
        if database.dialect == "sqlite":
            rows = connection.execute(
                sa.text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
            )
            return {" ".join((kind, name, *str(sql).split())) for kind, name, sql in rows}
        return {
            str(tuple(row)) for query in CATALOGUE for row in connection.execute(sa.text(query))
        }

    found: set[str] = await look(database, read)
    return found


async def counts(database: Database) -> dict[str, int]:
    queries = [
        sa.select(sa.literal(name).label("name"), sa.func.count().label("rows")).select_from(table)
        for name, table in tables().items()
    ]
    async with database.reading() as session:
        return {row.name: int(row.rows) for row in await session.all(sa.union_all(*queries))}


async def made(caller: Caller, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    reply = await caller.post(path, json=body, headers=headers)
    assert reply.status_code == httpx.codes.CREATED, (path, reply.text)
    answer: dict[str, Any] = reply.json()
    return answer | {"etag": reply.headers.get("ETag", "")}


async def fill(service: Service, clock: MovableClock) -> None:
    """Create rows in every table, through the API."""
    staff, dsl, ig_lead, other = [
        await service.caller(role) for role in ("staff", "dsl", "ig_lead", "ig_lead")
    ]
    await service.caller("integration")
    anonymous = await service.anonymous()
    await anonymous.post(
        "/v1/token",
        data={"grant_type": "password", "username": "unknown@school.example", "password": "wrong"},
    )
    await fill_requests(staff, dsl, ig_lead, clock)
    await fill_directory(dsl)
    await fill_policies(ig_lead, other)
    for _ in range(LEAVES_TO_A_NODE):
        await staff.get("/v1/sharing-requests?limit=1")
    while (await counts(service.database))["audit_pending"]:
        await ig_lead.get("/livez")
    await staff.get(
        "/v1/sharing-requests?limit=1"
    )  # one entry that is not sealed, unless the sealer was faster


async def fill_requests(staff: Caller, dsl: Caller, ig_lead: Caller, clock: MovableClock) -> None:
    two = [
        {"person_ref": "mis:7781", "role": "child"},
        {"person_ref": "mis:7782", "role": "sibling"},
    ]
    reply = await staff.post(
        "/v1/sharing-requests", json=facts(subjects=two), headers={"Idempotency-Key": "one"}
    )
    gone = reply.headers["Location"]
    await decide(dsl, reply.json()["id"], SHARE)
    await made(dsl, f"{gone}/closure")
    await made(
        ig_lead,
        f"{gone}/retention-reviews",
        {"keep": "dispose", "why": "No reason is left to keep it."},
    )
    await made(
        ig_lead,
        f"{gone}/disposal",
        {"basis": "Retention ended.", "approved_by": "The head teacher"},
    )
    await submit(staff, facts(subjects=two))
    await made(
        staff,
        "/v1/emergency-disclosures",
        {"recipient": {"organisation_type": "police"}, "what": "Address", "why": "Danger now"},
    )
    await staff.post("/v1/sharing-requests", json=facts(), headers={"Idempotency-Key": "two"})


async def fill_directory(dsl: Caller) -> None:
    organisation = await made(
        dsl, "/v1/recipients", {"organisation": "Anytown MASH", "organisation_type": "mash"}
    )
    path = f"/v1/recipients/{organisation['id']}"
    contact = await made(dsl, f"{path}/contacts", {"name": "A. Khan"})
    check = {
        "method": "known_personally",
        "result": "yes",
        "contact_id": contact["id"],
        "note": "We met at the conference.",
    }
    await made(dsl, f"{path}/verifications", check)


async def fill_policies(author: Caller, other: Caller) -> None:
    source = (ROOT / "app" / "policy" / "default.yaml").read_text()
    versions = []
    for name in ("2026-03", "2026-04"):
        reply = await author.post(
            "/v1/policies",
            content=source.replace("2025-11", name, 1).encode(),
            headers={"Content-Type": "application/yaml"},
        )
        assert reply.status_code == httpx.codes.CREATED, reply.text
        versions.append(reply.json() | {"etag": reply.headers["ETag"]})
    first, second = versions
    assert (await author.post(f"/v1/policies/{first['digest']}/impact")).status_code in {201, 202}
    approval = {
        "approved_by": "A. Example, Chair of Governors",
        "in_force_from": "2026-09-01",
        "next_review_on": "2027-09",
    }
    await made(
        other, f"/v1/policies/{first['digest']}/approval", approval, **{"If-Match": first["etag"]}
    )
    await made(
        author, f"/v1/policies/{second['digest']}/withdrawal", **{"If-Match": second["etag"]}
    )


@pytest.fixture
async def filled(settings: Settings, clock: MovableClock) -> Database:
    """A database with rows in every table and without a running service."""
    mailing = settings.model_copy(
        update={"smtp_url": "smtp://127.0.0.1:1", "mail_dsl": "dsl@school.example"}
    )
    async with Service.started(mailing, clock) as service:
        await fill(service, clock)
    database = connect(settings)
    if not (await counts(database))["audit_pending"]:
        async with database.transaction() as session:
            table = tables()["audit_pending"]
            entry = await session.first(sa.select(tables()["audit_entry"].c.id))
            assert entry is not None
            await session.execute(
                sa.insert(table).values(entry_id=entry.id, school="123456", txid=None)
            )
    assert [name for name, rows in (await counts(database)).items() if not rows] == []
    return database


@pytest.fixture
def refused_after(filled: Database) -> Callable[[str], Awaitable[str]]:
    """Run a statement and commit; returns the message of the error, or "". Rolls back."""

    async def run(statement: str) -> str:
        async with filled.engine.connect() as connection:
            try:
                await connection.exec_driver_sql("BEGIN")
                await connection.execute(sa.text(statement))
                if filled.dialect == "postgresql":
                    await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
            except DBAPIError as error:
                return str(error.orig)
            finally:
                await connection.exec_driver_sql("ROLLBACK")
        return ""

    return run


def test_every_table_is_of_a_known_kind() -> None:
    kinds = (APPEND_ONLY, DELETED_BY_DISPOSAL, HEADS, WITHOUT_ENTRY)
    assert sum(map(len, kinds)) == len(tables()) > 20
    assert set[str]().union(*kinds) == tables().keys()
    assert set(citing()) == (APPEND_ONLY | DELETED_BY_DISPOSAL | HEADS) - {
        name for name in tables() if name.startswith("audit_")
    }


def test_the_migrations_are_one_chain() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert len(script.get_heads()) == 1
    assert revisions == sorted(revisions, reverse=True)
    assert len(revisions) == len(list((ROOT / "migrations" / "versions").glob("0*.py")))


async def test_migrations_run_down_and_up_again_with_rows_in_every_table(filled: Database) -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    before = await schema(filled)
    for revision in script.walk_revisions():
        below = revision.down_revision
        await migrations.downgrade(filled, str(below) if below else "base")
        await migrations.upgrade(filled, revision.revision)
        await migrations.downgrade(filled, str(below) if below else "base")
        assert not await migrations.is_at_head(filled)
    left: list[str] = await look(
        filled, lambda connection: sa.inspect(connection).get_table_names()
    )
    assert left == ["alembic_version"]
    assert not [line for line in await schema(filled) if "alembic_version" not in line]
    await migrations.upgrade(filled)
    assert await schema(filled) == before
    assert set((await counts(filled)).values()) == {0}
    await filled.close()


def same_type(column: sa.Column[Any], stored: sa.types.TypeEngine[Any]) -> bool:
    """Whether a stored column has the Python type of its class; SQLite stores ids and instants as
    text.
    """
    kind = column.type
    expected = (kind.impl_instance if isinstance(kind, sa.TypeDecorator) else kind).python_type
    found = stored.python_type
    return found is expected or (found is str and expected in {UUID, datetime})


async def test_the_tables_match_their_classes(database: Database) -> None:
    def compare(connection: Connection) -> list[str]:
        inspector = sa.inspect(connection)
        found = []
        if set(inspector.get_table_names()) != {*tables(), "alembic_version"}:
            found.append(
                f"tables {set(inspector.get_table_names()) ^ {*tables(), 'alembic_version'}}"
            )
        for name, table in tables().items():
            stored = {column["name"]: column for column in inspector.get_columns(name)}
            if stored.keys() != set(table.columns.keys()):
                found.append(f"{name}: {stored.keys() ^ set(table.columns.keys())}")
            found += [
                f"{name}.{column.name}: nullable {column.nullable}"
                for column in table.columns
                if column.name in stored and stored[column.name]["nullable"] != column.nullable
            ]
            found += [
                f"{name}.{column.name}: {stored[column.name]['type']!r}"
                for column in table.columns
                if column.name in stored and not same_type(column, stored[column.name]["type"])
            ]
            key = inspector.get_pk_constraint(name)["constrained_columns"]
            if key != [column.name for column in table.primary_key]:
                found.append(f"{name}: key {key}")
        return found

    assert await look(database, compare) == []


async def test_every_table_has_the_guards_of_its_kind(database: Database) -> None:
    def triggers(connection: Connection) -> set[str]:
        if database.dialect == "sqlite":
            return set(
                connection.execute(
                    sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                ).scalars()
            )
        return set(
            connection.execute(
                sa.text("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
            ).scalars()
        )

    found: set[str] = await look(database, triggers)
    sqlite = database.dialect == "sqlite"
    needed = {
        f"{name}_cites_entry{end}"
        for name in citing()
        for end in (("_insert", "_update") if sqlite else ("",))
    }
    needed |= {
        f"{name}_{end}"
        for name in APPEND_ONLY
        for end in (("no_update", "no_delete", "no_replace") if sqlite else ("append_only",))
    }
    assert len(needed) > 20
    assert needed - found == set()


async def test_the_database_rejects_changes_without_an_audit_entry_and_of_append_only_rows(
    filled: Database, refused_after: Callable[[str], Awaitable[str]]
) -> None:
    for name in citing():
        words = await refused_after(f"UPDATE {name} SET school = school")
        assert re.search(r"cites no audit entry|is append-only", words), (
            name,
            words,
        )
    for name in sorted(APPEND_ONLY):
        column = next(iter(tables()[name].columns)).name
        for statement in (f"UPDATE {name} SET {column} = {column}", f"DELETE FROM {name}"):
            assert re.search(
                "is append-only|cites no audit entry", await refused_after(statement)
            ), statement
        if filled.dialect == "sqlite":
            words = await refused_after(
                f"INSERT OR REPLACE INTO {name} SELECT * FROM {name} LIMIT 1"
            )
            assert re.search("is append-only|cites no audit entry", words), name
        else:
            assert "is append-only" in await refused_after(f"TRUNCATE {name} CASCADE"), name
    for name in sorted(DELETED_BY_DISPOSAL):
        assert await refused_after(f"UPDATE {name} SET school = school"), name
        assert "deleted only by disposal" in await refused_after(f"DELETE FROM {name}"), name
    await filled.close()
