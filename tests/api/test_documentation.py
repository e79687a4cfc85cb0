"""The served documentation: the page of the API, and a page for every error code."""

import hashlib
import re
from pathlib import Path

import pytest

from app.apidocs import routes
from app.apidocs.routes import ASSETS, TYPES
from app.platform.settings import Settings
from tests.architecture.test_docs import OTHER_CODES, codes
from tests.contract import COMMITTED
from tests.running import MovableClock
from tests.service import Service

pytestmark = pytest.mark.database_independent

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_the_api_page_names_no_other_host_and_its_files_are_served(service: Service):
    anonymous = await service.anonymous()
    page = await anonymous.get("/docs")
    assert page.status_code == 200
    assert (
        "'unsafe-inline'"
        not in page.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    )
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    named = re.findall(r"(?:src|href)=\"(/docs/[^\"]+)\"", page.text)
    assert {path.rpartition("/")[2] for path in named} == set(TYPES)
    for path in named:
        assert (await anonymous.get(path)).status_code == 200
    assert (await anonymous.get("/docs/ORIGIN.md")).status_code == 404
    assert (await anonymous.get("/openapi.json")).json()["openapi"].startswith("3.1")


def test_the_vendored_files_have_the_recorded_checksums():
    written = dict(re.findall(r"`([^`]+)` \| `([0-9a-f]{64})`", (ASSETS / "ORIGIN.md").read_text()))
    assert len(written) == 3
    assert {
        name: hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() for name in written
    } == written


async def test_every_error_code_has_a_page_that_runs_no_script(service: Service):
    anonymous = await service.anonymous()
    every = {code for code, _ in codes() | OTHER_CODES}
    every |= set(re.findall(r'"/problems/([^"]+)"', COMMITTED.read_text()))
    for code in sorted(every):
        page = await anonymous.get(f"/problems/{code}")
        assert page.status_code == 200, code
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "script-src" not in page.headers["Content-Security-Policy"]
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src")
        assert re.findall("<h1[^>]*>(.*)</h1>", page.text) == [code]
        for label in ("Status", "Cause", "Cure"):
            assert page.text.count(f"<strong>{label}:</strong>") == 1, code


async def test_every_link_of_the_error_pages_leads_to_a_heading(service: Service):
    anonymous = await service.anonymous()
    index = (await anonymous.get("/problems")).text
    anchors = set(re.findall(r'id="([^"]+)"', index))
    assert len(anchors) > 60
    assert set(re.findall(r'href="#([^"]+)"', index)) <= anchors
    assert set(re.findall(r'href="([^"]+)"', index)) == {
        f"#{anchor}" for anchor in re.findall(r'href="#([^"]+)"', index)
    }
    for code in sorted(code for code, _ in codes()):
        page = (await anonymous.get(f"/problems/{code}")).text
        for target in re.findall(r'href="([^"]+)"', page):
            path, _, anchor = target.partition("#")
            assert (await anonymous.get(path)).status_code == 200, target
            assert not anchor or anchor in anchors, target


async def test_head_answers_as_get_without_the_body(service: Service):
    anonymous = await service.anonymous()
    for path in ("/problems", "/problems/forbidden"):
        head, get = await anonymous.head(path), await anonymous.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.parametrize("code", ["no-such-code", "Forbidden", "..%2ferrors", "%00"])
async def test_an_unknown_error_code_is_not_found(service: Service, code: str):
    reply = await (await service.anonymous()).get(f"/problems/{code}")
    assert (reply.status_code, reply.json()["code"]) == (404, "not-found")


async def test_without_the_source_the_reply_names_the_missing_file(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(routes, "ERRORS", tmp_path / "errors.md")
    anonymous = await service.anonymous()
    for path in ("/problems", "/problems/forbidden"):
        reply = await anonymous.get(path)
        assert (reply.status_code, reply.json()["code"]) == (404, "not-found")
        assert "docs/errors.md" in reply.json()["detail"]


def test_the_image_has_the_source_of_the_error_pages():
    root = routes.ERRORS.parents[1]
    assert routes.ERRORS.is_file()
    assert "COPY docs/errors.md /srv/docs/errors.md\n" in (root / "Dockerfile").read_text()
    assert "!docs/errors.md\n" in (root / ".dockerignore").read_text()


@SQLITE
@pytest.mark.parametrize(
    ("setting", "paths"),
    [
        ("docs", ("/docs", "/docs/init.js", "/openapi.json", "/problems", "/problems/forbidden")),
        ("metrics", ("/metrics",)),
    ],
)
async def test_a_setting_switches_its_pages_off(
    settings: Settings, clock: MovableClock, setting: str, paths: tuple[str, ...]
):
    for switch, status in ((True, 200), (False, 404)):
        changed = settings.model_copy(update={setting: switch})
        async with Service.started(changed, clock) as service:
            anonymous = await service.anonymous()
            for path in paths:
                assert (await anonymous.get(path)).status_code == status, (path, switch)
