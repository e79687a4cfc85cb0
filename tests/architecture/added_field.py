"""Checks a field that was added to every request schema and nowhere else; `test_added_field` runs
these tests in a copy of the code with that change.

Every body, and every object in one, is sent with the field through the lifecycle of a request, of a
refused one and of an emergency.
"""

from typing import Any, Final

import pytest
import sqlalchemy as sa

from tests.api.sharing import MASH, SHARE, etag_for, landlord_facts
from tests.service import Caller, Service

FIELD: Final = "added_words"
WORDS: Final = "Zephyrine said so"
STATUTORY: Final = {
    "power": "section_16h",
    "explanation": "A review.",
    "detriment": {"more_detrimental": "no", "why": "It is over."},
}
ORGANISATION: Final = {
    "organisation": "Anytown MASH",
    "organisation_type": "mash",
    "call_back_number": "01632 960123",
}


def with_field(value: Any) -> Any:
    """The value with the field in every object."""
    if isinstance(value, dict):
        return {name: with_field(one) for name, one in value.items()} | {FIELD: WORDS}
    return [with_field(one) for one in value] if isinstance(value, list) else value


async def sent(
    caller: Caller, path: str, body: dict[str, Any], *, method: str = "POST", tag: str = "*"
) -> dict[str, Any]:
    reply = await caller.request(method, path, json=with_field(body), headers={"If-Match": tag})
    assert reply.status_code in {200, 201}, (path, reply.text)
    found: dict[str, Any] = reply.json()
    return found


async def shared(staff: Caller, dsl: Caller, ig_lead: Caller) -> str:
    """A request that was amended, advised on, decided, disclosed, consented to and closed."""
    consent = MASH["consent"] | {"scope": {"purposes": None}, "person_ref": "mis:7781"}
    lawful = MASH["lawful_reason"] | {"tests": {"protects": "yes"}}
    body = MASH | {"statutory": STATUTORY, "consent": consent, "lawful_reason": lawful}
    made = await sent(staff, "/v1/sharing-requests", body)
    path = f"/v1/sharing-requests/{made['id']}"
    await sent(staff, path, {"how": MASH["how"]}, method="PATCH")
    asked = await sent(
        staff, f"{path}/advice", {"ask": "dsl", "question": "Who?", "release_free_text": True}
    )
    answer = {"advice": "Share.", "outcome_of_discussion": "Refer."}
    await sent(ig_lead, f"{path}/advice/{asked['id']}/answer", answer)
    reason = {"code": "safeguarding_condition", "necessity": "The enquiry."}
    decision = await sent(dsl, f"{path}/decisions", SHARE | {"lawful_reason": reason})
    disclosure = {
        "decision_id": decision["id"],
        "recipient": {"named_individual": "A. Khan"},
        "route": "secure_email",
        "sent_at": "2026-03-03T10:00:00Z",
        "receipt": {"acknowledged_by": "A. Khan", "at": "2026-03-03T10:00:00Z"},
    }
    await sent(staff, f"{path}/disclosures", disclosure)
    scope = {"purposes": ["section_47_enquiry"], "recipients": None, "items": None}
    given = {"person_ref": "mis:7781", "status": "given", "scope": scope, "evidence": "On file"}
    consented = await sent(staff, f"{path}/consents", given)
    await sent(
        staff, f"{path}/consents/{consented['id']}/withdrawal", {"withdrawn_by": "Her mother"}
    )
    notice = {"person_ref": "mis:7781", "decision": "informed_before", "how": "By telephone"}
    await sent(staff, f"{path}/notices", notice)
    await sent(staff, f"{path}/closure", {"why": "Done."})
    return str(made["id"])


async def refused(staff: Caller, dsl: Caller, ig_lead: Caller) -> str:
    """A request that was refused, answered by letter, and reconsidered."""
    made = await sent(staff, "/v1/sharing-requests", landlord_facts())
    path = f"/v1/sharing-requests/{made['id']}"
    await sent(dsl, f"{path}/questions", {"question": "What for?"})
    await sent(staff, path, {"urgency": "routine"}, method="PATCH")
    talk = {"discussed_with_requester": "yes", "how": "By telephone."}
    refusal = {"outcome": "do_not_share", "reasons": "No purpose.", "refusal": talk}
    await sent(ig_lead, f"{path}/decisions", refusal)
    await sent(staff, f"{path}/letters", {"reasons": "No purpose.", "contact": "The office"})
    news = {"new_information": "None, in truth.", "facts": {"purpose": {"answer": "no"}}}
    await sent(staff, f"{path}/reconsiderations", news)
    await sent(ig_lead, f"{path}/decisions", refusal)
    return str(made["id"])


async def emergency(staff: Caller, dsl: Caller, _: Caller) -> str:
    """An emergency whose record was completed."""
    body = {
        "recipient": {"organisation_type": "police", "organisation": "Police"},
        "what": "Her address",
        "why": "Danger now",
        "subjects": [{"person_ref": "mis:7781"}],
        "purpose": {"code": "missing_child"},
        "facts": {"requester": {"name": "PC Smith"}},
    }
    made = (await sent(staff, "/v1/emergency-disclosures", body))["sharing_request"]
    decision = SHARE | {"outcome": "share_emergency"}
    await sent(dsl, f"/v1/sharing-requests/{made['id']}/decisions", decision)
    return str(made["id"])


async def holding(service: Service, words: str) -> set[str]:
    """The tables that contain the text."""
    found = set()
    async with service.database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        for name in names:
            rows = (await connection.execute(sa.text(f'SELECT * FROM "{name}"'))).all()
            found |= {name for row in rows if words in " ".join(map(str, row))}
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_added_field_is_personal(
    service: Service, staff: Caller, dsl: Caller, ig_lead: Caller
):
    ids = [await one(staff, dsl, ig_lead) for one in (shared, refused, emergency)]
    for one in ids:
        path = f"/v1/sharing-requests/{one}"
        assert WORDS in (await staff.get(path)).text, "the facts keep what was sent"
        for of in ("", "/record"):
            hidden = await ig_lead.get(path + of, headers={"Accept": "application/json"})
            assert hidden.status_code == 200, hidden.text
            assert WORDS not in hidden.text
    assert await holding(service, WORDS) == {"sharing_narrative"}

    for one in ids:
        path = f"/v1/sharing-requests/{one}"
        reviewed = {"keep": "dispose", "why": "No reason is left."}
        await sent(ig_lead, f"{path}/retention-reviews", reviewed)
        await sent(ig_lead, f"{path}/disposal", {"basis": "Ended.", "approved_by": "Head"})
        assert await etag_for(staff, one)
    assert await holding(service, WORDS) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_added_field_of_the_directory_stands_in_no_structural_table(
    service: Service, dsl: Caller
):
    made = await sent(dsl, "/v1/recipients", ORGANISATION)
    path = f"/v1/recipients/{made['id']}"
    contact = await sent(dsl, f"{path}/contacts", {"name": "A. Khan"})
    check = {"method": "call_back_published_number", "result": "yes", "note": "Rang them."}
    await sent(dsl, f"{path}/verifications", check)
    for changed, body in ((path, {"call_back_source": "their page"}),):
        await sent(dsl, changed, body, method="PATCH")
    await sent(dsl, f"{path}/contacts/{contact['id']}", {"role_title": "Lead"}, method="PATCH")
    assert await holding(service, WORDS) <= {"recipient_narrative"}
