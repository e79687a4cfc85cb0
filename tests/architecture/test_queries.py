"""No query parameter is silently ignored: every GET operation rejects an unknown one."""

import pytest

from tests.architecture.access_matrix import ROLES
from tests.architecture.operations import documented_operations
from tests.architecture.test_authentication import is_public
from tests.service import Service


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_get_operation_rejects_an_unknown_parameter(
    service: Service,
) -> None:
    callers = [await service.caller(role) for role in ROLES]
    asked = 0
    for operation in documented_operations(service.app):
        if operation.method != "GET" or is_public(operation):
            continue
        answers = [
            await caller.get(f"{operation.url()}?sharing_requst=1&limti=2") for caller in callers
        ]
        refused = [answer.json() for answer in answers if answer.status_code == 422]
        assert len(refused) + sum(answer.status_code == 403 for answer in answers) == len(ROLES), (
            operation
        )
        assert refused, operation
        for problem in refused:
            assert problem["code"] == "unknown-parameter"
            assert [fault["pointer"] for fault in problem["errors"]] == [
                "/query/limti",
                "/query/sharing_requst",
            ], operation
        asked += 1
    assert asked > 15


async def test_the_fault_of_a_misspelt_parameter_suggests_the_nearest_one(service: Service) -> None:
    caller = await service.caller("ig_lead")
    for path, given, meant in (
        ("/v1/audit/export", "sharing_requst", "sharing_request"),
        ("/v1/reports/summary", "frm", "from"),
        ("/v1/sharing-requests", "submited_from", "submitted_from"),
    ):
        (fault,) = (await caller.get(path, params={given: "x"})).json()["errors"]
        assert fault["pointer"] == f"/query/{given}"
        assert f"did you mean '{meant}'?" in fault["detail"], path


async def test_no_unknown_parameter_rejects_an_emergency(service: Service) -> None:
    caller = await service.caller("staff")
    told = {"recipient": {"organisation_type": "police"}, "what": "Address", "why": "Danger now"}
    assert (await caller.post("/v1/emergency-disclosures?urgent=1", json=told)).status_code == 201


async def test_every_reversed_period_is_rejected_in_the_same_way(service: Service) -> None:
    caller = await service.caller("ig_lead")
    period = {"from": "2026-11-23T00:00:00Z", "to": "2026-11-22T00:00:00Z"}
    for path, prefix in (
        ("/v1/audit/entries", ""),
        ("/v1/audit/export", ""),
        ("/v1/reports/summary", ""),
        ("/v1/sharing-requests", "submitted_"),
    ):
        for length in (len("2026-11-23"), None):
            params = {f"{prefix}{name}": end[:length] for name, end in period.items()}
            refusal = (await caller.get(path, params=params)).json()
            assert (refusal["status"], refusal["code"]) == (422, "invalid-period"), path
            assert [one["pointer"] for one in refusal["errors"]] == [f"/query/{prefix}to"]
