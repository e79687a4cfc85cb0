"""Every date and date-time in a query or body accepts only RFC 3339 text; digits are rejected."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.sharing import submit
from tests.architecture.access_matrix import ROLES
from tests.architecture.operations import Operation, documented_operations
from tests.service import Caller, Service

sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SECONDS = 1_772_532_000
"""The second of March 2026 in seconds since 1970."""

DIGITS = (SECONDS, float(SECONDS), SECONDS * 1000, str(SECONDS), f"{SECONDS}.5", "20260303", True)
INSTANTS = ("2026-03-03T10:00:00", "2026-03-03T10:00Z", "2026-03-03 10:00:00Z", "20260303T100000Z")
BAD: dict[str, tuple[object, ...]] = {
    "date": (*DIGITS, *INSTANTS, "2026-3-3", "2026-W10-2", "2026-062", "2026-03-03T10:00:00Z"),
    "date-time": (*DIGITS, *INSTANTS, "2026-03-03", "2026-03-03T25:00:00Z"),
    "date or date-time": (*DIGITS, *INSTANTS, "2026-3-3", "2026-03-03T25:00:00Z"),
}
GOOD = {"date": "2026-03-03", "date-time": "2026-03-03t10:00:00.5+01:00"}

LENIENT = {"record_emergency_disclosure"}
"""Operations that accept a body with faults and report them in the reply."""


def resolved(part: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or what it refers to."""
    if "$ref" not in part:
        return part
    kind, name = part["$ref"].split("/")[-2:]
    found: dict[str, Any] = components[kind][name]
    return found


def formats(part: dict[str, Any], components: dict[str, Any], pointer: str = "") -> Iterator[Any]:
    """The pointer and format of each date in a schema; items of arrays have the index 0."""
    schema = resolved(part, components)
    if schema.get("format") in GOOD:
        yield pointer, schema["format"]
    for branch in schema.get("anyOf", []):
        yield from formats(branch, components, pointer)
    for name, member in schema.get("properties", {}).items():
        yield from formats(member, components, f"{pointer}/{name}")
    if "items" in schema:
        yield from formats(schema["items"], components, f"{pointer}/0")


def parameters(service: Service) -> list[tuple[Operation, str, str]]:
    """Operation, name and format of each query parameter that is a date."""
    components = service.app.openapi()["components"]
    return [
        (operation, one["name"], " or ".join(kind for _, kind in found))
        for operation, described in documented_operations(service.app).items()
        for one in [resolved(part, components) for part in described.get("parameters", [])]
        if one["in"] == "query" and (found := list(formats(one["schema"], components)))
    ]


def members(service: Service) -> list[tuple[Operation, str, str]]:
    """Operation, pointer and format of each member of a JSON body that is a date."""
    components = service.app.openapi()["components"]
    return [
        (operation, pointer, kind)
        for operation, described in documented_operations(service.app).items()
        for media, content in described.get("requestBody", {}).get("content", {}).items()
        if media == "application/json"
        for pointer, kind in formats(content["schema"], components)
    ]


def body_with(pointer: str, value: object) -> object:
    """A body that holds the value at the pointer and nothing else."""
    for name in reversed(pointer.split("/")[1:]):
        value = [value] if name == "0" else {name: value}
    return value


async def faults(callers: list[Caller], operation: Operation, **sent: Any) -> set[str]:
    """The pointers of the faults in the reply to the first caller with permission."""
    for caller in callers:
        headers = {"If-Match": "*"}
        reply = await caller.request(operation.method, operation.url(), headers=headers, **sent)
        if reply.status_code != httpx.codes.FORBIDDEN:
            refused = [] if reply.is_success else reply.json().get("errors") or []
            return {fault["pointer"] for fault in refused}
    raise AssertionError(f"no role may call {operation}")


@sqlite_alone
async def test_every_date_in_a_query_is_rfc_3339_text(service: Service) -> None:
    callers = [await service.caller(role) for role in ROLES]
    found = parameters(service)
    assert len(found) >= 8
    for operation, name, kind in found:
        for value in BAD[kind]:
            refused = await faults(callers, operation, params={name: value})
            assert f"/query/{name}" in refused, (operation, name, value)
        for good in (value for one, value in GOOD.items() if one in kind.split(" or ")):
            accepted = await faults(callers, operation, params={name: good})
            assert f"/query/{name}" not in accepted, (operation, name, good)


@sqlite_alone
async def test_every_date_in_a_body_is_rfc_3339_text(service: Service) -> None:
    callers = [await service.caller(role) for role in ROLES]
    found = [one for one in members(service) if one[0].id not in LENIENT]
    assert len(found) >= 20
    for operation, pointer, kind in found:
        for value in BAD[kind]:
            refused = await faults(callers, operation, json=body_with(pointer, value))
            assert pointer in refused, (operation, pointer, value)
        accepted = await faults(callers, operation, json=body_with(pointer, GOOD[kind]))
        assert pointer not in accepted, (operation, pointer)


@sqlite_alone
async def test_every_date_in_a_partial_body_is_rfc_3339_text(service: Service) -> None:
    submitter = await service.caller("staff")
    path = f"/v1/sharing-requests/{(await submit(submitter))['id']}"
    parts = [
        (pointer, kind)
        for operation, pointer, kind in members(service)
        if operation.id == "submit_sharing_request"
    ]
    assert len(parts) >= 6
    for pointer, kind in parts:
        for value in BAD[kind]:
            body = body_with(pointer, value)
            reply = await submitter.patch(path, json=body, headers={"If-Match": "*"})
            assert pointer in {one["pointer"] for one in reply.json()["errors"]}, (pointer, value)


@sqlite_alone
async def test_an_emergency_record_never_takes_digits_for_a_date(service: Service) -> None:
    caller = await service.caller("staff")
    emergency = {
        "recipient": {"organisation_type": "police"},
        "what": "Address",
        "why": "Danger now",
    }
    lenient = [one for one in members(service) if one[0].id in LENIENT]
    assert {pointer for _, pointer, _ in lenient} == {"/occurred_at", "/subjects/0/born_on"}
    for _, pointer, kind in lenient:
        for value in BAD[kind]:
            body = emergency | dict(body_with(pointer, value))  # type: ignore[call-overload]
            reply = await caller.post("/v1/emergency-disclosures", json=body)
            assert reply.status_code == httpx.codes.CREATED, reply.text
            assert f'"pointer":"{pointer}' in reply.text, (pointer, value)
