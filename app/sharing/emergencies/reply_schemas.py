"""The reply to an emergency that was recorded."""

from typing import Annotated

from pydantic import Field

from app.sharing.disclosures.schemas import DisclosureOut
from app.sharing.emergencies.schemas import InvalidMemberOut
from app.sharing.requests.schemas import CurrentEvaluationOut, RequestOut
from app.sharing.schemas import Out, TaskOut


class EmergencyOut(Out):
    """An emergency as it was recorded."""

    sharing_request: Annotated[
        RequestOut, Field(description="The request, with status `emergency_recorded`.")
    ]
    evaluation: Annotated[
        CurrentEvaluationOut, Field(description="What the policy says of the facts so far.")
    ]
    disclosure: Annotated[DisclosureOut, Field(description="What was shared.")]
    task: Annotated[TaskOut, Field(description="Completing the record afterwards.")]
    flags: Annotated[
        list[str], Field(description="What is missing or unusual; nothing was refused for it.")
    ]
    not_understood: Annotated[
        list[InvalidMemberOut], Field(description="What did not fit, and was kept as it was sent.")
    ]
