"""Bodies and replies of retention."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.classification import Anonymous, Structural
from app.platform.instants import Day
from app.retention.schedule import Obstacle, Reason
from app.sharing.case.model import Keep
from app.sharing.requests.schemas import SummaryOut
from app.sharing.schemas import Body, Out, RetentionOut, Short, Text


class ReviewIn(Body):
    """How long a request is kept from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "keep": "until",
                    "until": "2041-09-01",
                    "next_review_on": None,
                    "why": "The enquiry goes on; kept for its course.",
                },
                {
                    "keep": "indefinitely",
                    "next_review_on": "2027-09-01",
                    "why": "An inquiry has asked us to keep it.",
                    "legal_hold": True,
                },
            ]
        },
    )

    keep: Annotated[
        Structural[Keep],
        Field(
            description=(
                "Until a day, indefinitely with a day of the next review, or no longer: due for"
                " disposal today."
            )
        ),
    ]
    until: Annotated[
        Structural[Day | None], Field(description="The day; required with `until`.")
    ] = None
    next_review_on: Annotated[
        Structural[Day | None],
        Field(
            description=(
                "The day of the next review; required with `indefinitely`, and then within the"
                " policy's years."
            )
        ),
    ] = None
    why: Annotated[
        Anonymous[Text],
        Field(
            description="The reason. Leave out names and anything else that identifies a person."
        ),
    ]
    legal_hold: Annotated[
        Structural[bool | None],
        Field(description="True places a legal hold, false lifts it; left out, it stays as it is."),
    ] = None


class DisposeIn(Body):
    """The basis and the approval of a disposal."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "basis": "Retention ended; no reason to keep it longer.",
                    "approved_by": "Head teacher",
                }
            ]
        },
    )

    basis: Annotated[
        Anonymous[Text],
        Field(
            description="The basis. It stays on record: leave out names of the people concerned."
        ),
    ]
    approved_by: Annotated[
        Anonymous[Short], Field(description="Who approved it. It stays on record.")
    ]


class DueOut(SummaryOut):
    """A request that is due for review or disposal, without personal data."""

    retention: Annotated[RetentionOut, Field(description="How long it is kept.")]
    due_on: Annotated[date, Field(description="The day since which it is due.")]
    reasons: Annotated[list[Reason], Field(description="Why it is due.")]
    disposable: Annotated[
        bool, Field(description="Whether it can be disposed of today, by a person.")
    ]
    obstacles: Annotated[list[Obstacle], Field(description="What prevents disposal.")]


class DuePageOut(Out):
    """A page of requests that are due."""

    items: Annotated[list[DueOut], Field(description="Longest due first.")]
    next_cursor: Annotated[
        str | None, Field(description="The cursor of the next page; null on the last page.")
    ]
