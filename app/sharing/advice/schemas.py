"""Bodies for seeking and giving advice."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kernel.classification import Anonymous, Structural
from app.sharing.case.model import Adviser
from app.sharing.case.outcomes import DecisionOutcome
from app.sharing.schemas import Body, RecordOut, Text


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

    ask: Annotated[Structural[Adviser], Field(description="Whom.")]
    question: Annotated[
        Anonymous[Text],
        Field(
            description="What you want to know; leave out names and anything that tells who it is."
        ),
    ]
    release_free_text: Annotated[
        Structural[bool],
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

    advice: Annotated[Anonymous[Text], Field(description="The advice.")]
    advised_outcome: Annotated[
        Structural[DecisionOutcome | None],
        Field(description="What you would decide, if you would say."),
    ] = None
    outcome_of_discussion: Annotated[Anonymous[Text], Field(description="What was agreed.")]


class AdviceAnswerOut(RecordOut):
    """Advice that was given."""

    advice_id: Annotated[UUID, Field(description="The advice that was sought.")]
    advice: Annotated[str | None, Field(description="The advice; null after disposal.")]
    advised_outcome: Annotated[
        DecisionOutcome | None, Field(description="What the adviser would decide.")
    ]
    outcome_of_discussion: Annotated[
        str | None, Field(description="What was agreed; null after disposal.")
    ]


class AdviceOut(RecordOut):
    """Advice that was sought."""

    ask: Annotated[Adviser, Field(description="Who was asked.")]
    question: Annotated[str | None, Field(description="The question; null after disposal.")]
    release_free_text: Annotated[
        bool, Field(description="Whether de-identified views show the free text of the facts.")
    ]
    due: Annotated[datetime | None, Field(description="By when advice is due.")]
    can_change_outcome: Annotated[
        bool, Field(description="Whether advice could change what the evaluation recommends.")
    ]
    answer: Annotated[AdviceAnswerOut | None, Field(description="The advice, once given.")]
