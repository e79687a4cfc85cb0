"""The steps around a decision: advice, consent, notices, reconsideration, letters and records."""

import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

import pytest

from tests.api.sharing import (
    REFUSE,
    SHARE,
    consented_facts,
    decide,
    etag_for,
    facts,
    landlord_facts,
    submit,
)
from tests.running import MovableClock
from tests.service import Caller, Service

UNSURE: dict[str, Any] = facts(lawful_reason={"answer": "unsure"})


async def posted(
    caller: Caller, request_id: str, path: str, body: dict[str, Any], status: int = 201
) -> dict[str, Any]:
    reply = await caller.post(f"/v1/sharing-requests/{request_id}/{path}", json=body)
    assert reply.status_code == status, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def read(caller: Caller, request_id: str) -> dict[str, Any]:
    reply = await caller.get(f"/v1/sharing-requests/{request_id}")
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


async def test_advice_is_sought_without_names_and_has_a_deadline(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff, UNSURE)
    asked = await posted(
        staff, made["id"], "advice", {"ask": "ig_lead", "question": "Is there a lawful reason?"}
    )
    assert (asked["can_change_outcome"], asked["due"][:10]) == (True, "2026-03-04")
    seen = await ig_lead.get(f"/v1/sharing-requests/{made['id']}")
    assert seen.json()["advice"][0]["question"] == "Is there a lawful reason?"
    assert "A. Khan" not in seen.text
    assert "mis:7781" not in seen.text
    answer = {
        "advice": "Yes, the safeguarding condition.",
        "advised_outcome": "share",
        "outcome_of_discussion": "Amend and decide.",
    }
    await posted(ig_lead, made["id"], f"advice/{asked['id']}/answer", answer)
    after = await read(staff, made["id"])
    assert (after["status"], after["advice"][0]["answer"]["outcome_of_discussion"]) == (
        "submitted",
        "Amend and decide.",
    )
    await posted(ig_lead, made["id"], f"advice/{asked['id']}/answer", answer, 409)


async def test_advisers_see_free_text_only_when_it_is_released(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff, UNSURE)
    await posted(
        staff, made["id"], "advice", {"ask": "ig_lead", "question": "?", "release_free_text": True}
    )
    shown = (await read(ig_lead, made["id"]))["facts"]
    assert shown["purpose"]["statement"] == "Section 47 enquiry opened today"
    assert "name" not in shown["requester"]
    assert shown["subjects"][0]["person_ref"] == "child-1"


async def test_advice_that_cannot_change_the_outcome_is_marked_so(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    asked = await posted(dsl, made["id"], "advice", {"ask": "manager", "question": "Am I right?"})
    assert asked["can_change_outcome"] is False


async def test_an_adviser_can_decide_only_in_an_emergency(service: Service) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made = await submit(staff)
    asked = await posted(staff, made["id"], "advice", {"ask": "dsl", "question": "?"})
    await posted(
        dsl,
        made["id"],
        f"advice/{asked['id']}/answer",
        {"advice": "Share.", "outcome_of_discussion": "Agreed."},
    )
    headers = {"If-Match": await etag_for(dsl, made["id"])}
    path = f"/v1/sharing-requests/{made['id']}/decisions"
    assert (await dsl.post(path, json=SHARE, headers=headers)).status_code == 403
    assert (
        await dsl.post(path, json=SHARE | {"outcome": "share_emergency"}, headers=headers)
    ).status_code == 201


async def test_a_person_cannot_answer_their_own_request_for_advice(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl, UNSURE)
    asked = await posted(dsl, made["id"], "advice", {"ask": "dsl", "question": "?"})
    await posted(
        dsl,
        made["id"],
        f"advice/{asked['id']}/answer",
        {"advice": "Me.", "outcome_of_discussion": "Me."},
        403,
    )


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
    await posted(staff, made["id"], "consents", GIVEN)
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
    await posted(staff, made["id"], "consents", given)
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
    await posted(staff, made["id"], "consents", own | {"competence": "not_assessed"})
    await posted(staff, made["id"], "consents", own | {"competence": "assessed_competent"})
    after = await read(staff, made["id"])
    assert (after["outcome"], after["evaluation"]["decided_at"], after["hints"]) == (
        "share",
        "consent",
        [],
    )


async def test_a_consent_with_another_scope_counts_as_unsure(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    await posted(staff, made["id"], "consents", GIVEN | {"scope": {"purposes": ["research"]}})
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
    await posted(staff, made["id"], "consents", GIVEN)
    assert (await read(staff, made["id"]))["outcome"] == "seek_advice"
    await posted(staff, made["id"], "consents", GIVEN | {"person_ref": "mis:7782"})
    assert (await read(staff, made["id"]))["outcome"] == "share"


async def test_a_withdrawal_stops_further_disclosure_and_lists_the_recipients(
    service: Service, clock: MovableClock
) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made = await submit(staff, consented_facts())
    given = await posted(staff, made["id"], "consents", GIVEN)
    decision = await decide(staff, made["id"])
    went = {
        "decision_id": decision["id"],
        "recipient": {},
        "route": "secure_email",
        "sent_at": clock().isoformat(),
    }
    disclosure = await posted(staff, made["id"], "disclosures", went)
    withdrawn = await posted(
        staff, made["id"], f"consents/{given['id']}/withdrawal", {"withdrawn_by": "Mother"}
    )
    assert withdrawn["disclosures_to_tell"] == [disclosure["id"]]
    after = await read(dsl, made["id"])
    assert after["outcome"] in {"do_not_share", "seek_advice"}
    await posted(staff, made["id"], "disclosures", went, 409)
    await posted(
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
    given = await posted(
        staff, made["id"], "consents", GIVEN | {"given_at": "2026-02-01T09:00:00Z"}
    )
    path = f"consents/{given['id']}/withdrawal"
    refused = await posted(staff, made["id"], path, {"withdrawn_by": "Mother", "at": at}, 422)
    assert [(fault["pointer"], fault["code"]) for fault in refused["errors"]] == [("/at", code)]
    after = await read(staff, made["id"])
    assert (after["outcome"], after["consents"][0]["withdrawal"]) == ("share", None)
    await posted(staff, made["id"], path, {"withdrawn_by": "Mother", "at": "2026-02-01T09:00:00Z"})


async def test_a_withdrawal_a_few_minutes_ahead_is_recorded(
    service: Service, clock: MovableClock
) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    soon = (clock() + timedelta(minutes=1)).isoformat()
    given = await posted(staff, made["id"], "consents", GIVEN | {"given_at": soon})
    await posted(
        staff,
        made["id"],
        f"consents/{given['id']}/withdrawal",
        {"withdrawn_by": "Mother", "at": soon},
    )
    assert (await read(staff, made["id"]))["outcome"] == "seek_advice"


async def test_withdrawing_an_older_consent_leaves_the_newer_one(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff, consented_facts())
    older = await posted(staff, made["id"], "consents", GIVEN)
    await posted(staff, made["id"], "consents", GIVEN)
    await posted(
        staff, made["id"], f"consents/{older['id']}/withdrawal", {"withdrawn_by": "Mother"}
    )
    assert (await read(staff, made["id"]))["outcome"] == "share"


async def test_a_deferred_notice_becomes_an_open_task_when_due(
    service: Service, clock: MovableClock
) -> None:
    account = await service.add("dsl")
    dsl = await service.sign_in(account)
    made = await submit(dsl)
    deferred = {
        "person_ref": "mis:7781",
        "decision": "deferred",
        "reason": "would_prejudice_enquiry",
    }
    assert (await posted(dsl, made["id"], "notices", deferred, 422))["errors"][0][
        "pointer"
    ] == "/revisit_on"
    await posted(dsl, made["id"], "notices", deferred | {"revisit_on": "2026-03-10"})
    await decide(dsl, made["id"])
    clock.forward(days=7)
    dsl = await service.sign_in(account)
    assert (await read(dsl, made["id"]))["overdue_clocks"] == ["notice"]
    await posted(
        dsl,
        made["id"],
        "notices",
        {"person_ref": "mis:7781", "decision": "informed_after", "how": "Met the mother."},
    )
    assert (await read(dsl, made["id"]))["overdue"] is False


@pytest.mark.parametrize(
    "notice",
    [{"decision": "not_informed"}, {"decision": "informed_after", "revisit_on": "2026-03-10"}],
)
async def test_an_incomplete_notice_is_rejected(service: Service, notice: dict[str, Any]) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    await posted(dsl, made["id"], "notices", {"person_ref": "mis:7781"} | notice, 422)
    await posted(
        dsl, made["id"], "notices", {"person_ref": "mis:1", "decision": "informed_after"}, 422
    )


async def test_new_information_reopens_a_refused_request_and_keeps_the_refusal(
    service: Service,
) -> None:
    machine, ig_lead, dsl = (
        await service.caller("integration"),
        await service.caller("ig_lead"),
        await service.caller("dsl"),
    )
    made = await submit(machine, landlord_facts())
    refusal = await decide(ig_lead, made["id"], REFUSE)
    body = {
        "new_information": "It is the social worker who asks.",
        "facts": {
            "recipient": {"organisation_type": "childrens_social_care"},
            "purpose": {"code": "child_in_need_update", "answer": "yes"},
            "lawful_reason": {"answer": "yes", "code": "safeguarding_condition"},
        },
    }
    await posted(machine, made["id"], "reconsiderations", body)
    after = await read(machine, made["id"])
    assert (after["status"], after["outcome"], after["decision"]) == ("submitted", "share", None)
    assert [decision["id"] for decision in after["decisions"]] == [refusal["id"]]
    assert (await decide(dsl, made["id"]))["supersedes"] == refusal["id"]
    await posted(machine, made["id"], "reconsiderations", body, 409)


async def test_a_refused_requester_gets_a_letter(service: Service) -> None:
    ig_lead = await service.caller("ig_lead")
    made = await submit(ig_lead, landlord_facts())
    words = {
        "reasons": "No purpose that concerns the child's welfare.",
        "contact": "The school office.",
    }
    await posted(ig_lead, made["id"], "letters", words, 409)
    await decide(ig_lead, made["id"], REFUSE)
    letter = await posted(ig_lead, made["id"], "letters", words)
    path = f"/v1/sharing-requests/{made['id']}/letters/{letter['id']}"
    page = await ig_lead.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "No purpose that concerns the child" in page.text
    assert REFUSE["reasons"] not in page.text
    assert (await ig_lead.get(path, headers={"Accept": "application/pdf"})).content.startswith(
        b"%PDF-"
    )


async def test_the_record_is_offered_as_json_html_and_pdf(
    service: Service, clock: MovableClock
) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    clock.forward(seconds=1)
    await decide(dsl, made["id"])
    path = f"/v1/sharing-requests/{made['id']}/record"
    filed = (await dsl.get(path)).json()
    assert filed["sharing_request"]["decisions"][0]["reasons"] == SHARE["reasons"]
    assert [entry["action"] for entry in filed["audit"]["entries"]] == [
        "sharing.request.submitted",
        "sharing.decision.recorded",
    ]
    page = await dsl.get(path, headers={"Accept": "text/html"})
    assert SHARE["reasons"] in page.text
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert (await dsl.get(path, headers={"Accept": "application/pdf"})).content.startswith(b"%PDF-")
    assert (await dsl.get(path, headers={"Accept": "image/png"})).status_code == 406


async def test_the_documents_of_the_ig_lead_name_no_person(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff)
    for form in ("application/json", "text/html"):
        page = await ig_lead.get(
            f"/v1/sharing-requests/{made['id']}/record", headers={"Accept": form}
        )
        assert not [
            secret
            for secret in ("mis:7781", "A. Khan", "Anytown", "SR-2231", "Attendance this term")
            if secret in page.text
        ]


async def test_the_flowchart_has_title_and_description(service: Service) -> None:
    staff = await service.caller("staff")
    made = await submit(staff)
    reply = await staff.get(f"/v1/sharing-requests/{made['id']}/flowchart.svg")
    root = ET.fromstring(reply.text)
    assert (reply.status_code, root.get("role")) == (200, "img")
    assert {child.tag.rpartition("}")[2] for child in root} >= {"title", "desc"}
