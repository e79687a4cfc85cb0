"""Whatever is sent, the answer is a clear 4xx problem that names the place and never repeats the value; never a 500."""

import copy
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.platform.paging import encode_cursor
from tests.api.sharing import MASH, REFUSE, SHARE, decided, facts, submitted
from tests.service import Caller, Service

CANARY = "canary-7f3a"
"""Stands in every bad body; must stand in no answer."""

EMERGENCY = {"recipient": {"organisation_type": "police"}, "what": CANARY, "why": CANARY, "facts": {"urgency": "immediate"}}


@dataclass(frozen=True)
class Door:
    """An operation that takes a body: a sound one, and a member of it that holds text."""

    method: str
    path: str
    sound: dict[str, Any]
    text: str
    if_match: bool = False
    lenient: bool = False
    """Takes what it does not know, and says so (tests/api/test_emergency.py)."""

    async def send(
        self, caller: Caller, request_id: str, body: bytes, media: str | None = "application/json", **more: str
    ) -> httpx.Response:
        headers = {"Content-Type": media} if media else {}
        if self.if_match:
            headers["If-Match"] = "*"
        return await caller.request(self.method, self.path.format(id=request_id), content=body, headers=headers | more)


DOORS = (
    Door("POST", "/v1/sharing-requests", facts(), "urgency"),
    Door("PATCH", "/v1/sharing-requests/{id}", {"urgency": "routine"}, "urgency", if_match=True),
    Door("POST", "/v1/sharing-requests/{id}/decisions", SHARE, "reasons", if_match=True),
    Door("POST", "/v1/emergency-disclosures", EMERGENCY, "what", lenient=True),
    Door("POST", "/v1/evaluations", facts(), "urgency"),
)


def spoiled(door: Door, value: str) -> bytes:
    """The sound body with the raw JSON `value` in the place of its text."""
    body = json.dumps(door.sound | {door.text: "@@"})
    return body.replace('"@@"', value).encode()


def bad_bodies(door: Door) -> Iterator[tuple[str, bytes, int, str, str]]:
    """Name, body, status, and the pointer and code of the fault."""
    place = f"/{door.text}"
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "1" * 21):
        yield number[:10], spoiled(door, number), 422, place, "not-a-number"
    yield "lone surrogate", spoiled(door, f'"{CANARY}\\ud83d"'), 422, place, "lone-surrogate"
    yield "NUL", spoiled(door, f'"{CANARY}\\u0000"'), 422, place, "nul-character"
    yield "raw NUL", spoiled(door, f'"{CANARY}\0"'), 422, "", "not-json"
    yield "duplicate", f'{{"{door.text}": "{CANARY}", "{door.text}": "{CANARY}"}}'.encode(), 422, place, "duplicate-member"
    yield "deep list", spoiled(door, "[" * 5000 + "]" * 5000), 422, None, "too-deep"  # type: ignore[misc]
    yield "deep object", spoiled(door, '{"a":' * 5000 + "1" + "}" * 5000), 422, None, "too-deep"  # type: ignore[misc]
    yield "too deep by one", spoiled(door, "[" * 33 + "]" * 33), 422, None, "too-deep"  # type: ignore[misc]
    yield "cut off", json.dumps(door.sound).encode()[:-3], 422, "", "not-json"
    yield "invalid UTF-8", spoiled(door, f'"{CANARY}@"').replace(b"@", b"\xff"), 422, "", "not-utf-8"
    yield "UTF-16", json.dumps(door.sound).encode("utf-16"), 422, "", "not-utf-8"
    yield "single quotes", f"{{'{CANARY}': 1}}".encode(), 422, "", "not-json"
    yield "comment", b"/* hello */ {}", 422, "", "not-json"
    yield "two values", b"{} {}", 422, "", "not-json"
    for scalar in (b"null", b"1", b"true", b'"text"', b"[]", b"[{}]", f'["{CANARY}"]'.encode()):
        yield scalar.decode(), scalar, 422, "", None  # type: ignore[misc]
    yield "empty", b"", 422, "", None  # type: ignore[misc]
    if door.method == "PATCH":
        yield "no change", b"{}", 422, "", "missing"
    yield "a number for text", spoiled(door, "1"), 422, place, None  # type: ignore[misc]
    yield "a list for text", spoiled(door, f'["{CANARY}"]'), 422, place, None  # type: ignore[misc]
    if door.method != "PATCH":  # where null takes a member away
        yield "null for text", spoiled(door, "null"), 422, place, None  # type: ignore[misc]
    yield "a huge integer for text", spoiled(door, "9" * 19), 422, place, None  # type: ignore[misc]
    if not door.lenient:
        yield "unknown field", json.dumps(door.sound | {"nonsense": CANARY}).encode(), 422, "/nonsense", "unknown-field"
        yield "odd field", json.dumps(door.sound | {"a/b~c": CANARY}).encode(), 422, "/a~1b~0c", "unknown-field"
    yield "300 KiB", json.dumps(door.sound | {"x": CANARY * 30_000}).encode(), 413, None, None  # type: ignore[misc]


def fault_of(reply: httpx.Response, cell: object, status: int) -> dict[str, Any]:
    """The first fault of a problem; everything that every refusal must be is asserted here."""
    assert reply.status_code == status, (cell, reply.status_code, reply.text[:500])
    assert reply.headers["Content-Type"] == "application/problem+json", cell
    problem = reply.json()
    assert problem.keys() >= {"type", "title", "status", "detail", "instance", "code"}, cell
    assert problem["status"] == status, cell
    assert problem["type"] == f"/problems/{problem['code']}", cell
    assert problem["detail"], cell
    assert CANARY not in reply.text, (cell, reply.text)
    assert len(reply.content) < 4000, cell
    faults: list[dict[str, Any]] = problem.get("errors") or [{"pointer": None, "code": None, "detail": ""}]
    return faults[0]


@pytest.fixture
async def dsl(service: Service) -> Caller:
    """A caller who sees the 500 that a client would see."""
    return await service.caller("dsl", raise_app_exceptions=False)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.path)
async def test_a_bad_body_is_refused_where_it_stands(dsl: Caller, door: Door) -> None:
    request = (await submitted(dsl))["id"]
    before = (await dsl.get("/v1/sharing-requests")).json()["items"]
    for name, body, status, pointer, code in bad_bodies(door):
        fault = fault_of(await door.send(dsl, request, body), (door.path, name), status)
        assert pointer is None or fault["pointer"] == pointer, (door.path, name, fault)
        assert code is None or fault["code"] == code, (door.path, name, fault)
    assert (await dsl.get("/v1/sharing-requests")).json()["items"] == before


async def test_a_body_must_say_that_it_is_json(dsl: Caller) -> None:
    request = (await submitted(dsl))["id"]
    for door in DOORS:
        body = json.dumps(door.sound).encode()
        for media in (
            None,
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "json",
            "application/vnd.api+json",
            "application/problem+json",
            "application/merge-patch+json",
            "application/json; charset=utf-16",
            "application/json; profile=x; Charset = 'latin-1'",
        ):
            reply = await door.send(dsl, request, body, media)
            fault_of(reply, (door.path, media), 415)
            assert reply.headers["Accept"] == "application/json"
        for media in ("application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"; profile=x'):
            cell = await door.send(dsl, request, body, media)
            assert cell.is_success, (door.path, cell.text)


@pytest.mark.parametrize("path", ["/v1/sharing-requests", "/v1/policies", "/v1/token"])
async def test_a_body_is_sent_as_it_is(service: Service, path: str) -> None:
    media = "application/x-www-form-urlencoded" if path == "/v1/token" else "application/json"
    caller = await service.stranger() if path == "/v1/token" else await service.caller("ig_lead")
    plain = json.dumps(MASH).encode()
    for body in (plain, gzip.compress(plain)):
        for coding in ("gzip", "identity, br"):
            reply = await caller.post(path, content=body, headers={"Content-Type": media, "Content-Encoding": coding})
            assert (reply.status_code, reply.headers["Accept-Encoding"]) == (415, "identity"), reply.text
            assert "without Content-Encoding" in reply.json()["detail"]
    same = await caller.post(path, content=plain, headers={"Content-Type": media, "Content-Encoding": "Identity"})
    assert same.status_code == {"/v1/sharing-requests": 201, "/v1/policies": 422, "/v1/token": 400}[path], same.text


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        (1, "not a known field"),
        (2, "2 things are wrong; errors names each place"),
        (50, "50 things are wrong; errors names each place"),
        (51, "51 things are wrong; errors names the first 50 places"),
        (10_000, "10000 things are wrong; errors names the first 50 places"),
    ],
)
async def test_all_that_is_wrong_is_counted_and_no_more_than_fifty_are_named(dsl: Caller, wrong: int, detail: str) -> None:
    problem = (await dsl.post("/v1/sharing-requests", json=facts(**{f"q{n}": 1 for n in range(wrong)}))).json()
    assert (problem["status"], problem["detail"], len(problem["errors"])) == (422, detail, min(wrong, 50))


async def test_a_misspelt_word_is_answered_with_the_nearest(dsl: Caller) -> None:
    made = await submitted(dsl)
    for method, path, body, pointer, meant in (
        ("POST", "/v1/sharing-requests", facts(purpose={"code": "section47_enquiry"}), "/purpose/code", "section_47_enquiry"),
        ("POST", "/v1/sharing-requests", facts(urgnecy="routine"), "/urgnecy", "urgency"),
        ("POST", "/v1/sharing-requests", facts(subjects=[{"person_ref": "x", "role": "chid"}]), "/subjects/0/role", "child"),
        ("POST", "/v1/evaluations", facts(how={"transparancy": {}}), "/how/transparancy", "transparency"),
        *(
            ("POST", "/v1/evaluations", facts(recipient={"organisation_type": "mash"} | {member: sent}), f"/recipient/{member}", meant)
            for member, sent, meant in (
                ("secure_route", "phone", "phone_verified"),
                ("organisation_type", "socialcare", "childrens_social_care"),
                ("organisation_type", "Police", "police"),
            )
        ),
        (
            "PATCH",
            f"/v1/sharing-requests/{made['id']}",
            {"recipient": {"organisation_type": "polise"}},
            "/recipient/organisation_type",
            "police",
        ),
        ("POST", f"/v1/sharing-requests/{made['id']}/decisions", SHARE | {"outcome": "share_partialy"}, "/outcome", "share_partially"),
        ("POST", f"/v1/sharing-requests/{made['id']}/decisions", SHARE | {"resons": "x"}, "/resons", "reasons"),
    ):
        reply = await dsl.request(method, path, json=body, headers={"If-Match": made["etag"]})
        fault = fault_of(reply, (path, pointer), 422)
        assert (fault["pointer"], f"did you mean '{meant}'?" in fault["detail"]) == (pointer, True), fault


async def test_nobody_is_led_to_the_word_that_stands_for_nothing(dsl: Caller) -> None:
    for member in ("secure_route", "verification_method"):
        for sent in ("nne", "None", "phon e!", "one"):
            reply = await dsl.post("/v1/evaluations", json=facts(recipient={"organisation_type": "mash", member: sent}))
            assert "did you mean 'none'" not in fault_of(reply, sent, 422)["detail"]


SPOKEN: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("/v1/emergency-disclosures", EMERGENCY, "/what"),
    ("/v1/emergency-disclosures", EMERGENCY, "/why"),
    ("/v1/sharing-requests/{id}/decisions", SHARE, "/reasons"),
    ("/v1/sharing-requests/{id}/decisions", REFUSE, "/refusal/how"),
    ("/v1/sharing-requests/{id}/questions", {"question": "Which years?"}, "/question"),
    ("/v1/sharing-requests/{id}/advice", {"ask": "dsl", "question": "?"}, "/question"),
    ("/v1/sharing-requests/{id}/advice/{id}/answer", {"advice": "Share.", "outcome_of_discussion": "Agreed."}, "/advice"),
    ("/v1/sharing-requests/{id}/advice/{id}/answer", {"advice": "Share.", "outcome_of_discussion": "Agreed."}, "/outcome_of_discussion"),
    ("/v1/sharing-requests/{id}/consents/{id}/withdrawal", {"withdrawn_by": "Mother"}, "/withdrawn_by"),
    ("/v1/sharing-requests/{id}/reconsiderations", {"new_information": "It is the social worker who asks."}, "/new_information"),
    ("/v1/sharing-requests/{id}/letters", {"reasons": "No purpose.", "contact": "The office."}, "/reasons"),
    ("/v1/sharing-requests/{id}/letters", {"reasons": "No purpose.", "contact": "The office."}, "/contact"),
    ("/v1/sharing-requests/{id}/retention-reviews", {"keep": "dispose", "why": "Not needed."}, "/why"),
    ("/v1/sharing-requests/{id}/disposal", {"basis": "Its time.", "approved_by": "The head teacher"}, "/basis"),
    ("/v1/sharing-requests/{id}/disposal", {"basis": "Its time.", "approved_by": "The head teacher"}, "/approved_by"),
)
"""Texts without which nothing would be said."""


@pytest.mark.parametrize(("path", "body", "pointer"), SPOKEN)
async def test_blanks_where_something_is_to_be_said_are_nothing(service: Service, path: str, body: dict[str, Any], pointer: str) -> None:
    role = "ig_lead" if path.endswith(("retention-reviews", "disposal")) else "dsl"
    caller = await service.caller(role, raise_app_exceptions=False)
    request = (await submitted(caller))["id"]
    for blank in (" ", "\t\n", "\u00a0\u2003", "\u200b\ufeff"):
        spoken = copy.deepcopy(body)
        *outer, last = pointer[1:].split("/")
        (spoken[outer[0]] if outer else spoken)[last] = blank
        reply = await caller.post(path.replace("{id}", request), json=spoken, headers={"If-Match": "*"})
        fault = fault_of(reply, (path, blank), 422)
        assert [(fault["pointer"], fault["code"])] == [(pointer, "missing")], (path, blank, reply.text)


async def test_every_fault_is_named_at_once(dsl: Caller) -> None:
    body = facts(direction="sideways", identifiable="maybe", extra=CANARY)
    body["recipient"]["identity_verified"] = "perhaps"
    reply = await dsl.post("/v1/sharing-requests", json=body)
    fault_of(reply, "several", 422)
    assert {fault["pointer"] for fault in reply.json()["errors"]} == {
        "/direction",
        "/identifiable",
        "/recipient/identity_verified",
        "/extra",
    }


@pytest.mark.parametrize("path", ["/v1/sharing-requests", "/v1/audit/entries", "/v1/recipients", "/v1/policies", "/v1/retention/due"])
async def test_a_list_refuses_what_it_cannot_follow(service: Service, path: str) -> None:
    caller = await service.caller("ig_lead", raise_app_exceptions=False)
    await submitted(caller)
    await submitted(caller)
    good = (await caller.get(path, params={"limit": "1"})).json()["next_cursor"]
    forged = forged_cursors()
    mangled = [good[:-1], good + "A", good.swapcase(), ("B" if good[0] == "A" else "A") + good[1:]] if good else []
    for cursor in ["x", "AAAA", "%00", "é", "../../x", "", "=" * 8, "A" * 1025, *mangled, *forged]:
        fault = fault_of(await caller.get(path, params={"cursor": cursor}), (path, cursor), 422)
        assert fault["pointer"] == "/query/cursor", (path, cursor)
    for limit in ("0", "-1", "201", "1.5", "x", "", "9" * 30, "NaN", "١"):
        fault = fault_of(await caller.get(path, params={"limit": limit}), (path, limit), 422)
        assert fault["pointer"] == "/query/limit", (path, limit)


def forged_cursors() -> list[str]:
    """Cursors with a sound check over parts that no list has, made as anybody can who has read the source."""
    return [encode_cursor(parts, scope) for scope in ("sharing-requests", "") for parts in ([], ["x"], ["1", "2", "3"])]


async def test_a_filter_that_is_not_known_is_refused(dsl: Caller) -> None:
    for query, pointer in (
        ("status=sumbitted", "/query/status"),
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
    for query in ("actor=x", "action=no.such.act", "from=yesterday", "outcome=perhaps", "sharing_request=1"):
        fault = fault_of(await dsl.get(f"/v1/audit/entries?{query}"), query, 422)
        assert fault["pointer"] == f"/query/{query.partition('=')[0]}", (query, fault)
    for name in ("subject", "recipient"):
        fault_of(await dsl.get("/v1/audit/entries", params={name: "a\x00b"}), f"NUL in {name}", 422)
    fault_of(await dsl.get("/v1/recipients", params={"q": "a\x00b"}), "NUL in q", 422)


async def test_an_id_that_is_none_is_refused_and_an_address_that_is_none_is_missing(dsl: Caller) -> None:
    for name in ("x", "01a2048c", "%00", "1" * 300, "01a2048c-538b-7f43-a0cf-42edea9dbc8g", "%F0%9F%92%A9"):
        for method, path in (("GET", ""), ("POST", "/decisions"), ("POST", "/withdrawal")):
            reply = await dsl.request(method, f"/v1/sharing-requests/{name}{path}", json=SHARE if path == "/decisions" else None)
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


async def test_a_key_for_repeating_is_short_and_printable(dsl: Caller) -> None:
    made = await submitted(dsl)
    for key in (b"", b"k" * 256, b"\xff\xfe", "ключ".encode(), b"a\x7fb", b"tab\there"):
        for path, body in (
            ("/v1/sharing-requests", MASH),
            (f"/v1/sharing-requests/{made['id']}/consents", {}),
            ("/v1/emergency-disclosures", EMERGENCY),
        ):
            reply = await dsl.post(path, json=body, headers=[(b"Idempotency-Key", key)])
            fault = fault_of(reply, (path, key), 422)
            assert "/header/idempotency-key" in {one["pointer"] for one in reply.json()["errors"]}, (key, fault)
    assert (await dsl.post("/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": "k" * 255})).status_code == 201
    assert (await dsl.post("/v1/sharing-requests", json=MASH, headers={"Idempotency-Key": "two words, ~!"})).status_code == 201


async def test_a_tag_that_is_none_does_not_match(dsl: Caller) -> None:
    made = await submitted(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    for tag in ("x", '""', "W/" + made["etag"], made["etag"].strip('"'), '"' * 500, made["etag"][:-1]):
        fault_of(await dsl.patch(path, json={"urgency": "routine"}, headers={"If-Match": tag}), tag, 412)
    fault_of(await dsl.patch(path, json={"urgency": "routine"}), "none", 428)


async def test_a_wrong_method_is_told_every_right_one(dsl: Caller) -> None:
    made = await submitted(dsl)
    for method, path, allowed in (
        ("PUT", "/v1/sharing-requests", {"GET", "POST"}),
        ("DELETE", "/v1/sharing-requests", {"GET", "POST"}),
        ("DELETE", f"/v1/sharing-requests/{made['id']}", {"GET", "PATCH"}),
        ("POST", f"/v1/sharing-requests/{made['id']}", {"GET", "PATCH"}),
        ("GET", "/v1/evaluations", {"POST"}),
        ("OPTIONS", "/v1/evaluations", {"POST"}),
        ("HEAD", "/v1/evaluations", {"POST"}),
        ("GET", "/v1/token", {"POST"}),
        ("PROPFIND", "/v1/policy", {"GET"}),
        ("TRACE", "/v1/policy", {"GET"}),
    ):
        reply = await dsl.request(method, path)
        assert reply.status_code == 405, (method, path, reply.status_code)
        assert set(reply.headers["Allow"].split(", ")) == allowed, (method, path)
        assert reply.headers["Content-Type"] == "application/problem+json"


ENDS_OF_TIME = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0999-06-01T00:00:00Z",
)


async def test_a_time_at_the_end_of_time_is_refused_where_it_stands(service: Service, dsl: Caller) -> None:
    ig_lead = await service.caller("ig_lead", raise_app_exceptions=False)
    made = await submitted(dsl)
    path = f"/v1/sharing-requests/{made['id']}"
    decision = await decided(dsl, made["id"])
    sent = {"decision_id": decision["id"], "recipient": {}, "route": "secure_email"}
    organisation = (await dsl.post("/v1/recipients", json={"organisation": "Anytown MASH", "organisation_type": "mash"})).json()["id"]
    for instant in (*ENDS_OF_TIME, 5, 5.5, True, "5", "2026-11-23T10:00:00"):
        for url, body, pointer in (
            (f"{path}/disclosures", sent | {"sent_at": instant}, "/sent_at"),
            (f"{path}/consents", {"person_ref": "mis:7781", "status": "given", "given_at": instant}, "/given_at"),
            ("/v1/sharing-requests", facts(consent={"answer": "yes", "given_at": instant}), "/consent/given_at"),
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
            (dsl, f"{path}/notices", {"person_ref": "mis:7781", "decision": "deferred", "reason": "not_practicable", "revisit_on": day}),
            (dsl, f"{path}/consents", {"person_ref": "mis:7781", "status": "given", "expires_on": day}),
            (dsl, f"/v1/recipients/{organisation}/verifications", {"method": "known_personally", "result": "yes", "verified_on": day}),
            (ig_lead, f"{path}/retention-reviews", {"keep": "until", "until": day, "why": "Kept."}),
            (ig_lead, f"{path}/retention-reviews", {"keep": "indefinitely", "next_review_on": day, "why": "Kept."}),
        ):
            fault_of(await caller.post(url, json=body), (url, day), 422)


def mutations(sound: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """The sound body with up to three places changed into anything."""
    odd = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=True, allow_infinity=True),
        st.text(st.characters(codec=None), max_size=20),
        st.sampled_from(
            ["yes", "no", "unsure", "", "0", "2026-11-23", "9999-12-31", "0001-01-01", "2026-02-30", "\x00", "\ud800", "e\u0301"]
        ),
        st.lists(st.none() | st.text(max_size=3), max_size=3),
        st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=3), max_size=2),
        st.recursive(
            st.just([]), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner, max_size=1), max_leaves=40
        ),
        st.sampled_from([MASH["items"], MASH["purpose"], MASH["how"], MASH["recipient"], MASH["items"] * 11]),
    )
    step = st.tuples(st.integers(0, 10_000), st.sampled_from(["set", "delete", "add"]), odd)

    def changed(steps: list[tuple[int, str, Any]]) -> bytes:
        body: Any = copy.deepcopy(sound)
        for where, act, odd_value in steps:
            value = copy.deepcopy(odd_value)
            places = list(_places(body))
            if not places:
                break
            holder, key = places[where % len(places)]
            if act == "delete":
                del holder[key]
            elif act == "add" and isinstance(holder, dict):
                holder[str(value)[:10]] = value
            else:
                holder[key] = value
        return json.dumps(body).encode("utf-8", "surrogatepass")

    return st.lists(step, min_size=1, max_size=3).map(changed)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from _places(value[key])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=mutations(MASH))
async def test_anything_is_judged_or_refused_and_never_a_failure(dsl: Caller, body: bytes) -> None:
    reply = await dsl.post("/v1/sharing-requests", content=body, headers={"Content-Type": "application/json"})
    if reply.status_code == 201:
        read = await dsl.get(reply.headers["Location"])
        assert read.json() == reply.json()
        return
    assert reply.status_code in {413, 422}, (reply.status_code, body)
    assert reply.headers["Content-Type"] == "application/problem+json"
    for fault in reply.json().get("errors", ()):
        assert fault["pointer"] == "" or fault["pointer"].startswith("/"), fault


WHOLE_EMERGENCY = EMERGENCY | {
    "occurred_at": "2026-03-02T14:00:00Z",
    "subjects": MASH["subjects"],
    "purpose": MASH["purpose"],
    "facts": MASH,
}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=mutations(WHOLE_EMERGENCY))
async def test_an_emergency_is_recorded_whatever_else_is_sent(dsl: Caller, body: bytes) -> None:
    reply = await dsl.post("/v1/emergency-disclosures", content=body, headers={"Content-Type": "application/json"})
    if reply.status_code == 201:
        assert (await dsl.get(reply.headers["Location"])).json() == reply.json()["sharing_request"]
        return
    problem = reply.json()
    assert (reply.status_code, problem["code"]) in {(413, "body-too-large"), (422, "invalid-json"), (422, "invalid-request")}, (
        problem,
        body,
    )
    if problem["code"] == "invalid-request":
        needed = {"/what", "/why", "/recipient", "/recipient/organisation_type"}
        assert {fault["pointer"] for fault in problem["errors"]} <= needed, (problem, body)
