"""Past requests under another version: known facts give exact results, and missing facts make a
result unknown.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kernel.canonical import Json, encode
from app.policy.document.loader import load
from app.policy.engine import inputs
from app.policy.engine.derive import derive
from app.policy.engine.evaluate import Policy, evaluate
from app.policy.engine.model import FACTS_VERSION, Facts, FactsUnreadable, fact_words, read_stored
from app.policy.engine.vocabulary import Answer, Direction, OrganisationType, PurposeCode, Step
from app.policy.impact.replay import NOT_KNOWN, PastRequest, Replay, last_common_step
from app.policy.lifecycle import in_force
from tests.api.policies import changed_policy, without_health_providers
from tests.unit.policy.diff.test_diff import policy as unchecked
from tests.unit.policy.engine.test_evaluate import some_facts

OLD = in_force.shipped()
TODAY = date(2026, 3, 3)
YES, NO, UNSURE = Answer.YES, Answer.NO, Answer.UNSURE


def policy(change: Any = None) -> Policy:
    return load(encode(changed_policy(change)))


def replayed(
    new: Policy, *stored: dict[str, Json], decision: str | None = None, departs: bool = False
) -> Any:
    replay = Replay(OLD, new, TODAY)
    for number, facts in enumerate(stored):
        past = PastRequest(
            request=UUID(int=number), facts=facts, decision=decision, departs=departs
        )
        replay.add(past)
    return replay.result()


def without(facts: Facts, *names: str) -> dict[str, Json]:
    return {name: value for name, value in facts.to_json().items() if name not in names}


EMERGENCY = some_facts(recipient_type=OrganisationType.HEALTH_PROVIDER, immediate_risk=YES)
PROTECTIVE = policy(without_health_providers)


def test_stored_facts_of_this_version_are_complete():
    stored = some_facts().to_json()
    assert Facts.from_json(stored) == some_facts()
    assert read_stored(stored).missing == ()


@pytest.mark.parametrize("name", sorted(fact_words()))
def test_a_missing_fact_is_named_and_never_supplied(name: str):
    stored = without(some_facts(), name)
    assert read_stored(stored).missing == (name,)
    with pytest.raises(FactsUnreadable, match=name):
        Facts.from_json(stored)


@pytest.mark.parametrize(
    "change",
    [
        {"v": FACTS_VERSION + 1},
        {"v": 0},
        {"v": True},
        {"v": "1"},
        {"weather": "fine"},
        {"purpose": "maybe"},
        {"doubts": ["none"]},
        {"doubts": "x"},
    ],
)
def test_other_values_are_unreadable(change: dict[str, Json]):
    with pytest.raises(FactsUnreadable):
        read_stored({**some_facts().to_json(), **change})
    found = replayed(OLD, {**some_facts().to_json(), **change})
    assert found["unknown"][0]["facts"] == ["facts"]
    assert found["matrix"][NOT_KNOWN][NOT_KNOWN] == 1


def test_the_most_serious_change_comes_first_with_the_decision():
    found = replayed(
        PROTECTIVE, some_facts().to_json(), EMERGENCY.to_json(), decision="share", departs=True
    )
    assert (found["requests"], found["changed"], found["leaves_emergency"]) == (2, 1, 1)
    assert found["changes"][0]["request"] == str(UUID(int=1))
    assert (found["changes"][0]["decision"], found["changes"][0]["departs"]) == ("share", True)
    assert found["changes"][0]["parts_at"] == "immediate_risk"
    assert {row["code"]: (row["asked_more"], row["asked_less"]) for row in found["actions"]}[
        "complete_record_retrospectively"
    ] == (0, 1)


def test_every_worked_case_is_unchanged_under_the_same_policy():
    stored = [
        derive(case.facts, OLD.rules(TODAY), TODAY).to_json()
        for case in OLD.document.cases.values()
    ]
    found = replayed(policy(), *stored)
    assert (found["requests"], found["changed"], found["not_known"], found["other_deciders"]) == (
        len(stored),
        0,
        0,
        0,
    )


@pytest.mark.parametrize("name", sorted(fact_words()))
def test_a_missing_fact_makes_a_result_unknown_only_if_it_could_matter(name: str):
    for facts in (EMERGENCY, some_facts(), some_facts(consent=YES), some_facts(purpose=NO)):
        found = replayed(PROTECTIVE, without(facts, name))
        kind, optional = fact_words()[name]
        every = [getattr(facts, name), *kind, *([None] if optional else [])]
        outcomes = set()
        for value in every:
            try:
                possible = evaluate(
                    PROTECTIVE,
                    some_facts(
                        **{**{one: getattr(facts, one) for one in fact_words()}, name: value}
                    ),
                )
            except LookupError:
                continue  # a word that a two-sided fact cannot have
            outcomes.add((possible.outcome, possible.decided_at, possible.release))
        new = found["matrix"]
        if len({outcome for outcome, _, _ in outcomes}) > 1:
            assert sum(row[NOT_KNOWN] for row in new.values()) == 1, name
            assert found["unknown"][0]["facts"] == [name]
        elif len(outcomes) == 1:
            assert found["not_known"] in {0, 1}
            assert sum(row[NOT_KNOWN] for row in new.values()) == 0, name


def test_with_too_many_missing_facts_the_result_is_unknown():
    names = (
        "recipient_type",
        "purpose",
        "consent",
        "identifiable",
        "lawful_reason",
        "immediate_risk",
        "recipient_verified",
        "amount",
        "secure",
    )
    found = replayed(PROTECTIVE, without(some_facts(), *names))
    assert found["not_known"] == 1
    assert set(found["unknown"][0]["facts"]) >= {"purpose", "consent"}


STATED = inputs.Stated(
    direction=Direction.RECEIVED,
    recipient=inputs.Recipient(
        organisation_type=OrganisationType.RESEARCHER, identity_verified=YES
    ),
    purpose=inputs.Purpose(code=PurposeCode.RESEARCH, answer=YES, stated=True),
    consent=inputs.Consent(answer=NO),
    identifiable=NO,
    lawful_reason=inputs.LawfulReason(answer=NO),
    items=(inputs.Item(smallest_group=12),),
)


def derived(stated: inputs.Stated, under: Policy = OLD) -> dict[str, Json]:
    return derive(stated, under.rules(TODAY), TODAY).to_json()


def route(code: str, *, add: bool) -> Any:
    def change(document: Any) -> None:
        members = document["sets"]["routed"]["members"]
        members.append(code) if add else members.remove(code)

    return change


def test_a_purpose_routed_by_the_new_version_is_known():
    new = replace(OLD, digest="x")
    routed = unchecked(route("research", add=True))
    found = replayed(routed, derived(STATED))
    assert found["changes"][0]["after"] == {
        "outcome": "seek_advice",
        "decided_at": "purpose",
        "release": "none",
    }
    assert replayed(new, derived(STATED))["changed"] == 0


def test_a_purpose_no_longer_routed_has_its_stored_answer():
    bulk = inputs.Purpose(code=PurposeCode.BULK_OR_PRE_AGREED, answer=YES, stated=True)
    before = derived(_with(purpose=bulk))
    assert before["purpose"] == "unsure"
    found = replayed(unchecked(route("bulk_or_pre_agreed", add=False)), before)
    assert found["matrix"]["seek_advice"]["share"] == 1
    doubted = derived(
        _with(
            purpose=inputs.Purpose(
                code=PurposeCode.BULK_OR_PRE_AGREED, answer=YES, stated=True, compatible=NO
            )
        )
    )
    assert replayed(unchecked(route("bulk_or_pre_agreed", add=False)), doubted)["changed"] == 0


@pytest.mark.parametrize(
    ("limit", "stored", "known"),
    [(10, 12, True), (15, 12, False), (5, 12, True), (5, 7, False), (20, None, False)],
)
def test_a_group_size_under_another_limit_is_unknown_unless_the_limit_does_not_matter(
    limit: int, stored: int | None, *, known: bool
):
    def change(document: Any) -> None:
        document["parameters"]["smallest_group"]["values"][0]["value"] = limit

    found = replayed(unchecked(change), derived(_with(items=(inputs.Item(smallest_group=stored),))))
    assert found["not_known"] == (0 if known else 1)
    if not known:
        assert found["unknown"][0]["facts"] == ["identifiable"]


def test_a_group_size_does_not_matter_if_another_answer_decides():
    def change(document: Any) -> None:
        document["parameters"]["smallest_group"]["values"][0]["value"] = 100

    assert (
        replayed(
            unchecked(change),
            derived(_with(purpose=inputs.Purpose(code=PurposeCode.RESEARCH, answer=NO))),
        )["not_known"]
        == 0
    )


def _with(**changed: Any) -> inputs.Stated:
    return replace(STATED, **changed)


@pytest.mark.parametrize(
    ("before", "after", "at"),
    [
        ((Step.IMMEDIATE_RISK,), (Step.IMMEDIATE_RISK, Step.PURPOSE), "immediate_risk"),
        (
            (Step.IMMEDIATE_RISK, Step.PURPOSE, Step.CONSENT),
            (Step.IMMEDIATE_RISK, Step.PURPOSE, Step.IDENTIFIABLE),
            "purpose",
        ),
        ((Step.IMMEDIATE_RISK, Step.PURPOSE), (Step.IMMEDIATE_RISK, Step.PURPOSE), "purpose"),
        ((Step.PURPOSE,), (Step.IMMEDIATE_RISK,), "immediate_risk"),
    ],
)
def test_paths_differ_after_the_last_question_that_both_ask(
    before: tuple[Step, ...], after: tuple[Step, ...], at: str
):
    assert last_common_step(before, after) == at


def test_the_same_facts_give_the_same_result_a_month_later():
    replay = Replay(OLD, PROTECTIVE, TODAY + timedelta(days=31))
    replay.add(
        PastRequest(request=UUID(int=0), facts=EMERGENCY.to_json(), decision=None, departs=False)
    )
    assert replay.result()["changes"] == replayed(PROTECTIVE, EMERGENCY.to_json())["changes"]
