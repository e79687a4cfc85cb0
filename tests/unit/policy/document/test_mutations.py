"""Three hundred seeded mistakes in two documents: each is refused with its pointer, or appears in
the difference between the versions.
"""

import random
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.kernel.canonical import encode
from app.policy.diff.compare import Difference, compare
from app.policy.document import loader as document_loader
from app.policy.document import table_checks
from app.policy.document.loader import InvalidPolicy
from app.policy.engine.bitmasks import DOMAINS, NOT_STATED
from app.policy.engine.evaluate import Policy, evaluate
from app.policy.engine.model import Facts, fact_words
from tests.unit.policy.document.mutations import DOCUMENTS, meaning, mistaken

EACH = 150
BATCH = 25


@cache
def original(path: Path) -> tuple[Any, Policy]:
    return meaning(path), document_loader.load(path.read_bytes())


def some_facts(dice: random.Random) -> Facts:
    words = {name: dice.choice(DOMAINS[name]) for name in fact_words()}
    return Facts(
        **{  # type: ignore[arg-type]
            name: None if word == NOT_STATED else fact_words()[name][0](word)
            for name, word in words.items()
        }
    )


def codes(policy: Policy, facts: Facts) -> tuple[Any, ...]:
    """The decisions of an evaluation, without its texts."""
    found = evaluate(policy, facts)
    return (
        (found.outcome, found.decided_at, found.release, found.may_decide),
        tuple(check.met for check in found.how),
        (
            tuple(one.finding for one in found.principles),
            tuple(rule.finding for rule in found.golden_rules),
        ),
        frozenset((action.code, action.who, action.clock, action.ask) for action in found.actions),
        tuple(myth.id for myth in found.myths),
    )


def check_evaluations(old: Policy, new: Policy, found: Difference, dice: random.Random) -> None:
    """If the evaluation of some facts differs, the difference has a changed table."""
    cases = [table_checks.facts_of(old, case) for case in old.document.cases.values()]
    tried = [*cases, *(some_facts(dice) for _ in range(60))]
    different = [facts for facts in tried if codes(old, facts) != codes(new, facts)]
    assert not different or any(table.changed for table in found.tables)


@pytest.mark.parametrize("first", range(0, EACH, BATCH))
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_mistake_is_refused_or_appears_in_the_difference(path: Path, first: int):
    text, old = original(path)
    became: Counter[str] = Counter()
    for number in range(first, first + BATCH):
        name, wrong = mistaken(text, number)
        try:
            new = document_loader.load(encode(wrong))
        except InvalidPolicy as refused:
            became["refused"] += 1
            faults = refused.found
            assert faults, (name, number)
            assert all(
                fault.code and fault.problem and fault.pointer[:1] in {"", "/"} for fault in faults
            ), (name, number)
            continue
        became["accepted"] += 1
        assert new.digest != old.digest, (name, number)
        found = compare(old, new)
        assert found.edits, (name, number)
        assert compare(new, old).edits, (name, number)
        check_evaluations(old, new, found, random.Random(number))
    assert became.total() == BATCH
    assert became["refused"] >= 5
    assert became["accepted"] >= 1


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_same_document_is_accepted_and_has_no_difference(path: Path):
    text, old = original(path)
    same = document_loader.load(encode(text))
    assert compare(old, same) == Difference(tables=(), edits=())
