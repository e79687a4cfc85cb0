"""The table of clauses is complete: each clause is a citation, each citation is in the table, and
each listed place cites it.
"""

import re
from pathlib import Path
from typing import Any

from app.policy.document.source import read
from app.policy.lifecycle import in_force

TABLE = Path("docs/policy-clauses.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TABLE.splitlines()
    if re.match(r"\| `[a-z0-9_.]+` \|", line)
]
MEANING: Any = read(in_force.SHIPPED.read_bytes()).plain()


def at(pointer: str) -> Any:
    value = MEANING
    for part in pointer.strip("/").split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def test_every_clause_is_a_citation_and_every_citation_is_in_the_table():
    ids = [row[0].strip("`") for row in ROWS]
    assert len(ids) > 60
    assert len(ids) == len(set(ids))
    assert set(ids) == set(MEANING["citations"])


def test_every_listed_place_cites_its_clause():
    for row in ROWS:
        places = re.findall(r"`(/[^`]+)`", row[-1])
        assert places, row[0]
        for place in places:
            assert row[0].strip("`") in at(place)["cites"], (row[0], place)


def test_the_table_has_the_texts_of_the_document():
    for row in ROWS:
        citation = MEANING["citations"][row[0].strip("`")]
        assert (row[1], row[2]) == (citation["where"], citation["says"])


def test_every_place_in_the_list_of_choices_exists():
    choices = TABLE[TABLE.index("## What the policy leaves open") :]
    places = re.findall(r"`(/[^`]+)`", choices)
    assert places
    for place in places:
        at(place)
