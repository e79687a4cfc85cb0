"""The documentation page works with no outside network."""

import hashlib
import re

import pytest

from app.apidocs.routes import ASSETS, TYPES
from tests.service import Service

pytestmark = pytest.mark.database_independent


async def test_the_page_names_no_other_host_and_all_its_files_are_served(service: Service) -> None:
    stranger = await service.stranger()
    page = await stranger.get("/docs")
    assert page.status_code == 200
    assert (
        "'unsafe-inline'"
        not in page.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    )
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    named = re.findall(r"(?:src|href)=\"(/docs/[^\"]+)\"", page.text)
    assert {path.rpartition("/")[2] for path in named} == set(TYPES)
    for path in named:
        assert (await stranger.get(path)).status_code == 200
    assert (await stranger.get("/docs/ORIGIN.md")).status_code == 404
    assert (await stranger.get("/openapi.json")).json()["openapi"].startswith("3.1")


def test_the_vendored_files_are_those_whose_sums_are_written_down() -> None:
    written = dict(re.findall(r"`([^`]+)` \| `([0-9a-f]{64})`", (ASSETS / "ORIGIN.md").read_text()))
    assert len(written) == 3
    assert {
        name: hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() for name in written
    } == written
