"""What the policy room replies: the evaluation object, the policy as a front end draws its form
from it, and the versions.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.classification import Personal, Structural
from app.platform.body_limit import MAX_BODY
from app.platform.instants import Day
from app.policy.engine.codes import ActionCode, MythId
from app.policy.engine.evaluate import Policy
from app.policy.engine.vocabulary import (
    Answer,
    Finding,
    GoldenRuleId,
    HowCheck,
    LawfulReasonCode,
    Mais,
    Outcome,
    PrincipleId,
    Release,
    Step,
)
from app.policy.facts.examples import DIGEST_EXAMPLE
from app.policy.lifecycle.model import Approval


class PolicyRefOut(BaseModel):
    """Under which policy it was evaluated."""

    version: str = Field(description="The policy's version.", examples=["2025-11"])
    digest: str = Field(description="Digest of its meaning.", examples=[DIGEST_EXAMPLE])
    review_overdue: bool = Field(
        description="Whether its yearly review is late. It stays in force."
    )


class PathStepOut(BaseModel):
    """A question that was asked on the way."""

    step: Step
    answer: Answer = Field(description="The answer as it counts, after its details were looked at.")
    basis: str = Field(
        description="What follows from it, and why it may count otherwise than it was given."
    )
    cites: list[str] = Field(description="Clauses of the policy.")


class HowOut(BaseModel):
    """A check of How."""

    check: HowCheck
    met: Answer
    basis: str = Field(description="What was found.")


class PrincipleOut(BaseModel):
    """How the facts stand against a principle."""

    id: PrincipleId
    finding: Finding
    basis: str = Field(description="What was found.")
    cites: list[str] = Field(description="Clauses of the policy.")


class GoldenRuleOut(BaseModel):
    """How the facts stand against a golden rule."""

    id: GoldenRuleId
    finding: Finding
    basis: str = Field(description="What was found.")
    cites: list[str] = Field(description="Clauses of the policy.")


class ActionOut(BaseModel):
    """Something to do."""

    code: ActionCode
    text: str = Field(description="What to do, in words.")
    who: str = Field(description="The role that does it.", examples=["staff"])
    due: str | None = Field(
        description="By when, an instant; null where somebody sets a date.",
        examples=["2026-11-23T16:30:00.000000Z"],
    )
    ask: list[str] = Field(
        description="Whom to ask, where it is about seeking advice.", examples=[["dsl"]]
    )
    cites: list[str] = Field(description="Clauses of the policy.")


class MythToldOut(BaseModel):
    """A myth worth dispelling in this case."""

    id: MythId
    text: str = Field(description="What is true instead.")


class EvaluationOut(BaseModel):
    """What the policy says of the facts: a recommendation with its reasons. A person decides."""

    id: str = Field(description="Id of this evaluation.")
    policy: PolicyRefOut
    outcome: Outcome
    decided_at: Step = Field(description="The question that settled it.")
    release: Release = Field(description="Whether what may be shared may also leave now.")
    path: list[PathStepOut] = Field(
        description="The questions in the order in which they were asked."
    )
    how: list[HowOut] = Field(description="The checks that hold the release.")
    principles: list[PrincipleOut] = Field(description="The seven principles.")
    golden_rules: list[GoldenRuleOut] = Field(description="The seven golden rules.")
    actions: list[ActionOut] = Field(description="What to do next, most urgent first.")
    may_decide: list[str] = Field(
        description="The roles that may record this outcome.", examples=[["dsl"]]
    )
    myths: list[MythToldOut] = Field(description="Myths worth dispelling here.")
    mais: Mais = Field(description="The outcome for machines.")


class QuestionOut(BaseModel):
    """A question of the policy."""

    id: str = Field(examples=["purpose"])
    text: str
    help: str
    cites: list[str]


class HowCheckOut(BaseModel):
    """A check of How."""

    id: HowCheck
    title: str
    text: str
    holds: bool = Field(description="Whether it holds the release until it is met.")
    cites: list[str]


class StandardOut(BaseModel):
    """A principle or a golden rule."""

    id: str = Field(examples=["necessary_and_proportionate", "hmg2018.1"])
    title: str
    text: str
    cites: list[str]


class LawfulReasonOut(BaseModel):
    """A lawful reason with its place in data protection law."""

    code: LawfulReasonCode
    title: str
    text: str
    article_6: list[str] = Field(description="Bases in UK GDPR Article 6.")
    article_9: list[str] = Field(
        description="Conditions in UK GDPR Article 9 for special category data."
    )
    schedule_1: list[str] = Field(description="Conditions in Data Protection Act 2018, Schedule 1.")
    tests: list[str] = Field(description="Tests that have to be met.")
    cites: list[str]


class MythOut(BaseModel):
    """A myth and what is true instead."""

    id: MythId
    claim: str
    text: str
    cites: list[str]


class DutyOut(BaseModel):
    """A duty in law, and whom it binds."""

    id: str
    title: str
    text: str
    bodies: list[str]
    cites: list[str]


class GuidanceOut(BaseModel):
    """An instruction that holds at all times."""

    id: str
    text: str
    cites: list[str]


class ResourceOut(BaseModel):
    """Where to read more."""

    title: str
    publisher: str
    url: str | None


class UpcomingOut(BaseModel):
    """A change of law that is known but not applied."""

    title: str
    text: str
    status: str


class CitationOut(BaseModel):
    """A clause in our own words."""

    where: str
    says: str


class PolicyOut(BaseModel):
    """The policy in force: enough for a front end to draw its form."""

    id: str
    version: str = Field(examples=["2025-11"])
    digest: str = Field(description="Digest of its meaning; the ETag.", examples=[DIGEST_EXAMPLE])
    title: str
    summary: str
    starts_on: date
    last_review: str = Field(description="Month of the last review.", examples=["2025-11"])
    review_due: str = Field(
        description="Month or day of the next review, as those who approved it said.",
        examples=["2026-11"],
    )
    review_overdue: bool = Field(description="Whether that has passed. The policy stays in force.")
    reviewed_by: str
    approved_by: str
    questions: list[QuestionOut]
    how: list[HowCheckOut]
    principles: list[StandardOut]
    golden_rules: list[StandardOut]
    lawful_reasons: list[LawfulReasonOut]
    myths: list[MythOut]
    duties: list[DutyOut]
    guidance: list[GuidanceOut]
    resources: list[ResourceOut]
    upcoming: list[UpcomingOut]
    citations: dict[str, CitationOut] = Field(description="By id, as `cites` names them.")


Status = Literal["draft", "approved", "in_force", "superseded", "withdrawn"]


class PolicyVersionOut(BaseModel):
    """A version of the policy."""

    digest: Annotated[str, Field(description="Digest of its meaning.", examples=[DIGEST_EXAMPLE])]
    version: Annotated[str, Field(examples=["2025-11"])]
    status: Annotated[
        Status,
        Field(
            description=(
                "As of today, by dates. A draft without an author is what a later release offers."
            )
        ),
    ]
    starts_on: Annotated[
        date | None, Field(description="From when it is, was or will be in force.")
    ]
    review_due: Annotated[
        str, Field(description="Month or day of its next review.", examples=["2026-11"])
    ]
    author: Annotated[
        str | None, Field(description="Id of the account that drafted it; null for one that ships.")
    ]
    created_at: Annotated[datetime | None, Field(description="When it was drafted.")]
    approved_by: Annotated[str | None, Field(description="Who approved it: name and role.")]
    approved_at: Annotated[datetime | None, Field(description="When it was approved.")]
    withdrawn_at: Annotated[
        datetime | None, Field(description="When it was taken back, which is before it began.")
    ] = None


class PoliciesOut(BaseModel):
    """Versions of the policy, newest first."""

    items: list[PolicyVersionOut]
    next_cursor: str | None = Field(description="Where the next page begins; null at the end.")


class PolicyDocumentOut(PolicyVersionOut):
    """A version with its whole document."""

    document: dict[str, Any] = Field(
        description="The document itself, as JSON: tables, texts, parameters and worked cases."
    )


def policy_shown(policy: Policy, today: date) -> dict[str, Any]:
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
            "The whole document, YAML 1.2 or JSON of the same meaning. docs/policy-versions.md"
            " tells how to write one."
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
"""How the document is described; it is read by the policy's own reader, which keeps lines and
comments."""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


class ApprovalIn(BaseModel):
    """That a version was approved."""

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
        AfterValidator(_composed),
        Field(description="Name and role of whoever approved it."),
    ]
    in_force_from: Annotated[
        Structural[Day], Field(description="The day on which it begins; today at the earliest.")
    ]
    next_review_on: Annotated[
        Personal[str],
        StringConstraints(max_length=10),
        Field(
            description=(
                "When it is looked at again: a month or a day, after it begins and within two"
                " years."
            )
        ),
    ]

    def approval(self) -> Approval:
        """The same as the domain has it."""
        return Approval(
            approved_by=self.approved_by,
            in_force_from=self.in_force_from,
            next_review_on=self.next_review_on,
        )
