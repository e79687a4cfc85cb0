"""Reply schema for an emergency disclosure."""

from typing import Annotated

from pydantic import Field

from app.sharing.disclosures.schemas import DisclosureOut
from app.sharing.emergencies.schemas import InvalidMemberOut
from app.sharing.requests.schemas import CurrentEvaluationOut, RequestOut
from app.sharing.schemas import Out, TaskOut


class EmergencyOut(Out):
    """A recorded emergency disclosure."""

    sharing_request: Annotated[
        RequestOut, Field(description="The request, with status `emergency_recorded`.")
    ]
    evaluation: Annotated[
        CurrentEvaluationOut, Field(description="The evaluation of the facts known so far.")
    ]
    disclosure: Annotated[DisclosureOut, Field(description="The disclosure that was recorded.")]
    task: Annotated[TaskOut, Field(description="The task to complete the record afterwards.")]
    flags: Annotated[
        list[str],
        Field(
            description=(
                "Codes for missing or unusual information. None of them prevents the recording."
            )
        ),
    ]
    not_understood: Annotated[
        list[InvalidMemberOut],
        Field(description="The invalid members of the body, stored as the client sent them."),
    ]
