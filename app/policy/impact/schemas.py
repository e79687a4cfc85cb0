"""The wire of a version's life and of an impact assessment: what is sent to approve, what comes
back.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.classification import Personal
from app.policy.diff.schemas import EditOut, TableOut
from app.policy.facts.examples import DIGEST_EXAMPLE


class ImpactIn(BaseModel):
    """With which version to compare."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"against": DIGEST_EXAMPLE}]}
    )

    against: Annotated[
        Personal[str | None],
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
