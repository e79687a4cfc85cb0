"""What comes in and goes out over HTTP for retention. Bodies refuse fields that they do not
know.
"""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from app.kernel.classification import Anonymous, Structural
from app.platform.instants import Day
from app.retention.schedule import Bar, Reason
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
                "Until a day, indefinitely with a day to look again, or no longer: due for disposal"
                " today."
            )
        ),
    ]
    until: Annotated[
        Structural[Day | None], Field(description="Until when; required with `until`.")
    ] = None
    next_review_on: Annotated[
        Structural[Day | None],
        Field(
            description=(
                "When it is looked at again; required with `indefinitely`, and then within the"
                " policy's years."
            )
        ),
    ] = None
    why: Annotated[
        Anonymous[Text],
        Field(description="Why; leave out names and anything that tells who it is about."),
    ]
    legal_hold: Annotated[
        Structural[bool | None],
        Field(description="Hold it against disposal, or lift the hold; left out: as it was."),
    ] = None


class DisposeIn(Body):
    """On what basis what is personal in a request is destroyed."""

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
            description="On what basis; stays on record, so leave out names of those it was about."
        ),
    ]
    approved_by: Annotated[Anonymous[Short], Field(description="Who approved it; stays on record.")]


class DueOut(SummaryOut):
    """A request that asks for a look at how long it is kept: codes and days, nothing personal."""

    retention: Annotated[RetentionOut, Field(description="How long it is kept.")]
    due_on: Annotated[date, Field(description="Since when it is due.")]
    reasons: Annotated[list[Reason], Field(description="Why it is due.")]
    disposable: Annotated[
        bool, Field(description="Whether it could be disposed of today. Only a person does so.")
    ]
    bars: Annotated[list[Bar], Field(description="What stands against disposal.")]


class DuePageOut(Out):
    """A page of what is due."""

    items: Annotated[list[DueOut], Field(description="The longest due first.")]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]
