"""What makes an answer sound: a detail may cast doubt on an answer that permits, and never turns
one into a refusal.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.engine import derive as f
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

SOUND = f.Stated(
    direction=Direction.RECEIVED,
    recipient=f.Recipient(organisation_type=OrganisationType.MASH, identity_verified=YES),
    purpose=f.Purpose(code=PurposeCode.SEN_SUPPORT, answer=YES, stated=True, compatible=YES),
    consent=f.Consent(
        answer=YES,
        status=ConsentStatus.GIVEN,
        explicit=True,
        freely_given=YES,
        unambiguous=YES,
        scope=f.Scope(
            purposes=(PurposeCode.SEN_SUPPORT,),
            recipients=(OrganisationType.MASH,),
            items=(ItemCategory.SEN,),
        ),
        given_on=TODAY,
        expires_on=TODAY,
    ),
    identifiable=NO,
    lawful_reason=f.LawfulReason(
        answer=YES,
        code=LawfulReasonCode.SAFEGUARDING_CONDITION,
        tests=f.ConditionTests(
            protects=YES, at_risk=YES, without_consent=YES, substantial_public_interest=YES
        ),
    ),
    items=(f.Item(category=ItemCategory.SEN, smallest_group=10),),
)


def test_what_is_sound_in_every_detail_counts_as_given():
    found = derive(SOUND, RULES, TODAY)
    assert (
        found.purpose,
        found.consent,
        found.identifiable,
        found.lawful_reason,
        found.recipient_verified,
    ) == (YES, YES, NO, YES, YES)
    assert found.doubts == ()


def test_a_yes_without_details_is_taken_as_given():
    bare = replace(
        SOUND,
        consent=f.Consent(answer=YES),
        lawful_reason=f.LawfulReason(answer=YES),
        purpose=f.Purpose(code=PurposeCode.OTHER, answer=YES),
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
        ({"scope": f.Scope(purposes=(PurposeCode.RESEARCH,))}, Doubt.CONSENT_OTHER_PURPOSE),
        ({"scope": f.Scope(recipients=())}, Doubt.CONSENT_OTHER_RECIPIENT),
        ({"scope": f.Scope(items=(ItemCategory.HEALTH,))}, Doubt.CONSENT_OTHER_ITEMS),
    ],
)
def test_a_detail_that_contradicts_consent_makes_it_unsure_and_says_why(
    change: dict[str, Any], doubt: Doubt
):
    found = derive(replace(SOUND, consent=replace(SOUND.consent, **change)), RULES, TODAY)
    assert found.consent is UNSURE
    assert found.doubts == (doubt,)


@pytest.mark.parametrize(
    "status", [ConsentStatus.GIVEN, ConsentStatus.LIMITED, ConsentStatus.UNKNOWN, None]
)
def test_a_status_that_does_not_contradict_is_no_objection(status: ConsentStatus | None):
    assert (
        derive(replace(SOUND, consent=f.Consent(answer=YES, status=status)), RULES, TODAY).consent
        is YES
    )


def test_consent_for_some_items_covers_a_request_that_withholds_the_others():
    other = f.Item(category=ItemCategory.HEALTH)
    assert derive(replace(SOUND, items=(*SOUND.items, other)), RULES, TODAY).consent is UNSURE
    assert (
        derive(
            replace(SOUND, items=(*SOUND.items, replace(other, include=Include.WITHHOLD))),
            RULES,
            TODAY,
        ).consent
        is YES
    )


@pytest.mark.parametrize(
    ("purpose", "doubt"),
    [
        (
            f.Purpose(code=PurposeCode.SUBJECT_ACCESS_REQUEST, answer=YES, stated=True),
            Doubt.PURPOSE_ROUTED,
        ),
        (
            f.Purpose(code=PurposeCode.BULK_OR_PRE_AGREED, answer=YES, stated=True),
            Doubt.PURPOSE_ROUTED,
        ),
        (f.Purpose(code=PurposeCode.UNKNOWN, answer=YES), Doubt.PURPOSE_NOT_STATED),
        (f.Purpose(code=PurposeCode.OTHER, answer=YES, compatible=NO), Doubt.PURPOSE_INCOMPATIBLE),
        (
            f.Purpose(code=PurposeCode.OTHER, answer=YES, compatible=UNSURE),
            Doubt.PURPOSE_INCOMPATIBLE,
        ),
    ],
)
def test_a_purpose_that_is_not_borne_out_is_unsure(purpose: f.Purpose, doubt: Doubt):
    found = derive(replace(SOUND, purpose=purpose, consent=f.Consent()), RULES, TODAY)
    assert found.purpose is UNSURE
    assert found.doubts == (doubt,)


def test_an_unknown_purpose_put_in_words_counts():
    assert (
        derive(replace(SOUND, purpose=f.Purpose(answer=YES, stated=True)), RULES, TODAY).purpose
        is YES
    )


@pytest.mark.parametrize(("size", "answer"), [(9, UNSURE), (10, NO), (11, NO), (0, UNSURE)])
def test_a_group_below_the_threshold_may_identify(size: int, answer: Answer):
    assert (
        derive(
            replace(SOUND, items=(f.Item(category=ItemCategory.SEN, smallest_group=size),)),
            RULES,
            TODAY,
        ).identifiable
        is answer
    )


def test_pseudonyms_identify_while_the_school_holds_the_key():
    found = derive(
        replace(SOUND, items=(f.Item(category=ItemCategory.SEN, key_held=True),)), RULES, TODAY
    )
    assert (found.identifiable, found.doubts) == (UNSURE, (Doubt.SCHOOL_HOLDS_THE_KEY,))


@pytest.mark.parametrize(
    "test", ["protects", "at_risk", "without_consent", "substantial_public_interest"]
)
@pytest.mark.parametrize("answer", [NO, UNSURE])
def test_each_of_the_four_tests_of_the_safeguarding_condition_counts(test: str, answer: Answer):
    reason = replace(
        SOUND.lawful_reason, tests=replace(SOUND.lawful_reason.tests, **{test: answer})
    )
    found = derive(replace(SOUND, lawful_reason=reason), RULES, TODAY)
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
def test_who_counts_as_verified(
    direction: Direction,
    recipient: dict[str, object],
    requester: dict[str, object],
    expected: Answer,
):
    stated = replace(
        SOUND,
        direction=direction,
        recipient=f.Recipient(organisation_type=OrganisationType.POLICE, **recipient),  # type: ignore[arg-type]
        requester=f.Requester(**requester),  # type: ignore[arg-type]
    )
    assert derive(stated, RULES, TODAY).recipient_verified is expected


def test_what_the_items_show_together_leaves_out_what_is_withheld():
    shown = f.Item(
        nature=ItemNature.OPINION,
        historical=True,
        special_category=(SpecialCategory.HEALTH,),
        criminal_offence=True,
        third_party=True,
    )
    found = derive(replace(SOUND, items=(shown,)), RULES, TODAY)
    assert (
        found.opinion,
        found.unexplained_history,
        found.special_category,
        found.criminal_offence,
        found.third_party,
    ) == (YES,) * 5
    hidden = derive(replace(SOUND, items=(replace(shown, include=Include.WITHHOLD),)), RULES, TODAY)
    assert (
        hidden.opinion,
        hidden.unexplained_history,
        hidden.special_category,
        hidden.criminal_offence,
        hidden.third_party,
    ) == (NO,) * 5
    assert (
        derive(
            replace(SOUND, items=(replace(shown, explained=True),)), RULES, TODAY
        ).unexplained_history
        is NO
    )


ANSWERS = st.sampled_from(Answer)
MAYBE = st.none() | ANSWERS
CONSENTS = st.builds(
    f.Consent,
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
        f.Purpose,
        code=st.sampled_from(PurposeCode),
        answer=ANSWERS,
        stated=st.booleans(),
        compatible=MAYBE,
    ),
    identifiable=ANSWERS,
    lawful=st.builds(
        f.LawfulReason,
        answer=ANSWERS,
        code=st.none() | st.sampled_from(LawfulReasonCode),
        tests=st.builds(f.ConditionTests, protects=MAYBE),
    ),
    item=st.builds(f.Item, smallest_group=st.none() | st.integers(0, 30), key_held=st.booleans()),
)
def test_a_detail_never_makes_a_refusal_and_never_helps(
    consent: f.Consent,
    purpose: f.Purpose,
    identifiable: Answer,
    lawful: f.LawfulReason,
    item: f.Item,
):
    stated = replace(
        SOUND,
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
def test_a_review_is_late_once_its_month_or_day_is_over(month: str, today: date, *, over: bool):
    assert (today > last_day(month)) is over
