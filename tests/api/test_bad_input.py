"""An invalid body gets a 4xx problem document with the pointer of the fault and never the value,
and never a 500.
"""

import copy
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.api.problems import CANARY, EMERGENCY, fault_of
from tests.api.sharing import MASH, REFUSE, SHARE, facts, submit
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent


@dataclass(frozen=True)
class BodyOperation:
    """An operation with a body: a valid body, and a member of it that is a text."""

    method: str
    path: str
    valid: dict[str, Any]
    text: str
    if_match: bool = False
    lenient: bool = False
    """Takes what it does not know, and says so (tests/api/test_emergency.py)."""

    async def send(
        self,
        caller: Caller,
        request_id: str,
        body: bytes,
        media: str | None = "application/json",
        **more: str,
    ) -> httpx.Response:
        headers = {"Content-Type": media} if media else {}
        if self.if_match:
            headers["If-Match"] = "*"
        return await caller.request(
            self.method, self.path.format(id=request_id), content=body, headers=headers | more
        )


BODY_OPERATIONS = (
    BodyOperation("POST", "/v1/sharing-requests", facts(), "urgency"),
    BodyOperation(
        "PATCH", "/v1/sharing-requests/{id}", {"urgency": "routine"}, "urgency", if_match=True
    ),
    BodyOperation("POST", "/v1/sharing-requests/{id}/decisions", SHARE, "reasons", if_match=True),
    BodyOperation("POST", "/v1/emergency-disclosures", EMERGENCY, "what", lenient=True),
    BodyOperation("POST", "/v1/evaluations", facts(), "urgency"),
)


def with_text(operation: BodyOperation, value: str) -> bytes:
    """The valid body with the raw JSON `value` instead of its text."""
    body = json.dumps(operation.valid | {operation.text: "@@"})
    return body.replace('"@@"', value).encode()


def invalid_bodies(
    operation: BodyOperation,
) -> Iterator[tuple[str, bytes, int, str | None, str | None]]:
    """Name, body, status, and the pointer and code of the fault."""
    place = f"/{operation.text}"
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "1" * 21):
        yield number[:10], with_text(operation, number), 422, place, "not-a-number"
    yield "lone surrogate", with_text(operation, f'"{CANARY}\\ud83d"'), 422, place, "lone-surrogate"
    yield "NUL", with_text(operation, f'"{CANARY}\\u0000"'), 422, place, "nul-character"
    yield "raw NUL", with_text(operation, f'"{CANARY}\0"'), 422, "", "not-json"
    yield (
        "duplicate",
        f'{{"{operation.text}": "{CANARY}", "{operation.text}": "{CANARY}"}}'.encode(),
        422,
        place,
        "duplicate-member",
    )
    yield "deep list", with_text(operation, "[" * 5000 + "]" * 5000), 422, None, "too-deep"
    yield (
        "deep object",
        with_text(operation, '{"a":' * 5000 + "1" + "}" * 5000),
        422,
        None,
        "too-deep",
    )
    yield "too deep by one", with_text(operation, "[" * 33 + "]" * 33), 422, None, "too-deep"
    yield "cut off", json.dumps(operation.valid).encode()[:-3], 422, "", "not-json"
    yield (
        "invalid UTF-8",
        with_text(operation, f'"{CANARY}@"').replace(b"@", b"\xff"),
        422,
        "",
        "not-utf-8",
    )
    yield "UTF-16", json.dumps(operation.valid).encode("utf-16"), 422, "", "not-utf-8"
    yield "single quotes", f"{{'{CANARY}': 1}}".encode(), 422, "", "not-json"
    yield "comment", b"/* hello */ {}", 422, "", "not-json"
    yield "two values", b"{} {}", 422, "", "not-json"
    for scalar in (b"null", b"1", b"true", b'"text"', b"[]", b"[{}]", f'["{CANARY}"]'.encode()):
        yield scalar.decode(), scalar, 422, "", None
    yield "empty", b"", 422, "", None
    if operation.method == "PATCH":
        yield "no change", b"{}", 422, "", "missing"
    yield "a number for text", with_text(operation, "1"), 422, place, None
    yield "a list for text", with_text(operation, f'["{CANARY}"]'), 422, place, None
    if operation.method != "PATCH":  # null removes a member
        yield "null for text", with_text(operation, "null"), 422, place, None
    yield "a huge integer for text", with_text(operation, "9" * 19), 422, place, None
    if not operation.lenient:
        yield (
            "unknown field",
            json.dumps(operation.valid | {"nonsense": CANARY}).encode(),
            422,
            "/nonsense",
            "unknown-field",
        )
        yield (
            "odd field",
            json.dumps(operation.valid | {"a/b~c": CANARY}).encode(),
            422,
            "/a~1b~0c",
            "unknown-field",
        )
    yield "300 KiB", json.dumps(operation.valid | {"x": CANARY * 30_000}).encode(), 413, None, None


@pytest.fixture
async def dsl(service: Service) -> Caller:
    """A DSL who receives a 500 instead of the exception."""
    return await service.caller("dsl", raise_app_exceptions=False)


@pytest.mark.parametrize("operation", BODY_OPERATIONS, ids=lambda operation: operation.path)
async def test_an_invalid_body_is_rejected_with_the_pointer_of_the_fault(
    dsl: Caller, operation: BodyOperation
) -> None:
    request = (await submit(dsl))["id"]
    before = (await dsl.get("/v1/sharing-requests")).json()["items"]
    for name, body, status, pointer, code in invalid_bodies(operation):
        fault = fault_of(await operation.send(dsl, request, body), (operation.path, name), status)
        assert pointer is None or fault["pointer"] == pointer, (operation.path, name, fault)
        assert code is None or fault["code"] == code, (operation.path, name, fault)
    assert (await dsl.get("/v1/sharing-requests")).json()["items"] == before


async def test_a_body_needs_the_media_type_json(dsl: Caller) -> None:
    request = (await submit(dsl))["id"]
    for operation in BODY_OPERATIONS:
        body = json.dumps(operation.valid).encode()
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
            reply = await operation.send(dsl, request, body, media)
            fault_of(reply, (operation.path, media), 415)
            assert reply.headers["Accept"] == "application/json"
        for media in (
            "application/json; charset=utf-8",
            'Application/JSON;charset="UTF-8"; profile=x',
        ):
            cell = await operation.send(dsl, request, body, media)
            assert cell.is_success, (operation.path, cell.text)


@pytest.mark.parametrize("path", ["/v1/sharing-requests", "/v1/policies", "/v1/token"])
async def test_a_body_with_a_content_encoding_is_rejected(service: Service, path: str) -> None:
    media = "application/x-www-form-urlencoded" if path == "/v1/token" else "application/json"
    caller = await service.anonymous() if path == "/v1/token" else await service.caller("ig_lead")
    plain = json.dumps(MASH).encode()
    for body in (plain, gzip.compress(plain)):
        for coding in ("gzip", "identity, br"):
            reply = await caller.post(
                path, content=body, headers={"Content-Type": media, "Content-Encoding": coding}
            )
            assert (reply.status_code, reply.headers["Accept-Encoding"]) == (415, "identity"), (
                reply.text
            )
            assert "without Content-Encoding" in reply.json()["detail"]
    same = await caller.post(
        path, content=plain, headers={"Content-Type": media, "Content-Encoding": "Identity"}
    )
    assert (
        same.status_code
        == {"/v1/sharing-requests": 201, "/v1/policies": 422, "/v1/token": 400}[path]
    ), same.text


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        (1, "unknown field"),
        (2, "2 faults; errors lists them"),
        (50, "50 faults; errors lists them"),
        (51, "51 faults; errors lists the first 50"),
        (10_000, "10000 faults; errors lists the first 50"),
    ],
)
async def test_all_faults_are_counted_and_at_most_fifty_are_listed(
    dsl: Caller, wrong: int, detail: str
) -> None:
    problem = (
        await dsl.post("/v1/sharing-requests", json=facts(**{f"q{n}": 1 for n in range(wrong)}))
    ).json()
    assert (problem["status"], problem["detail"], len(problem["errors"])) == (
        422,
        detail,
        min(wrong, 50),
    )


async def test_the_fault_of_a_misspelt_word_suggests_the_nearest_one(dsl: Caller) -> None:
    made = await submit(dsl)
    for method, path, body, pointer, meant in (
        (
            "POST",
            "/v1/sharing-requests",
            facts(purpose={"code": "section47_enquiry"}),
            "/purpose/code",
            "section_47_enquiry",
        ),
        ("POST", "/v1/sharing-requests", facts(urgnecy="routine"), "/urgnecy", "urgency"),
        (
            "POST",
            "/v1/sharing-requests",
            facts(subjects=[{"person_ref": "x", "role": "chid"}]),
            "/subjects/0/role",
            "child",
        ),
        (
            "POST",
            "/v1/evaluations",
            facts(how={"transparancy": {}}),
            "/how/transparancy",
            "transparency",
        ),
        *(
            (
                "POST",
                "/v1/evaluations",
                facts(recipient={"organisation_type": "mash"} | {member: sent}),
                f"/recipient/{member}",
                meant,
            )
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
        (
            "POST",
            f"/v1/sharing-requests/{made['id']}/decisions",
            SHARE | {"outcome": "share_partialy"},
            "/outcome",
            "share_partially",
        ),
        (
            "POST",
            f"/v1/sharing-requests/{made['id']}/decisions",
            SHARE | {"resons": "x"},
            "/resons",
            "reasons",
        ),
    ):
        reply = await dsl.request(method, path, json=body, headers={"If-Match": made["etag"]})
        fault = fault_of(reply, (path, pointer), 422)
        assert (fault["pointer"], f"did you mean '{meant}'?" in fault["detail"]) == (
            pointer,
            True,
        ), fault


async def test_the_word_none_is_never_suggested(dsl: Caller) -> None:
    for member in ("secure_route", "verification_method"):
        for sent in ("nne", "None", "phon e!", "one"):
            reply = await dsl.post(
                "/v1/evaluations", json=facts(recipient={"organisation_type": "mash", member: sent})
            )
            assert "did you mean 'none'" not in fault_of(reply, sent, 422)["detail"]


SPOKEN: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("/v1/emergency-disclosures", EMERGENCY, "/what"),
    ("/v1/emergency-disclosures", EMERGENCY, "/why"),
    ("/v1/sharing-requests/{id}/decisions", SHARE, "/reasons"),
    ("/v1/sharing-requests/{id}/decisions", REFUSE, "/refusal/how"),
    ("/v1/sharing-requests/{id}/questions", {"question": "Which years?"}, "/question"),
    ("/v1/sharing-requests/{id}/advice", {"ask": "dsl", "question": "?"}, "/question"),
    (
        "/v1/sharing-requests/{id}/advice/{id}/answer",
        {"advice": "Share.", "outcome_of_discussion": "Agreed."},
        "/advice",
    ),
    (
        "/v1/sharing-requests/{id}/advice/{id}/answer",
        {"advice": "Share.", "outcome_of_discussion": "Agreed."},
        "/outcome_of_discussion",
    ),
    (
        "/v1/sharing-requests/{id}/consents/{id}/withdrawal",
        {"withdrawn_by": "Mother"},
        "/withdrawn_by",
    ),
    (
        "/v1/sharing-requests/{id}/reconsiderations",
        {"new_information": "It is the social worker who asks."},
        "/new_information",
    ),
    (
        "/v1/sharing-requests/{id}/letters",
        {"reasons": "No purpose.", "contact": "The office."},
        "/reasons",
    ),
    (
        "/v1/sharing-requests/{id}/letters",
        {"reasons": "No purpose.", "contact": "The office."},
        "/contact",
    ),
    (
        "/v1/sharing-requests/{id}/retention-reviews",
        {"keep": "dispose", "why": "Not needed."},
        "/why",
    ),
    (
        "/v1/sharing-requests/{id}/disposal",
        {"basis": "Its time.", "approved_by": "The head teacher"},
        "/basis",
    ),
    (
        "/v1/sharing-requests/{id}/disposal",
        {"basis": "Its time.", "approved_by": "The head teacher"},
        "/approved_by",
    ),
)
"""Texts that are required and not blank."""


@pytest.mark.parametrize(("path", "body", "pointer"), SPOKEN)
async def test_a_blank_text_counts_as_missing(
    service: Service, path: str, body: dict[str, Any], pointer: str
) -> None:
    role = "ig_lead" if path.endswith(("retention-reviews", "disposal")) else "dsl"
    caller = await service.caller(role, raise_app_exceptions=False)
    request = (await submit(caller))["id"]
    for blank in (" ", "\t\n", "\u00a0\u2003", "\u200b\ufeff"):
        spoken = copy.deepcopy(body)
        *outer, last = pointer[1:].split("/")
        (spoken[outer[0]] if outer else spoken)[last] = blank
        reply = await caller.post(
            path.replace("{id}", request), json=spoken, headers={"If-Match": "*"}
        )
        fault = fault_of(reply, (path, blank), 422)
        assert [(fault["pointer"], fault["code"])] == [(pointer, "missing")], (
            path,
            blank,
            reply.text,
        )


async def test_every_fault_is_listed_in_one_reply(dsl: Caller) -> None:
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
