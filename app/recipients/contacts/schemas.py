"""Bodies and replies of contacts."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.json_schema import SkipJsonSchema

from app.kernel.classification import Personal, Structural
from app.recipients.fields import (
    ACTIVE,
    DATE_TIME,
    Body,
    Email,
    Line,
    Phone,
    VerificationStatusOut,
    field_names,
    not_null,
)
from app.recipients.model import ContactDetails

_NAME: Final = "The person's name."
_TITLE: Final = "Their role there."
_EMAIL: Final = "Their email address at work."
_PHONE: Final = (
    "Their phone number at work. To check who they are, call the published number of the"
    " organisation instead."
)


class ContactIn(Body):
    """A person at an organisation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "A. Khan",
                    "role_title": "Social worker",
                    "email": "a.khan@mash.example",
                    "phone": "01632 960124",
                }
            ]
        }
    )

    name: Annotated[Personal[Line], Field(description=_NAME)]
    role_title: Annotated[Personal[Line | None], Field(description=_TITLE)] = None
    email: Annotated[Personal[Email | None], Field(description=_EMAIL)] = None
    phone: Annotated[Personal[Phone | None], Field(description=_PHONE)] = None

    def details(self) -> ContactDetails:
        """The details as the directory stores them."""
        return ContactDetails(
            name=self.name, role_title=self.role_title, email=self.email, phone=self.phone
        )


class ContactPatch(Body):
    """The fields to change; a field that is left out stays as it is. After a change of name, email
    address or number, earlier checks do not count any more.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role_title": "Team manager"}, {"active": False}]}
    )

    name: Annotated[Personal[Line | SkipJsonSchema[None]], Field(description=_NAME)] = None
    role_title: Annotated[
        Personal[Line | None], Field(description=_TITLE + " Null removes it.")
    ] = None
    email: Annotated[Personal[Email | None], Field(description=_EMAIL + " Null removes it.")] = None
    phone: Annotated[Personal[Phone | None], Field(description=_PHONE + " Null removes it.")] = None
    active: Annotated[Structural[bool | SkipJsonSchema[None]], Field(description=ACTIVE)] = None

    _never_null = field_validator("name", "active", mode="before")(not_null)

    def changes(self) -> dict[str, Any]:
        """The fields that were sent."""
        return self.model_dump(exclude_unset=True, include={"active", *field_names(ContactDetails)})


class ContactOut(BaseModel):
    """A person at an organisation."""

    id: UUID = Field(description="The contact's id, to cite in a sharing request.")
    recipient_id: UUID = Field(description="The organisation.")
    version: int = Field(description="Counts its changes.")
    name: str | None = Field(description=_NAME + " Null once the personal data has been destroyed.")
    role_title: str | None = Field(description=_TITLE)
    email: str | None = Field(description=_EMAIL)
    phone: str | None = Field(description=_PHONE)
    active: bool = Field(description=ACTIVE)
    verification: VerificationStatusOut = Field(
        description=(
            "Whether the contact counts as verified today. None of a refuted organisation does."
        )
    )
    recorded_at: str = Field(
        description="When it was added to the directory.",
        json_schema_extra=DATE_TIME,
    )
    changed_at: str = Field(description="When it was last changed.", json_schema_extra=DATE_TIME)


class ContactsOut(BaseModel):
    """A page of an organisation's contacts."""

    items: list[ContactOut] = Field(description="Contacts, oldest first.")
    next_cursor: str | None = Field(
        description="The cursor of the next page; null on the last page."
    )
