"""Every key of a table that has a school begins with `school`, so that row-level security and
sharding by school need no other index, and no foreign key leads from one school to another.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.platform.db import Database

WITHOUT_SCHOOL: Mapping[str, str] = {
    "alembic_version": "the migration that the whole database is at",
    "identity_sign_in_name": "is read to find the school of an email address or a client id",
    "identity_throttle": (
        "counts failures by network address and by names that may belong to no school at all"
    ),
}
"""The tables whose keys begin with something else, and why."""


async def catalogue(database: Database) -> dict[str, list[tuple[str, list[str]]]]:
    """The keys of each table, as the database lists them: what kind of key, and its columns."""

    def read(connection: Connection) -> dict[str, list[tuple[str, list[str]]]]:
        look = sa.inspect(connection)
        return {table: list(_keys(look, table)) for table in look.get_table_names()}

    async with database.engine.connect() as connection:
        return await connection.run_sync(read)


def _keys(look: Any, table: str) -> list[tuple[str, list[str]]]:
    return [
        ("primary key", look.get_pk_constraint(table)["constrained_columns"]),
        *(("unique", each["column_names"]) for each in look.get_unique_constraints(table)),
        *(("index", each["column_names"]) for each in look.get_indexes(table)),
        *(
            (f"foreign key to {each['referred_table']}", each[end])
            for each in look.get_foreign_keys(table)
            for end in ("constrained_columns", "referred_columns")
        ),
    ]


async def test_every_key_begins_with_the_school(database: Database) -> None:
    found = await catalogue(database)
    wrong = {
        f"{table}: {kind} {columns}"
        for table, keys in found.items()
        if table not in WITHOUT_SCHOOL
        for kind, columns in keys
        if columns[:1] != ["school"]
    }
    assert wrong == set()
    assert {kind.split()[0] for keys in found.values() for kind, _ in keys} == {
        "primary",
        "unique",
        "index",
        "foreign",
    }


async def test_each_exception_is_a_table_whose_key_begins_with_something_else(
    database: Database,
) -> None:
    found = await catalogue(database)
    keys = {table: dict(found[table])["primary key"] for table in WITHOUT_SCHOOL}
    assert [table for table, columns in keys.items() if columns[0] == "school"] == []


async def test_a_foreign_key_never_leads_to_a_table_without_school(database: Database) -> None:
    found = await catalogue(database)
    led_to = {
        kind.removeprefix("foreign key to ")
        for keys in found.values()
        for kind, _ in keys
        if kind.startswith("foreign key")
    }
    assert led_to & WITHOUT_SCHOOL.keys() == set()


async def test_the_look_up_before_the_school_is_known_runs_as_its_owner(
    database: Database,
) -> None:
    if database.dialect == "sqlite":
        return  # SQLite has no rights that a function could lend
    async with database.reading() as session:
        rows = await session.all(
            sa.text(
                "SELECT proname, proconfig, pg_get_userbyid(proowner) = current_user AS owned,"
                " has_function_privilege('public', oid, 'EXECUTE') AS public_may_execute"
                " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            )
        )
    assert [tuple(row) for row in rows] == [
        (
            "identity_find_school",
            ["search_path=pg_catalog, public, pg_temp"],
            True,
            False,
        )
    ]
