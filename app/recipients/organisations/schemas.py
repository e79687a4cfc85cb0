"""Bodies and replies of organisations."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from app.kernel.classification import Personal, Structural
from app.kernel.vocabulary import OrganisationType, SecureRoute
from app.recipients.fields import (
    ACTIVE,
    DATE_TIME,
    Body,
    Line,
    Phone,
    Route,
    Routes,
    Source,
    VerificationStatusOut,
    field_names,
    not_null,
)
from app.recipients.model import OrganisationDetails
from app.recipients.verifications.schemas import VerificationOut

_ORGANISATION: Final = "The organisation's name. Never a person's: people are contacts."
_NUMBER: Final = (
    "The number that the school calls back: one that the organisation publishes, never one that a"
    " caller gave."
)
_SOURCE: Final = "Where that number is published."
_ROUTES: Final = "Secure ways of reaching the organisation."


class OrganisationIn(Body):
    """An organisation for the directory."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "organisation": "Anytown MASH",
                    "organisation_type": "mash",
                    "call_back_number": "01632 960123",
                    "call_back_source": "the council's website, page of the hub",
                    "secure_routes": ["secure_email", "phone_verified"],
                }
            ]
        }
    )

    organisation: Annotated[Personal[Line], Field(description=_ORGANISATION)]
    organisation_type: Annotated[
        Structural[OrganisationType],
        Field(description="Its type; `GET /v1/recipients/types` explains each."),
    ]
    call_back_number: Annotated[Personal[Phone | None], Field(description=_NUMBER)] = None
    call_back_source: Annotated[Personal[Source | None], Field(description=_SOURCE)] = None
    secure_routes: Annotated[Structural[Routes], Field(description=_ROUTES)] = set()  # noqa: RUF012 - pydantic copies defaults

    def details(self) -> OrganisationDetails:
        """The details as the directory stores them."""
        return OrganisationDetails(
            organisation=self.organisation,
            organisation_type=self.organisation_type,
            call_back_number=self.call_back_number,
            call_back_source=self.call_back_source,
            secure_routes=in_order(self.secure_routes),
        )


class OrganisationPatch(Body):
    """The fields to change; a field that is left out stays as it is. After a change of name, type
    or number, earlier checks do not count any more.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"call_back_number": "01632 960987"}, {"active": False}]}
    )

    organisation: Annotated[
        Personal[Line | SkipJsonSchema[None]], Field(description=_ORGANISATION)
    ] = None
    organisation_type: Annotated[
        Structural[OrganisationType | SkipJsonSchema[None]], Field(description="Its type.")
    ] = None
    call_back_number: Annotated[
        Personal[Phone | None], Field(description=_NUMBER + " Null removes it.")
    ] = None
    call_back_source: Annotated[
        Personal[Source | None], Field(description=_SOURCE + " Null removes it.")
    ] = None
    secure_routes: Annotated[
        Structural[Routes | SkipJsonSchema[None]], Field(description=_ROUTES)
    ] = None
    active: Annotated[Structural[bool | SkipJsonSchema[None]], Field(description=ACTIVE)] = None

    _never_null = field_validator(
        "organisation", "organisation_type", "secure_routes", "active", mode="before"
    )(not_null)

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        sent = self.model_dump(
            exclude_unset=True, include={"active", *field_names(OrganisationDetails)}
        )
        if self.secure_routes is not None:
            sent["secure_routes"] = in_order(self.secure_routes)
        return sent


class OrganisationSummaryOut(BaseModel):
    """An organisation in a list."""

    id: UUID = Field(description="The organisation's id, to cite in a sharing request.")
    version: int = Field(description="Counts its changes.")
    organisation: str = Field(description=_ORGANISATION)
    organisation_type: OrganisationType = Field(description="Its type.")
    section_11: bool = Field(
        description=(
            "Whether such an organisation has the duty of section 11 of the Children Act 2004."
        )
    )
    safeguarding_partner: bool = Field(
        description="Whether it is, or acts for, a safeguarding partner."
    )
    protective: bool = Field(
        description="Whether it has a protective function under the default policy."
    )
    call_back_number: str | None = Field(description=_NUMBER)
    call_back_source: str | None = Field(description=_SOURCE)
    secure_routes: list[Route] = Field(description=_ROUTES)
    active: bool = Field(description=ACTIVE)
    verification: VerificationStatusOut = Field(description="Whether it counts as verified today.")
    recorded_at: str = Field(
        description="When it was added to the directory.", json_schema_extra=DATE_TIME
    )
    changed_at: str = Field(description="When it was last changed.", json_schema_extra=DATE_TIME)


class OrganisationOut(OrganisationSummaryOut):
    """An organisation with its newest checks and those of its contacts."""

    verifications: list[VerificationOut] = Field(
        description="The newest fifty, in reverse order of recording. `/verifications` lists all."
    )


class OrganisationsOut(BaseModel):
    """A page of the directory."""

    items: list[OrganisationSummaryOut] = Field(description="Organisations by name.")
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )


class TypeOut(BaseModel):
    """A type of organisation."""

    organisation_type: OrganisationType = Field(description="The value in requests.")
    label: str = Field(description="Its name.")
    section_11: bool = Field(
        description=(
            "Whether such an organisation has the duty of section 11 of the Children Act 2004."
        )
    )
    safeguarding_partner: bool = Field(
        description="Whether it is, or acts for, a safeguarding partner (section 16E)."
    )
    protective: bool = Field(
        description=(
            "Whether it has a protective function under the default policy. The policy in force"
            " decides."
        )
    )
    words: str = Field(description="An explanation.")


class TypesOut(BaseModel):
    """Every type of organisation, in one page."""

    items: list[TypeOut] = Field(description="The types.")
    next_cursor: None = Field(description="Always null.")


def in_order(routes: set[SecureRoute]) -> tuple[SecureRoute, ...]:
    """The routes in the order of `SecureRoute`."""
    return tuple(route for route in SecureRoute if route in routes)
