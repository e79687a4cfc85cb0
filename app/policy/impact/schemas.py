"""Request and reply schemas for impact assessments."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.classification import Personal
from app.policy.diff.schemas import EditOut, TableOut
from app.policy.facts.examples import DIGEST_EXAMPLE


class ImpactIn(BaseModel):
    """The version to compare with."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"against": DIGEST_EXAMPLE}]}
    )

    against: Annotated[
        Personal[str | None],
        StringConstraints(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$"),
        Field(
            description="Digest of the version to compare with; by default the version in force."
        ),
    ] = None


class VersionRefOut(BaseModel):
    """A reference to a policy version."""

    version: Annotated[str, Field(description="Name of the version.", examples=["2026-11"])]
    digest: Annotated[str, Field(description="Digest of its meaning.", examples=[DIGEST_EXAMPLE])]


class TablesOut(BaseModel):
    """The difference between two versions."""

    tables: list[TableOut] = Field(
        description="The tables with another result, or with other words."
    )
    edits: list[EditOut] = Field(description="Every text, number and rule that differs.")


class SideOut(BaseModel):
    """The result of a past request under a version; `not_known` if it depends on a missing fact."""

    outcome: str = Field(description="The outcome, or `not_known`.", examples=["share"])
    decided_at: str = Field(
        description="The question that decides, or `not_known`.", examples=["lawful_reason"]
    )
    release: str = Field(description="The release, or `not_known`.", examples=["ready"])


class PastOut(BaseModel):
    """A past request with another result."""

    request: str = Field(description="The sharing request's id.")
    decision: str | None = Field(description="The decision; null if there is none.")
    departs: bool = Field(description="Whether the decision differs from the recommendation.")
    before: SideOut = Field(description="The result under the other version.")
    after: SideOut = Field(description="The result under the assessed version.")
    parts_at: str = Field(
        description="The last question that both paths ask, after which they differ.",
        examples=["immediate_risk"],
    )
    grave: Literal["leaves_emergency", "share_to_refusal"] | None = Field(
        description="The kind of a serious change; null for any other."
    )


class UnknownOut(BaseModel):
    """A past request with an unknown result."""

    request: str = Field(description="The sharing request's id.")
    decision: str | None = Field(description="The decision; null if there is none.")
    departs: bool = Field(description="Whether the decision differs from the recommendation.")
    facts: list[str] = Field(description="The missing facts.", examples=[["identifiable"]])
    before: SideOut = Field(description="The result under the other version.")
    after: SideOut = Field(description="The result under the assessed version.")


class ActionCountOut(BaseModel):
    """An action that would be recommended more or less often."""

    code: str = Field(description="The action.")
    asked_more: int = Field(description="The number of requests in which it is added.")
    asked_less: int = Field(description="The number of requests in which it is removed.")


class ReplayOut(BaseModel):
    """The comparison of past requests under two versions."""

    requests: int = Field(description="The number of past requests.")
    changed: int = Field(description="The number of requests with another result.")
    not_known: int = Field(description="The number of requests with an unknown result.")
    leaves_emergency: int = Field(
        description="The number of requests that would no longer be emergency shares."
    )
    share_to_refusal: int = Field(description="The number of shares that would become refusals.")
    matrix: dict[str, dict[str, int]] = Field(
        description="The number of requests by outcome before and outcome after."
    )
    changes: list[PastOut] = Field(
        description="The requests with another result, the most serious first."
    )
    unknown: list[UnknownOut] = Field(description="The requests with an unknown result.")
    actions: list[ActionCountOut] = Field(
        description="The actions that would be recommended more or less often."
    )
    other_deciders: int = Field(description="The number of requests that other roles may decide.")


class ImpactOut(BaseModel):
    """An impact assessment. `difference` and `replay` are null until it is finished."""

    id: str = Field(description="The id of the assessment.")
    status: Literal["running", "finished", "failed"] = Field(description="The progress status.")
    done: int = Field(description="The number of past requests evaluated so far.")
    total: int = Field(description="The number of past requests.")
    asked_at: datetime = Field(description="The instant of the request.")
    policy: VersionRefOut = Field(description="The assessed version.")
    against: VersionRefOut = Field(description="The version compared with.")
    difference: TablesOut | None = Field(description="The difference between the versions.")
    replay: ReplayOut | None = Field(description="The comparison of past requests.")
