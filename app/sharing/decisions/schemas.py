"""Request and reply schemas for decisions."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Personal, Structural
from app.policy.engine.vocabulary import Answer, LawfulReasonCode
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.schemas import Body, Out, StandInOut, Text


class DecisionReasonIn(Body):
    """The lawful reason for the decision."""

    code: Annotated[
        Structural[LawfulReasonCode], Field(description="The code of the lawful reason.")
    ]
    necessity: Annotated[
        Personal[Text | None], Field(description="Why sharing is necessary for the lawful reason.")
    ] = None


class RefusalIn(Body):
    """The discussion of a refusal with the requester."""

    discussed_with_requester: Annotated[
        Structural[Answer],
        Field(description="Whether the reasons for the refusal were discussed with the requester."),
    ]
    how: Annotated[
        Personal[Text],
        Field(
            description="How and when the refusal was discussed, or why it was not discussed yet."
        ),
    ]


class DecideIn(Body):
    """The decision of a person."""

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

    outcome: Annotated[
        Structural[DecisionOutcome], Field(description="The outcome of the decision.")
    ]
    reasons: Annotated[Personal[Text], Field(description="The reasons for the decision.")]
    items: Annotated[
        Structural[list[UUID] | None],
        Field(
            max_length=200,
            description=(
                "The ids of the items that may be shared; required for `share_partially`."
                " Withheld items are not allowed. If null, all items that are not"
                " withheld."
            ),
        ),
    ] = None
    lawful_reason: Annotated[
        DecisionReasonIn | None,
        Field(description="The lawful reason for sharing, if it does not rest on consent."),
    ] = None
    departs_because: Annotated[
        Personal[Text | None],
        Field(
            description=(
                "Why the decision differs from the recommendation of the evaluation;"
                " required if it differs."
            )
        ),
    ] = None
    refusal: Annotated[
        RefusalIn | None,
        Field(
            description="The discussion with the requester; required for a decision not to share."
        ),
    ] = None


class DecisionReasonOut(Out):
    """The lawful reason for a decision."""

    code: Annotated[LawfulReasonCode, Field(description="The code of the lawful reason.")]
    necessity: Annotated[
        str | None,
        Field(
            description=(
                "Why sharing is necessary for the lawful reason; null in a de-identified view."
            )
        ),
    ]


class DecisionOut(StandInOut):
    """A recorded decision. It never changes; a later decision supersedes it."""

    outcome: Annotated[DecisionOutcome, Field(description="The outcome of the decision.")]
    departs_from_evaluation: Annotated[
        bool, Field(description="Whether the decision differs from the recommendation.")
    ]
    evaluation_id: Annotated[
        UUID, Field(description="The id of the evaluation that was current at the decision.")
    ]
    items: Annotated[list[UUID], Field(description="The ids of the items that may be shared.")]
    lawful_reason: Annotated[
        DecisionReasonOut | None,
        Field(description="The lawful reason for the decision; null if none was stated."),
    ]
    discussed_with_requester: Annotated[
        Answer | None,
        Field(
            description=(
                "Whether the refusal was discussed with the requester; null if not a refusal."
            )
        ),
    ]
    refusal_how: Annotated[
        str | None,
        Field(
            description=(
                "How the refusal was discussed, or why not yet; null in a de-identified view."
            )
        ),
    ]
    supersedes: Annotated[
        UUID | None, Field(description="The id of the decision that this one supersedes.")
    ]
    reasons: Annotated[
        str | None, Field(description="The reasons for the decision; null in a de-identified view.")
    ]
    departs_because: Annotated[
        str | None,
        Field(
            description=(
                "Why the decision differs from the recommendation; null in a de-identified view."
            )
        ),
    ]
