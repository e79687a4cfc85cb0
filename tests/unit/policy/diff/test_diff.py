"""The difference, compared with trying every combination one by one."""

import itertools
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.canonical import encode
from app.policy.diff.compare import Difference, compare, compare_table, severity
from app.policy.diff.edits import edits
from app.policy.diff.rows import ComparedRow, Decision, tables_of
from app.policy.document.loader import load
from app.policy.document.parser import Reader
from app.policy.document.source import read
from app.policy.engine.bitmasks import DOMAINS, bars, bit
from app.policy.engine.compile import compile_policy
from app.policy.engine.evaluate import Policy, outcome_of_bits
from app.policy.engine.grammar import Document
from app.policy.lifecycle import in_force
from tests.api.policies import changed_policy, without_health_providers
from tests.unit.policy.document.mutations import DRAFT

OLD = in_force.shipped()


def policy(change: Any) -> Policy:
    """The changed policy, without the checks."""
    root = read(encode(changed_policy(change)))
    document = Reader().read(root, Document)
    return compile_policy(document, "sha256:other", root.plain())


def decided(rows: tuple[ComparedRow, ...], bits: int) -> Decision | None:
    return next((row.decision for row in rows if not row.bars & bits), None)


def by_hand(
    old: tuple[ComparedRow, ...], new: tuple[ComparedRow, ...], facts: list[str]
) -> Counter[tuple[Decision | None, Decision | None]]:
    found: Counter[tuple[Decision | None, Decision | None]] = Counter()
    for values in itertools.product(*(DOMAINS[fact] for fact in facts)):
        bits = sum(bit(fact, value) for fact, value in zip(facts, values, strict=True))
        found[decided(old, bits), decided(new, bits)] += 1
    return found


FACTS = ("consent", "identifiable", "purpose", "special_category", "emergency_kind")


@st.composite
def rows(draw: st.DrawFn) -> tuple[ComparedRow, ...]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        cells = {
            fact: draw(st.sets(st.sampled_from(DOMAINS[fact]), min_size=1))
            for fact in draw(st.lists(st.sampled_from(FACTS), max_size=3, unique=True))
        }
        found.append(
            ComparedRow(
                bars(cells), (("finding", draw(st.sampled_from(["met", "unsure"]))),), number
            )
        )
    return tuple(found)


@given(rows(), rows())
def test_the_changes_of_any_two_tables_equal_those_found_by_enumeration(
    old: tuple[ComparedRow, ...], new: tuple[ComparedRow, ...]
):
    together = 0
    for row in (*old, *new):
        together |= row.bars
    facts = [fact for fact in FACTS if any(together & bit(fact, value) for value in DOMAINS[fact])]
    counted = by_hand(old, new, facts)
    wanted = {
        pair: number for pair, number in counted.items() if (pair[0] or ()) != (pair[1] or ())
    }
    found = compare_table("/table", old, new)
    if found is None:
        assert not wanted
        return
    assert found.combinations == counted.total()
    assert found.changed == sum(wanted.values())
    assert {
        (tuple(change.before.items()), tuple(change.after.items())): change.combinations
        for change in found.changes
    } == {(pair[0] or (), pair[1] or ()): number for pair, number in wanted.items()}
    for change in found.changes:
        rest = [DOMAINS[fact] for fact in facts if fact not in change.example]
        chosen = sum(bit(fact, value) for fact, value in change.example.items())
        others = [fact for fact in facts if fact not in change.example]
        for values in itertools.product(*rest):
            bits = chosen + sum(
                bit(fact, value) for fact, value in zip(others, values, strict=True)
            )
            assert (dict(decided(old, bits) or ()), dict(decided(new, bits) or ())) == (
                dict(change.before),
                dict(change.after),
            )


def test_removing_a_protective_body_is_reported_with_its_number_of_combinations():
    found = compare(OLD, policy(without_health_providers))
    flow = found.tables[0]
    assert (flow.table, flow.combinations, flow.changed) == ("/flow", 29 * 3**6, 81)
    assert all(change.before["outcome"] == "share_emergency" for change in flow.changes)
    assert sum(change.combinations for change in flow.changes) == 81
    words = flow.to_json()["changes"][0]["in_words"]  # type: ignore[index,call-overload]
    assert (
        words == "When recipient type is health provider, recipient verified is yes, purpose is no,"
        " immediate risk is yes: share in an emergency (decided by immediate risk) becomes do"
        " not share (decided by purpose)."
    )
    assert {edit.pointer: edit.kind for edit in found.edits}[
        "/sets/protective/members/5"
    ] == "removed"


def test_other_words_are_not_another_decision():
    def reworded(document: Any) -> None:
        document["flow"]["nodes"]["consent"]["rows"][0]["basis"] = "There is consent."

    (flow,) = compare(OLD, policy(reworded)).tables
    assert (flow.table, flow.changed, flow.changes) == ("/flow", 0, ())
    assert flow.reworded > 0


@pytest.mark.parametrize(
    ("change", "table", "before", "after"),
    [
        (
            lambda d: d["how"]["secure"].update(holds=False),
            "/how/secure",
            {"holds": True},
            {"holds": False},
        ),
        (
            lambda d: d["authority"]["rows"][-1].update(may_decide=["ig_lead"]),
            "/authority",
            {"may_decide": ["dsl"]},
            {"may_decide": ["ig_lead"]},
        ),
        (
            lambda d: d["retention"]["rows"].pop(2),
            "/retention",
            {"keep_as": "unidentified"},
            {"keep_as": "general"},
        ),
        (
            lambda d: d["myths"]["it_systems_are_a_barrier"]["when"].pop(1),
            "/myths/it_systems_are_a_barrier",
            {"told": "yes"},
            {},
        ),
    ],
)
def test_each_kind_of_table_reports_the_decision_before_and_after(
    change: Any, table: str, before: dict[str, Any], after: dict[str, Any]
):
    (found,) = compare(OLD, policy(change)).tables
    assert found.table == table
    assert found.changed
    assert all(
        before.items() <= each.before.items() and after.items() <= each.after.items()
        for each in found.changes
    )


def test_a_removed_action_has_no_decision_afterwards():
    def fewer(document: Any) -> None:
        document["actions"] = [
            rule for rule in document["actions"] if rule["code"] != "review_the_policy"
        ]

    (found,) = compare(OLD, policy(fewer)).tables
    assert (found.table, found.combinations, found.changed) == ("/actions/review_the_policy", 2, 1)
    assert (
        found.changes[0].to_json()["in_words"]
        == "When review overdue is yes: who: ig lead, due: routine, ask: no one becomes nothing."
    )


def test_the_reverse_comparison_has_the_same_counts():
    new = policy(without_health_providers)
    there, back = compare(OLD, new), compare(new, OLD)
    assert [(table.table, table.changed, table.combinations) for table in there.tables] == [
        (table.table, table.changed, table.combinations) for table in back.tables
    ]
    assert len(there.edits) == len(back.edits)


def test_the_most_serious_change_comes_first():
    assert [
        severity(*pair)
        for pair in (
            ("share_emergency", "share"),
            ("share", "do_not_share"),
            ("share", "seek_advice"),
        )
    ] == [0, 1, 2]
    assert (
        severity("seek_advice", "share")
        == severity("share", "share")
        == severity(None, "share")
        == 3
    )
    found = compare(OLD, policy(without_health_providers)).tables[0]
    ranks = [
        severity(str(change.before["outcome"]), str(change.after["outcome"]))
        for change in found.changes
    ]
    assert ranks == sorted(ranks)


def test_members_of_lists_are_matched_by_content():
    old = [{"a": 1}, {"b": 2}, {"c": 3}]
    assert [(edit.pointer, edit.kind) for edit in edits(old, [{"b": 2}, {"c": 3}])] == [
        ("/0", "removed")
    ]
    assert [
        (edit.pointer, edit.kind) for edit in edits(old, [{"a": 1}, {"x": 0}, {"b": 2}, {"c": 3}])
    ] == [("/1", "added")]
    assert [
        (edit.pointer, edit.before, edit.after)
        for edit in edits(old, [{"a": 1}, {"b": 5}, {"c": 3}])
    ] == [("/1/b", 2, 5)]
    assert list(edits({"a": True}, {"a": 1})) != []


def test_the_draft_for_2026_can_be_compared():
    new = load(DRAFT.read_bytes())
    found: Difference = compare(OLD, new)
    assert found.edits
    assert all(0 < table.changed + table.reworded <= table.combinations for table in found.tables)
    json.dumps(found.to_json())


def test_the_flow_as_one_table_has_the_outcomes_of_the_flow():
    flow = tables_of(OLD.tables)["/flow"]
    facts = [
        "immediate_risk",
        "recipient_type",
        "recipient_verified",
        "purpose",
        "consent",
        "identifiable",
        "lawful_reason",
    ]
    for values in itertools.product(*(DOMAINS[fact] for fact in facts)):
        bits = sum(bit(fact, value) for fact, value in zip(facts, values, strict=True))
        end = outcome_of_bits(OLD.tables, bits)
        assert decided(flow, bits) == (("outcome", end.outcome), ("decided_at", end.decided_at))
