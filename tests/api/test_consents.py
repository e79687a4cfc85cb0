"""Consent and its withdrawal: recorded, weighed into the facts, evaluated again."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.sharing import (
    consented_facts,
    decide,
    post,
    read,
    submit,
)
from tests.running import MovableClock
from tests.service import Service

GIVEN: dict[str, Any] = {
    "person_ref": "mis:7781",
    "status": "given",
    "explicit": True,
    "freely_given": "yes",
    "unambiguous": "yes",
    "form": "written",
    "authority": "parental_responsibility",
    "scope": {
        "purposes": ["sen_support"],
        "recipients": ["educational_psychologist"],
        "items": None,
    },
}


async def test_a_recorded_consent_changes_the_facts_and_the_evaluation(service: Service) -> None:
    staff = await service.caller("staff")
    body = consented_facts() | {
        "consent": {"answer": "no", "status": "not_sought", "not_sought_reason": "not_reasonable"}
    }
    made = await submit(staff, body)
    assert made["outcome"] == "seek_advice"
    await post(staff, made["id"], "consents", GIVEN)
    after = await read(staff, made["id"])
    assert (after["outcome"], after["evaluation"]["decided_at"]) == ("share", "consent")
    assert "not_sought_reason" not in after["facts"]["consent"]
    assert after["consents"][0]["person_ref"] == "mis:7781"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"authority": "competent_child", "competence": "assessed_competent"}, "share"),
        ({"authority": "competent_child", "competence": "assessed_not_competent"}, "seek_advice"),
        ({"authority": "competent_child", "competence": "not_assessed"}, "seek_advice"),
        ({"authority": "competent_child"}, "share"),
        ({"authority": "self", "competence": "assessed_not_competent"}, "seek_advice"),
        ({"authority": "self", "competence": "not_assessed"}, "seek_advice"),
        ({"authority": None, "competence": "assessed_not_competent"}, "seek_advice"),
        ({"authority": None, "competence": "not_assessed"}, "share"),
        ({"authority": "parental_responsibility", "competence": "assessed_not_competent"}, "share"),
        ({"authority": "court_appointed", "competence": "not_assessed"}, "share"),
        (
            {"authority": "competent_child", "competence": "not_assessed", "status": "refused"},
            "seek_advice",
        ),
    ],
)
async def test_a_childs_consent_counts_only_when_competence_was_assessed(
    service: Service, said: dict[str, Any], outcome: str
) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    given = {name: value for name, value in (GIVEN | said).items() if value is not None}
    await post(staff, made["id"], "consents", given)
    after = await read(staff, made["id"])
    assert after["outcome"] == outcome
    unjudged = outcome != "share" and given["status"] == "given"
    assert after["facts"]["consent"]["answer"] == (
        "unsure" if unjudged else "yes" if outcome == "share" else "no"
    )
    assert ("judge_competence" in {hint["code"] for hint in after["hints"]}) is unjudged
    assert after["consents"][0]["competence"] == said.get("competence")


async def test_the_competence_of_a_child_can_be_assessed_later(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    own = GIVEN | {"authority": "competent_child"}
    await post(staff, made["id"], "consents", own | {"competence": "not_assessed"})
    await post(staff, made["id"], "consents", own | {"competence": "assessed_competent"})
    after = await read(staff, made["id"])
    assert (after["outcome"], after["evaluation"]["decided_at"], after["hints"]) == (
        "share",
        "consent",
        [],
    )


async def test_a_consent_with_another_scope_counts_as_unsure(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    await post(staff, made["id"], "consents", GIVEN | {"scope": {"purposes": ["research"]}})
    after = await read(staff, made["id"])
    assert after["evaluation"]["path"][-1]["answer"] != "yes" or after["outcome"] == "seek_advice"
    assert after["outcome"] == "seek_advice"


async def test_the_consent_of_one_subject_does_not_cover_the_other(service: Service) -> None:
    staff = await service.caller("staff")
    two = [
        {"person_ref": "mis:7781", "role": "child"},
        {"person_ref": "mis:7782", "role": "sibling"},
    ]
    made = await submit(staff, consented_facts() | {"subjects": two})
    await post(staff, made["id"], "consents", GIVEN)
    assert (await read(staff, made["id"]))["outcome"] == "seek_advice"
    await post(staff, made["id"], "consents", GIVEN | {"person_ref": "mis:7782"})
    assert (await read(staff, made["id"]))["outcome"] == "share"


async def test_a_withdrawal_stops_further_disclosure_and_lists_the_recipients(
    service: Service, clock: MovableClock
) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made = await submit(staff, consented_facts())
    given = await post(staff, made["id"], "consents", GIVEN)
    decision = await decide(staff, made["id"])
    went = {
        "decision_id": decision["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    disclosure = await post(staff, made["id"], "disclosures", went)
    withdrawn = await post(
        staff, made["id"], f"consents/{given['id']}/withdrawal", {"withdrawn_by": "Mother"}
    )
    assert withdrawn["disclosures_to_tell"] == [disclosure["id"]]
    after = await read(dsl, made["id"])
    assert after["outcome"] in {"do_not_share", "seek_advice"}
    await post(staff, made["id"], "disclosures", went, 409)
    await post(
        staff, made["id"], f"consents/{given['id']}/withdrawal", {"withdrawn_by": "Mother"}, 409
    )


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2099-01-01T00:00:00Z", "in-the-future"),
        ("2026-03-03T10:06:00Z", "in-the-future"),
        ("2026-01-01T00:00:00Z", "before-given"),
        ("2026-02-01T08:59:59+00:00", "before-given"),
    ],
)
async def test_a_withdrawal_is_after_the_consent_and_not_in_the_future(
    service: Service, at: str, code: str
) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    given = await post(staff, made["id"], "consents", GIVEN | {"given_at": "2026-02-01T09:00:00Z"})
    path = f"consents/{given['id']}/withdrawal"
    refused = await post(staff, made["id"], path, {"withdrawn_by": "Mother", "at": at}, 422)
    assert [(fault["pointer"], fault["code"]) for fault in refused["errors"]] == [("/at", code)]
    after = await read(staff, made["id"])
    assert (after["outcome"], after["consents"][0]["withdrawal"]) == ("share", None)
    await post(staff, made["id"], path, {"withdrawn_by": "Mother", "at": "2026-02-01T09:00:00Z"})


async def test_a_withdrawal_a_few_minutes_ahead_is_recorded(
    service: Service, clock: MovableClock
) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    soon = (clock() + timedelta(minutes=1)).isoformat()
    given = await post(staff, made["id"], "consents", GIVEN | {"given_at": soon})
    await post(
        staff,
        made["id"],
        f"consents/{given['id']}/withdrawal",
        {"withdrawn_by": "Mother", "at": soon},
    )
    assert (await read(staff, made["id"]))["outcome"] == "seek_advice"


async def test_withdrawing_an_older_consent_leaves_the_newer_one(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    older = await post(staff, made["id"], "consents", GIVEN)
    await post(staff, made["id"], "consents", GIVEN)
    await post(staff, made["id"], f"consents/{older['id']}/withdrawal", {"withdrawn_by": "Mother"})
    assert (await read(staff, made["id"]))["outcome"] == "share"
