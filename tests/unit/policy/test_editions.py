"""A policy follows one complete edition of the advice, and evaluations under an older edition are
unchanged to the byte.
"""

import hashlib
from typing import Any

import pytest

from app.kernel.canonical import encode
from app.policy.document import table_checks
from app.policy.document.loader import check
from app.policy.document.source import read
from app.policy.engine.evaluate import evaluate
from app.policy.engine.vocabulary import GoldenRuleId
from app.policy.lifecycle import in_force

DIGEST_2025 = "sha256:acd6c838b641e924a04fd931796cec0bf79edaa1ad618d4d06718641e40e8bde"
RESULTS_2025 = "e64beefdf1e84eee9106ad72771f37e1a72facfd3a76b544c9a2af9c79fbd2ca"


def meaning() -> Any:
    return read(in_force.SHIPPED.read_bytes()).plain()


def codes(document: Any) -> set[tuple[str, str]]:
    return {(fault.code, fault.pointer) for fault in check(encode(document))}


def test_the_results_of_2025_are_unchanged():
    policy = in_force.shipped()
    assert policy.digest == DIGEST_2025
    results = encode(
        [
            evaluate(policy, table_checks.facts_of(policy, case)).to_json()
            for case in policy.document.cases.values()
        ]
    )
    assert hashlib.sha256(results.replace(policy.digest.encode(), b"")).hexdigest() == RESULTS_2025


@pytest.mark.parametrize("edition", ["hmg2018", "hmg2024"])
def test_each_edition_has_seven_rules(edition: str):
    assert [str(rule) for rule in GoldenRuleId if rule.edition == edition] == [
        f"{edition}.{n}" for n in range(1, 8)
    ]


def test_golden_rules_of_two_editions_are_refused():
    document = meaning()
    document["golden_rules"]["hmg2024.5"] = document["golden_rules"]["hmg2018.5"]
    assert codes(document) == {("two-editions", "/golden_rules/hmg2024.5")}


def test_an_incomplete_edition_is_refused():
    document = meaning()
    document["golden_rules"]["hmg2024.5"] = document["golden_rules"].pop("hmg2018.5")
    assert codes(document) == {
        ("two-editions", "/golden_rules/hmg2024.5"),
        ("missing", "/golden_rules/hmg2018.5"),
    }


def test_the_later_edition_alone_is_accepted():
    document = meaning()
    document["golden_rules"] = {
        name.replace("hmg2018", "hmg2024"): rule for name, rule in document["golden_rules"].items()
    }
    assert codes(document) == set()
