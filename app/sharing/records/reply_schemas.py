"""The decision record as data."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.sharing.case.model import RecordFlag
from app.sharing.requests.schemas import RequestEvaluationOut, RequestOut
from app.sharing.schemas import Out


class PrintedRequestOut(RequestOut):
    """A sharing request as it is filed: the current evaluation is whole."""

    evaluation: Annotated[  # type: ignore[assignment]
        RequestEvaluationOut, Field(description="The current evaluation.")
    ]


class CitedEntryOut(Out):
    """An entry of the audit log."""

    id: Annotated[UUID, Field(description="Its id.")]
    index: Annotated[int | None, Field(description="Its place in the log; null until sealed.")]
    action: Annotated[str, Field(description="What was done.")]
    occurred_at: Annotated[datetime, Field(description="When; to the day in a de-identified view.")]


class ProofOut(Out):
    """What the audit log proves of the record."""

    entries: Annotated[list[CitedEntryOut], Field(description="The entries that it cites.")]
    checkpoint: Annotated[
        str | None, Field(description="The newest signed checkpoint; null before the first.")
    ]


class DecisionRecordOut(Out):
    """The decision record to file."""

    sharing_request: Annotated[PrintedRequestOut, Field(description="The request.")]
    flags: Annotated[
        list[RecordFlag],
        Field(description="`policy_not_found`: the policy of the request could not be found."),
    ]
    audit: Annotated[ProofOut, Field(description="What the audit log proves of it.")]
