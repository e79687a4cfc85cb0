"""An invalid path, query or header is rejected with the pointer of the fault."""

import httpx
import pytest

from app.platform.paging import encode_cursor
from tests.api.problems import EMERGENCY, fault_of
from tests.api.sharing import MASH, SHARE, decide, facts, submit
from tests.service import Caller, Service


@pytest.fixture
async def dsl(service: Service) -> Caller:
    """A DSL who receives a 500 instead of the exception."""
    return await service.caller("dsl", raise_app_exceptions=False)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/sharing-requests",
        "/v1/audit/entries",
        "/v1/recipients",
        "/v1/policies",
        "/v1/retention/due",
    ],
)
async def test_a_list_rejects_an_invalid_cursor_or_filter(service: Service, path: str) -> None:
    caller = await service.caller("ig_lead", raise_app_exceptions=False)
    await submit(caller)
    await submit(caller)
    good = (await caller.get(path, params={"limit": "1"})).json()["next_cursor"]
    forged = forged_cursors()
    mangled = (
        [good[:-1], good + "A", good.swapcase(), ("B" if good[0] == "A" else "A") + good[1:]]
        if good
        else []
    )
    for cursor in ["x", "AAAA", "%00", "é", "../../x", "", "=" * 8, "A" * 1025, *mangled, *forged]:
        fault = fault_of(await caller.get(path, params={"cursor": cursor}), (path, cursor), 422)
        assert fault["pointer"] == "/query/cursor", (path, cursor)
    for limit in ("0", "-1", "201", "1.5", "x", "", "9" * 30, "NaN", "١"):
        fault = fault_of(await caller.get(path, params={"limit": limit}), (path, limit), 422)
        assert fault["pointer"] == "/query/limit", (path, limit)


def forged_cursors() -> list[str]:
    """Cursors with a correct checksum and a position that no list has, as a reader of the source
    can make.
    """
    return [
        encode_cursor(parts, scope)
        for scope in ("sharing-requests", "")
        for parts in ([], ["x"], ["1", "2", "3"])
    ]


async def test_an_unknown_filter_is_rejected(dsl: Caller) -> None:
    for query, pointer in (
        ("status=sumbitted", "/query/status/0"),
        ("overdue=perhaps", "/query/overdue"),
        ("submitted_from=yesterday", "/query/submitted_from"),
        ("submitted_from=2026-01-01T00:00:00", "/query/submitted_from"),
        ("nonsense=1", "/query/nonsense"),
        ("subject=", "/query/subject"),
    ):
        fault = fault_of(await dsl.get(f"/v1/sharing-requests?{query}"), query, 422)
        assert fault["pointer"] == pointer, (query, fault)
    nul = await dsl.get("/v1/sharing-requests", params={"subject": "a\x00b"})
    fault_of(nul, "NUL in a filter", 422)
    fault_of(await dsl.get("/v1/subjects/mis:1%00/disclosures"), "NUL in a reference", 422)
    for query, pointer in (
        ("actor=x", "/query/actor"),
        ("action=no.such.act", "/query/action/0"),
        ("from=yesterday", "/query/from"),
        ("outcome=denied&outcome=perhaps", "/query/outcome/1"),
        ("sharing_request=1", "/query/sharing_request"),
    ):
        fault = fault_of(await dsl.get(f"/v1/audit/entries?{query}"), query, 422)
        assert fault["pointer"] == pointer, (query, fault)
    for name in ("subject", "recipient"):
        fault_of(await dsl.get("/v1/audit/entries", params={name: "a\x00b"}), f"NUL in {name}", 422)
    fault_of(await dsl.get("/v1/recipients", params={"q": "a\x00b"}), "NUL in q", 422)


async def test_an_invalid_id_is_422_and_an_unknown_path_is_404(
    dsl: Caller,
) -> None:
    for name in (
        "x",
        "01a2048c",
        "%00",
        "1" * 300,
        "01a2048c-538b-7f43-a0cf-42edea9dbc8g",
        "%F0%9F%92%A9",
    ):
        for method, path in (("GET", ""), ("POST", "/decisions"), ("POST", "/withdrawal")):
            reply = await dsl.request(
                method,
                f"/v1/sharing-requests/{name}{path}",
                json=SHARE if path == "/decisions" else None,
            )
            assert fault_of(reply, (name, path), 422)["pointer"] == "/path/request_id"
    for path in (
        "/",
        "/v1",
        "/v1/",
        "/v2/policy",
        "/v1/nothing",
        "/v1/sharing-requests/",
        "/v1//policy",
        "/V1/policy",
        "/v1/policy/%2e%2e",
    ):
        fault_of(await dsl.get(path), path, 404)


async def test_an_idempotency_key_is_short_and_printable(dsl: Caller) -> None:
    made = await submit(dsl)
    for key in (b"", b"k" * 256, b"\xff\xfe", "ключ".encode(), b"a\x7fb", b"tab\there"):
        for path, body in (
            ("/v1/sharing-requests", MASH),
            (f"/v1/sharing-requests/{made['id']}/consents", {}),
            ("/v1/emergency-disclosures", EMERGENCY),
        ):
            reply = await dsl.post(path, json=body, headers=[(b"Idempotency-Key", key)])
            fault = fault_of(reply, (path, key), 422)
            assert "/header/idempotency-key" in {
                one["pointer"] for one in reply.json()["errors"]
            }, (key, fault)
    assert (
        await dsl.post("/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": "k" * 255})
    ).status_code == 201
    assert (
        await dsl.post(
            "/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": "two words, ~!"}
        )
    ).status_code == 201


async def test_an_invalid_entity_tag_does_not_match(dsl: Caller) -> None:
    made = await submit(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    for tag in (
        "x",
        '""',
        "W/" + made["etag"],
        made["etag"].strip('"'),
        '"' * 500,
        made["etag"][:-1],
    ):
        fault_of(
            await dsl.patch(path, json={"urgency": "routine"}, headers={"If-Match": tag}), tag, 412
        )
    fault_of(await dsl.patch(path, json={"urgency": "routine"}), "none", 428)


async def test_a_405_lists_every_method_in_allow(dsl: Caller) -> None:
    made = await submit(dsl)
    for method, path, allowed in (
        ("PUT", "/v1/sharing-requests", {"GET", "POST"}),
        ("DELETE", "/v1/sharing-requests", {"GET", "POST"}),
        ("DELETE", f"/v1/sharing-requests/{made['id']}", {"GET", "PATCH"}),
        ("POST", f"/v1/sharing-requests/{made['id']}", {"GET", "PATCH"}),
        ("GET", "/v1/evaluations", {"POST"}),
        ("OPTIONS", "/v1/evaluations", {"POST"}),
        ("HEAD", "/v1/evaluations", {"POST"}),
        ("PATCH", "/v1/recipients/types", {"GET"}),
        ("GET", "/v1/token", {"POST"}),
        ("PROPFIND", "/v1/policy", {"GET"}),
        ("TRACE", "/v1/policy", {"GET"}),
    ):
        reply = await dsl.request(method, path)
        assert reply.status_code == 405, (method, path, reply.status_code)
        expected = allowed | ({"HEAD"} if "GET" in allowed else set())
        assert set(reply.headers["Allow"].split(", ")) == expected, (method, path)
        assert reply.headers["Content-Type"] == "application/problem+json"


async def test_head_answers_as_get_without_a_body(
    dsl: Caller, anonymous: httpx.AsyncClient
) -> None:
    made = await submit(dsl)
    for caller, path in (
        (dsl, f"/v1/sharing-requests/{made['id']}"),
        (dsl, "/v1/sharing-requests"),
        (dsl, "/v1/policy"),
        (dsl, "/v1/sharing-requests/x"),
        (anonymous, "/v1/policy"),
        (anonymous, "/livez"),
    ):
        got, headed = await caller.get(path), await caller.head(path)
        assert headed.status_code == got.status_code, path
        assert headed.content == b"", path
        for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
            assert headed.headers.get(name) == got.headers.get(name), (path, name)


async def test_a_repeated_parameter_is_rejected_unless_it_takes_several_values(dsl: Caller) -> None:
    for query in ("limit=1&limit=2", "subject=mis:1&subject=mis:2", "overdue=true&overdue=true"):
        reply = await dsl.get(f"/v1/sharing-requests?{query}")
        assert fault_of(reply, query, 422)["pointer"] == f"/query/{query.partition('=')[0]}"
        assert [fault["code"] for fault in reply.json()["errors"]] == ["repeated-parameter"]


async def test_every_method_rejects_an_unknown_parameter_except_for_an_emergency(
    dsl: Caller,
) -> None:
    made = await submit(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    for method, url, body in (
        ("POST", "/v1/sharing-requests", MASH),
        ("POST", f"{path}/decisions", SHARE),
        ("PATCH", path, {"urgency": "routine"}),
        ("GET", path, None),
    ):
        reply = await dsl.request(method, f"{url}?nonsense=1", json=body)
        assert fault_of(reply, (method, url), 422)["pointer"] == "/query/nonsense"
    reply = await dsl.post("/v1/emergency-disclosures?nonsense=1", json=EMERGENCY)
    assert reply.status_code == 201


ENDS_OF_TIME = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0999-06-01T00:00:00Z",
)


async def test_a_time_outside_the_permitted_years_is_rejected(
    service: Service, dsl: Caller
) -> None:
    ig_lead = await service.caller("ig_lead", raise_app_exceptions=False)
    made = await submit(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    decision = await decide(dsl, made["id"])
    sent = {"decision_id": decision["id"], "recipient": {}, "route": "secure_email"}
    organisation = (
        await dsl.post(
            "/v1/recipients", json={"organisation": "Anytown MASH", "organisation_type": "mash"}
        )
    ).json()["id"]
    for instant in (*ENDS_OF_TIME, 5, 5.5, True, "5", "2026-11-23T10:00:00"):
        for url, body, pointer in (
            (f"{path}/disclosures", sent | {"sent_at": instant}, "/sent_at"),
            (
                f"{path}/consents",
                {"person_ref": "mis:7781", "status": "given", "given_at": instant},
                "/given_at",
            ),
            (
                "/v1/sharing-requests",
                facts(consent={"answer": "yes", "given_at": instant}),
                "/consent/given_at",
            ),
        ):
            fault = fault_of(await dsl.post(url, json=body), (url, instant), 422)
            assert fault["pointer"] == pointer, (url, instant, fault)
    for end in ENDS_OF_TIME:
        for url, name in (
            ("/v1/sharing-requests", "submitted_from"),
            ("/v1/sharing-requests", "submitted_to"),
            ("/v1/audit/entries", "from"),
            ("/v1/audit/entries", "to"),
            ("/v1/reports/summary", "from"),
            ("/v1/reports/summary", "to"),
        ):
            fault_of(await dsl.get(url, params={name: end}), (url, name, end), 422)
        day = end[:10]
        for caller, url, body in (
            (dsl, "/v1/sharing-requests", facts(needed_by=day)),
            (
                dsl,
                f"{path}/notices",
                {
                    "person_ref": "mis:7781",
                    "decision": "deferred",
                    "reason": "not_practicable",
                    "revisit_on": day,
                },
            ),
            (
                dsl,
                f"{path}/consents",
                {"person_ref": "mis:7781", "status": "given", "expires_on": day},
            ),
            (
                dsl,
                f"/v1/recipients/{organisation}/verifications",
                {"method": "known_personally", "result": "yes", "verified_on": day},
            ),
            (ig_lead, f"{path}/retention-reviews", {"keep": "until", "until": day, "why": "Kept."}),
            (
                ig_lead,
                f"{path}/retention-reviews",
                {"keep": "indefinitely", "next_review_on": day, "why": "Kept."},
            ),
        ):
            fault_of(await caller.post(url, json=body), (url, day), 422)
