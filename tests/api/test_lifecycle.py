"""The steps around a decision: advice, consent, notices, reconsideration, letters and records."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.api.sharing import (
    REFUSE,
    SHARE,
    decide,
    etag_for,
    facts,
    landlord_facts,
    post,
    read,
    submit,
)
from tests.running import MovableClock
from tests.service import Service

UNSURE: dict[str, Any] = facts(lawful_reason={"answer": "unsure"})


async def test_advice_is_sought_without_names_and_has_a_deadline(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff, UNSURE)
    asked = await post(
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
    await post(ig_lead, made["id"], f"advice/{asked['id']}/answer", answer)
    after = await read(staff, made["id"])
    assert (after["status"], after["advice"][0]["answer"]["outcome_of_discussion"]) == (
        "submitted",
        "Amend and decide.",
    )
    await post(ig_lead, made["id"], f"advice/{asked['id']}/answer", answer, 409)


async def test_advisers_see_free_text_only_when_it_is_released(service: Service) -> None:
    staff, ig_lead = await service.caller("staff"), await service.caller("ig_lead")
    made = await submit(staff, UNSURE)
    await post(
        staff, made["id"], "advice", {"ask": "ig_lead", "question": "?", "release_free_text": True}
    )
    shown = (await read(ig_lead, made["id"]))["facts"]
    assert shown["purpose"]["statement"] == "Section 47 enquiry opened today"
    assert "name" not in shown["requester"]
    assert shown["subjects"][0]["person_ref"] == "child-1"


async def test_advice_that_cannot_change_the_outcome_is_marked_so(service: Service) -> None:
    dsl = await service.caller("dsl")
    made = await submit(dsl)
    asked = await post(dsl, made["id"], "advice", {"ask": "manager", "question": "Am I right?"})
    assert asked["can_change_outcome"] is False


async def test_an_adviser_can_decide_only_in_an_emergency(service: Service) -> None:
    staff, dsl = await service.caller("staff"), await service.caller("dsl")
    made = await submit(staff)
    asked = await post(staff, made["id"], "advice", {"ask": "dsl", "question": "?"})
    await post(
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
    asked = await post(dsl, made["id"], "advice", {"ask": "dsl", "question": "?"})
    await post(
        dsl,
        made["id"],
        f"advice/{asked['id']}/answer",
        {"advice": "Me.", "outcome_of_discussion": "Me."},
        403,
    )


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
    assert (await post(dsl, made["id"], "notices", deferred, 422))["errors"][0][
        "pointer"
    ] == "/revisit_on"
    await post(dsl, made["id"], "notices", deferred | {"revisit_on": "2026-03-10"})
    await decide(dsl, made["id"])
    clock.forward(days=7)
    dsl = await service.sign_in(account)
    assert (await read(dsl, made["id"]))["overdue_clocks"] == ["notice"]
    await post(
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
    await post(dsl, made["id"], "notices", {"person_ref": "mis:7781"} | notice, 422)
    await post(
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
    await post(machine, made["id"], "reconsiderations", body)
    after = await read(machine, made["id"])
    assert (after["status"], after["outcome"], after["decision"]) == ("submitted", "share", None)
    assert [decision["id"] for decision in after["decisions"]] == [refusal["id"]]
    assert (await decide(dsl, made["id"]))["supersedes"] == refusal["id"]
    await post(machine, made["id"], "reconsiderations", body, 409)


async def test_a_refused_requester_gets_a_letter(service: Service) -> None:
    ig_lead = await service.caller("ig_lead")
    made = await submit(ig_lead, landlord_facts())
    words = {
        "reasons": "No purpose that concerns the child's welfare.",
        "contact": "The school office.",
    }
    await post(ig_lead, made["id"], "letters", words, 409)
    await decide(ig_lead, made["id"], REFUSE)
    released = await ig_lead.post(f"/v1/sharing-requests/{made['id']}/letters", json=words)
    path = released.headers["Location"]
    assert path == f"/v1/sharing-requests/{made['id']}/letters/{released.json()['id']}"
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
