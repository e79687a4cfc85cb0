"""Requests that the law makes the school answer: by what power, whether the burden was explained,
and whether answering does more harm.

Law: what is stated here is shown and recorded. It changes no evaluation, and nothing is refused for
it.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.classification import Releasable, Structural
from app.policy.engine.vocabulary import Answer, StatutoryPower
from app.policy.facts.fields import Body, Text


class DetrimentIn(Body):
    """Whether sharing would do the child more harm than not sharing (Children's Wellbeing and
    Schools Act 2026, not yet commenced).
    """

    more_detrimental: Annotated[
        Structural[Answer],
        Field(description="Would sharing be more detrimental to the child than not sharing?"),
    ] = Answer.UNSURE
    why: Annotated[Releasable[Text | None], Field(description="Why that is so.")] = None


class StatutoryIn(Body):
    """By what power the school is made to share. A safeguarding partner that asks by law should
    make plain what that asks of the school.
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
        Field(description="Did they explain why they ask, and what it asks of the school?"),
    ] = Answer.UNSURE
    explanation: Annotated[Releasable[Text | None], Field(description="What they explained.")] = (
        None
    )
    compelled_reason: Annotated[
        Releasable[Text | None], Field(description="What the school is compelled for, in words.")
    ] = None
    detriment: Annotated[
        DetrimentIn | None, Field(description="Whether sharing would do the child more harm.")
    ] = None
