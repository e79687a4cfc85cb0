"""Bodies for seeking and giving advice."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.schemas import Body, Text


class SeekAdviceIn(Body):
    """A question to somebody who can advise, put without naming anybody."""

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

    ask: Annotated[Literal["dsl", "manager", "ig_lead"], Field(description="Whom.")]
    question: Annotated[
        Text,
        Field(
            description="What you want to know; leave out names and anything that tells who it is."
        ),
    ]
    release_free_text: Annotated[
        bool,
        Field(description="Whether the adviser sees the free text; names and references never."),
    ] = False


class AnswerAdviceIn(Body):
    """Advice, and what came of talking about it."""

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

    advice: Annotated[Text, Field(description="The advice.")]
    advised_outcome: Annotated[
        DecisionOutcome | None, Field(description="What you would decide, if you would say.")
    ] = None
    outcome_of_discussion: Annotated[Text, Field(description="What was agreed.")]
