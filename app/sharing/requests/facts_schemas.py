"""Schemas of the facts of a request in replies.

The shape is that of the submitted facts. A de-identified view, and every view after disposal, omits
the personal members.
"""

from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from app.policy.facts.schemas import FactsIn
from app.policy.facts.subject_matter import ExternalIdIn, ItemIn, SubjectIn
from app.sharing.presentation.age_bands import AgeBand

_REFERENCE: Final = "The school's reference; a pseudonym if de-identified; absent after disposal."


class ExternalIdOut(ExternalIdIn):
    """The identifier of the request in another system; empty in a de-identified view and after
    disposal.
    """

    system: Annotated[str | None, Field(description="The name of the other system.")] = None  # type: ignore[assignment]
    value: Annotated[str | None, Field(description="The request's identifier there.")] = None  # type: ignore[assignment]


class SubjectOut(SubjectIn):
    """A person whom the information is about, as far as the caller may see them."""

    person_ref: Annotated[str | None, Field(description=_REFERENCE)] = None  # type: ignore[assignment]
    age_band: Annotated[
        AgeBand | None,
        Field(
            description=(
                "The person's age band on the day of submission. Present in a"
                " de-identified view only; null if the age is unknown."
            )
        ),
    ] = None


class ItemOut(ItemIn):
    """An item of information that the request covers."""

    id: Annotated[UUID, Field(description="The id of the item.")]


class FactsOut(FactsIn):
    """The facts as last stated, in the shape of the submission. Each item has an id."""

    model_config = ConfigDict(json_schema_extra=None)

    external_id: Annotated[
        ExternalIdOut | None, Field(description="The identifier of the request in another system.")
    ] = None
    subjects: Annotated[  # type: ignore[assignment]
        list[SubjectOut], Field(description="The people whom the information is about.")
    ]
    items: Annotated[  # type: ignore[assignment]
        list[ItemOut], Field(description="The items of information that would be shared.")
    ]
