"""Request and reply schemas for advice."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Anonymous, Structural
from app.sharing.case.model import Adviser
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.schemas import Body, RecordOut, Text


class SeekAdviceIn(Body):
    """A question to an adviser, written without names."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ask": "dsl",
                    "question": "Is this remark a disclosure?",
                    "release_free_text": False,
                }
            ]
        },
    )

    ask: Annotated[Structural[Adviser], Field(description="The role of the adviser.")]
    question: Annotated[
        Anonymous[Text],
        Field(description="The question. Omit names and any detail that identifies a person."),
    ]
    release_free_text: Annotated[
        Structural[bool],
        Field(
            description=(
                "Whether the adviser may see the free text of the facts. Names and"
                " references are always hidden."
            )
        ),
    ] = False


class AnswerAdviceIn(Body):
    """The advice and the outcome of the discussion."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "advice": "Treat it as a disclosure; do not ask her more.",
                    "advised_outcome": "share",
                    "outcome_of_discussion": "Refer to social care today.",
                }
            ]
        },
    )

    advice: Annotated[Anonymous[Text], Field(description="The advice.")]
    advised_outcome: Annotated[
        Structural[DecisionOutcome | None],
        Field(description="The decision that the adviser recommends; optional."),
    ] = None
    outcome_of_discussion: Annotated[
        Anonymous[Text], Field(description="The outcome of the discussion.")
    ]


class AdviceAnswerOut(RecordOut):
    """An answer to a request for advice."""

    advice_id: Annotated[UUID, Field(description="The id of the request for advice.")]
    advice: Annotated[str | None, Field(description="The advice; null after disposal.")]
    advised_outcome: Annotated[
        DecisionOutcome | None,
        Field(description="The decision that the adviser recommends; null if not stated."),
    ]
    outcome_of_discussion: Annotated[
        str | None, Field(description="The outcome of the discussion; null after disposal.")
    ]


class AdviceOut(RecordOut):
    """A request for advice, with its answer."""

    ask: Annotated[Adviser, Field(description="The role of the adviser.")]
    question: Annotated[str | None, Field(description="The question; null after disposal.")]
    release_free_text: Annotated[
        bool, Field(description="Whether de-identified views show the free text of the facts.")
    ]
    due: Annotated[
        datetime | None,
        Field(description="The deadline for the answer (UTC); null if there is none."),
    ]
    can_change_outcome: Annotated[
        bool, Field(description="Whether advice could change the outcome of the evaluation.")
    ]
    answer: Annotated[
        AdviceAnswerOut | None, Field(description="The answer; null if there is none yet.")
    ]
