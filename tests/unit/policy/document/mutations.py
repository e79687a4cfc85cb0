"""Seeded mistakes in policy documents, reproducible by number."""

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from app.policy.document.source import read
from app.policy.engine.bitmasks import DOMAINS
from app.policy.lifecycle import in_force

DRAFT: Final = Path(__file__).parents[4] / "docs" / "policies" / "2026-draft.yaml"
DOCUMENTS: Final = (in_force.SHIPPED, DRAFT)

Mistake = Callable[[Any, random.Random], bool]
"""Makes a mistake in a document; returns whether the document had a place for it."""


def meaning(path: Path) -> Any:
    """The plain value of a document."""
    return read(path.read_bytes()).plain()


def mistaken(document: Any, number: int) -> tuple[str, Any]:
    """The document with mistake `number`, which always changes it, and the name of the mistake."""
    dice = random.Random(f"mistake {number}")
    while True:
        name, mistake = dice.choice(MISTAKES)
        changed = copy.deepcopy(document)
        if mistake(changed, dice) and changed != document:
            return name, changed


def _tables(document: Any) -> list[list[Any]]:
    found = [node["rows"] for node in document["flow"]["nodes"].values()]
    found += [
        table["rows"]
        for section in ("how", "principles", "golden_rules")
        for table in document[section].values()
        if table.get("rows")
    ]
    return [
        *found,
        document["authority"]["rows"],
        document["retention"]["rows"],
        document["actions"],
    ]


def _conditions(document: Any) -> list[dict[str, Any]]:
    rows = [row for table in _tables(document) for row in table] + list(document["myths"].values())
    whens = [row["when"] for row in rows]
    return [
        one
        for when in whens
        for one in (when if isinstance(when, list) else [when])
        if isinstance(one, dict)
    ]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, member in members:
        yield value, key
        yield from _places(member)


def _another_answer(document: Any, dice: random.Random) -> bool:
    cells = dice.choice(_conditions(document))
    fact = dice.choice(sorted(cells))
    cells[fact] = dice.choice(DOMAINS[fact])
    return True


def _one_answer_fewer(document: Any, dice: random.Random) -> bool:
    lists = [
        (cells, fact)
        for cells in _conditions(document)
        for fact in cells
        if isinstance(cells[fact], list)
    ]
    cells, fact = dice.choice(lists)
    cells[fact].pop(dice.randrange(len(cells[fact])))
    return True


def _one_fact_fewer(document: Any, dice: random.Random) -> bool:
    cells = dice.choice(_conditions(document))
    del cells[dice.choice(sorted(cells))]
    return True


def _one_fact_more(document: Any, dice: random.Random) -> bool:
    cells, fact = dice.choice(_conditions(document)), dice.choice(sorted(DOMAINS))
    cells.setdefault(fact, dice.choice(DOMAINS[fact]))
    return True


def _row_lost(document: Any, dice: random.Random) -> bool:
    table = dice.choice(_tables(document))
    table.pop(dice.randrange(len(table)))
    return True


def _rows_swapped(document: Any, dice: random.Random) -> bool:
    table = dice.choice([table for table in _tables(document) if len(table) > 1])
    one, other = dice.sample(range(len(table)), 2)
    table[one], table[other] = table[other], table[one]
    return True


def _row_twice(document: Any, dice: random.Random) -> bool:
    table = dice.choice(_tables(document))
    table.insert(dice.randrange(len(table) + 1), copy.deepcopy(dice.choice(table)))
    return True


_RESULTS: Final = {
    "outcome": ("share", "share_emergency", "do_not_share", "seek_advice"),
    "decided_at": ("immediate_risk", "purpose", "consent", "identifiable", "lawful_reason"),
    "met": ("yes", "no", "unsure"),
    "finding": ("met", "not_met", "unsure", "not_applicable"),
    "who": ("staff", "dsl", "ig_lead", "integration"),
    "due": ("immediate", "urgent", "routine", "record", "advice"),
    "keep_as": ("safeguarding", "unidentified", "general"),
    "kind": ("now", "same_school_day", "working_days", "date_to_be_set"),
}


def _another_result(document: Any, dice: random.Random) -> bool:
    places = [
        (at, key)
        for at, key in _places({**document, "cases": None})
        if key in _RESULTS and isinstance(at, dict)
    ]
    at, key = dice.choice(places)
    at[key] = dice.choice(_RESULTS[key])
    return True


def _another_way(document: Any, dice: random.Random) -> bool:
    rows = [
        row for node in document["flow"]["nodes"].values() for row in node["rows"] if "to" in row
    ]
    dice.choice(rows)["to"] = dice.choice(sorted(document["flow"]["nodes"]))
    return True


def _other_roles(document: Any, dice: random.Random) -> bool:
    places = [(at, key) for at, key in _places(document) if key in {"may_decide", "ask"}]
    at, key = dice.choice(places)
    at[key] = dice.sample(["staff", "dsl", "ig_lead", "integration"], dice.randrange(3))
    return True


def _another_number(document: Any, dice: random.Random) -> bool:
    parameter = document["parameters"][dice.choice(sorted(document["parameters"]))]
    parameter["values"][0]["value"] += dice.choice((-20, -1, 1, 10))
    return True


def _another_day(document: Any, dice: random.Random) -> bool:
    places = [
        (at, key)
        for at, key in _places(document)
        if key in {"start", "first", "last", "next_review", "day_ends"}
    ]
    at, key = dice.choice(places)
    at[key] = dice.choice(("2024-01-01", "2026-09-01", "2029-02-30", "2027-01", "25:00", "15:45"))
    return True


def _another_member(document: Any, dice: random.Random) -> bool:
    of = document["sets"][dice.choice(sorted(document["sets"]))]
    if dice.random() < 0.5:
        of["members"].remove(dice.choice(of["members"]))
    else:
        of["members"].append(dice.choice(DOMAINS[of["fact"]]))
    return True


def _misspelt(document: Any, dice: random.Random) -> bool:
    places = [
        (at, key)
        for at, key in _places(document)
        if isinstance(at[key], str) and 1 < len(at[key]) < 30 and " " not in at[key]
    ]
    at, key = dice.choice(places)
    word = at[key]
    place = dice.randrange(len(word) - 1)
    at[key] = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return True


def _name_misspelt(document: Any, dice: random.Random) -> bool:
    places = [(at, key) for at, key in _places(document) if isinstance(key, str) and len(key) > 2]
    at, key = dice.choice(places)
    place = dice.randrange(len(key) - 1)
    at[key[:place] + key[place + 1 :]] = at.pop(key)
    return True


def _lost(document: Any, dice: random.Random) -> bool:
    at, key = dice.choice(list(_places(document)))
    del at[key]
    return True


def _nothing_there(document: Any, dice: random.Random) -> bool:
    at, key = dice.choice(list(_places(document)))
    at[key] = dice.choice((None, "", [], {}, 7, True))
    return True


def _other_words(document: Any, dice: random.Random) -> bool:
    places = [
        (at, key) for at, key in _places(document) if isinstance(at[key], str) and " " in at[key]
    ]
    at, key = dice.choice(places)
    at[key] = " ".join(reversed(at[key].split(" ")))
    return True


def _clause_lost(document: Any, dice: random.Random) -> bool:
    places = [(at, key) for at, key in _places(document) if key == "cites" and at[key]]
    at, key = dice.choice(places)
    at[key].pop()
    return True


def _holds_otherwise(document: Any, dice: random.Random) -> bool:
    how = document["how"][dice.choice(sorted(document["how"]))]
    how["holds"] = not how["holds"]
    return True


def _case_lost(document: Any, dice: random.Random) -> bool:
    del document["cases"][dice.choice(sorted(document["cases"]))]
    return True


def _other_needs(document: Any, dice: random.Random) -> bool:
    tables = [
        table
        for section in ("principles", "golden_rules")
        for table in document[section].values()
        if table.get("needs")
    ]
    table = dice.choice(tables)
    table["needs"] = dice.sample(
        ["purpose", "amount", "secure", "right_recipient", "consent"], dice.randrange(1, 4)
    )
    return True


MISTAKES: Final[tuple[tuple[str, Mistake], ...]] = tuple(
    (mistake.__name__.strip("_"), mistake)
    for mistake in (
        _another_answer,
        _one_answer_fewer,
        _one_fact_fewer,
        _one_fact_more,
        _row_lost,
        _rows_swapped,
        _row_twice,
        _another_result,
        _another_way,
        _other_roles,
        _another_number,
        _another_day,
        _another_member,
        _misspelt,
        _name_misspelt,
        _lost,
        _nothing_there,
        _other_words,
        _clause_lost,
        _holds_otherwise,
        _case_lost,
        _other_needs,
    )
)
