"""The wire of a version's life and of an impact assessment: what is sent to approve, what comes
back.
"""

import unicodedata
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.platform.instants import Day
from app.platform.limits import MAX_BODY
from app.policy.examples import DIGEST_EXAMPLE
from app.policy.life import Approval
from app.policy.wording.schemas import EditOut, TableOut

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
        str,
        StringConstraints(
            strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$"
        ),
        AfterValidator(_composed),
        Field(description="Name and role of whoever approved it."),
    ]
    in_force_from: Annotated[
        Day, Field(description="The day on which it begins; today at the earliest.")
    ]
    next_review_on: Annotated[
        str,
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


class ImpactIn(BaseModel):
    """With which version to compare."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"against": DIGEST_EXAMPLE}]}
    )

    against: Annotated[
        str | None,
        StringConstraints(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$"),
        Field(description="Digest; the version in force when left out."),
    ] = None


class VersionRefOut(BaseModel):
    """A version."""

    version: Annotated[str, Field(examples=["2026-11"])]
    digest: Annotated[str, Field(examples=[DIGEST_EXAMPLE])]


class TablesOut(BaseModel):
    """The exact difference of two versions."""

    tables: list[TableOut]
    edits: list[EditOut]


class SideOut(BaseModel):
    """How a version sees a past request; `not_known` where it depends on what nobody asked then."""

    outcome: str = Field(examples=["share"])
    decided_at: str = Field(examples=["lawful_reason"])
    release: str = Field(examples=["ready"])


class PastOut(BaseModel):
    """A past request that would come out otherwise."""

    request: str = Field(description="The sharing request's id.")
    decision: str | None = Field(description="What a person decided, if anybody has.")
    departs: bool = Field(description="Whether that departed from the recommendation.")
    before: SideOut
    after: SideOut
    parts_at: str = Field(
        description="The question at which the ways part.", examples=["immediate_risk"]
    )
    grave: Literal["leaves_emergency", "share_to_refusal"] | None


class UnknownOut(BaseModel):
    """A past request of which nobody can know."""

    request: str = Field(description="The sharing request's id.")
    decision: str | None
    departs: bool
    facts: list[str] = Field(
        description="What was not asked at the time.", examples=[["identifiable"]]
    )
    before: SideOut
    after: SideOut


class ActionCountOut(BaseModel):
    """Something that people would be asked to do more or less often."""

    code: str
    asked_more: int
    asked_less: int


class ReplayOut(BaseModel):
    """Past requests under both versions."""

    requests: int
    changed: int
    not_known: int
    leaves_emergency: int = Field(description="How many would no longer be emergency shares.")
    share_to_refusal: int = Field(description="How many shares would become refusals.")
    matrix: dict[str, dict[str, int]] = Field(
        description="Outcome before → outcome after → how many."
    )
    changes: list[PastOut] = Field(description="The gravest first.")
    unknown: list[UnknownOut]
    actions: list[ActionCountOut]
    other_deciders: int = Field(description="How many would be decided by somebody else.")


class ImpactOut(BaseModel):
    """What a version would change. `difference` and `replay` are null until it is finished."""

    id: str
    status: Literal["running", "finished", "failed"]
    done: int = Field(description="Past requests seen so far.")
    total: int
    asked_at: datetime
    policy: VersionRefOut
    against: VersionRefOut
    difference: TablesOut | None
    replay: ReplayOut | None
