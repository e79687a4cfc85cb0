"""The facts of a request as its readers see them: the shape in which they were sent, without the
personal members in a de-identified view and after disposal.
"""

from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from app.policy.facts.schemas import FactsIn
from app.policy.facts.subject_matter import ExternalIdIn, ItemIn, SubjectIn
from app.sharing.presentation.age_bands import AgeBand

_REFERENCE: Final = (
    "The school's reference; a pseudonym in a de-identified view; left out after disposal."
)


class ExternalIdOut(ExternalIdIn):
    """The request's id in another system; empty in a de-identified view and after disposal."""

    system: Annotated[str | None, Field(description="Which system.")] = None  # type: ignore[assignment]
    value: Annotated[str | None, Field(description="Its id there.")] = None  # type: ignore[assignment]


class SubjectOut(SubjectIn):
    """A person the information is about, as far as the caller sees them."""

    person_ref: Annotated[str | None, Field(description=_REFERENCE)] = None  # type: ignore[assignment]
    age_band: Annotated[
        AgeBand | None,
        Field(
            description=(
                "Their age on the day of the submission; in a de-identified view only, and null"
                " where it is not known."
            )
        ),
    ] = None


class ItemOut(ItemIn):
    """A piece of information."""

    id: Annotated[UUID, Field(description="The item's id.")]


class FactsOut(FactsIn):
    """The facts as last stated, in the shape in which they were sent, each item with its id."""

    model_config = ConfigDict(json_schema_extra=None)

    external_id: Annotated[
        ExternalIdOut | None, Field(description="The request's id in another system.")
    ] = None
    subjects: Annotated[list[SubjectOut], Field(description="Whom it is about.")]  # type: ignore[assignment]
    items: Annotated[list[ItemOut], Field(description="What would be shared.")]  # type: ignore[assignment]
