"""Decisions and disclosures over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.policy.engine.vocabulary import Answer, LawfulReasonCode
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.schemas import Body, Out, StandInOut, Text


class DecisionReasonIn(Body):
    """The lawful reason that the decision rests on."""

    code: Annotated[Structural[LawfulReasonCode], Field(description="Which lawful reason.")]
    necessity: Annotated[
        Personal[Text | None], Field(description="Why sharing is necessary for it.")
    ] = None


class RefusalIn(Body):
    """The talk with the requester about a refusal."""

    discussed_with_requester: Annotated[
        Structural[Answer], Field(description="Whether the reasons were discussed.")
    ]
    how: Annotated[Personal[Text], Field(description="How and when, or why not yet.")]


class DecideIn(Body):
    """A person's decision."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "outcome": "share",
                    "reasons": "Needed for the section 47 enquiry; only attendance this term.",
                },
                {
                    "outcome": "do_not_share",
                    "reasons": "No purpose that concerns the child.",
                    "refusal": {
                        "discussed_with_requester": "yes",
                        "how": "By telephone the same day.",
                    },
                },
            ]
        },
    )

    outcome: Annotated[Structural[DecisionOutcome], Field(description="What is decided.")]
    reasons: Annotated[
        Personal[Text], Field(description="Why: the record of a decision is its reasons.")
    ]
    items: Annotated[
        Structural[list[UUID] | None],
        Field(
            max_length=200,
            description="Items that may be shared, none that is withheld; needed for a part.",
        ),
    ] = None
    lawful_reason: Annotated[
        DecisionReasonIn | None,
        Field(description="What the decision rests on, where there is no consent."),
    ] = None
    departs_because: Annotated[
        Personal[Text | None],
        Field(description="Why the decision differs from the evaluation; required when it does."),
    ] = None
    refusal: Annotated[
        RefusalIn | None, Field(description="Required for a decision not to share.")
    ] = None


class DecisionReasonOut(Out):
    """The lawful reason that a decision rests on."""

    code: Annotated[LawfulReasonCode, Field(description="Which lawful reason.")]
    necessity: Annotated[
        str | None, Field(description="Why it is necessary; null in a de-identified view.")
    ]


class DecisionOut(StandInOut):
    """A decision that was recorded. Never edited; a later one supersedes it."""

    outcome: Annotated[DecisionOutcome, Field(description="What was decided.")]
    departs_from_evaluation: Annotated[
        bool, Field(description="Whether it differs from what the evaluation recommends.")
    ]
    evaluation_id: Annotated[UUID, Field(description="The evaluation that it was decided on.")]
    items: Annotated[list[UUID], Field(description="The items that may be shared.")]
    lawful_reason: Annotated[
        DecisionReasonOut | None, Field(description="The lawful reason that it rests on.")
    ]
    discussed_with_requester: Annotated[
        Answer | None, Field(description="For a refusal: whether it was discussed.")
    ]
    refusal_how: Annotated[
        str | None, Field(description="For a refusal: how it was discussed, or why not yet.")
    ]
    supersedes: Annotated[
        UUID | None, Field(description="The decision that it takes the place of.")
    ]
    reasons: Annotated[str | None, Field(description="Why; null in a de-identified view.")]
    departs_because: Annotated[str | None, Field(description="Why it differs from the evaluation.")]
