"""Reply schemas for an evaluation: brief as part of a request, full at its own address."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from app.identity.model import Role
from app.policy.engine.codes import ActionCode, MythId
from app.policy.engine.vocabulary import (
    Answer,
    Finding,
    GoldenRuleId,
    HowCheck,
    Mais,
    Outcome,
    PrincipleId,
    Release,
    Step,
)
from app.policy.facts.examples import DIGEST_EXAMPLE


class PolicyRefOut(BaseModel):
    """The policy version of the evaluation."""

    version: str = Field(description="Name of the version.", examples=["2025-11"])
    digest: str = Field(description="Digest of its meaning.", examples=[DIGEST_EXAMPLE])
    review_overdue: bool = Field(
        description="Whether its review is overdue. The policy stays in force."
    )


class StepTakenOut(BaseModel):
    """A question asked on the path to the outcome."""

    step: Step = Field(description="The question.")
    answer: Answer = Field(description="The effective answer, after the check of its details.")
    basis: str = Field(
        description="What follows from the answer, and why it was changed if it was."
    )


class PathStepOut(StepTakenOut):
    """A question asked on the path, with the clauses it is based on."""

    cites: list[str] = Field(description="Clauses of the policy.")


class HowOut(BaseModel):
    """The result of a check on how to share."""

    check: HowCheck = Field(description="The check.")
    met: Answer = Field(description="Whether the check is met.")
    basis: str = Field(description="The reason for the result.")


class PrincipleFindingOut(BaseModel):
    """The finding for a principle."""

    id: PrincipleId = Field(description="The principle.")
    finding: Finding = Field(description="Whether the facts meet it.")
    basis: str = Field(description="The reason for the finding.")


class PrincipleOut(PrincipleFindingOut):
    """The finding for a principle, with the clauses it is based on."""

    cites: list[str] = Field(description="Clauses of the policy.")


class GoldenRuleFindingOut(BaseModel):
    """The finding for a golden rule."""

    id: GoldenRuleId = Field(description="The golden rule.")
    finding: Finding = Field(description="Whether the facts meet it.")
    basis: str = Field(description="The reason for the finding.")


class GoldenRuleOut(GoldenRuleFindingOut):
    """The finding for a golden rule, with the clauses it is based on."""

    cites: list[str] = Field(description="Clauses of the policy.")


class ToDoOut(BaseModel):
    """A recommended action."""

    code: ActionCode = Field(description="The action.")
    text: str = Field(description="The action in words.")
    who: Role = Field(description="The role that acts.", examples=["staff"])
    due: datetime | None = Field(
        description="The instant by which it is due; null if a person sets the date.",
        examples=["2026-11-23T16:30:00.000000Z"],
    )
    ask: list[Role] = Field(
        description="The roles to ask for advice, if the action is to seek advice.",
        examples=[["dsl"]],
    )


class ActionOut(ToDoOut):
    """A recommended action, with the clauses it is based on."""

    cites: list[str] = Field(description="Clauses of the policy.")


class MythToldOut(BaseModel):
    """A myth to correct in this case."""

    id: MythId = Field(description="The myth.")
    text: str = Field(description="The correction.")


class BriefEvaluationOut(BaseModel):
    """The policy's recommendation for the facts, with its reasons. A person decides."""

    id: UUID = Field(description="The id of this evaluation.")
    policy: PolicyRefOut = Field(description="The policy version.")
    outcome: Outcome = Field(description="The recommended outcome.")
    decided_at: Step = Field(description="The question that decided the outcome.")
    release: Release = Field(
        description="Whether information that may be shared may be disclosed now."
    )
    path: Sequence[StepTakenOut] = Field(description="The questions in the order asked.")
    how: list[HowOut] = Field(description="The checks on how to share.")
    principles: Sequence[PrincipleFindingOut] = Field(description="The seven principles.")
    golden_rules: Sequence[GoldenRuleFindingOut] = Field(description="The seven golden rules.")
    actions: Sequence[ToDoOut] = Field(description="The recommended actions, most urgent first.")
    may_decide: list[Role] = Field(
        description="The roles that may record this outcome.", examples=[["dsl"]]
    )
    myths: list[MythToldOut] = Field(description="The myths to correct in this case.")
    mais: Mais = Field(description="The outcome as a permission for machine-to-machine exchange.")


class EvaluationOut(BriefEvaluationOut):
    """An evaluation, each finding with the clauses of the policy it is based on."""

    path: Sequence[PathStepOut] = Field(description="The questions in the order asked.")
    principles: Sequence[PrincipleOut] = Field(description="The seven principles.")
    golden_rules: Sequence[GoldenRuleOut] = Field(description="The seven golden rules.")
    actions: Sequence[ActionOut] = Field(description="The recommended actions, most urgent first.")
