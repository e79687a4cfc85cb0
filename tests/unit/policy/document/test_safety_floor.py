"""The safety floor: a breach of each rule is found with a counterexample; a different but safe
policy passes.
"""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

from app.kernel.canonical import digest
from app.policy.document import safety_floor
from app.policy.document.loader import check
from app.policy.document.parser import Reader
from app.policy.document.source import read
from app.policy.engine.bitmasks import DOMAINS, FLOW_FACTS
from app.policy.engine.compile import compile_policy
from app.policy.engine.evaluate import Policy
from app.policy.engine.grammar import Document
from app.policy.lifecycle import in_force

MEANING: dict[str, Any] = read(in_force.SHIPPED.read_bytes()).plain()  # type: ignore[assignment]

Change = Callable[[dict[str, Any]], None]


def changed(change: Change) -> Policy:
    meaning = json.loads(json.dumps(MEANING))
    change(meaning)
    reader = Reader()
    document = reader.read(read(json.dumps(meaning).encode()), Document)
    assert not reader.faults
    return compile_policy(document, digest(meaning))


def edge(node: str, row: int, **to: str) -> Change:
    def change(meaning: dict[str, Any]) -> None:
        target = meaning["flow"]["nodes"][node]["rows"][row]
        for key in ("to", "outcome", "decided_at"):
            target.pop(key, None)
        target.update(to)

    return change


def condition(node: str, row: int, **cells: object) -> Change:
    def change(meaning: dict[str, Any]) -> None:
        meaning["flow"]["nodes"][node]["rows"][row]["when"] = cells

    return change


def without_action(code: str) -> Change:
    def change(meaning: dict[str, Any]) -> None:
        meaning["actions"] = [rule for rule in meaning["actions"] if rule["code"] != code]

    return change


def protective(*members: str) -> Change:
    def change(meaning: dict[str, Any]) -> None:
        meaning["sets"]["protective"]["members"] = list(members)

    return change


def deciders(row: int, *roles: str) -> Change:
    def change(meaning: dict[str, Any]) -> None:
        meaning["authority"]["rows"][row]["may_decide"] = list(roles)

    return change


def no_adviser(meaning: dict[str, Any]) -> None:
    for rule in meaning["actions"]:
        rule.pop("ask", None)


def an_integration_as_adviser(meaning: dict[str, Any]) -> None:
    for rule in meaning["actions"]:
        rule["ask"] = ["integration"]


def police_only_when_shared(meaning: dict[str, Any]) -> None:
    for rule in meaning["actions"]:
        if rule["code"] == "notify_police_immediately":
            rule["when"] = [
                {**when, "outcome": ["share", "share_emergency"]} for when in rule["when"]
            ]


SHARE = {"outcome": "share", "decided_at": "purpose"}
REFUSE = {"outcome": "do_not_share", "decided_at": "purpose"}
ASK = {"outcome": "seek_advice", "decided_at": "purpose"}

BROKEN: list[tuple[str, Change]] = [
    (safety_floor.EMERGENCY, edge("danger", 0, to="purpose")),
    (
        safety_floor.EMERGENCY,
        edge("danger", 1, outcome="share_emergency", decided_at="immediate_risk"),
    ),
    (
        safety_floor.EMERGENCY,
        condition("danger", 0, immediate_risk="yes", recipient_type="$protective"),
    ),
    (
        safety_floor.EMERGENCY,
        condition(
            "danger",
            0,
            immediate_risk="yes",
            recipient_type="$protective",
            recipient_verified="yes",
            consent="yes",
        ),
    ),
    (safety_floor.EMERGENCY, deciders(0, "dsl")),
    (
        safety_floor.PROTECTIVE,
        protective("ambulance_or_emergency_service", "childrens_social_care", "mash"),
    ),
    (
        safety_floor.PROTECTIVE,
        protective(
            "police", "ambulance_or_emergency_service", "childrens_social_care", "mash", "landlord"
        ),
    ),
    (safety_floor.PURPOSE, edge("purpose", 1, to="consent")),
    (safety_floor.PURPOSE, edge("purpose", 1, **SHARE)),
    (safety_floor.BASIS, edge("lawful_reason", 1, **SHARE)),
    (safety_floor.BASIS, edge("lawful_reason_consent_unsure", 1, **SHARE)),
    (safety_floor.NO_REFUSAL, edge("consent", 0, **REFUSE)),
    (safety_floor.NO_REFUSAL, edge("lawful_reason_identity_unsure", 0, **REFUSE)),
    (safety_floor.NO_DOUBTFUL_REFUSAL, edge("lawful_reason", 2, **REFUSE)),
    (safety_floor.NO_DOUBTFUL_REFUSAL, edge("purpose", 2, **REFUSE)),
    (safety_floor.MONOTONE, edge("consent", 0, **ASK)),
    (safety_floor.SETTLING, edge("lawful_reason_consent_unsure", 1, **REFUSE)),
    (safety_floor.POLICE, without_action("notify_police_immediately")),
    (safety_floor.POLICE, police_only_when_shared),
    (safety_floor.RECORD, without_action("record_decision_and_reasons")),
    (safety_floor.ADVICE, without_action("seek_advice")),
    (safety_floor.ADVICE, no_adviser),
    (safety_floor.ADVICE, an_integration_as_adviser),
    (safety_floor.DECIDERS, deciders(4, "dsl", "integration")),
    (safety_floor.DECIDERS, deciders(4)),
]


@pytest.mark.parametrize(
    ("rule", "change"), BROKEN, ids=[f"{i}-{rule[:30]}" for i, (rule, _) in enumerate(BROKEN)]
)
def test_a_breach_of_each_rule_is_found_with_a_counterexample(rule: str, change: Change):
    found = {
        breach.rule: breach.counterexample for breach in safety_floor.breaches(changed(change))
    }
    assert rule in found
    assert ":" in found[rule]


def record_only_what_is_shared(meaning: dict[str, Any]) -> None:
    rule = next(
        rule for rule in meaning["actions"] if rule["code"] == "record_decision_and_reasons"
    )
    rule["when"] = {"outcome": "share"}


def first(code: str) -> int:
    return next(i for i, rule in enumerate(MEANING["actions"]) if rule["code"] == code)


POINTERS: list[tuple[str, str, Change]] = [
    (safety_floor.EMERGENCY, "/flow/nodes/danger/rows/0", edge("danger", 0, to="purpose")),
    (
        safety_floor.EMERGENCY,
        "/flow/nodes/danger/rows/1",
        edge("danger", 1, outcome="share_emergency", decided_at="immediate_risk"),
    ),
    (safety_floor.BASIS, "/flow/nodes/lawful_reason/rows/1", edge("lawful_reason", 1, **SHARE)),
    (safety_floor.EMERGENCY, "/authority/rows/0/may_decide", deciders(0, "ig_lead")),
    (safety_floor.DECIDERS, "/authority/rows/4/may_decide", deciders(4)),
    (
        safety_floor.PROTECTIVE,
        "/sets/protective/members",
        protective("ambulance_or_emergency_service", "childrens_social_care", "mash"),
    ),
    (
        safety_floor.PROTECTIVE,
        "/sets/protective/members/4",
        protective(*map(str, sorted(safety_floor.ALWAYS_PROTECTIVE)), "landlord"),
    ),
    (
        safety_floor.RECORD,
        f"/actions/{first('record_decision_and_reasons')}/when",
        record_only_what_is_shared,
    ),
    (safety_floor.RECORD, "/actions", without_action("record_decision_and_reasons")),
    (
        safety_floor.POLICE,
        f"/actions/{first('notify_police_immediately')}/when",
        police_only_when_shared,
    ),
    (safety_floor.ADVICE, f"/actions/{first('seek_advice') + 1}/ask", an_integration_as_adviser),
]


@pytest.mark.parametrize(
    ("rule", "pointer", "change"), POINTERS, ids=[pointer for _, pointer, _ in POINTERS]
)
def test_a_breach_is_reported_with_its_pointer_and_line(rule: str, pointer: str, change: Change):
    meaning = json.loads(json.dumps(MEANING))
    change(meaning)
    source = io.StringIO()
    YAML().dump(meaning, source)
    text = source.getvalue()
    (found,) = (
        fault
        for fault in check(text.encode())
        if fault.code == "safety-floor" and fault.problem.startswith(rule)
    )
    assert found.pointer == pointer
    assert found.line == next(
        node.line for node in read(text.encode()).walk() if node.pointer == pointer
    )
    assert str(found).startswith(f"line {found.line}, {pointer}: ")


def test_actions_with_too_many_combinations_are_reported_separately_from_the_flow():
    meaning = json.loads(json.dumps(MEANING))
    facts = sorted(FLOW_FACTS)[:20]
    meaning["actions"][first("record_decision_and_reasons")]["when"] = [
        {fact: DOMAINS[fact][0]} for fact in facts
    ]
    found = [fault for fault in check(json.dumps(meaning).encode()) if fault.code == "too-wide"]
    assert [fault.pointer for fault in found] == ["/actions"]


def test_every_rule_has_a_policy_that_breaches_it():
    rules = {
        value
        for name, value in vars(safety_floor).items()
        if name.isupper() and isinstance(value, str)
    }
    assert rules == {rule for rule, _ in BROKEN}


def test_the_shipped_policy_meets_the_safety_floor():
    assert safety_floor.breaches(in_force.shipped()) == []


def test_a_policy_may_count_more_bodies_as_protective():
    def safer(meaning: dict[str, Any]) -> None:
        meaning["sets"]["protective"]["members"] += ["lado", "adult_social_care"]

    assert safety_floor.breaches(changed(safer)) == []


def test_a_document_in_breach_is_refused_with_a_counterexample():
    meaning = json.loads(json.dumps(MEANING))
    edge("lawful_reason", 1, **SHARE)(meaning)
    faults = [
        fault for fault in check(json.dumps(meaning).encode()) if fault.code == "safety-floor"
    ]
    assert faults
    assert "consent is no" in str(faults[0])
    assert "without consent or lawful reason" in str(faults[0])
