"""A policy version as one page of data, rendered as HTML or PDF. Pure.

Invariant: every section of the document is on the page, and control characters in the school's
texts cannot change how the page reads.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from app.platform.documents.page import Block, Chart, Page, Pairs, Paragraph, Section
from app.platform.documents.svg import printable
from app.policy.engine.evaluate import Policy
from app.policy.engine.grammar import Question
from app.policy.engine.vocabulary import Step
from app.policy.flowchart import drawing
from app.policy.wording import reference_sections, rules
from app.policy.wording.words import day, label, month

MARKINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "draft": "Draft: no one has approved this version, and the school does not follow it.",
        "approved": "Approved, but not in force yet.",
        "in_force": "In force: the school follows this policy.",
        "superseded": "Superseded: a later version has replaced this one.",
        "withdrawn": "Withdrawn: this version never came into force.",
    }
)
"""The marking of the page for each status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionStatus:
    """The status of a version today, with its dates. `status` is a key of `MARKINGS`."""

    status: str
    starts_on: date | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    review_due: str | None = None


def page(policy: Policy, version: VersionStatus) -> Page:
    """The page with the whole policy in plain English."""
    document = policy.document
    shown: Page = inert(
        Page(
            title=document.policy.title,
            marking=MARKINGS[version.status],
            head=_head(policy, version),
            sections=(
                Section("In short", _short(policy)),
                Section("The questions", rules.questions(document)),
                Section(
                    "When to share: from your answers to the outcome",
                    (*rules.flow(document), _chart(policy)),
                ),
                Section("How to share: the checks before you share", rules.checks(document)),
                Section("The seven principles", rules.principles(document)),
                Section("The golden rules", rules.golden_rules(document)),
                Section("What to do", rules.actions(document)),
                Section("Who can decide", rules.authority(document)),
                Section(
                    "Lawful reasons to share without consent",
                    reference_sections.lawful_reasons(document),
                ),
                Section("Time limits", reference_sections.clocks(document)),
                Section("How long records are kept", reference_sections.retention(document)),
                Section("Numbers", reference_sections.parameters(document)),
                Section("Groups used in the rules", reference_sections.groups(document)),
                Section("Myths and facts", reference_sections.myths(document)),
                Section("In every case", reference_sections.guidance(document)),
                Section("Legal duties", reference_sections.duties(document)),
                Section("Changes that do not apply yet", reference_sections.upcoming(document)),
                Section("Examples", reference_sections.cases(document)),
                Section("Where to read more", reference_sections.resources(document)),
                Section(
                    "The clauses that this policy is based on", reference_sections.clauses(document)
                ),
            ),
        )
    )
    return shown


def flowchart(policy: Policy) -> str:
    """The flowchart of a version as SVG, with its order of questions and its wording."""
    title = f"{policy.document.policy.title}: when and how to share"
    words = _chart_words(policy)
    return drawing.draw_policy(
        title=title,
        description=drawing.describe_policy(**words),
        policy_version=printable(policy.version),
        **words,
    )


def _chart_words(policy: Policy) -> dict[str, Any]:
    document = policy.document
    return {
        "questions": {step: printable(document.questions[Question(step)].text) for step in Step},
        "checks": {check: printable(table.title) for check, table in document.how.items()},
        "order": rules.order(document),
    }


def _chart(policy: Policy) -> Chart:
    return Chart(
        flowchart(policy),
        drawing.describe_policy(**_chart_words(policy)),
        "The flowchart of this version. The questions above and the checks below say the same in"
        " words.",
    )


def _head(policy: Policy, version: VersionStatus) -> Pairs:
    identity = policy.document.policy
    approved = version.approved_by or "No one yet"
    if version.approved_on is not None:
        approved += f", on {day(version.approved_on)}"
    return Pairs(
        (
            ("Version", identity.version),
            ("Status", label(version.status)),
            (
                "In force from",
                day(version.starts_on) if version.starts_on is not None else "Not decided",
            ),
            ("Last review", month(identity.last_review)),
            ("Next review due", month(version.review_due or identity.next_review)),
            ("Reviewed by", identity.reviewed_by),
            ("Approved by", approved),
            ("Digest, which identifies this version", policy.digest),
        )
    )


def _short(policy: Policy) -> tuple[Block, ...]:
    return (
        Paragraph(policy.document.policy.summary),
        Paragraph(
            "These are the rules of this version in plain English. If rules are numbered, the first"
            " rule that fits applies and the later ones do not. A question that no one answered"
            " counts as unsure, never as yes. The service recommends and a person decides."
        ),
    )


def inert(value: Any) -> Any:
    """A value of the page without control and direction characters; charts have none."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return tuple(inert(member) for member in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Chart):
        return dataclasses.replace(
            value,
            **{
                field.name: inert(getattr(value, field.name)) for field in dataclasses.fields(value)
            },
        )
    return value
