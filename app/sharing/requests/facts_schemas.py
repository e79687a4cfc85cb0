"""The facts of a request as its readers see them. The shape is the one in which they were sent;
only what a view changes is described.
"""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.policy.engine.vocabulary import SubjectRole
from app.sharing.presentation.age_bands import AgeBand


class SubjectOut(BaseModel):
    """Somebody the information is about, as far as the caller sees them."""

    model_config = ConfigDict(extra="allow")

    person_ref: Annotated[
        str | None,
        Field(
            description=(
                "The school's reference; a pseudonym in a de-identified view; left out after"
                " disposal."
            )
        ),
    ] = None
    role: Annotated[
        SubjectRole | None, Field(description="What they are in it; left out where nobody said.")
    ] = None
    identity_to_protect: Annotated[
        bool | None, Field(description="Whether it must not come out who they are.")
    ] = None
    born_on: Annotated[
        date | None, Field(description="When they were born; never in a de-identified view.")
    ] = None
    age_band: Annotated[
        AgeBand | None,
        Field(
            description=(
                "How old they were on the day of the submission; in a de-identified view only, and"
                " null where that is not known."
            )
        ),
    ] = None


class FactsOut(BaseModel):
    """The facts as last stated, in the shape in which they were sent, each item with its id."""

    model_config = ConfigDict(extra="allow")

    subjects: Annotated[list[SubjectOut], Field(description="Whom it is about.")]
