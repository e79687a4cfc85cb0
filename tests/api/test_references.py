"""References of people: normalised, validated, and found in every list."""

from urllib.parse import quote

import httpx
import pytest

from tests.api.accounting import CHILD, read_account, share
from tests.api.sharing import facts, submit
from tests.running import MovableClock
from tests.service import Service


@pytest.mark.parametrize("written", [" mis:9001 ", "mis:9001\t", "\u00a0mis:9001"])
async def test_spaces_around_a_reference_are_ignored(
    service: Service, clock: MovableClock, written: str
) -> None:
    dsl, ref = await service.caller("dsl"), "mis:9001"
    made = await share(
        dsl,
        clock,
        facts(subjects=[{"person_ref": written}], consent={"answer": "no", "person_ref": written}),
    )
    path = f"/v1/sharing-requests/{made['id']}"
    stated = (await dsl.get(path)).json()["facts"]
    assert (stated["subjects"][0]["person_ref"], stated["consent"]["person_ref"]) == (ref, ref)
    for asked in (ref, written):
        assert len(await read_account(dsl, quote(asked, safe=""))) == 1
        assert (
            len((await dsl.get("/v1/sharing-requests", params={"subject": asked})).json()["items"])
            == 1
        )
        assert (await dsl.get("/v1/audit/entries", params={"subject": asked})).json()["items"]
    consent = {"person_ref": written, "status": "refused"}
    assert (await dsl.post(f"{path}/consents", json=consent)).status_code == httpx.codes.CREATED
    told = {"person_ref": written, "decision": "informed_after"}
    assert (await dsl.post(f"{path}/notices", json=told)).status_code == httpx.codes.CREATED


@pytest.mark.parametrize("blank", ["", "  ", "\t", "\u2003", "mis:\u200b9001"])
async def test_a_blank_reference_is_rejected(service: Service, blank: str) -> None:
    dsl = await service.caller("dsl")
    path = f"/v1/sharing-requests/{(await submit(dsl))['id']}"
    for pointer, reply in (
        (
            "/subjects/0/person_ref",
            await dsl.post("/v1/sharing-requests", json=facts(subjects=[{"person_ref": blank}])),
        ),
        (
            "/external_id/value",
            await dsl.post(
                "/v1/evaluations", json=facts(external_id={"system": "mis", "value": blank})
            ),
        ),
        (
            "/consent/person_ref",
            await dsl.post(
                "/v1/evaluations", json=facts(consent={"answer": "no", "person_ref": blank})
            ),
        ),
        (
            "/person_ref",
            await dsl.post(f"{path}/consents", json={"person_ref": blank, "status": "refused"}),
        ),
        (
            "/person_ref",
            await dsl.post(
                f"{path}/notices", json={"person_ref": blank, "decision": "informed_after"}
            ),
        ),
        ("/query/subject", await dsl.get("/v1/sharing-requests", params={"subject": blank})),
        ("/query/subject", await dsl.get("/v1/audit/entries", params={"subject": blank})),
        ("/path/person_ref", await dsl.get(f"/v1/subjects/{quote(blank)}/disclosures")),
    ):
        if (blank, pointer) != ("", "/path/person_ref"):
            assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (
                422,
                pointer,
            ), reply.text


@pytest.mark.parametrize(
    "number", ["A801200005001", "B80120000500", "B801200050010", "I801200005001", ""]
)
async def test_a_pupil_number_with_a_wrong_check_letter_is_rejected(
    service: Service, number: str
) -> None:
    dsl = await service.caller("dsl")
    subjects = [{"person_ref": CHILD}, {"person_ref": f"upn:{number}"}]
    made = await submit(dsl)
    path, tag = f"/v1/sharing-requests/{made['id']}", {"If-Match": made["etag"]}
    for reply in (
        await dsl.post("/v1/sharing-requests", json=facts(subjects=subjects)),
        await dsl.post("/v1/evaluations", json=facts(subjects=subjects)),
        await dsl.patch(path, json={"subjects": subjects}, headers=tag),
    ):
        (fault,) = reply.json()["errors"]
        assert (reply.status_code, fault["pointer"], fault["code"]) == (
            422,
            "/subjects/1/person_ref",
            "invalid-upn",
        )
        assert not number or number not in reply.text


async def test_a_pupil_number_has_one_form(service: Service, clock: MovableClock) -> None:
    dsl = await service.caller("dsl")
    await share(dsl, clock, facts(subjects=[{"person_ref": "UPN: b8012 0000 5001"}]))
    (one,) = await read_account(dsl, "upn:B801200005001")
    made = (await dsl.get(f"/v1/sharing-requests/{one['sharing_request_id']}")).json()
    assert made["facts"]["subjects"][0]["person_ref"] == "upn:B801200005001"
    assert len(await read_account(dsl, quote("Upn:b801200005001"))) == 1


@pytest.mark.parametrize("ref", ["a/b", "x y", "ü", "%2F"])
async def test_any_reference_finds_its_person(
    service: Service, clock: MovableClock, ref: str
) -> None:
    dsl = await service.caller("dsl")
    await share(dsl, clock, facts(subjects=[{"person_ref": ref}]))
    assert len(await read_account(dsl, quote(ref, safe=""))) == 1
