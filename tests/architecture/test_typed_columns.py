"""mypy reports a misspelt column, a value of the wrong type, and a row without all its columns."""

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]

STATEMENTS = """
import sqlalchemy as sa
from uuid import UUID

from app.audit.tables import EntryRow
from app.identity.tables import ACCOUNT, AccountRow, SignInNameRow
from app.platform.db import Session
from app.platform.rows import all_rows, changed_values, col, first_row, values
from app.recipients.tables import RecipientRow
from app.reports.service import tree_of_advice
from app.sharing.statistics import AdviceCount
from app.sharing.case.tables import RECORD, RecordRow


async def queries(session: Session, id: UUID, name: bytes) -> None:
    sa.select(ACCOUNT).where(col(AccountRow.emial) == "")  # a misspelt column in a condition
    sa.select(col(EntryRow.acton))  # a misspelt column in a list
    sa.select(col(RecordRow.request, RECORD.alias()))  # a column of an alias
    sa.update(ACCOUNT).values({col(AccountRow.activ): False})  # a misspelt column in an update
    row = await first_row(session, AccountRow, sa.select(ACCOUNT))
    if row is not None:
        row.passwordhash  # a misspelt member of a row
        changed_values(row, {col(AccountRow.rol): "dsl"})  # a misspelt column in a change
    rows = await all_rows(session, RecipientRow, sa.select(ACCOUNT))
    [one.organization for one in rows]  # a misspelt member of one of several rows
    tree_of_advice([AdviceCount(standing="waiting", count=1)])  # a misspelt member of a result
    values(SignInNameRow)(hash=name, school="", ident=id)  # a misspelt column in an insert
    values(SignInNameRow)(hash=name, school="", id="")  # a value of the wrong type
    values(SignInNameRow)(hash=name, school="")  # a column that is missing


async def correct(session: Session, id: UUID, name: bytes) -> None:
    sa.select(ACCOUNT).where(col(AccountRow.email) == "", col(AccountRow.active))
    sa.select(RECORD).where(col(RecordRow.request_id, RECORD.alias()) == id)
    sa.update(ACCOUNT).values({col(AccountRow.active): False})
    values(SignInNameRow)(hash=name, school="", id=id)
"""
"""Every statement with a comment is wrong; no other is."""


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> set[int]:
    """The lines of `STATEMENTS` for which mypy reports an error. It takes seconds with the cache of
    an earlier run, a minute without.
    """
    file = tmp_path_factory.mktemp("typed") / "statements.py"
    file.write_text(STATEMENTS, encoding="utf-8")
    config = [
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(ROOT / ".mypy_cache"),
    ]
    found, failed, _ = api.run([*config, "--no-error-summary", "--show-absolute-path", str(file)])
    assert not failed, failed
    return {int(line) for line in re.findall(r"statements\.py:(\d+): error", found)}


def test_mypy_reports_each_wrong_column_and_no_right_one(reported: set[int]) -> None:
    wrong = {
        number for number, line in enumerate(STATEMENTS.splitlines(), start=1) if "  # " in line
    }
    assert len(wrong) == 11
    assert reported == wrong
