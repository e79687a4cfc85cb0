"""The policy in plain English: every value of every fact has words, every section is on the page,
and every row is a sentence.
"""

import io
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from app.platform.documents import html
from app.platform.documents import pdf as documents_pdf
from app.platform.documents.page import (
    Block,
    Bullets,
    Chart,
    Grid,
    Page,
    Pairs,
    Paragraph,
    Part,
    Steps,
)
from app.policy.document import loader as document_loader
from app.policy.document.parser import Reader
from app.policy.document.source import read
from app.policy.engine.bitmasks import DOMAINS
from app.policy.engine.compile import compile_policy
from app.policy.engine.decision_tables import Condition
from app.policy.engine.evaluate import Policy
from app.policy.engine.grammar import Document
from app.policy.lifecycle import in_force
from app.policy.lifecycle.model import Status
from app.policy.wording import page as pages
from app.policy.wording import sentences
from app.policy.wording.page import MARKINGS, VersionStatus
from app.policy.wording.words import either, label

DRAFT = Path("docs/policies/2026-draft.yaml")
IN_FORCE = VersionStatus(
    status="in_force",
    starts_on=date(2025, 11, 1),
    approved_by="Chair of Governors",
    review_due="2026-11",
)


def policies() -> list[Policy]:
    return [in_force.shipped(), document_loader.load(DRAFT.read_bytes())]


both = pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.version)


def texts(block: Block) -> list[str]:
    match block:
        case Paragraph(text):
            return [text]
        case Pairs(rows):
            return [cell for row in rows for cell in row]
        case Grid(_, head, rows):
            return [*head, *(cell for row in rows for cell in row)]
        case Bullets(items) | Steps(items):
            return list(items)
        case Part(title, blocks):
            return [title, *(text for inner in blocks for text in texts(inner))]
        case Chart(_, described, caption):
            return [described, caption]
        case _:
            raise AssertionError(block)


def said(page: Page) -> str:
    return "\n".join(
        text for section in page.sections for block in section.blocks for text in texts(block)
    )


def when(**cells: Any) -> Condition:
    return Condition(
        {
            fact: (words,) if isinstance(words, str) else tuple(words)
            for fact, words in cells.items()
        }
    )


def test_every_value_of_every_fact_has_words():
    for fact, domain in DOMAINS.items():
        clauses = [sentences.condition(when(**{fact: value})) for value in domain]
        assert len(set(clauses)) == len(domain), fact
        for clause in clauses:
            assert clause
            assert "_" not in clause


def test_a_row_joins_its_facts_in_a_sentence():
    row = when(
        outcome=["share", "seek_advice"], amount=["no", "unsure"], recipient_type="$protective"
    )
    assert (
        sentences.rule(row, "met. Done", first=True)
        == "If the outcome is “share” or “seek advice”, and either it includes more than is needed"
        " or no one has decided how much is needed, and the recipient is in the group"
        " “protective”: met. Done."
    )
    assert sentences.rule(when(), "met", first=False) == "Otherwise: met."
    assert sentences.rule(when(), "met", first=True) == "Always: met."


def test_a_fact_that_was_not_stated_has_words():
    assert sentences.condition(when(lawful_code="not_stated")) == "no lawful reason is named"
    assert (
        sentences.condition(when(emergency_kind=["medical", "not_stated"]))
        == "the kind of danger is “medical” or the kind of danger is not given"
    )


def test_alternative_conditions_are_on_separate_lines():
    assert (
        sentences.occasions([when(consent="yes"), when(consent="no")])
        == "If there is consent.\nOr if there is no consent."
    )
    assert sentences.occasions([when()]) == "Always."


@both
def test_every_text_of_the_document_is_on_the_page(policy: Policy):
    page = pages.page(policy, IN_FORCE)
    shown = said(page) + "\n" + "\n".join(value for _, value in page.head.rows)
    apart = {
        "id",
        "title",
        "url",
        "sound",
        "to",
        "fact",
        "due",
        "days",
        "keep_as",
        "keep_years",
        "review_years",
        "start",
        "value",
        "on",
    }
    lost = [
        text
        for key, text in _texts(policy.meaning)
        if key not in apart and text.strip().rstrip(".").casefold() not in shown.casefold()
    ]
    assert lost == []


def _texts(value: Any, key: str = "") -> list[tuple[str, str]]:
    """Every text of the document that holds a space: sentences, not codes."""
    if isinstance(value, dict):
        return [found for name, member in value.items() for found in _texts(member, name)]
    if isinstance(value, list):
        return [found for member in value for found in _texts(member, key)]
    return [(key, value)] if isinstance(value, str) and " " in value else []


@both
def test_every_row_is_a_sentence_and_every_section_is_there(policy: Policy):
    page = pages.page(policy, IN_FORCE)
    steps = [
        text
        for line in said(page).splitlines()
        if (text := line).startswith(("If ", "Or if ", "Otherwise", "Always"))
    ]
    assert len(steps) > 150
    assert [text for text in steps if "_" in text or not text.endswith((".", "?", "”"))] == []
    parts = [
        block for section in page.sections for block in section.blocks if isinstance(block, Part)
    ]
    shown = {part.title for part in parts}
    of = policy.document
    titled: list[Any] = [
        *of.how.values(),
        *of.principles.values(),
        *of.lawful_reasons.values(),
        *of.duties.values(),
        *of.cases.values(),
    ]
    assert {each.title for each in titled} <= shown
    assert len(of.actions) == next(
        len(block.rows)
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Grid) and block.caption == "What to do"
    )


def test_the_page_names_the_edition_of_the_golden_rules():
    shown = [said(pages.page(policy, IN_FORCE)) for policy in policies()]
    assert "The numbers are those in HM Government’s advice of 2018." in shown[0]
    assert "The numbers are those in HM Government’s advice of 2024." in shown[1]


def test_every_status_has_a_marking():
    assert MARKINGS.keys() == set(Status)
    page = pages.page(in_force.shipped(), VersionStatus(status="draft"))
    assert dict(page.head.rows)["Approved by"] == "No one yet"
    assert "does not follow it" in page.marking


def test_the_schools_texts_are_escaped():
    meaning: Any = read(in_force.SHIPPED.read_bytes()).plain()
    meaning["policy"]["summary"] = "<script>alert(1)</script> \u202eturned"
    hostile = pages.page(document_loader.load(json.dumps(meaning).encode()), IN_FORCE)
    shown = html.page(hostile)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; turned" in shown
    assert "<script" not in shown
    assert documents_pdf.pdf(
        documents_pdf.PAGE, hostile.to_json(), at=datetime(2026, 11, 22, tzinfo=UTC)
    ).startswith(b"%PDF")


@both
def test_the_pdf_is_tagged_and_has_what_the_page_has(policy: Policy):
    page = pages.page(policy, IN_FORCE)
    with pikepdf.open(
        io.BytesIO(
            documents_pdf.pdf(
                documents_pdf.PAGE, page.to_json(), at=datetime(2026, 11, 22, tzinfo=UTC)
            )
        )
    ) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en-GB"
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        titles = [str(item.title) for item in _outline(pdf)]
    assert titles == [section.title for section in page.sections]


def _outline(pdf: pikepdf.Pdf) -> list[pikepdf.OutlineItem]:
    with pdf.open_outline() as outline:
        return list(outline.root)


@both
def test_the_flowchart_uses_the_wording_of_the_policy(policy: Policy):
    drawn = pages.flowchart(policy)
    assert f"Policy version {policy.version}" in drawn
    assert "Is there a lawful reason to share this without consent?" in drawn
    assert not re.search(r"<script|href|style=|url\(", drawn)


def test_the_flowchart_follows_the_order_of_the_policy():
    meaning: Any = read(in_force.SHIPPED.read_bytes()).plain()
    nodes = meaning["flow"]["nodes"]
    nodes["purpose"]["rows"][0]["to"] = "identifiable_first"
    nodes["identifiable_first"] = {
        "asks": "identifiable",
        "rows": [
            {
                "when": {"identifiable": "no"},
                "outcome": "share",
                "decided_at": "identifiable",
                "basis": "B",
                "cites": ["when.identifiable"],
            },
            {
                "when": {"identifiable": ["yes", "unsure"]},
                "to": "consent",
                "basis": "B",
                "cites": ["when.identifiable"],
            },
        ],
    }
    described = pages.flowchart(_unchecked(meaning))
    assert described.index("Could anyone be identified from this?") < described.index(
        "Do you have consent to share this?"
    )


def _unchecked(meaning: Any) -> Policy:
    """A policy that has not passed the checks: some of its rows are unreachable."""
    document = Reader().read(read(json.dumps(meaning).encode()), Document)
    return compile_policy(document, "sha256:drawn")


def test_lists_and_codes_are_written_in_words():
    assert either(["a"]) == "a"
    assert either(["a", "b", "c"]) == "a, b or c"
    assert label("section_47_enquiry") == "Section 47 enquiry"
