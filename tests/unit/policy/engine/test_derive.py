"""Derivation of facts: a contradicting detail turns an answer that permits sharing into `unsure`,
and never into a refusal.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.engine import inputs
from app.policy.engine.codes import Doubt
from app.policy.engine.derive import derive, last_day
from app.policy.engine.vocabulary import (
    Answer,
    ConsentStatus,
    Direction,
    Include,
    ItemCategory,
    ItemNature,
    LawfulReasonCode,
    OrganisationType,
    PurposeCode,
    SpecialCategory,
    VerificationMethod,
)
from app.policy.lifecycle import in_force

YES, NO, UNSURE = Answer.YES, Answer.NO, Answer.UNSURE
TODAY = date(2026, 3, 3)
RULES = in_force.shipped().rules(TODAY)

VALID = inputs.Stated(
    direction=Direction.RECEIVED,
    recipient=inputs.Recipient(organisation_type=OrganisationType.MASH, identity_verified=YES),
    purpose=inputs.Purpose(code=PurposeCode.SEN_SUPPORT, answer=YES, stated=True, compatible=YES),
    consent=inputs.Consent(
        answer=YES,
        status=ConsentStatus.GIVEN,
        explicit=True,
        freely_given=YES,
        unambiguous=YES,
        scope=inputs.Scope(
            purposes=(PurposeCode.SEN_SUPPORT,),
            recipients=(OrganisationType.MASH,),
            items=(ItemCategory.SEN,),
        ),
        given_on=TODAY,
        expires_on=TODAY,
    ),
    identifiable=NO,
    lawful_reason=inputs.LawfulReason(
        answer=YES,
        code=LawfulReasonCode.SAFEGUARDING_CONDITION,
        tests=inputs.ConditionTests(
            protects=YES, at_risk=YES, without_consent=YES, substantial_public_interest=YES
        ),
    ),
    items=(inputs.Item(category=ItemCategory.SEN, smallest_group=10),),
)


def test_answers_without_contradicting_details_are_accepted():
    found = derive(VALID, RULES, TODAY)
    assert (
        found.purpose,
        found.consent,
        found.identifiable,
        found.lawful_reason,
        found.recipient_verified,
    ) == (YES, YES, NO, YES, YES)
    assert found.doubts == ()


def test_a_yes_without_details_is_accepted():
    bare = replace(
        VALID,
        consent=inputs.Consent(answer=YES),
        lawful_reason=inputs.LawfulReason(answer=YES),
        purpose=inputs.Purpose(code=PurposeCode.OTHER, answer=YES),
    )
    found = derive(bare, RULES, TODAY)
    assert (found.purpose, found.consent, found.lawful_reason) == (YES, YES, YES)


@pytest.mark.parametrize(
    ("change", "doubt"),
    [
        ({"status": ConsentStatus.WITHDRAWN}, Doubt.CONSENT_WITHDRAWN),
        ({"status": ConsentStatus.EXPIRED}, Doubt.CONSENT_OUT_OF_DATE),
        ({"status": ConsentStatus.REFUSED}, Doubt.CONSENT_NOT_GIVEN),
        ({"status": ConsentStatus.NOT_SOUGHT}, Doubt.CONSENT_NOT_GIVEN),
        ({"status": ConsentStatus.SOUGHT_PENDING}, Doubt.CONSENT_NOT_GIVEN),
        ({"status": ConsentStatus.UNABLE_TO_OBTAIN}, Doubt.CONSENT_NOT_GIVEN),
        ({"status": ConsentStatus.NOT_APPROPRIATE}, Doubt.CONSENT_NOT_GIVEN),
        ({"expires_on": TODAY - timedelta(days=1)}, Doubt.CONSENT_OUT_OF_DATE),
        ({"given_on": TODAY + timedelta(days=1)}, Doubt.CONSENT_OUT_OF_DATE),
        ({"explicit": False}, Doubt.CONSENT_NOT_EXPLICIT),
        ({"freely_given": NO}, Doubt.CONSENT_NOT_FREELY_GIVEN),
        ({"freely_given": UNSURE}, Doubt.CONSENT_NOT_FREELY_GIVEN),
        ({"unambiguous": NO}, Doubt.CONSENT_AMBIGUOUS),
        ({"scope": inputs.Scope(purposes=(PurposeCode.RESEARCH,))}, Doubt.CONSENT_OTHER_PURPOSE),
        ({"scope": inputs.Scope(recipients=())}, Doubt.CONSENT_OTHER_RECIPIENT),
        ({"scope": inputs.Scope(items=(ItemCategory.HEALTH,))}, Doubt.CONSENT_OTHER_ITEMS),
    ],
)
def test_a_detail_that_contradicts_consent_makes_it_unsure_with_a_doubt(
    change: dict[str, Any], doubt: Doubt
):
    found = derive(replace(VALID, consent=replace(VALID.consent, **change)), RULES, TODAY)
    assert found.consent is UNSURE
    assert found.doubts == (doubt,)


@pytest.mark.parametrize(
    "status", [ConsentStatus.GIVEN, ConsentStatus.LIMITED, ConsentStatus.UNKNOWN, None]
)
def test_a_consent_status_that_does_not_contradict_is_accepted(status: ConsentStatus | None):
    assert (
        derive(
            replace(VALID, consent=inputs.Consent(answer=YES, status=status)), RULES, TODAY
        ).consent
        is YES
    )


def test_a_consent_for_some_items_covers_a_request_that_withholds_the_others():
    other = inputs.Item(category=ItemCategory.HEALTH)
    assert derive(replace(VALID, items=(*VALID.items, other)), RULES, TODAY).consent is UNSURE
    assert (
        derive(
            replace(VALID, items=(*VALID.items, replace(other, include=Include.WITHHOLD))),
            RULES,
            TODAY,
        ).consent
        is YES
    )


@pytest.mark.parametrize(
    ("purpose", "doubt"),
    [
        (
            inputs.Purpose(code=PurposeCode.SUBJECT_ACCESS_REQUEST, answer=YES, stated=True),
            Doubt.PURPOSE_ROUTED,
        ),
        (
            inputs.Purpose(code=PurposeCode.BULK_OR_PRE_AGREED, answer=YES, stated=True),
            Doubt.PURPOSE_ROUTED,
        ),
        (inputs.Purpose(code=PurposeCode.UNKNOWN, answer=YES), Doubt.PURPOSE_NOT_STATED),
        (
            inputs.Purpose(code=PurposeCode.OTHER, answer=YES, compatible=NO),
            Doubt.PURPOSE_INCOMPATIBLE,
        ),
        (
            inputs.Purpose(code=PurposeCode.OTHER, answer=YES, compatible=UNSURE),
            Doubt.PURPOSE_INCOMPATIBLE,
        ),
    ],
)
def test_a_purpose_with_contradicting_details_is_unsure(purpose: inputs.Purpose, doubt: Doubt):
    found = derive(replace(VALID, purpose=purpose, consent=inputs.Consent()), RULES, TODAY)
    assert found.purpose is UNSURE
    assert found.doubts == (doubt,)


def test_an_unknown_purpose_with_a_statement_is_accepted():
    assert (
        derive(
            replace(VALID, purpose=inputs.Purpose(answer=YES, stated=True)), RULES, TODAY
        ).purpose
        is YES
    )


@pytest.mark.parametrize(("size", "answer"), [(9, UNSURE), (10, NO), (11, NO), (0, UNSURE)])
def test_a_group_below_the_threshold_is_unsure(size: int, answer: Answer):
    assert (
        derive(
            replace(VALID, items=(inputs.Item(category=ItemCategory.SEN, smallest_group=size),)),
            RULES,
            TODAY,
        ).identifiable
        is answer
    )


def test_reversible_pseudonyms_are_unsure():
    found = derive(
        replace(VALID, items=(inputs.Item(category=ItemCategory.SEN, key_held=True),)), RULES, TODAY
    )
    assert (found.identifiable, found.doubts) == (UNSURE, (Doubt.SCHOOL_HOLDS_THE_KEY,))


@pytest.mark.parametrize(
    "test", ["protects", "at_risk", "without_consent", "substantial_public_interest"]
)
@pytest.mark.parametrize("answer", [NO, UNSURE])
def test_a_failed_test_of_the_safeguarding_condition_makes_it_unsure(test: str, answer: Answer):
    reason = replace(
        VALID.lawful_reason, tests=replace(VALID.lawful_reason.tests, **{test: answer})
    )
    found = derive(replace(VALID, lawful_reason=reason), RULES, TODAY)
    assert (found.lawful_reason, found.doubts) == (UNSURE, (Doubt.CONDITION_NOT_SHOWN,))


@pytest.mark.parametrize(
    ("direction", "recipient", "requester", "expected"),
    [
        (Direction.RECEIVED, {"identity_verified": YES}, {}, YES),
        (Direction.RECEIVED, {}, {"identity_verified": YES}, YES),
        (Direction.RECEIVED, {"identity_verified": NO}, {"identity_verified": YES}, NO),
        (Direction.RECEIVED, {}, {}, UNSURE),
        (Direction.PROACTIVE, {}, {}, UNSURE),
        (
            Direction.PROACTIVE,
            {"verification_method": VerificationMethod.CALL_BACK_PUBLISHED_NUMBER},
            {},
            YES,
        ),
        (
            Direction.PROACTIVE,
            {},
            {"verification_method": VerificationMethod.CALL_BACK_PUBLISHED_NUMBER},
            YES,
        ),
        (
            Direction.RECEIVED,
            {"verification_method": VerificationMethod.CALL_BACK_PUBLISHED_NUMBER},
            {},
            UNSURE,
        ),
        (
            Direction.PROACTIVE,
            {
                "identity_verified": NO,
                "verification_method": VerificationMethod.CALL_BACK_PUBLISHED_NUMBER,
            },
            {},
            NO,
        ),
        (
            Direction.RECEIVED,
            {"identity_verified": YES, "verification_method": VerificationMethod.NONE},
            {},
            UNSURE,
        ),
    ],
)
def test_the_recipient_is_verified_by_answer_and_method(
    direction: Direction,
    recipient: dict[str, object],
    requester: dict[str, object],
    expected: Answer,
):
    stated = replace(
        VALID,
        direction=direction,
        recipient=inputs.Recipient(organisation_type=OrganisationType.POLICE, **recipient),  # type: ignore[arg-type]
        requester=inputs.Requester(**requester),  # type: ignore[arg-type]
    )
    assert derive(stated, RULES, TODAY).recipient_verified is expected


def test_withheld_items_do_not_affect_the_facts():
    shown = inputs.Item(
        nature=ItemNature.OPINION,
        historical=True,
        special_category=(SpecialCategory.HEALTH,),
        criminal_offence=True,
        third_party=True,
    )
    found = derive(replace(VALID, items=(shown,)), RULES, TODAY)
    assert (
        found.opinion,
        found.unexplained_history,
        found.special_category,
        found.criminal_offence,
        found.third_party,
    ) == (YES,) * 5
    hidden = derive(replace(VALID, items=(replace(shown, include=Include.WITHHOLD),)), RULES, TODAY)
    assert (
        hidden.opinion,
        hidden.unexplained_history,
        hidden.special_category,
        hidden.criminal_offence,
        hidden.third_party,
    ) == (NO,) * 5
    assert (
        derive(
            replace(VALID, items=(replace(shown, explained=True),)), RULES, TODAY
        ).unexplained_history
        is NO
    )


ANSWERS = st.sampled_from(Answer)
MAYBE = st.none() | ANSWERS
CONSENTS = st.builds(
    inputs.Consent,
    answer=ANSWERS,
    status=st.none() | st.sampled_from(ConsentStatus),
    explicit=st.none() | st.booleans(),
    freely_given=MAYBE,
    unambiguous=MAYBE,
    given_on=st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    expires_on=st.none() | st.dates(date(2025, 1, 1), date(2027, 1, 1)),
)


@given(
    consent=CONSENTS,
    purpose=st.builds(
        inputs.Purpose,
        code=st.sampled_from(PurposeCode),
        answer=ANSWERS,
        stated=st.booleans(),
        compatible=MAYBE,
    ),
    identifiable=ANSWERS,
    lawful=st.builds(
        inputs.LawfulReason,
        answer=ANSWERS,
        code=st.none() | st.sampled_from(LawfulReasonCode),
        tests=st.builds(inputs.ConditionTests, protects=MAYBE),
    ),
    item=st.builds(
        inputs.Item, smallest_group=st.none() | st.integers(0, 30), key_held=st.booleans()
    ),
)
def test_details_never_refuse_and_never_permit(
    consent: inputs.Consent,
    purpose: inputs.Purpose,
    identifiable: Answer,
    lawful: inputs.LawfulReason,
    item: inputs.Item,
):
    stated = replace(
        VALID,
        consent=consent,
        purpose=purpose,
        identifiable=identifiable,
        lawful_reason=lawful,
        items=(item,),
    )
    found = derive(stated, RULES, TODAY)
    for given_, counts, permits in (
        (consent.answer, found.consent, YES),
        (purpose.answer, found.purpose, YES),
        (identifiable, found.identifiable, NO),
        (lawful.answer, found.lawful_reason, YES),
    ):
        assert counts is given_ or (given_ is permits and counts is UNSURE)


@pytest.mark.parametrize(
    ("month", "today", "over"),
    [
        ("2026-11", date(2026, 11, 30), False),
        ("2026-11", date(2026, 12, 1), True),
        ("2026-12", date(2026, 12, 31), False),
        ("2026-12", date(2027, 1, 1), True),
        ("2028-02", date(2028, 2, 29), False),
        ("2026-11-15", date(2026, 11, 15), False),
        ("2026-11-15", date(2026, 11, 16), True),
    ],
)
def test_a_review_is_overdue_after_its_month_or_day(month: str, today: date, *, over: bool):
    assert (today > last_day(month)) is over
