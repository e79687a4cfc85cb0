"""Request schemas for statutory requests: the power, the explanation given, and possible detriment.

These facts are shown and recorded; they change no evaluation and lead to no refusal.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.classification import Releasable, Structural
from app.policy.engine.vocabulary import Answer, StatutoryPower
from app.policy.facts.fields import Body, Text


class DetrimentIn(Body):
    """Whether sharing would be more detrimental to the child than not sharing (Children's Wellbeing
    and Schools Act 2026, not yet commenced).
    """

    more_detrimental: Annotated[
        Structural[Answer],
        Field(description="Would sharing be more detrimental to the child than not sharing?"),
    ] = Answer.UNSURE
    why: Annotated[Releasable[Text | None], Field(description="The reasons.")] = None


class StatutoryIn(Body):
    """The legal power behind a request. A safeguarding partner that uses one should explain what
    the request requires of the school.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "power": "section_16h",
                    "burden_explained": "yes",
                    "explanation": "Their letter says what is needed for the review, and by when.",
                    "compelled_reason": "A child safeguarding practice review.",
                    "detriment": {
                        "more_detrimental": "no",
                        "why": "The review is about how she was protected.",
                    },
                }
            ]
        },
    )

    power: Annotated[
        Structural[StatutoryPower],
        Field(
            description=(
                "Children Act 2004 section 16H or 14B, a court's order, or another obligation."
            ),
            examples=["section_16h"],
        ),
    ]
    burden_explained: Annotated[
        Structural[Answer],
        Field(
            description="Did the requester explain the reason and what is required of the school?"
        ),
    ] = Answer.UNSURE
    explanation: Annotated[Releasable[Text | None], Field(description="The explanation given.")] = (
        None
    )
    compelled_reason: Annotated[
        Releasable[Text | None],
        Field(description="The purpose of the compelled sharing, in words."),
    ] = None
    detriment: Annotated[
        DetrimentIn | None,
        Field(description="Whether sharing would be more detrimental to the child."),
    ] = None
