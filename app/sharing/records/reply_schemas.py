"""Reply schemas for the decision record."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.sharing.case.model import RecordFlag
from app.sharing.requests.schemas import RequestEvaluationOut, RequestOut
from app.sharing.schemas import Out


class PrintedRequestOut(RequestOut):
    """A sharing request in the decision record, with the current evaluation in full."""

    evaluation: Annotated[  # type: ignore[assignment]
        RequestEvaluationOut, Field(description="The current evaluation.")
    ]


class CitedEntryOut(Out):
    """An entry of the audit log."""

    id: Annotated[UUID, Field(description="The id of the entry.")]
    index: Annotated[
        int | None, Field(description="The index of the entry in the log; null until it is sealed.")
    ]
    action: Annotated[str, Field(description="The audited action.")]
    occurred_at: Annotated[
        datetime, Field(description="The instant; only the day in a de-identified view.")
    ]


class ProofOut(Out):
    """The audit proof of the record."""

    entries: Annotated[
        list[CitedEntryOut], Field(description="The audit entries that the record cites.")
    ]
    checkpoint: Annotated[
        str | None, Field(description="The newest signed checkpoint; null before the first.")
    ]


class DecisionRecordOut(Out):
    """The decision record of a request, for filing."""

    sharing_request: Annotated[PrintedRequestOut, Field(description="The request.")]
    flags: Annotated[
        list[RecordFlag],
        Field(description="`policy_not_found`: the policy of the request was not found."),
    ]
    audit: Annotated[ProofOut, Field(description="The audit proof of the record.")]
