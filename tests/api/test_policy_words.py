"""The document of a policy version over HTTP: HTML, PDF, source and flowchart."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.platform.documents import html as documents_html
from app.policy.lifecycle import in_force as policies
from tests.api.policies import YAML, approve, create_draft, without_health_providers
from tests.service import Caller, Service

pytestmark = pytest.mark.database_independent

DRAFT = Path("docs/policies/2026-draft.yaml").read_bytes()
ROLES = ("staff", "dsl", "ig_lead", "integration")
FORMS = {
    "text/html": b"<!DOCTYPE html>",
    "application/pdf": b"%PDF-",
    "application/yaml": b"# The school's",
}


def at(of: str, digest: str | None = None) -> str:
    return f"/v1/policies/{digest or policies.shipped().digest}/{of}"


class Text(HTMLParser):
    """The words of a page, without its style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.levels: list[int] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("form", FORMS)
async def test_every_role_reads_a_version_in_each_form(service: Service, role: str, form: str):
    caller = await service.caller(role)
    reply = await caller.get(at("document"), headers={"Accept": form})
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].partition(";")[0] == form
    assert reply.content.startswith(FORMS[form])
    assert "no-store" not in reply.headers["cache-control"]
    assert reply.headers["vary"] == "Authorization, Accept"


async def test_the_source_is_the_approved_bytes(staff: Caller):
    reply = await staff.get(at("document"), headers={"Accept": "application/yaml"})
    assert reply.content == policies.SHIPPED.read_bytes()
    assert (
        reply.headers["content-disposition"]
        == 'inline; filename="information-sharing-policy-2025-11.yaml"'
    )


async def test_the_html_page_runs_no_scripts(staff: Caller):
    reply = await staff.get(
        at("document"), headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    )
    assert reply.headers["content-security-policy"] == documents_html.CSP
    page = Text(reply.text)
    words = " ".join(page.words)
    assert "In force: the school follows this policy." in words
    assert "If the purpose is clear and legitimate: go to point 3." in words
    assert page.levels[0] == 1
    assert all(
        after <= before + 1 for before, after in zip(page.levels, page.levels[1:], strict=False)
    ), "no heading skips a level"
    assert 'lang="en-GB"' in reply.text


async def test_each_form_has_its_own_etag(staff: Caller):
    tags = {}
    for form in FORMS:
        tag = (await staff.get(at("document"), headers={"Accept": form})).headers["etag"]
        again = await staff.get(at("document"), headers={"Accept": form, "If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        tags[form] = tag
    assert len(set(tags.values())) == len(FORMS)
    drawn = await staff.get(at("flowchart.svg"))
    assert (
        await staff.get(at("flowchart.svg"), headers={"If-None-Match": drawn.headers["etag"]})
    ).status_code == 304


async def test_the_pdf_is_the_same_file_each_time(staff: Caller):
    one, two = [
        await staff.get(at("document"), headers={"Accept": "application/pdf"}) for _ in range(2)
    ]
    assert one.content == two.content


async def test_an_unsupported_form_is_refused_with_the_supported_ones(staff: Caller):
    reply = await staff.get(at("document"), headers={"Accept": "application/msword"})
    assert reply.status_code == 406
    assert "application/yaml" in reply.json()["detail"]


async def test_the_flowchart_has_a_description_of_what_it_draws(staff: Caller):
    reply = await staff.get(at("flowchart.svg"))
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "image/svg+xml"
    assert "<title" in reply.text
    assert "First: Is a child or anyone else at risk of harm right now?" in reply.text
    assert "default-src 'none'" in reply.headers["content-security-policy"]


@pytest.mark.parametrize("of", ["document", "flowchart.svg", "difference"])
async def test_an_unknown_version_is_404_and_an_unauthenticated_client_gets_401(
    service: Service, staff: Caller, of: str
):
    query = {"from": policies.shipped().digest} if of == "difference" else {}
    missing = await staff.get(at(of, f"sha256:{'0' * 64}"), params=query)
    assert (missing.status_code, missing.json()["code"]) == (404, "policy-not-found")
    assert (await staff.get(at(of, "sha256:xyz"), params=query)).status_code == 422
    assert (await (await service.anonymous()).get(at(of), params=query)).status_code == 401


async def test_a_version_has_no_difference_from_itself(staff: Caller):
    digest = policies.shipped().digest
    reply = await staff.get(at("difference"), params={"from": digest})
    assert reply.json() == {"from": digest, "to": digest, "tables": [], "edits": []}
    page = await staff.get(
        at("difference"), params={"from": digest}, headers={"Accept": "text/html"}
    )
    assert "Nothing changes. The 2 versions mean the same." in page.text
    assert (await staff.get(at("difference"))).status_code == 422
    missing = await staff.get(at("difference"), params={"from": f"sha256:{'0' * 64}"})
    assert missing.status_code == 404


async def test_a_draft_is_marked_as_one_and_shows_its_changes(staff: Caller, ig_lead: Caller):
    made = await ig_lead.post("/v1/policies", content=DRAFT, headers=YAML)
    assert made.status_code == 201, made.text
    draft = made.json()["digest"]
    assert (
        await staff.get(at("document", draft), headers={"Accept": "application/yaml"})
    ).content == DRAFT
    page = (await staff.get(at("document", draft))).text
    assert "Draft: no one has approved this version, and the school does not follow it." in page
    assert "The numbers are those in HM Government’s advice of 2024." in page

    base = {"from": policies.shipped().digest}
    found = (await staff.get(at("difference", draft), params=base)).json()
    assert (found["from"], found["to"]) == (base["from"], draft)
    assert "/flow" not in {table["table"] for table in found["tables"]}
    shown = await staff.get(at("difference", draft), params=base, headers={"Accept": "text/html"})
    assert shown.headers["content-security-policy"] == documents_html.CSP
    words = " ".join(Text(shown.text).words)
    assert "The outcome is the same for every combination of answers" in words
    assert "“Protecting the child comes before privacy” (new)" in words


async def test_the_page_follows_the_status_of_the_version(ig_lead: Caller, service: Service):
    draft = await create_draft(ig_lead)
    before = await ig_lead.get(at("document", draft))
    await approve(await service.caller("ig_lead"), draft)
    after = await ig_lead.get(
        at("document", draft), headers={"If-None-Match": before.headers["etag"]}
    )
    assert after.status_code == 200
    assert "In force: the school follows this policy." in after.text
    assert "A. Example, Chair of Governors, on 3 March 2026" in after.text
    assert "Superseded" in (await ig_lead.get(at("document"))).text


async def test_another_school_cannot_read_a_version(ig_lead: Caller, service: Service):
    draft = await create_draft(ig_lead)
    outsider = await service.caller("ig_lead", school="654321")
    for of in ("document", "flowchart.svg"):
        assert (await outsider.get(at(of, draft))).status_code == 404
    for one, two in ((draft, policies.shipped().digest), (policies.shipped().digest, draft)):
        assert (await outsider.get(at("difference", one), params={"from": two})).status_code == 404


async def test_serious_differences_are_shown_in_sentences(ig_lead: Caller):
    draft = await create_draft(ig_lead, without_health_providers)
    words = " ".join(Text((await _difference(ig_lead, draft)).text).words)
    assert re.search(
        r"The outcome is different for [\d,]+ of [\d,]+ combinations of answers\.", words
    )
    assert "Share now, in an emergency, decided by the question on danger." in words


async def test_a_change_of_the_answer_checks_is_pointed_out(ig_lead: Caller):
    draft = await create_draft(ig_lead, _larger_groups)
    words = " ".join(Text((await _difference(ig_lead, draft)).text).words)
    assert "But the service checks answers against their details in a different way" in words


async def _difference(caller: Caller, draft: str) -> httpx.Response:
    return await caller.get(
        at("difference", draft),
        params={"from": policies.shipped().digest},
        headers={"Accept": "text/html"},
    )


def _larger_groups(document: Any) -> None:
    document["parameters"]["smallest_group"]["values"][0]["value"] = 12
