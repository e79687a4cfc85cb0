"""The fixtures: each role signs in over HTTP, each test has its own database, and the live server
serves.
"""

import signal
import subprocess
import sys

import httpx
import pytest

from app.platform.settings import Settings
from tests.running import ROOT, LiveServer, MovableClock
from tests.service import Service

pytestmark = pytest.mark.database_independent


@pytest.mark.parametrize("role", ["staff", "dsl", "ig_lead", "integration"])
async def test_each_role_signs_in_as_itself(service: Service, role: str):
    caller = await service.caller(role)
    me = (await caller.get("/v1/me")).json()
    assert (me["role"], me["school"], me["subject"]) == (
        role,
        service.settings.school,
        str(caller.account.id),
    )


async def test_a_caller_belongs_to_the_given_school(service: Service):
    caller = await service.caller("dsl", school="654321")
    assert (await caller.get("/v1/me")).json()["school"] == "654321"


async def test_the_anonymous_client_is_not_authenticated(anonymous: httpx.AsyncClient):
    assert (await anonymous.get("/v1/me")).status_code == httpx.codes.UNAUTHORIZED


async def test_tests_can_move_the_clock(service: Service, clock: MovableClock):
    caller = await service.caller("staff")
    clock.forward(minutes=16)
    assert (await caller.get("/v1/me")).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.live
def test_the_live_server_serves_and_stops_on_a_signal(live_server: LiveServer):
    assert (
        httpx.get(f"{live_server.url}/readyz", trust_env=False).json()["checks"]["database"] == "ok"
    )
    verb = [sys.executable, "-m", "app", "users", "list"]
    assert (
        subprocess.run(verb, cwd=ROOT, env=live_server.environment(), check=False).returncode == 0
    )
    assert live_server.stop() in {
        0,
        -signal.SIGTERM,
    }  # uvicorn ends itself with the signal that it received


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_only_allowed_hosts_and_the_loopback_names_are_answered(
    settings: Settings, clock: MovableClock
):
    named = settings.model_copy(update={"allowed_hosts": ("share.school.example",)})
    async with Service.started(named, clock) as service:
        anonymous = await service.anonymous()
        for host, status in (
            ("share.school.example", 200),
            ("127.0.0.1:8000", 200),
            ("localhost", 200),
            ("elsewhere.example", 400),
        ):
            assert (await anonymous.get("/livez", headers={"Host": host})).status_code == status, (
                host
            )
