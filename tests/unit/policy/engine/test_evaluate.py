"""Evaluation compared with an oracle written from the policy's prose, over every set of answers,
and properties that hold for all facts.
"""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import canonical
from app.policy.document import table_checks
from app.policy.engine import evaluate
from app.policy.engine.bitmasks import DOMAINS
from app.policy.engine.codes import ActionCode
from app.policy.engine.model import Facts, FactsUnreadable, fact_words
from app.policy.engine.vocabulary import (
    Answer,
    Direction,
    OrganisationType,
    Outcome,
    PurposeCode,
    Release,
    Step,
    Urgency,
)
from app.policy.lifecycle import in_force

YES, NO, UNSURE = Answer.YES, Answer.NO, Answer.UNSURE
ANSWERS = (YES, NO, UNSURE)
POLICY = in_force.shipped()


def some_facts(**changed: object) -> Facts:
    valid = {
        "direction": Direction.RECEIVED,
        "urgency": Urgency.ROUTINE,
        "recipient_type": OrganisationType.MASH,
        "recipient_verified": YES,
        "purpose_code": PurposeCode.SECTION_47_ENQUIRY,
        "purpose": YES,
        "consent": NO,
        "consent_status": None,
        "not_sought_reason": None,
        "identifiable": YES,
        "lawful_reason": YES,
        "lawful_code": None,
        "immediate_risk": NO,
        "crime_suspected": NO,
        "emergency_kind": None,
        "amount": YES,
        "fact_from_opinion": YES,
        "right_recipient": YES,
        "secure": YES,
        "secure_route": None,
        "transparency": None,
        "transparency_reason": None,
        "special_category": NO,
        "criminal_offence": NO,
        "unexplained_history": NO,
        "opinion": NO,
        "third_party": NO,
        "review_overdue": NO,
    }
    return Facts(**{**valid, **changed})  # type: ignore[arg-type]


def oracle(
    purpose: Answer, consent: Answer, identifiable: Answer, lawful: Answer
) -> tuple[Outcome, Step]:
    """The prose, read literally and without tables."""
    if purpose is NO:
        return Outcome.DO_NOT_SHARE, Step.PURPOSE
    if purpose is UNSURE:
        return Outcome.SEEK_ADVICE, Step.PURPOSE
    three = (
        (Step.CONSENT, consent, YES),
        (Step.IDENTIFIABLE, identifiable, NO),
        (Step.LAWFUL_REASON, lawful, YES),
    )
    for step, answer, permits in three:
        if answer is permits:
            return Outcome.SHARE, step
    for step, answer, _ in three:
        if answer is UNSURE:
            return Outcome.SEEK_ADVICE, step
    return Outcome.DO_NOT_SHARE, Step.LAWFUL_REASON


SETS = list(itertools.product(ANSWERS, repeat=4))


@pytest.mark.parametrize("answers", SETS, ids="-".join)
def test_each_of_the_81_answer_sets_gives_the_outcome_of_the_prose(answers: tuple[Answer, ...]):
    purpose, consent, identifiable, lawful = answers
    facts = some_facts(
        purpose=purpose, consent=consent, identifiable=identifiable, lawful_reason=lawful
    )
    found = evaluate.evaluate(POLICY, facts)
    assert (found.outcome, found.decided_at) == oracle(*answers)
    assert evaluate.outcome(POLICY, facts) == oracle(*answers)
    assert found.release is (Release.READY if found.outcome is Outcome.SHARE else Release.NONE)


def test_19_answer_sets_share_28_refuse_and_34_seek_advice():
    outcomes = [oracle(*answers)[0] for answers in SETS]
    assert [
        outcomes.count(o) for o in (Outcome.SHARE, Outcome.DO_NOT_SHARE, Outcome.SEEK_ADVICE)
    ] == [19, 28, 34]


PROTECTIVE = {
    OrganisationType.POLICE,
    OrganisationType.AMBULANCE_OR_EMERGENCY_SERVICE,
    OrganisationType.CHILDRENS_SOCIAL_CARE,
    OrganisationType.MASH,
    OrganisationType.NSPCC,
    OrganisationType.HEALTH_PROVIDER,
}


@pytest.mark.parametrize("body", list(OrganisationType))
def test_only_verified_protective_bodies_reach_the_emergency_branch(body: OrganisationType):
    for verified, risk, answers in itertools.product(ANSWERS, ANSWERS, SETS):
        purpose, consent, identifiable, lawful = answers
        facts = some_facts(
            recipient_type=body,
            recipient_verified=verified,
            immediate_risk=risk,
            purpose=purpose,
            consent=consent,
            identifiable=identifiable,
            lawful_reason=lawful,
        )
        emergency = body in PROTECTIVE and verified is YES and risk is YES
        expected = (Outcome.SHARE_EMERGENCY, Step.IMMEDIATE_RISK) if emergency else oracle(*answers)
        assert evaluate.outcome(POLICY, facts) == expected


def random_facts() -> st.SearchStrategy[Facts]:
    fields = {
        name: st.sampled_from(
            [None if value == "not_stated" else words(value) for value in DOMAINS[name]]
        )
        for name, (words, _) in fact_words().items()
    }
    return st.builds(Facts, **fields)


@given(random_facts())
def test_mandatory_actions_are_always_present(facts: Facts):
    found = evaluate.evaluate(POLICY, facts)
    codes = {action.code for action in found.actions}
    assert ActionCode.RECORD_DECISION_AND_REASONS in codes
    assert len(codes) == len(found.actions)
    assert len(found.principles) == len(found.golden_rules) == 7
    assert len(found.how) == 5
    assert found.path[-1].step in Step
    assert found.may_decide
    if YES in (facts.crime_suspected, facts.immediate_risk):
        assert ActionCode.NOTIFY_POLICE_IMMEDIATELY in codes
    if facts.immediate_risk is UNSURE:
        assert ActionCode.ESCALATE_TO_DSL_NOW in codes
    if found.outcome is Outcome.SEEK_ADVICE:
        assert {ActionCode.SEEK_ADVICE, ActionCode.RECORD_OUTCOME_OF_DISCUSSION} <= codes
        assert next(action for action in found.actions if action.code is ActionCode.SEEK_ADVICE).ask
    if found.outcome is Outcome.DO_NOT_SHARE:
        assert {
            ActionCode.RECORD_REASONS_FOR_NOT_SHARING,
            ActionCode.DISCUSS_REASONS_WITH_REQUESTER,
        } <= codes
    if found.outcome is Outcome.SHARE_EMERGENCY:
        assert found.release is Release.READY
        assert {ActionCode.COMPLETE_RECORD_RETROSPECTIVELY, ActionCode.TELL_DSL} <= codes
    assert (found.release is Release.NONE) is (
        found.outcome in {Outcome.DO_NOT_SHARE, Outcome.SEEK_ADVICE}
    )


@given(random_facts())
def test_a_share_is_on_hold_until_the_four_checks_other_than_transparency_are_met(facts: Facts):
    found = evaluate.evaluate(POLICY, facts)
    checks = (facts.amount, facts.fact_from_opinion, facts.right_recipient, facts.secure)
    if found.outcome is Outcome.SHARE:
        assert found.release is (Release.READY if set(checks) == {YES} else Release.HOLD)


@given(random_facts())
def test_facts_and_evaluation_survive_a_round_trip_to_the_byte(facts: Facts):
    stored = canonical.encode(facts.to_json())
    again = Facts.from_json(facts.to_json())
    assert again == facts
    assert canonical.encode(again.to_json()) == stored
    first = canonical.encode(evaluate.evaluate(POLICY, facts).to_json())
    assert canonical.encode(evaluate.evaluate(POLICY, again).to_json()) == first


@pytest.mark.parametrize(
    "broken",
    [{"v": 2}, {"purpose": "maybe"}, {"purpose": None}, {"extra": "yes"}, {"doubts": "none"}],
)
def test_stored_facts_of_another_shape_are_refused(broken: dict[str, object]):
    with pytest.raises(FactsUnreadable):
        Facts.from_json({**some_facts().to_json(), **broken})  # type: ignore[dict-item]


def test_stored_facts_with_a_missing_fact_are_refused_and_never_completed():
    stored = some_facts().to_json()
    del stored["opinion"]
    with pytest.raises(FactsUnreadable):
        Facts.from_json(stored)


@pytest.mark.parametrize("name", list(POLICY.document.cases))
def test_each_worked_case_has_its_expected_result(name: str):
    case = POLICY.document.cases[name]
    found = evaluate.evaluate(POLICY, table_checks.facts_of(POLICY, case))
    assert (found.outcome, found.decided_at, found.release) == (
        case.expected.outcome,
        case.expected.decided_at,
        case.expected.release,
    )
    assert set(case.expected.actions) <= {action.code for action in found.actions}


def test_the_authority_table_gives_who_may_decide():
    def may(wanted: Outcome, *, departs: bool = False, **changed: object) -> list[str]:
        return [
            str(role)
            for role in evaluate.may_decide(POLICY, some_facts(**changed), wanted, departs=departs)
        ]

    assert may(Outcome.SHARE_EMERGENCY) == ["staff", "dsl", "ig_lead"]
    assert may(Outcome.SHARE, consent=YES) == ["staff", "dsl"]
    assert may(Outcome.SHARE, identifiable=NO) == ["staff", "dsl"]
    assert may(Outcome.SHARE, consent=YES, special_category=YES) == ["dsl"]
    assert may(Outcome.SHARE, consent=YES, criminal_offence=YES) == ["dsl"]
    assert may(Outcome.SHARE, consent=YES, departs=True) == ["dsl"]
    assert may(Outcome.SHARE) == ["dsl"]
    assert may(Outcome.DO_NOT_SHARE) == ["dsl"]
    assert may(Outcome.SHARE, purpose_code=PurposeCode.RESEARCH, consent=YES) == ["ig_lead"]
    assert may(Outcome.DO_NOT_SHARE, purpose_code=PurposeCode.SUBJECT_ACCESS_REQUEST) == ["ig_lead"]


def test_a_doubt_appears_at_the_step_of_its_question():
    case = POLICY.document.cases["consent-ran-out"]
    found = evaluate.evaluate(POLICY, table_checks.facts_of(POLICY, case))
    passed = next(step for step in found.path if step.step is Step.CONSENT)
    assert passed.answer is UNSURE
    assert "not valid today" in passed.basis


def test_an_overdue_review_is_flagged_and_changes_nothing_else():
    late = evaluate.evaluate(POLICY, some_facts(review_overdue=YES))
    on_time = evaluate.evaluate(POLICY, some_facts())
    assert late.review_overdue
    assert (late.outcome, late.decided_at, late.release) == (
        on_time.outcome,
        on_time.decided_at,
        on_time.release,
    )
    assert {a.code for a in late.actions} - {a.code for a in on_time.actions} == {
        ActionCode.REVIEW_THE_POLICY
    }


def test_evaluation_does_not_change_its_facts():
    facts = some_facts()
    evaluate.evaluate(POLICY, facts)
    assert facts == replace(facts)
