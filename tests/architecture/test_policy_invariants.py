"""Invariants of the policy over HTTP, for every combination of answers: an unsure answer never
becomes a refusal, and no answer delays an emergency.

The outcomes are compared with each other; no rule of the evaluator is repeated here.
"""

import itertools
from collections import Counter
from typing import Any

import pytest

from tests.api.sharing import facts
from tests.service import Caller

pytestmark = pytest.mark.database_independent

ANSWERS = ("yes", "no", "unsure")
Case = tuple[str, str, str, str]
CASES: list[Case] = list(itertools.product(ANSWERS, ANSWERS, ANSWERS, ANSWERS))
PROTECTIVE = (
    "police",
    "ambulance_or_emergency_service",
    "childrens_social_care",
    "mash",
    "nspcc",
    "health_provider",
)


def body(
    case: Case,
    *,
    risk: str = "no",
    crime: str = "no",
    recipient: str = "mash",
    verified: str = "yes",
) -> dict[str, Any]:
    """A body with the four answers and no other reason for or against sharing."""
    purpose, consent, identifiable, lawful = case
    return facts(
        requester={"identity_verified": verified},
        recipient={
            "organisation_type": recipient,
            "identity_verified": verified,
            "secure_route": "secure_email",
        },
        purpose={"code": "section_47_enquiry", "answer": purpose},
        consent={"answer": consent},
        identifiable=identifiable,
        lawful_reason={"answer": lawful},
        risk={"immediate_risk": risk, "crime_suspected": crime},
    )


async def outcome(caller: Caller, sent: dict[str, Any]) -> dict[str, Any]:
    reply = await caller.post("/v1/evaluations", json=sent)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def settled(case: Case) -> list[Case]:
    """Every combination of yes and no for the unsure answers of a case."""
    purpose, consent, identifiable, lawful = (
        ("yes", "no") if answer == "unsure" else (answer,) for answer in case
    )
    return list(itertools.product(purpose, consent, identifiable, lawful))


async def test_an_unsure_answer_never_becomes_a_refusal(staff: Caller) -> None:
    outcomes = {case: (await outcome(staff, body(case)))["outcome"] for case in CASES}

    assert Counter(outcomes.values()) == {"share": 19, "do_not_share": 28, "seek_advice": 34}
    for case in CASES:
        certain = {outcomes[one] for one in settled(case)}
        if outcomes[case] == "do_not_share":
            assert certain == {"do_not_share"}, case
        if "unsure" not in case:
            assert outcomes[case] != "seek_advice", case
        if case[0] == "no":
            assert outcomes[case] == "do_not_share", case


async def test_no_answer_delays_an_emergency(staff: Caller) -> None:
    for case in CASES:
        found = await outcome(staff, body(case, risk="yes"))
        assert (found["outcome"], found["decided_at"], found["release"]) == (
            "share_emergency",
            "immediate_risk",
            "ready",
        ), case
        assert {"notify_police_immediately", "complete_record_retrospectively", "tell_dsl"} <= {
            act["code"] for act in found["actions"]
        }
        assert {"staff", "dsl", "ig_lead"} <= set(found["may_decide"]), case


async def test_the_emergency_branch_needs_a_verified_protective_body(
    staff: Caller,
) -> None:
    nothing: Case = ("unsure", "no", "yes", "no")
    for recipient, verified, crime in itertools.product(
        (*PROTECTIVE, "landlord", "parent"), ANSWERS, ANSWERS
    ):
        found = await outcome(
            staff, body(nothing, risk="yes", crime=crime, recipient=recipient, verified=verified)
        )
        opens = recipient in PROTECTIVE and verified == "yes"
        assert (found["outcome"] == "share_emergency") is opens, (recipient, verified, crime)
        assert found["outcome"] != "do_not_share", (recipient, verified, crime)
        assert "notify_police_immediately" in {act["code"] for act in found["actions"]}, (
            recipient,
            verified,
            crime,
        )
    for case in CASES:
        found = await outcome(staff, body(case, crime="yes"))
        assert "notify_police_immediately" in {act["code"] for act in found["actions"]}, case


async def test_an_unsure_danger_alerts_the_dsl_and_blocks_nothing(
    staff: Caller,
) -> None:
    for case in CASES:
        calm, unsure = [await outcome(staff, body(case, risk=risk)) for risk in ("no", "unsure")]
        assert unsure["outcome"] == calm["outcome"], case
        assert "escalate_to_dsl_now" in {act["code"] for act in unsure["actions"]}, case
