"""What goes out over HTTP of a report."""

from datetime import date, datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict


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

_EXAMPLE: Final[JsonDict] = {
    "from": "2025-09-01",
    "to": "2026-08-31",
    "generated_at": "2026-09-01T08:00:00.000000Z",
    "smallest_shown": 5,
    "requests": {"count": 42, "suppressed": False},
    "outcome": {
        "share": {"count": 36, "suppressed": False},
        "do_not_share": {"count": 6, "suppressed": False},
    },
    "decision": {
        "share": {"count": 36, "suppressed": False},
        "do_not_share": {"count": 6, "suppressed": False},
    },
    "purpose_group": {"safeguarding": {"count": 42, "suppressed": False}},
    "lawful_reason": {"safeguarding_condition": {"count": 36, "suppressed": False}},
    "timeliness": {"decided_in_time": {"count": 42, "suppressed": False}},
    "departures": {
        "followed": {"count": 37, "suppressed": False},
        "departed": {"count": 5, "suppressed": False},
    },
    "reconsideration": {"not_reconsidered": {"count": 42, "suppressed": False}},
    "advice": {
        "total": {"count": 9, "suppressed": False},
        "answered_in_time": {"count": 9, "suppressed": False},
    },
}


class SummaryReportOut(BaseModel):
    """How requests of a period were decided and how soon. In each part a code that is left out did
    not occur.
    """

    model_config = ConfigDict(populate_by_name=True, json_schema_extra={"examples": [_EXAMPLE]})

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
