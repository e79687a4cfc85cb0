"""What goes out over HTTP of a report."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class NumberOut(BaseModel):
    """A number, or that it is withheld."""

    count: Annotated[
        int | None, Field(description="How many; null where it is withheld.", examples=[12])
    ]
    suppressed: Annotated[
        bool,
        Field(description="Whether it is withheld: it is under 5, or would give away one that is."),
    ]


NumbersOut = dict[str, NumberOut]


class SummaryReportOut(BaseModel):
    """How requests of a period were decided and how soon. In each part a code that is left out did
    not occur.
    """

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[date, Field(alias="from", description="The first day.")]
    to: Annotated[date, Field(description="The last day, included.")]
    generated_at: Annotated[datetime, Field(description="When it was counted.")]
    smallest_shown: Annotated[int, Field(description="Numbers under this are withheld.")]
    requests: Annotated[NumberOut, Field(description="Requests submitted in the period.")]
    outcome: Annotated[
        NumbersOut, Field(description="By what the evaluation that counts recommends.")
    ]
    decision: Annotated[
        NumbersOut,
        Field(description="By the decision that stands; `undecided` and `withdrawn` among them."),
    ]
    purpose_group: Annotated[NumbersOut, Field(description="By the policy's groups of purposes.")]
    lawful_reason: Annotated[
        NumbersOut,
        Field(
            description=(
                "Decisions to share by what they rest on: a lawful reason, `consent`,"
                " `not_identifiable` …"
            )
        ),
    ]
    timeliness: Annotated[
        NumbersOut,
        Field(
            description="Decided, or emergency record completed, in time or late; and what waits."
        ),
    ]
    departures: Annotated[
        NumbersOut,
        Field(
            description=(
                "Decisions that followed the evaluation, and those that departed; withheld also"
                " where none did."
            )
        ),
    ]
    reconsideration: Annotated[
        NumbersOut,
        Field(description="Requests that were reconsidered on new information after a refusal."),
    ]
    advice: Annotated[
        NumbersOut,
        Field(
            description="Advice sought in the period: `total`, and whether it was answered in time."
        ),
    ]
