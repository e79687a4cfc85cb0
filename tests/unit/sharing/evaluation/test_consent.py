"""What the consents on record come to."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.policy.engine.vocabulary import ConsentStatus
from app.sharing.case.records import Consent
from app.sharing.evaluation.consent import consent

TODAY = date(2026, 3, 3)
CHILD, BROTHER = UUID(int=1), UUID(int=2)


def given(subject: UUID = CHILD, **changed: Any) -> Consent:
    return replace(Consent(subject_id=subject, status=ConsentStatus.GIVEN), **changed)


@pytest.mark.parametrize(
    ("expires_on", "answer"),
    [(None, "yes"), (TODAY, "yes"), (date(2026, 3, 2), "no")],
)
def test_a_consent_holds_to_its_last_day(expires_on: date | None, answer: str):
    found = consent([given(expires_on=expires_on)], every=1, today=TODAY)
    assert found["answer"] == answer


def test_one_expired_consent_outweighs_another_that_holds():
    expired = given(BROTHER, expires_on=date(2026, 3, 2))
    assert consent([given(), expired], every=2, today=TODAY)["answer"] == "no"


def test_a_person_who_was_not_asked_leaves_the_answer_unsure():
    assert consent([given()], every=2, today=TODAY)["answer"] == "unsure"


def test_the_newest_consent_of_a_person_counts():
    refused = given(status=ConsentStatus.REFUSED)
    assert consent([given(), refused], every=1, today=TODAY)["answer"] == "no"
    assert consent([refused, given()], every=1, today=TODAY)["answer"] == "yes"


def test_the_facts_take_over_no_personal_member():
    found = consent([given(evidence="On file")], every=1, today=TODAY)
    assert found == {"answer": "yes", "status": "given"}
