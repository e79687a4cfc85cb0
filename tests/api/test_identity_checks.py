"""Identity checks of recipients: how long they count, what ends them, and the pages of the history
and the directory.
"""

from uuid import uuid4

import pytest

from tests.api.directory import (
    CALLED,
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

pytestmark = pytest.mark.database_independent


async def test_a_check_expires_after_a_year_and_the_etag_changes(
    service: Service, clock: MovableClock
):
    dsl = await service.caller("dsl")
    hub = await create_hub(dsl)
    check = await create(dsl, f"/v1/recipients/{hub}/verifications", CALLED)
    assert check["recorded_by"] == {"subject": str(dsl.account.id), "role": "dsl"}
    assert (check["verified_on"], check["contact_id"], check["note"]) == (
        "2026-03-03",
        None,
        CALLED["note"],
    )
    reply = await read(dsl, f"/v1/recipients/{hub}")
    assert reply.json()["verification"] == {
        "verified": "yes",
        "why": "checked",
        "method": "call_back_published_number",
        "verified_on": "2026-03-03",
        "valid_until": "2027-03-03",
    }
    assert reply.json()["verifications"] == [check]
    clock.forward(days=366)
    later = await read(await service.sign_in(dsl.account), f"/v1/recipients/{hub}")
    assert later.json()["verification"]["why"] == "expired"
    assert later.headers["etag"] != reply.headers["etag"]


async def test_changed_details_need_another_check(service: Service, clock: MovableClock):
    dsl = await service.caller("dsl")
    hub = await create_hub(dsl)
    path = f"/v1/recipients/{hub}"
    khan = (await create(dsl, f"{path}/contacts", KHAN))["id"]
    await create(dsl, f"{path}/verifications", CALLED)
    await create(
        dsl, f"{path}/verifications", CALLED | {"contact_id": khan, "method": "warrant_card"}
    )
    assert (await read(dsl, f"{path}/contacts/{khan}")).json()["verification"]["verified"] == "yes"
    changed = (await patch(dsl, path, {"call_back_number": "01632 960999"})).json()
    assert changed["verification"]["why"] == "details_changed"
    changed = (await patch(dsl, f"{path}/contacts/{khan}", {"email": "a.khan@mash.example"})).json()
    assert (changed["verification"]["verified"], changed["verification"]["why"]) == (
        "unsure",
        "details_changed",
    )
    clock.forward(minutes=1)
    await create(
        dsl, f"{path}/verifications", CALLED | {"contact_id": khan, "method": "warrant_card"}
    )
    assert (await read(dsl, f"{path}/contacts/{khan}")).json()["verification"]["verified"] == "yes"


async def test_the_check_with_the_latest_day_counts_not_the_latest_record(
    service: Service, clock: MovableClock
):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}"
    await create(
        dsl,
        f"{path}/verifications",
        {"method": "warrant_card", "result": "no", "verified_on": "2026-03-02"},
    )
    clock.forward(minutes=1)
    await create(
        dsl,
        f"{path}/verifications",
        {"method": "warrant_card", "result": "yes", "verified_on": "2026-02-01"},
    )
    shown = (await read(dsl, path)).json()
    assert shown["verification"]["verified"] == "no"
    assert [check["result"] for check in shown["verifications"]] == ["yes", "no"]
    listed = (await read(dsl, "/v1/recipients")).json()["items"]
    assert [one["verification"]["verified"] for one in listed] == ["no"]


async def test_a_failed_check_of_an_organisation_applies_to_its_contacts(service: Service):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}"
    khan = (await create(dsl, f"{path}/contacts", KHAN))["id"]
    await create(
        dsl,
        f"{path}/verifications",
        {"method": "warrant_card", "result": "yes", "contact_id": khan},
    )
    await create(dsl, f"{path}/verifications", {"method": "secure_domain", "result": "no"})
    assert [
        one["verification"]["verified"]
        for one in (await read(dsl, f"{path}/contacts")).json()["items"]
    ] == ["no"]


async def test_the_history_of_checks_is_paged_and_filtered_by_contact(
    service: Service, clock: MovableClock
):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}"
    khan = (await create(dsl, f"{path}/contacts", KHAN))["id"]
    recorded = []
    for number in range(5):
        clock.forward(seconds=1)
        whom = {"contact_id": khan} if number % 2 else {}
        recorded.append((await create(dsl, f"{path}/verifications", CALLED | whom))["id"])
    assert await ids(dsl, f"{path}/verifications?limit=2") == recorded[::-1]
    assert await ids(dsl, f"{path}/verifications?limit=1&contact_id={khan}") == [
        recorded[3],
        recorded[1],
    ]


async def test_an_impossible_check_is_rejected(service: Service):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl, call_back_number=None)}/verifications"
    assert pointers(await dsl.post(path, json=CALLED)) == ["/method"]
    assert pointers(
        await dsl.post(
            path, json={"method": "warrant_card", "result": "yes", "verified_on": "2026-03-04"}
        )
    ) == ["/verified_on"]
    assert pointers(await dsl.post(path, json={"method": "none", "result": "yes"})) == ["/method"]
    problem(
        await dsl.post(
            path, json={"method": "warrant_card", "result": "yes", "contact_id": str(uuid4())}
        ),
        404,
        "contact-not-found",
    )


async def test_the_directory_is_paged_by_name_and_searched_by_prefix(service: Service):
    dsl = await service.caller("dsl")
    names = [
        "Zebra trust",
        "anytown police",
        "Ångström clinic",
        "ANYTOWN MASH",
        "Anytown  school",
        "50% charity",
        "50 charity",
        "Anytown MASH",
    ]
    made_ids = {
        name: await create_hub(
            dsl, organisation=name, organisation_type="police" if "police" in name else "charity"
        )
        for name in names
    }
    ordered = await ids(dsl, "/v1/recipients?limit=3")
    assert sorted(ordered) == sorted(made_ids.values())
    listed = [next(name for name, made_id in made_ids.items() if made_id == one) for one in ordered]
    assert [name.casefold() for name in listed[:2]] == ["50 charity", "50% charity"]
    assert {name.casefold() for name in listed[2:4]} == {"anytown mash"}
    assert listed[4:] == ["anytown police", "Anytown  school", "Zebra trust", "Ångström clinic"]
    assert len(await ids(dsl, "/v1/recipients?q=AnyTown&limit=2")) == 4
    assert await ids(dsl, "/v1/recipients?q=50%25") == [made_ids["50% charity"]]
    assert await ids(dsl, "/v1/recipients?q=anytown&organisation_type=police") == [
        made_ids["anytown police"]
    ]
    assert await ids(dsl, "/v1/recipients?q=town") == []


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "cursor=nonsense", "organisation_type=mish", "q=", "active=perhaps"],
)
async def test_an_invalid_query_of_the_directory_is_rejected(service: Service, query: str):
    reply = await (await service.caller("staff")).get(f"/v1/recipients?{query}")
    assert pointers(reply) == [f"/query/{query.partition('=')[0]}"]


async def test_a_cursor_belongs_to_its_list(service: Service):
    dsl, staff = await service.caller("dsl"), await service.caller("staff")
    for name in ("One", "Two"):
        await create_hub(dsl, organisation=name)
    cursor = (await read(dsl, "/v1/recipients?limit=1")).json()["next_cursor"]
    problem(await dsl.get(f"/v1/recipients?limit=1&q=t&cursor={cursor}"), 422, "invalid-cursor")
    problem(await staff.get(f"/v1/recipients?limit=1&cursor={cursor}"), 422, "invalid-cursor")
    problem(await dsl.get("/v1/recipients/not-an-id"), 422, "invalid-request")


async def test_contacts_are_paged(service: Service, clock: MovableClock):
    dsl = await service.caller("dsl")
    path = f"/v1/recipients/{await create_hub(dsl)}/contacts"
    added = []
    for number in range(5):
        clock.forward(seconds=1)
        added.append((await create(dsl, path, KHAN | {"name": f"Person {number}"}))["id"])
    assert await ids(dsl, f"{path}?limit=2") == added
