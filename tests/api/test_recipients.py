"""The directory over HTTP: every role reads, two roles change, a change needs the present version,
and every call has an audit entry.
"""

from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from app.audit import tables as trail
from app.kernel.vocabulary import OrganisationType
from app.recipients import tables
from tests.api.directory import (
    CALLED,
    HUB,
    KHAN,
    create,
    create_hub,
    ids,
    patch,
    pointers,
    problem,
    read,
)
from tests.running import MovableClock
from tests.service import Service

PERSONAL: Final = (
    "Aisha",
    "aisha.khan@mash.example",
    "01632 960124",
    "Social worker",
    "switchboard",
)


async def test_an_organisation_is_registered_and_read(service: Service):
    dsl = await service.caller("dsl")
    reply = await dsl.post("/v1/recipients", json=HUB)
    assert reply.status_code == httpx.codes.CREATED
    shown = reply.json()
    assert reply.headers["location"] == f"/v1/recipients/{shown['id']}"
    assert shown["secure_routes"] == ["secure_email", "phone_verified"]
    assert {name: shown[name] for name in HUB if name != "secure_routes"} == {
        name: HUB[name] for name in HUB if name != "secure_routes"
    }
    assert (
        shown["section_11"],
        shown["safeguarding_partner"],
        shown["protective"],
        shown["active"],
    ) == (True, True, True, True)
    assert shown["verification"] == {
        "verified": "unsure",
        "why": "never_checked",
        "method": None,
        "verified_on": None,
        "valid_until": None,
    }
    assert shown["verifications"] == []
    again = await read(await service.caller("staff"), reply.headers["location"])
    assert again.json() == shown
    assert again.headers["etag"] == reply.headers["etag"]
    assert again.headers["cache-control"] == "no-store"


async def test_the_types_say_what_each_organisation_is(service: Service):
    shown = (await read(await service.caller("integration"), "/v1/recipients/types")).json()
    kinds = {kind["organisation_type"]: kind for kind in shown["items"]}
    assert kinds.keys() == {word.value for word in OrganisationType}
    assert shown["next_cursor"] is None
    assert kinds["nspcc"]["protective"]
    assert not kinds["nspcc"]["section_11"]
    assert kinds["safeguarding_partners"]["safeguarding_partner"]


# --- permissions ----------------------------------------------------------------------------------

READERS: Final = {"staff", "dsl", "ig_lead", "integration"}
EDITORS: Final = {"dsl", "ig_lead"}

MATRIX: Final = [
    ("GET", "/v1/recipients/types", None, READERS),
    ("GET", "/v1/recipients", None, READERS),
    ("POST", "/v1/recipients", HUB, EDITORS),
    ("GET", "/v1/recipients/{hub}", None, READERS),
    ("PATCH", "/v1/recipients/{hub}", {"call_back_source": "a poster"}, EDITORS),
    ("GET", "/v1/recipients/{hub}/contacts", None, READERS),
    ("POST", "/v1/recipients/{hub}/contacts", KHAN, EDITORS),
    ("GET", "/v1/recipients/{hub}/contacts/{khan}", None, READERS),
    ("PATCH", "/v1/recipients/{hub}/contacts/{khan}", {"role_title": "Manager"}, EDITORS),
    ("GET", "/v1/recipients/{hub}/verifications", None, READERS),
    ("POST", "/v1/recipients/{hub}/verifications", CALLED, EDITORS),
]


def test_the_matrix_has_a_row_for_every_operation(service: Service):
    paths = service.app.openapi()["paths"]
    offered = {
        (method.upper(), path.replace("recipient_id", "hub").replace("contact_id", "khan"))
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/v1/recipients")
    }
    assert {(method, path) for method, path, _, _ in MATRIX} == offered


@pytest.mark.parametrize("role", sorted(READERS))
async def test_each_role_has_exactly_these_permissions(service: Service, role: str):
    dsl = await service.caller("dsl")
    hub = await create_hub(dsl)
    khan = (await create(dsl, f"/v1/recipients/{hub}/contacts", KHAN))["id"]
    caller = await service.caller(role)
    for method, template, body, allowed in MATRIX:
        path = template.format(hub=hub, khan=khan)
        headers = {"If-Match": (await read(dsl, path)).headers["etag"]} if method == "PATCH" else {}
        reply = await caller.request(method, path, json=body, headers=headers)
        if role in allowed:
            assert reply.is_success, (method, path, reply.text)
        else:
            problem(reply, 403, "forbidden")


async def test_an_unauthenticated_request_is_rejected_before_validation(service: Service):
    anonymous = await service.anonymous()
    for method, template, _, _ in MATRIX:
        reply = await anonymous.request(
            method, template.format(hub=uuid4(), khan=uuid4()), json={"nonsense": True}
        )
        assert reply.status_code == httpx.codes.UNAUTHORIZED, (method, template)


async def test_a_denial_changes_nothing_and_has_an_entry(service: Service):
    staff = await service.caller("staff")
    problem(await staff.post("/v1/recipients", json=HUB), 403, "forbidden")
    assert (await read(staff, "/v1/recipients")).json()["items"] == []
    assert "access.denied" in [row.action for row in await entries(service)]


async def test_another_school_does_not_see_the_directory(service: Service):
    dsl, other = await service.caller("dsl"), await service.caller("dsl", school="654321")
    hub = await create_hub(dsl)
    khan = (await create(dsl, f"/v1/recipients/{hub}/contacts", KHAN))["id"]
    await create(dsl, f"/v1/recipients/{hub}/verifications", CALLED)
    elsewhere = await create_hub(other, organisation="Othertown MASH")
    for method, template, body, _ in MATRIX:
        if "{hub}" not in template:
            continue
        theirs = await other.request(
            method, template.format(hub=hub, khan=khan), json=body, headers={"If-Match": "*"}
        )
        nobodys = await other.request(
            method, template.format(hub=uuid4(), khan=uuid4()), json=body, headers={"If-Match": "*"}
        )
        document = problem(theirs, 404, "recipient-not-found")
        assert document | {"instance": ""} == nobodys.json() | {"instance": ""}
    # Nor is a contact reached through an organisation of one's own.
    problem(
        await other.get(f"/v1/recipients/{elsewhere}/contacts/{khan}"), 404, "contact-not-found"
    )
    check = CALLED | {"contact_id": khan}
    problem(
        await other.post(f"/v1/recipients/{elsewhere}/verifications", json=check),
        404,
        "contact-not-found",
    )
    assert [
        one["organisation"] for one in (await read(other, "/v1/recipients")).json()["items"]
    ] == ["Othertown MASH"]


# --- changing -------------------------------------------------------------------------------------


async def test_a_change_needs_the_etag_of_the_present_version(service: Service):
    dsl = await service.caller("dsl")
    hub = f"/v1/recipients/{await create_hub(dsl)}"
    khan = f"{hub}/contacts/{(await create(dsl, f'{hub}/contacts', KHAN))['id']}"
    for path, body in ((hub, {"organisation": "Anytown hub"}), (khan, {"name": "A. Khan"})):
        before = await read(dsl, path)
        problem(await dsl.patch(path, json=body), 428, "precondition-required")
        problem(
            await dsl.patch(path, json=body, headers={"If-Match": '"1.0"'}),
            412,
            "precondition-failed",
        )
        reply = await dsl.patch(path, json=body, headers={"If-Match": before.headers["etag"]})
        assert reply.status_code == httpx.codes.OK
        assert reply.json() | body == reply.json()
        assert reply.json()["version"] == before.json()["version"] + 1
        problem(
            await dsl.patch(path, json=body, headers={"If-Match": before.headers["etag"]}),
            412,
            "precondition-failed",
        )
        after = await read(dsl, path)
        assert (after.json(), after.headers["etag"]) == (reply.json(), reply.headers["etag"])


async def test_an_unchanged_resource_is_not_sent_again(service: Service):
    dsl = await service.caller("dsl")
    hub = f"/v1/recipients/{await create_hub(dsl)}"
    khan = f"{hub}/contacts/{(await create(dsl, f'{hub}/contacts', KHAN))['id']}"
    for path in (hub, khan):
        etag = (await read(dsl, path)).headers["etag"]
        same = await dsl.get(path, headers={"If-None-Match": etag})
        assert (same.status_code, same.content, same.headers["etag"]) == (
            httpx.codes.NOT_MODIFIED,
            b"",
            etag,
        )
        assert (
            await dsl.get(path, headers={"If-None-Match": '"other"'})
        ).status_code == httpx.codes.OK


async def test_a_change_without_effect_makes_no_version(service: Service):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}"
    before = await read(dsl, path)
    for body in (
        {},
        {"organisation": HUB["organisation"], "secure_routes": HUB["secure_routes"][::-1]},
    ):
        same = await patch(dsl, path, body)
        assert (same.status_code, same.json()) == (httpx.codes.OK, before.json())
    assert [row.action for row in await entries(service)].count("recipients.recipient.changed") == 0


async def test_null_removes_optional_fields_only(service: Service):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}"
    cleared = (await patch(dsl, path, {"call_back_number": None, "call_back_source": None})).json()
    assert (cleared["call_back_number"], cleared["call_back_source"]) == (None, None)
    reply = await patch(
        dsl,
        path,
        {"organisation": None, "organisation_type": None, "secure_routes": None, "active": None},
    )
    assert pointers(reply) == ["/organisation", "/organisation_type", "/secure_routes", "/active"]


async def test_a_retired_organisation_stays_listed_and_takes_no_contacts(service: Service):
    dsl = await service.caller("dsl")
    hub = f"/v1/recipients/{await create_hub(dsl)}"
    khan = f"{hub}/contacts/{(await create(dsl, f'{hub}/contacts', KHAN))['id']}"
    assert (await patch(dsl, khan, {"active": False})).json()["active"] is False
    check = {"method": "warrant_card", "result": "yes", "contact_id": khan.rsplit("/", 1)[1]}
    problem(await dsl.post(f"{hub}/verifications", json=check), 409, "recipient-retired")
    assert [
        one["name"] for one in (await read(dsl, f"{hub}/contacts?active=false")).json()["items"]
    ] == [KHAN["name"]]
    assert (await read(dsl, f"{hub}/contacts?active=true")).json()["items"] == []
    assert (await patch(dsl, hub, {"active": False})).json()["active"] is False
    problem(await dsl.post(f"{hub}/contacts", json=KHAN), 409, "recipient-retired")
    problem(await dsl.post(f"{hub}/verifications", json=CALLED), 409, "recipient-retired")
    assert (await read(dsl, "/v1/recipients?active=true")).json()["items"] == []
    assert len((await read(dsl, "/v1/recipients")).json()["items"]) == 1
    for path in (hub, khan):
        assert (await dsl.delete(path)).status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert (await patch(dsl, hub, {"active": True})).json()["active"] is True
    assert (await dsl.post(f"{hub}/contacts", json=KHAN)).status_code == httpx.codes.CREATED


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/organisation"),
        (HUB | {"organisation": "   "}, "/organisation"),
        (HUB | {"organisation": "x" * 201}, "/organisation"),
        (HUB | {"organisation": "Any\ntown"}, "/organisation"),
        (HUB | {"organisation_type": "mish"}, "/organisation_type"),
        (HUB | {"call_back_number": "ask for Mary"}, "/call_back_number"),
        (HUB | {"secure_routes": ["secure_email", "none"]}, "/secure_routes/1"),
        (HUB | {"organization": "x"}, "/organization"),
        (HUB | {"school": "654321"}, "/school"),
        (HUB | {"version": 9}, "/version"),
    ],
)
async def test_an_invalid_organisation_is_refused_with_pointers(
    service: Service, body: dict[str, Any], pointer: str
):
    reply = await (await service.caller("dsl")).post("/v1/recipients", json=body)
    assert pointer in pointers(reply)
    assert "Mary" not in reply.text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        (KHAN | {"name": ""}, "/name"),
        (KHAN | {"email": "aisha at mash"}, "/email"),
        (KHAN | {"phone": "tel:01632"}, "/phone"),
        (KHAN | {"recipient_id": str(uuid4())}, "/recipient_id"),
    ],
)
async def test_an_invalid_contact_is_refused_with_pointers_and_without_its_values(
    service: Service, body: dict[str, Any], pointer: str
):
    dsl = await service.caller("dsl")
    reply = await dsl.post(f"/v1/recipients/{await create_hub(dsl)}/contacts", json=body)
    assert pointer in pointers(reply)
    assert "aisha" not in reply.text.lower()


async def test_a_repeated_call_has_one_effect(service: Service):
    dsl = await service.caller("dsl")
    key = {"Idempotency-Key": "first"}
    hub = await dsl.post("/v1/recipients", json=HUB, headers=key)
    path = f"/v1/recipients/{hub.json()['id']}"
    for where, body, other in (
        ("/v1/recipients", HUB, HUB | {"organisation": "Other"}),
        (f"{path}/contacts", KHAN, KHAN | {"name": "Other"}),
        (f"{path}/verifications", CALLED, CALLED | {"result": "no"}),
    ):
        first = await dsl.post(where, json=body, headers=key)
        again = await dsl.post(where, json=body, headers=key)
        assert first.status_code == again.status_code == httpx.codes.CREATED
        assert again.headers["idempotency-replayed"] == "true"
        assert again.content == first.content
        problem(await dsl.post(where, json=other, headers=key), 422, "idempotency-key-reused")
        assert len(await ids(dsl, where)) == 1


# --- the trail ------------------------------------------------------------------------------------


async def entries(service: Service) -> list[Any]:
    async with service.database.reading() as session:
        return list(await session.all(sa.select(trail.ENTRY).order_by(trail.ENTRY.c.id)))


async def test_every_change_and_every_read_has_an_entry_without_personal_data(
    service: Service, clock: MovableClock
):
    dsl = await service.caller("dsl")
    hub = await create_hub(dsl)
    path = f"/v1/recipients/{hub}"
    khan = (await create(dsl, f"{path}/contacts", KHAN))["id"]
    await create(dsl, f"{path}/verifications", CALLED | {"contact_id": khan})
    await patch(dsl, path, {"active": False})
    await patch(dsl, f"{path}/contacts/{khan}", {"phone": "01632 960125"})
    for looked in ("", f"/{hub}/contacts", f"/{hub}/verifications"):
        await read(dsl, f"/v1/recipients{looked}")
    found = [row for row in await entries(service) if row.action.startswith("recipients.")]
    assert {row.action for row in found} == {
        "recipients.recipient.created",
        "recipients.recipient.changed",
        "recipients.recipient.read",
        "recipients.recipients.listed",
        "recipients.contact.created",
        "recipients.contact.changed",
        "recipients.contacts.read",
        "recipients.verification.recorded",
        "recipients.verifications.read",
    }
    assert {row.recipient for row in found if row.action != "recipients.recipients.listed"} == {hub}
    assert {row.actor for row in found} == {dsl.account.id}
    bodies = " ".join(row.body for row in found)
    assert not [
        word
        for word in (*PERSONAL, "960125", HUB["organisation"], HUB["call_back_number"])
        if word in bodies
    ]


async def test_personal_data_is_stored_in_one_table_only(service: Service):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}"
    khan = (await create(dsl, f"{path}/contacts", KHAN))["id"]
    await create(dsl, f"{path}/verifications", CALLED | {"contact_id": khan})
    stored: dict[str, str] = {}
    async with service.database.reading() as session:
        for table in (tables.RECIPIENT, tables.CONTACT, tables.RECORD, tables.NARRATIVE):
            stored[table.name] = " ".join(
                str(tuple(row)) for row in await session.all(sa.select(table))
            )
    assert all(word in stored["recipients_narrative"] for word in PERSONAL)
    assert [
        name
        for name, text in stored.items()
        for word in PERSONAL
        if word in text and name != "recipients_narrative"
    ] == []


async def test_a_contact_whose_personal_data_was_destroyed_is_still_shown(service: Service):
    dsl = await service.caller("dsl")
    hub = f"/v1/recipients/{await create_hub(dsl)}"
    khan = f"{hub}/contacts/{(await create(dsl, f'{hub}/contacts', KHAN))['id']}"
    async with service.database.transaction() as session:
        await session.execute(sa.delete(tables.NARRATIVE))
    shown = (await read(dsl, khan)).json()
    assert (shown["name"], shown["email"], shown["active"]) == (None, None, True)
    assert pointers(await patch(dsl, khan, {"email": "a@mash.example"})) == ["/name"]
    assert (await patch(dsl, khan, {"name": "B. Lee"})).json()["name"] == "B. Lee"
