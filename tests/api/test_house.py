"""The fixtures themselves: each role signs in through the door, each test has a database of its
own, and the real server serves.
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


async def test_somebody_of_another_school_is_of_that_school(service: Service):
    caller = await service.caller("dsl", school="654321")
    assert (await caller.get("/v1/me")).json()["school"] == "654321"


async def test_a_stranger_is_not_known(stranger: httpx.AsyncClient):
    assert (await stranger.get("/v1/me")).status_code == httpx.codes.UNAUTHORIZED


async def test_the_clock_is_the_tests_to_move(service: Service, clock: MovableClock):
    caller = await service.caller("staff")
    clock.forward(minutes=16)
    assert (await caller.get("/v1/me")).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.live
def test_the_real_server_serves_and_ends_when_told(live_server: LiveServer):
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
    }  # uvicorn ends itself by the signal that it was told to end with


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_answers_to_its_names_and_to_the_health_check_beside_it(
    settings: Settings, clock: MovableClock
):
    named = settings.model_copy(update={"allowed_hosts": ("share.school.example",)})
    async with Service.started(named, clock) as service:
        stranger = await service.stranger()
        for host, status in (
            ("share.school.example", 200),
            ("127.0.0.1:8000", 200),
            ("localhost", 200),
            ("elsewhere.example", 400),
        ):
            assert (await stranger.get("/livez", headers={"Host": host})).status_code == status, (
                host
            )
