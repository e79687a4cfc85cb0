"""The draft for the review of 2026 is valid, gives the outcomes of 2025, and differs from it as the
docs list.
"""

import re
from pathlib import Path

from app.policy.diff.compare import Difference, compare
from app.policy.document import loader as document_loader
from app.policy.document import safety_floor, table_checks
from app.policy.engine.evaluate import Policy, evaluate
from app.policy.engine.vocabulary import GoldenRuleId
from app.policy.lifecycle import in_force

DRAFT = Path("docs/policies/2026-draft.yaml")
DOCS = Path("docs/policies/2026-impact.md").read_text(encoding="utf-8")
SIGNS = {"+": "added", "-": "removed", "~": "changed"}


def draft() -> Policy:
    return document_loader.load(DRAFT.read_bytes())


def found() -> Difference:
    return compare(in_force.shipped(), draft())


def test_the_draft_is_valid_and_meets_the_safety_floor():
    assert document_loader.check(DRAFT.read_bytes()) == []
    assert safety_floor.breaches(draft()) == []


def test_every_worked_case_has_its_expected_result():
    policy = draft()
    for name, case in policy.document.cases.items():
        got = evaluate(policy, table_checks.facts_of(policy, case))
        assert (got.outcome, got.decided_at, got.release) == (
            case.expected.outcome,
            case.expected.decided_at,
            case.expected.release,
        ), name


def test_the_draft_follows_the_edition_of_2024():
    assert {rule.edition for rule in draft().document.golden_rules} == {"hmg2024"}
    assert GoldenRuleId.IDENTITIES_PROTECTED in draft().document.golden_rules


def test_the_flow_authority_and_parameters_are_those_of_2025():
    old, new = in_force.shipped().document, draft().document
    for section in ("flow", "authority", "clocks", "parameters", "sets", "retention"):
        assert getattr(old, section) == getattr(new, section), section
    assert not [
        table
        for table in found().tables
        if table.table in {"/flow", "/authority", "/retention"} or table.table.startswith("/how")
    ]


def test_law_that_is_not_in_force_is_shown_and_not_applied():
    of = draft().document
    assert [each.title for each in of.upcoming] == ["Children's Wellbeing and Schools Act 2026"]
    assert of.upcoming[0].status == "waiting for regulations, so not applied yet"
    assert not [
        name
        for name, clause in of.citations.items()
        if "Wellbeing and Schools" in clause.where + clause.says
    ]


def test_the_docs_count_the_tables_with_another_result():
    listed = re.findall(
        r"^\| `(/[^`]+)` \| ([\d,]+) of ([\d,]+) \| ([\d,]+) \|$", DOCS, re.MULTILINE
    )
    counted = [
        (name, *(int(number.replace(",", "")) for number in numbers)) for name, *numbers in listed
    ]
    assert sorted(counted) == sorted(
        (table.table, table.changed, table.combinations, table.reworded) for table in found().tables
    )


def test_the_docs_list_the_places_that_differ():
    listed = [(SIGNS[sign], place) for sign, place in re.findall(r"`([+~-]) (/[^`]+)`", DOCS)]
    assert sorted(listed) == sorted((edit.kind, edit.pointer) for edit in found().edits)


def test_the_worked_cases_of_2025_have_the_same_result_except_as_documented():
    old, new = in_force.shipped(), draft()
    said: dict[str, tuple[set[str], set[str]]] = {}
    for name, case in old.document.cases.items():
        facts = table_checks.facts_of(old, case)
        before, after = evaluate(old, facts), evaluate(new, facts)
        assert (before.outcome, before.decided_at, before.release) == (
            after.outcome,
            after.decided_at,
            after.release,
        ), name
        assert before.may_decide == after.may_decide, name
        was, becomes = (
            {str(action.code): action.text for action in each.actions} for each in (before, after)
        )
        assert was.keys() <= becomes.keys(), name
        more, otherwise = (
            set(becomes.keys() - was.keys()),
            {code for code, text in was.items() if becomes[code] != text},
        )
        if more or otherwise:
            said[name] = (more, otherwise)
    listed = re.findall(
        r"^\| `([a-z0-9-]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", DOCS, re.MULTILINE
    )
    assert {name: (_codes(more), _codes(words)) for name, more, words in listed} == said
    assert f"All {len(old.document.cases)} come out the same" in DOCS


def _codes(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z0-9_]+)`", cell))
