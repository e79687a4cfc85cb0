"""Define the replies of reports."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class NumberOut(BaseModel):
    """A number, or the fact that it is withheld."""

    count: Annotated[
        int | None, Field(description="The number; null if it is withheld.", examples=[12])
    ]
    suppressed: Annotated[
        bool,
        Field(description="Whether it is withheld: it is under 5, or would reveal such a number."),
    ]


NumbersOut = dict[str, NumberOut]


class SummaryReportOut(BaseModel):
    """The outcomes and timeliness of the requests of a period. A code that is left out did not
    occur.
    """

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[date, Field(alias="from", description="The first day.")]
    to: Annotated[date, Field(description="The last day, included.")]
    generated_at: Annotated[datetime, Field(description="The time of the count.")]
    smallest_shown: Annotated[int, Field(description="Numbers under this are withheld.")]
    requests: Annotated[NumberOut, Field(description="Requests submitted in the period.")]
    outcome: Annotated[NumbersOut, Field(description="By outcome of the current evaluation.")]
    decision: Annotated[
        NumbersOut,
        Field(description="By the current decision, or `undecided` or `withdrawn`."),
    ]
    purpose_group: Annotated[NumbersOut, Field(description="By the policy's groups of purposes.")]
    lawful_reason: Annotated[
        NumbersOut,
        Field(
            description=(
                "Decisions to share by basis: a lawful reason, `consent`, `not_identifiable` …"
            )
        ),
    ]
    timeliness: Annotated[
        NumbersOut,
        Field(
            description="Decisions and emergency records, in time or late, and undecided requests."
        ),
    ]
    departures: Annotated[
        NumbersOut,
        Field(
            description=(
                "Decisions that followed the evaluation and decisions that departed from it;"
                " withheld also if none departed."
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
