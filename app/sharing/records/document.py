"""Render the decision record as an HTML document or as a tagged PDF."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.platform.documents import html as html_page
from app.platform.documents import pdf as typesetter
from app.platform.documents.page import Page, Pairs
from app.policy.wording.words import label
from app.sharing.records import sections
from app.sharing.records.text import inert_all, when


def page(
    request: Mapping[str, Any],
    *,
    generated_at: datetime,
    policy_title: str,
    policy_version: str,
    audit: Mapping[str, Any],
    school: str,
    chart_svg: str | None,
) -> Page:
    """Build the page data of the record from `presentation.views.show_request`, with inert text."""
    shown = inert_all(request)
    partial = request.get("view") == "deidentified"
    return Page(
        title="Information sharing record",
        marking=(
            "De-identified copy. Names, references and people’s own words are left out. Times are"
            " given to the day."
            if partial
            else (
                "Confidential: personal information. Keep it secure. Do not keep it longer than you"
                " need it."
            )
        ),
        head=Pairs(
            (
                ("Request", str(request["id"])),
                ("School", inert_all(school)),
                ("Status", label(str(request["status"]))),
                ("Policy", f"{inert_all(policy_title)}, version {inert_all(policy_version)}"),
                ("Policy digest", str(request.get("policy_digest"))),
                ("Version of the request", str(request.get("version"))),
                ("Printed", when(generated_at)),
            )
        ),
        sections=sections.sections(shown, audit=inert_all(audit), chart_svg=chart_svg),
    )


def html(
    request: Mapping[str, Any],
    *,
    generated_at: datetime,
    policy_title: str,
    policy_version: str,
    audit: Mapping[str, Any],
    school: str,
    chart_svg: str | None,
) -> str:
    """Render the record as one HTML document, to be served with `CSP`.

    `audit` is `{"entries": [{"id", "index" or None, "action", "occurred_at"}], "checkpoint": the
    signed note or None}`; `chart_svg` is the output of `flowchart.drawing.draw`, inserted
    unchanged.
    """
    return html_page.page(
        page(
            request,
            generated_at=generated_at,
            policy_title=policy_title,
            policy_version=policy_version,
            audit=audit,
            school=school,
            chart_svg=chart_svg,
        )
    )


def pdf(
    request: Mapping[str, Any],
    *,
    generated_at: datetime,
    policy_title: str,
    policy_version: str,
    audit: Mapping[str, Any],
    school: str,
    chart_svg: str | None,
) -> bytes:
    """Render the record as a tagged PDF (PDF/UA-1).

    Uses much CPU: call it in a thread. Raises `PdfNotAvailable` without the extra `pdf`.
    """
    printed = page(
        request,
        generated_at=generated_at,
        policy_title=policy_title,
        policy_version=policy_version,
        audit=audit,
        school=school,
        chart_svg=chart_svg,
    )
    return typesetter.pdf(typesetter.PAGE, printed.to_json(), at=generated_at)
