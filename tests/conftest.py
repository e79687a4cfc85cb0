"""Fixtures of all tests: an empty migrated database of either kind, and the service on it with
signed-in callers.
"""

import asyncio
import gc
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import uvloop
from hypothesis import settings as hypothesis_settings

from app.platform import migrations
from app.platform.db import Database, connect
from app.platform.settings import Settings
from tests import postgres
from tests.postgres import Cluster
from tests.running import LiveServer, MovableClock
from tests.service import Caller, Service

T = TypeVar("T")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]

DIALECTS = ("sqlite", "postgresql")

for name in [name for name in os.environ if name.startswith("SHARING_")]:
    del os.environ[name]

# A shared machine can pause, so slow examples are no failure. CI uses fixed examples, so that only
# a change can break a test.
hypothesis_settings.register_profile(
    "default-for-tests", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True
)
hypothesis_settings.load_profile("default-for-tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--every-database`, which `make check` passes."""
    parser.addoption(
        "--every-database",
        action="store_true",
        help="run tests marked database_independent on PostgreSQL too",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the PostgreSQL variant of tests whose result cannot depend on the database."""
    if config.getoption("--every-database"):
        return
    redundant = [item for item in items if _is_redundant(item)]
    config.hook.pytest_deselected(items=redundant)
    items[:] = [item for item in items if not _is_redundant(item)]


def _is_redundant(item: pytest.Item) -> bool:
    if item.get_closest_marker("database_independent") is None:
        return False
    variant = getattr(item, "callspec", None)
    return variant is not None and variant.params.get("database_url") == "postgresql"


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, LoopFactory]:
    """Run tests on uvloop, as the service runs, and those marked `every_event_loop` on asyncio's
    own loop too.
    """
    uvloops: dict[str, LoopFactory] = {"uvloop": uvloop.new_event_loop}
    if item.get_closest_marker("every_event_loop") is None:
        return uvloops
    return {"asyncio": asyncio.new_event_loop, **uvloops}


def pytest_collection_finish() -> None:
    """Exclude imported modules from garbage collection, which would scan them each time."""
    gc.collect()
    gc.freeze()


def alone(work: Coroutine[None, None, T]) -> T:
    """Run a coroutine on its own event loop, even if another one is running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL of this worker."""
    with postgres.running() as running:
        yield running


async def _migrate(settings: Settings) -> None:
    database = connect(settings)
    try:
        await migrations.upgrade(database)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def blank_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that tests copy."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("blank"))
    alone(_migrate(settings))
    return settings.sqlite_file


@pytest.fixture(scope="session")
def blank_postgresql(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated PostgreSQL database that tests copy."""
    name = f"blank_{secrets.token_hex(6)}"
    url = alone(cluster.create(name))
    alone(_migrate(Settings(data_dir=tmp_path_factory.mktemp("blank"), database_url=url)))
    yield name
    alone(cluster.drop(name))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The data folder of the service."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[str]:
    """`SHARING_DATABASE_URL` of an empty, migrated database for this test; "" for SQLite in
    `data_dir`.
    """
    if request.param == "sqlite":
        blank: Path = request.getfixturevalue("blank_sqlite")
        shutil.copy(blank, data_dir / blank.name)
        yield ""
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    template: str = request.getfixturevalue("blank_postgresql")
    name = f"test_{secrets.token_hex(6)}"
    yield alone(cluster.create(name, template))
    alone(cluster.drop(name))


@pytest.fixture
def settings(data_dir: Path, database_url: str) -> Settings:
    """Default settings with the paths of this test."""
    return Settings(data_dir=data_dir, database_url=database_url)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty, migrated database."""
    opened = connect(settings)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> MovableClock:
    """A clock that stands still until a test moves it."""
    return MovableClock()


@pytest.fixture
async def service(settings: Settings, clock: MovableClock) -> AsyncIterator[Service]:
    """The service, running in this process."""
    async with Service.started(settings, clock) as running:
        yield running


@pytest.fixture
def live_server(settings: Settings, tmp_path: Path) -> Iterator[LiveServer]:
    """A server process on a real socket, with its own data and the system clock."""
    server = LiveServer(settings, tmp_path / "server.log").start()
    yield server
    server.stop()


@pytest.fixture
async def staff(service: Service) -> Caller:
    """A member of staff, signed in."""
    return await service.caller("staff")


@pytest.fixture
async def dsl(service: Service) -> Caller:
    """The designated safeguarding lead, signed in."""
    return await service.caller("dsl")


@pytest.fixture
async def ig_lead(service: Service) -> Caller:
    """The information governance lead, signed in."""
    return await service.caller("ig_lead")


@pytest.fixture
async def integration(service: Service) -> Caller:
    """A machine client, signed in."""
    return await service.caller("integration")


@pytest.fixture
async def anonymous(service: Service) -> httpx.AsyncClient:
    """A client without a token."""
    return await service.anonymous()
