"""The right recipient: what does not match is named, and nothing else."""

from typing import Any

import pytest

from app.kernel.vocabulary import Answer
from app.recipients.matching import WORDS, Mismatch, RecipientFacts, check_right_recipient
from app.recipients.verification import NEVER_CHECKED, VerificationReason
from tests.unit.recipients.valid import STATED, checked, facts

CASES: list[tuple[Mismatch, RecipientFacts, dict[str, Any]]] = [
    (Mismatch.TYPE_DIFFERS, facts(), {"organisation_type": "police"}),
    (Mismatch.ORGANISATION_DIFFERS, facts(), {"organisation": "Othertown MASH"}),
    (Mismatch.INDIVIDUAL_DIFFERS, facts(), {"named_individual": "B. Lee"}),
    (Mismatch.ROUTE_NOT_LISTED, facts(), {"secure_route": "post_tracked"}),
    (Mismatch.ROUTE_NOT_LISTED, facts(), {"secure_route": "none"}),
    (Mismatch.ROUTE_NOT_LISTED, facts(secure_routes=()), {}),
    (Mismatch.NO_PUBLISHED_NUMBER, facts(call_back_number=None), {}),
    (Mismatch.RECIPIENT_RETIRED, facts(active=False), {}),
    (Mismatch.CONTACT_RETIRED, facts(contact_active=False), {}),
    (Mismatch.NEVER_VERIFIED, facts(status=NEVER_CHECKED), {}),
    (
        Mismatch.VERIFICATION_EXPIRED,
        facts(status=checked(verified=Answer.UNSURE, why=VerificationReason.EXPIRED)),
        {},
    ),
    (
        Mismatch.DETAILS_CHANGED,
        facts(status=checked(verified=Answer.UNSURE, why=VerificationReason.DETAILS_CHANGED)),
        {},
    ),
    (
        Mismatch.IDENTITY_DOUBTED,
        facts(status=checked(verified=Answer.UNSURE, why=VerificationReason.DOUBTED)),
        {},
    ),
    (
        Mismatch.IDENTITY_REFUTED,
        facts(status=checked(verified=Answer.NO, why=VerificationReason.REFUTED)),
        {},
    ),
]


def test_what_agrees_raises_nothing():
    assert check_right_recipient(facts(), STATED) == []


@pytest.mark.parametrize(
    ("mismatch", "known", "otherwise"),
    CASES,
    ids=lambda value: value.value if isinstance(value, Mismatch) else "",
)
def test_each_mismatch_is_found_alone(
    mismatch: Mismatch, known: RecipientFacts, otherwise: dict[str, Any]
):
    assert check_right_recipient(known, STATED | otherwise) == [mismatch]


def test_every_mismatch_has_a_case_and_words():
    assert {mismatch for mismatch, _, _ in CASES} == set(Mismatch) == WORDS.keys()


def test_everybody_who_is_not_verified_is_named():
    """Subtracted from the enum: a new reason without a mismatch would pass unseen."""
    for why in set(VerificationReason) - {VerificationReason.CHECKED}:
        assert (
            check_right_recipient(facts(status=checked(verified=Answer.UNSURE, why=why)), STATED)
            != []
        )


def test_what_is_not_stated_is_not_compared():
    assert check_right_recipient(facts(), {}) == []
    assert check_right_recipient(facts(), dict.fromkeys(STATED)) == []


def test_a_disclosure_names_its_route_shorter():
    assert check_right_recipient(facts(), {"route": "post_tracked"}) == [Mismatch.ROUTE_NOT_LISTED]


@pytest.mark.parametrize(
    "name", ["A. Khan", "a khan", "Aisha Khan", "Mrs A Khan", "Dr Aisha B. Khan", "Khan"]
)
def test_spellings_of_one_name_are_one_person(name: str):
    assert check_right_recipient(facts(), {"named_individual": name}) == []


@pytest.mark.parametrize(
    "name", ["B. Khan", "A. Khanna", "Aisha", "", "Dr", "Social worker on duty"]
)
def test_other_names_are_not(name: str):
    assert check_right_recipient(facts(), {"named_individual": name}) == [
        Mismatch.INDIVIDUAL_DIFFERS
    ]


def test_without_a_contact_no_name_is_compared():
    assert (
        check_right_recipient(
            facts(contact_id=None, contact_active=None, named_individual=None), STATED
        )
        == []
    )
