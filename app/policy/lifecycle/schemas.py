"""Request and reply schemas for the policy in force and for policy versions."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.classification import Personal, Structural
from app.platform.body_limit import MAX_BODY
from app.platform.instants import Day
from app.policy.engine.codes import MythId
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import GoldenRuleId, HowCheck, LawfulReasonCode, PrincipleId
from app.policy.facts.examples import DIGEST_EXAMPLE
from app.policy.lifecycle.model import Approval

CITES: Final = "The clauses that it is based on, by id."


class QuestionOut(BaseModel):
    """A question of the policy."""

    id: str = Field(description="The question.", examples=["purpose"])
    text: str = Field(description="The wording of the question.")
    help: str = Field(description="How to answer it.")
    cites: list[str] = Field(description=CITES)


class HowCheckOut(BaseModel):
    """A check on how to share."""

    id: HowCheck = Field(description="The check.")
    title: str = Field(description="Its title.")
    text: str = Field(description="What it asks for.")
    holds: bool = Field(description="Whether the release waits until it is met.")
    cites: list[str] = Field(description=CITES)


class StandardOut(BaseModel):
    """A principle or a golden rule."""

    id: str = Field(
        description="The principle or golden rule.",
        examples=["necessary_and_proportionate", "hmg2018.1"],
    )
    title: str = Field(description="Its title.")
    text: str = Field(description="What it says.")
    cites: list[str] = Field(description=CITES)


class LawfulReasonOut(BaseModel):
    """A lawful reason with its basis in data protection law."""

    code: LawfulReasonCode = Field(description="The lawful reason.")
    title: str = Field(description="Its title.")
    text: str = Field(description="When it applies.")
    article_6: list[str] = Field(description="The bases in UK GDPR, Article 6.")
    article_9: list[str] = Field(
        description="The conditions in UK GDPR, Article 9, for special category data."
    )
    schedule_1: list[str] = Field(
        description="The conditions in the Data Protection Act 2018, Schedule 1."
    )
    tests: list[str] = Field(description="The tests that must be met.")
    cites: list[str] = Field(description=CITES)


class MythOut(BaseModel):
    """A myth and its correction."""

    id: MythId = Field(description="The myth.")
    claim: str = Field(description="The mistaken claim.")
    text: str = Field(description="The correction.")
    cites: list[str] = Field(description=CITES)


class DutyOut(BaseModel):
    """A legal duty and the bodies it binds."""

    id: str = Field(description="The duty.")
    title: str = Field(description="Its title.")
    text: str = Field(description="What it requires.")
    bodies: list[str] = Field(description="The bodies it binds.")
    cites: list[str] = Field(description=CITES)


class GuidanceOut(BaseModel):
    """An instruction that applies to every case."""

    id: str = Field(description="The instruction.")
    text: str = Field(description="The instruction in words.")
    cites: list[str] = Field(description=CITES)


class ResourceOut(BaseModel):
    """A reference for further reading."""

    title: str = Field(description="Its title.")
    publisher: str = Field(description="Its publisher.")
    url: str | None = Field(description="Its address, if there is one.")


class UpcomingOut(BaseModel):
    """A change of law that is known but not yet applied."""

    title: str = Field(description="Its title.")
    text: str = Field(description="What it would change.")
    status: str = Field(description="Its progress.")


class CitationOut(BaseModel):
    """A clause of the policy or of the law, paraphrased."""

    where: str = Field(description="The section or provision.")
    says: str = Field(description="What it says.")


class PolicyOut(BaseModel):
    """The policy in force, with everything that a front end needs for its form."""

    id: str = Field(description="The policy.")
    version: str = Field(description="Name of the version.", examples=["2025-11"])
    digest: str = Field(description="Digest of its meaning; the ETag.", examples=[DIGEST_EXAMPLE])
    title: str = Field(description="Its title.")
    summary: str = Field(description="Its summary.")
    starts_on: date = Field(description="The first day of the version.")
    last_review: str = Field(description="Month of the last review.", examples=["2025-11"])
    review_due: str = Field(
        description="Month or day of the next review, as set on approval.",
        examples=["2026-11"],
    )
    review_overdue: bool = Field(
        description="Whether the review is overdue. The policy stays in force."
    )
    reviewed_by: str = Field(description="The role that reviewed it.")
    approved_by: str = Field(description="The role that approved it.")
    questions: list[QuestionOut] = Field(description="The questions.")
    how: list[HowCheckOut] = Field(description="The checks on how to share.")
    principles: list[StandardOut] = Field(description="The seven principles.")
    golden_rules: list[StandardOut] = Field(description="The seven golden rules.")
    lawful_reasons: list[LawfulReasonOut] = Field(
        description="The lawful reasons for sharing without consent."
    )
    myths: list[MythOut] = Field(description="The myths about information sharing.")
    duties: list[DutyOut] = Field(description="The legal duties.")
    guidance: list[GuidanceOut] = Field(description="The instructions for every case.")
    resources: list[ResourceOut] = Field(description="References for further reading.")
    upcoming: list[UpcomingOut] = Field(description="Changes of law that are not yet applied.")
    citations: dict[str, CitationOut] = Field(
        description="The clauses by id, as `cites` refers to them."
    )


Status = Literal["draft", "approved", "in_force", "superseded", "withdrawn"]


class PolicyVersionOut(BaseModel):
    """A policy version."""

    digest: Annotated[str, Field(description="Digest of its meaning.", examples=[DIGEST_EXAMPLE])]
    version: Annotated[str, Field(description="Its name.", examples=["2025-11"])]
    status: Annotated[
        Status,
        Field(
            description=(
                "The status today. A draft without an author comes with a later release of the"
                " service."
            )
        ),
    ]
    starts_on: Annotated[date | None, Field(description="The first day on which it is in force.")]
    review_due: Annotated[
        str, Field(description="The month or day of its next review.", examples=["2026-11"])
    ]
    author: Annotated[
        str | None,
        Field(description="The account that drafted it; null for a version of the service."),
    ]
    created_at: Annotated[datetime | None, Field(description="The instant of drafting.")]
    approved_by: Annotated[str | None, Field(description="Name and role of the approver.")]
    approved_at: Annotated[datetime | None, Field(description="The instant of approval.")]
    withdrawn_at: Annotated[datetime | None, Field(description="The instant of withdrawal.")] = None


class PoliciesOut(BaseModel):
    """A page of policy versions, newest first."""

    items: list[PolicyVersionOut] = Field(description="The versions.")
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )


class PolicyDocumentOut(PolicyVersionOut):
    """A version with its whole document."""

    document: dict[str, Any] = Field(
        description="The document as JSON: tables, texts, parameters and worked cases."
    )


def policy_body(policy: Policy, today: date) -> dict[str, Any]:
    """The body of `PolicyOut`."""
    document = policy.document
    identity = document.policy
    return {
        "id": identity.id,
        "version": identity.version,
        "digest": policy.digest,
        "title": identity.title,
        "summary": identity.summary,
        "starts_on": identity.start.isoformat(),
        "last_review": identity.last_review,
        "review_due": policy.next_review,
        "review_overdue": policy.review_overdue(today),
        "reviewed_by": identity.reviewed_by,
        "approved_by": identity.approved_by,
        "questions": _each(document.questions, "id", ("text", "help", "cites")),
        "how": _each(document.how, "id", ("title", "text", "holds", "cites"), HowCheck),
        "principles": _each(document.principles, "id", ("title", "text", "cites"), PrincipleId),
        "golden_rules": _each(
            document.golden_rules, "id", ("title", "text", "cites"), GoldenRuleId
        ),
        "lawful_reasons": _each(
            document.lawful_reasons,
            "code",
            ("title", "text", "article_6", "article_9", "schedule_1", "tests", "cites"),
            LawfulReasonCode,
        ),
        "myths": _each(document.myths, "id", ("claim", "text", "cites"), MythId),
        "duties": _each(document.duties, "id", ("title", "text", "bodies", "cites")),
        "guidance": _each(document.guidance, "id", ("text", "cites")),
        "resources": [
            {"title": each.title, "publisher": each.publisher, "url": each.url}
            for each in document.resources
        ],
        "upcoming": [
            {"title": each.title, "text": each.text, "status": each.status}
            for each in document.upcoming
        ],
        "citations": {
            name: {"where": each.where, "says": each.says}
            for name, each in document.citations.items()
        },
    }


def _each(
    section: Mapping[Any, object],
    key: str,
    names: Sequence[str],
    order: type[HowCheck | PrincipleId | GoldenRuleId | LawfulReasonCode | MythId] | None = None,
) -> list[dict[str, Any]]:
    keys = list(section) if order is None else [word for word in order if word in section]
    return [
        {key: str(name), **{field: getattr(section[name], field) for field in names}}
        for name in keys
    ]


YAML: Final = "application/yaml"


YAMLS: Final = (YAML, "application/x-yaml", "text/yaml", "text/x-yaml")


JSON: Final = "application/json"


DocumentText = {
    "requestBody": {
        "required": True,
        "description": (
            "The whole document as YAML 1.2 or JSON; docs/policy-versions.md describes how to"
            " write one."
        ),
        "content": {
            YAML: {
                "schema": {"type": "string", "maxLength": MAX_BODY},
                "example": (
                    'policy:\n  id: information-sharing\n  version: "2026-11"\n  start:'
                    " 2026-12-01\n# … and every table\n"
                ),
            },
            JSON: {
                "schema": {"type": "object"},
                "example": {
                    "policy": {
                        "id": "information-sharing",
                        "version": "2026-11",
                        "start": "2026-12-01",
                    },
                    "citations": {},
                },
            },
        },
    }
}
"""The OpenAPI description of the request body, which the policy loader reads itself."""


def _normalised(text: str) -> str:
    return unicodedata.normalize("NFC", text)


class ApprovalIn(BaseModel):
    """The approval of a version."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "approved_by": "A. Example, Chair of Governors",
                    "in_force_from": "2026-12-01",
                    "next_review_on": "2027-11",
                }
            ]
        },
    )

    approved_by: Annotated[
        Personal[str],
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$"
        ),
        AfterValidator(_normalised),
        Field(description="Name and role of the approver."),
    ]
    in_force_from: Annotated[
        Structural[Day],
        Field(description="The first day of the version; today at the earliest."),
    ]
    next_review_on: Annotated[
        Personal[str],
        StringConstraints(max_length=10),
        Field(
            description=(
                "The month or day of the next review, after the first day and within two years of"
                " it."
            )
        ),
    ]

    def approval(self) -> Approval:
        """The approval as the service takes it."""
        return Approval(
            approved_by=self.approved_by,
            in_force_from=self.in_force_from,
            next_review_on=self.next_review_on,
        )
