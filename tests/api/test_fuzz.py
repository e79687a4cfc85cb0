"""Random changes of valid bodies: each is evaluated or rejected, and no emergency is rejected for
an optional member.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.problems import EMERGENCY
from tests.api.sharing import MASH
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent


@pytest.fixture
async def dsl(service: Service) -> Caller:
    """A DSL who receives a 500 instead of the exception."""
    return await service.caller("dsl", raise_app_exceptions=False)


def mutations(valid: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """The valid body with up to three places changed."""
    odd = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=True, allow_infinity=True),
        st.text(st.characters(codec=None), max_size=20),
        st.sampled_from(
            [
                "yes",
                "no",
                "unsure",
                "",
                "0",
                "2026-11-23",
                "9999-12-31",
                "0001-01-01",
                "2026-02-30",
                "\x00",
                "\ud800",
                "e\u0301",
            ]
        ),
        st.lists(st.none() | st.text(max_size=3), max_size=3),
        st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=3), max_size=2),
        st.recursive(
            st.just([]),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner, max_size=1)
            ),
            max_leaves=40,
        ),
        st.sampled_from(
            [MASH["items"], MASH["purpose"], MASH["how"], MASH["recipient"], MASH["items"] * 11]
        ),
    )
    step = st.tuples(st.integers(0, 10_000), st.sampled_from(["set", "delete", "add"]), odd)

    def changed(steps: list[tuple[int, str, Any]]) -> bytes:
        body: Any = copy.deepcopy(valid)
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
    for key in (
        list(value)
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else ()
    ):
        yield value, key
        yield from _places(value[key])


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=mutations(MASH))
async def test_any_body_is_evaluated_or_rejected_and_never_a_500(dsl: Caller, body: bytes) -> None:
    reply = await dsl.post(
        "/v1/sharing-requests", content=body, headers={"Content-Type": "application/json"}
    )
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


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=mutations(WHOLE_EMERGENCY))
async def test_an_emergency_is_recorded_with_any_optional_members(dsl: Caller, body: bytes) -> None:
    reply = await dsl.post(
        "/v1/emergency-disclosures", content=body, headers={"Content-Type": "application/json"}
    )
    if reply.status_code == 201:
        assert (await dsl.get(reply.headers["Location"])).json() == reply.json()["sharing_request"]
        return
    problem = reply.json()
    assert (reply.status_code, problem["code"]) in {
        (413, "body-too-large"),
        (422, "invalid-json"),
        (422, "invalid-request"),
    }, (
        problem,
        body,
    )
    if problem["code"] == "invalid-request":
        needed = {"/what", "/why", "/recipient", "/recipient/organisation_type"}
        assert {fault["pointer"] for fault in problem["errors"]} <= needed, (problem, body)
